"""Bytes of a file that are here already."""

from bisect import bisect_right
from collections.abc import Callable, Iterable

Find = Callable[[int, int], memoryview | None]
"""Gives the bytes of a span; None where not all of them are here."""


class Held:
    """Runs of bytes of one file."""

    def __init__(self, runs: Iterable[tuple[int, memoryview]] = ()) -> None:
        self._runs = sorted(runs, key=lambda run: run[0])
        self._starts = [start for start, _ in self._runs]

    def find(self, start: int, stop: int) -> memoryview | None:
        """The bytes of a span; None where not all of them are here."""
        place = bisect_right(self._starts, start) - 1
        if place < 0:
            return None
        first, content = self._runs[place]
        return content[start - first : stop - first] if stop - first <= len(content) else None
