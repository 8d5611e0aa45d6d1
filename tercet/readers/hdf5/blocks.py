"""The part of a remote HDF5 file that holds its structure, fetched block by block."""

from collections.abc import Iterable

from tercet.readers.hdf5.cursor import BrokenError, Cursor, MissingBytesError, Span
from tercet.readers.hdf5.held import Held

BLOCK = 64 * 1024
"""Bytes: at 400 Mbit/s they take a millisecond, a round trip takes sixty."""
_LEAST_AHEAD = 4096
_AHEAD = 256 * 1024
"""Bytes that are fetched behind what is missing: structure lies in runs, in a real ATL08 of 280 kB for each beam."""


class Blocks:
    """Bytes of one file by address.

    Attributes:
        size: of the file.
        base: that addresses count from.
        offset_size, length_size: bytes of an address and of a length.
        held: bytes that somebody holds for a while.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.base = 0
        self.offset_size = self.length_size = 8
        self.held = Held()
        self._blocks: dict[int, bytes] = {}

    def cursor(self, address: int, length: int) -> Cursor:
        """Bytes from an address on, to be read field by field.

        Raises:
            MissingBytesError: they were not fetched.
            BrokenError: they lie behind the file's end.
        """
        at = address + self.base
        return Cursor(self.get(at, length), at, self.offset_size, self.length_size)

    def some(self, address: int, most: int) -> Cursor:
        """As `cursor`, and fewer bytes where the file ends before."""
        at = address + self.base
        if at >= self.size:
            raise BrokenError(at, f"the file has only {self.size} bytes")
        return self.cursor(address, min(most, self.size - at))

    def get(self, at: int, length: int) -> bytes:
        """Bytes from a place in the file on."""
        if at < 0 or at + length > self.size:
            raise BrokenError(at, f"{length} bytes were due there, the file has only {self.size}")
        held = self.held.find(at, at + length)
        if held is not None:
            return bytes(held)
        first, last = at // BLOCK, (at + max(length, 1) - 1) // BLOCK
        parts = [self._blocks.get(number) for number in range(first, last + 1)]
        if None in parts:
            raise MissingBytesError([(at, at + length)])
        joined = parts[0] if len(parts) == 1 else b"".join(part for part in parts if part is not None)
        start = at - first * BLOCK
        return (joined or b"")[start : start + length]

    def find(self, start: int, stop: int) -> memoryview | None:
        """Bytes that are values, where they came along; None where not all of them are here."""
        try:
            return memoryview(self.get(start, stop - start))
        except (MissingBytesError, BrokenError):
            return None

    def lacking(self, spans: Iterable[Span]) -> list[Span]:
        """Whole blocks to fetch, so that these spans are there; neighbours are one span."""
        spans = set(spans)
        places = len({start // BLOCK for start, _ in spans})
        ahead = max(_AHEAD // max(places, 1), _LEAST_AHEAD)
        numbers = {
            number
            for start, stop in spans
            for number in range(start // BLOCK, (min(stop + ahead, self.size) - 1) // BLOCK + 1)
            if number not in self._blocks
        }
        runs: list[Span] = []
        for number in sorted(numbers):
            start, stop = number * BLOCK, min((number + 1) * BLOCK, self.size)
            if runs and runs[-1][1] == start:
                runs[-1] = (runs[-1][0], stop)
            else:
                runs.append((start, stop))
        return runs

    def put(self, start: int, content: bytes | memoryview) -> None:
        """Keep bytes that were fetched; of the last block only where it is whole, or the file's end."""
        for at in range(start, start + len(content), BLOCK):
            block = bytes(content[at - start : at - start + BLOCK])
            if len(block) == BLOCK or at + len(block) == self.size:
                self._blocks[at // BLOCK] = block
