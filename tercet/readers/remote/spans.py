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


@dataclass(frozen=True, slots=True)
class Region:
    """Bytes that are fetched in one request, and the spans in it: (number, first byte, one past the last)."""

    start: int
    stop: int
    spans: tuple[tuple[int, int, int], ...]


def regions(spans: Sequence[Span], connections: int = CONNECTIONS) -> list[Region]:
    """Join spans that lie near each other, and cut what is long, so that all connections have their share.

    Spans are never cut: one that is longer than a share is a region of its own.
    """
    order = sorted((start, stop, number) for number, (start, stop) in enumerate(spans) if stop > start)
    total = sum(stop - start for start, stop, _ in order)
    share = min(max(-(-total // connections), SMALLEST), _LARGEST)
    found: list[list[tuple[int, int, int]]] = []
    before = of_share = last = 0
    for start, stop, number in order:
        # by the bytes before it: were a region full when its share is, a small last one would wait for a connection
        if not found or start > last + GAP or before // share != of_share:
            found.append([])
            of_share = before // share
        found[-1].append((number, start, stop))
        last = max(last, stop)
        before += stop - start
    return [Region(one[0][1], max(stop for _, _, stop in one), tuple(one)) for one in found]
