"""A region of a file while its bytes arrive: spans are handed out as soon as they are whole."""

from collections.abc import Sequence

from tercet.readers.remote.base import Each
from tercet.readers.remote.spans import Region

_BATCH = 128 * 1024
"""Bytes that are handed on together: fewer cost more to hand on than to unpack."""


class Arriving:
    """A region while its bytes arrive.

    Attributes:
        content: of the region.
        at: how many bytes are there.
    """

    def __init__(self, region: Region, take: Each) -> None:
        self.content = bytearray(region.stop - region.start)
        self.at = 0
        self._region = region
        self._take = take
        self._next = 0
        self._handed = 0

    def arrived(self, part: bytes) -> Sequence[tuple[int, int, int]]:
        """Keep a part; give the spans that are whole now, once they are worth handing on."""
        # a server may send more than was asked for
        part = part[: len(self.content) - self.at]
        self.content[self.at : self.at + len(part)] = part
        self.at += len(part)
        if self.at - self._handed < _BATCH and self.at < len(self.content):
            return ()
        self._handed = self.at
        first, spans, here = self._next, self._region.spans, self._region.start + self.at
        while self._next < len(spans) and spans[self._next][2] <= here:
            self._next += 1
        return spans[first : self._next]

    def hand_out(self, spans: Sequence[tuple[int, int, int]]) -> None:
        """Give each span to whoever takes it."""
        view, origin = memoryview(self.content), self._region.start
        for number, start, stop in spans:
            self._take(number, view[start - origin : stop - origin])
