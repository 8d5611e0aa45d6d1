"""Spans of a file that are wanted, joined to requests that are worth a round trip."""

from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int]
"""First byte and one past the last."""

GAP = 64 * 1024
"""Bytes between two spans that are fetched along: at 400 Mbit/s they take a millisecond, a request takes sixty."""
CONNECTIONS = 8
SMALLEST = 512 * 1024
"""Bytes of a request that is worth a connection of its own."""
_LARGEST = 8 * 1024 * 1024

_Numbered = tuple[int, int, int]
"""The number of a span, its first byte and one past the last."""


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes that are fetched in one request, and the spans in it."""

    start: int
    stop: int
    spans: tuple[_Numbered, ...]


def regions(spans: Sequence[Span], connections: int = CONNECTIONS) -> list[Region]:
    """Join spans that lie near each other, and cut what is long, so that all connections have their share.

    Spans are never cut: one that is longer than a share is a region of its own.
    """
    runs = _runs([(number, start, stop) for number, (start, stop) in enumerate(spans) if stop > start])
    sizes = [sum(stop - start for _, start, stop in run) for run in runs]
    # what is short takes a connection as well: were it not counted, the last of many would wait for one
    share = -(-sum(sizes) // connections)
    long = [size for size in sizes if size > share]
    left = max(connections - (len(sizes) - len(long)), len(long))
    found = []
    for run, size in zip(runs, sizes, strict=True):
        parts = min(size * left // sum(long) if size > share else 1, max(size // SMALLEST, 1))
        found += _cut(run, size, max(parts, -(-size // _LARGEST)))
    return [Region(one[0][1], max(stop for _, _, stop in one), tuple(one)) for one in found]


def _runs(order: list[_Numbered]) -> list[list[_Numbered]]:
    """Spans that lie near each other."""
    found: list[list[_Numbered]] = []
    last = 0
    for one in sorted(order, key=lambda one: one[1:]):
        if not found or one[1] > last + GAP:
            found.append([])
        found[-1].append(one)
        last = max(last, one[2])
    return found


def _cut(run: list[_Numbered], size: int, parts: int) -> list[list[_Numbered]]:
    """A run in so many parts at most, of about as many bytes each."""
    found: dict[int, list[_Numbered]] = {}
    before = 0
    for one in run:
        found.setdefault(before * parts // size, []).append(one)
        before += one[2] - one[1]
    return list(found.values())
