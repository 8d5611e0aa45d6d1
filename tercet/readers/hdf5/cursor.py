"""Bytes of an HDF5 file, read field by field; what is not there yet is asked for, what is broken is said."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

Span = tuple[int, int]
"""First byte and one past the last."""


class MissingBytesError(Exception):
    """Bytes are needed that nobody has fetched: fetch them and begin again, what was found out is remembered."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = tuple(spans)
        super().__init__(f"{len(self.spans)} spans")


class BrokenError(Exception):
    """The file says what cannot be.

    Attributes:
        at: the byte, counted from the file's start.
        what: is wrong there.
    """

    def __init__(self, at: int, what: str) -> None:
        self.at = at
        self.what = what
        super().__init__(f"byte {at}: {what}")


class UnreadableError(Exception):
    """The file is right, and uses what we do not read."""


def together(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Call a function for each; what bytes several of them miss is said at once, so that it is fetched at once."""
    results, missing = [], list[Span]()
    for item in items:
        try:
            results.append(function(item))
        except MissingBytesError as error:
            missing.extend(error.spans)
    if missing:
        raise MissingBytesError(missing)
    return results


class Cursor:
    """A place in bytes that moves on with each field read; all numbers are little-endian.

    Attributes:
        at: the next byte, counted in the buffer.
        origin: where the buffer begins in the file.
        offset_size: bytes of an address in this file.
        length_size: bytes of a length.
    """

    __slots__ = ("at", "buffer", "length_size", "offset_size", "origin")

    def __init__(self, buffer: bytes, origin: int, offset_size: int, length_size: int) -> None:
        self.buffer = buffer
        self.at = 0
        self.origin = origin
        self.offset_size = offset_size
        self.length_size = length_size

    @property
    def left(self) -> int:
        """Bytes that are left."""
        return len(self.buffer) - self.at

    def take(self, size: int) -> bytes:
        """The next bytes."""
        start, self.at = self.at, self.at + size
        if self.at > len(self.buffer):
            raise self.broken("it ends within a field")
        return self.buffer[start : self.at]

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        self.at += size

    def uint(self, size: int) -> int:
        """An unsigned number of that many bytes."""
        return int.from_bytes(self.take(size), "little")

    def offset(self) -> int | None:
        """An address; None where it is undefined (all bits set)."""
        stored = self.take(self.offset_size)
        return None if stored.count(0xFF) == self.offset_size else int.from_bytes(stored, "little")

    def length(self) -> int:
        """A length."""
        return self.uint(self.length_size)

    def text(self) -> str:
        """Text up to the next NUL, which is passed over."""
        end = self.buffer.find(b"\0", self.at)
        if end < 0:
            raise self.broken("a name has no end")
        start, self.at = self.at, end + 1
        return self.buffer[start:end].decode("utf-8", "replace")

    def part(self, size: int) -> "Cursor":
        """A cursor over the next bytes, which are passed over."""
        origin = self.origin + self.at
        return Cursor(self.take(size), origin, self.offset_size, self.length_size)

    def align(self, start: int) -> None:
        """Move on to a multiple of eight bytes from a place."""
        self.at += -(self.at - start) % 8

    def expect(self, signature: bytes) -> None:
        """Pass over a signature.

        Raises:
            BrokenError: something else is there.
        """
        found = self.take(len(signature))
        if found != signature:
            self.at -= len(signature)
            raise self.broken(f"{signature!r} was due, {found!r} is there")

    def broken(self, what: str) -> BrokenError:
        """The error for what is wrong here."""
        return BrokenError(self.origin + min(self.at, len(self.buffer)), what)
