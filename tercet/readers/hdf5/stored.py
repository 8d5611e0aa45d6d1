"""How the values of one array are stored, and one stored piece as values again."""

import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.chunks import Chunks, chunks, empty
from tercet.readers.hdf5.cursor import BrokenError, Cursor, UnreadableError
from tercet.readers.hdf5.messages import (
    DEFLATE,
    FLETCHER32,
    SHUFFLE,
    Extent,
    Filter,
    Layout,
    extent,
    fill,
    filters,
    layout,
    old_fill,
)
from tercet.readers.hdf5.objects import DATASPACE, DATATYPE, EXTERNAL, FILL, FILTERS, LAYOUT, OLD_FILL, Header, shared
from tercet.readers.hdf5.types import Type, parsed, seen

_PIECE = 256 * 1024
"""Bytes of the pieces that an array without chunks is read in."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An array's shape, type and layout.

    Attributes:
        extent: its shape, and how far it may grow.
        type: of its values.
        layout: where they lie.
        filters: what was done to each chunk, in that order.
        fill: the bytes of the value that never-written places have; None for zero.
    """

    extent: Extent
    type: Type
    layout: Layout
    filters: tuple[Filter, ...]
    fill: bytes | None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return self.extent.shape

    def pieces(self, blocks: Blocks) -> Chunks:
        """Where the values lie in the file; an array without chunks is cut into rows."""
        itemsize = self.type.stored.itemsize
        if self.layout.chunks is not None:
            return chunks(blocks, self.layout, self.extent, itemsize)
        return _rows(self.shape, self.layout.address, itemsize, blocks.base)

    def background(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """Values as they are where nothing was written."""
        if self.fill is None or len(self.fill) != self.type.stored.itemsize:
            return np.zeros(shape, self.type.stored)
        return np.full(shape, np.frombuffer(self.fill, self.type.stored)[0], self.type.stored)


@dataclass(frozen=True, slots=True)
class Look:
    """What an array looks like from outside; values of unread types are so many bytes each.

    Attributes:
        shape: of the array.
        type: of its values.
        chunks: shape of one; None where it has none.
        size: bytes in the file; None where that is only known with the index of the chunks.
    """

    shape: tuple[int, ...]
    type: Type
    chunks: tuple[int, ...] | None
    size: int | None


def look(blocks: Blocks, of: Header) -> Look:
    """See what an array looks like; never refused for how it is stored."""
    space, of_type, where = (_body(blocks, of, kind) for kind in (DATASPACE, DATATYPE, LAYOUT))
    if space is None or of_type is None or where is None:
        raise BrokenError(of.address + blocks.base, "an array has no shape, type or layout")
    shape, values = extent(space).shape, seen(of_type)
    try:
        placed = layout(where)
    except UnreadableError:
        return Look(shape, values, None, None)
    size = None if placed.chunks else math.prod(shape) * values.stored.itemsize if placed.is_written else 0
    return Look(shape, values, placed.chunks, size)


def stored(blocks: Blocks, of: Header) -> Stored:
    """Read how an array is stored.

    Raises:
        UnreadableError: in a way that is not read.
    """
    bodies = {kind: _body(blocks, of, kind) for kind in (DATASPACE, DATATYPE, LAYOUT, FILTERS, FILL, OLD_FILL)}
    space, of_type, where, done = bodies[DATASPACE], bodies[DATATYPE], bodies[LAYOUT], bodies[FILTERS]
    if space is None or of_type is None or where is None:
        raise UnreadableError("arrays without a shape, type or layout")
    if of.first(EXTERNAL) is not None:
        raise UnreadableError("arrays whose values lie in other files")
    filled = bodies[FILL], bodies[OLD_FILL]
    return Stored(
        extent(space),
        _readable(of_type),
        layout(where),
        filters(done) if done else (),
        fill(filled[0]) if filled[0] else old_fill(filled[1]) if filled[1] else None,
    )


def _readable(body: Cursor) -> Type:
    found = parsed(body)
    if not found.is_value:
        raise UnreadableError("references, or values that are arrays")
    return found


def _body(blocks: Blocks, of: Header, kind: int) -> Cursor | None:
    message = of.first(kind)
    return shared(blocks, message, kind) if message else None


def _rows(shape: tuple[int, ...], address: int | None, itemsize: int, base: int) -> Chunks:
    """An array in one piece as pieces of whole rows."""
    if not shape:
        shape = (1,)
    row = math.prod(shape[1:]) * itemsize
    many = min(max(1, _PIECE // max(row, 1)), max(shape[0], 1))
    found = empty(shape, (many, *(max(size, 1) for size in shape[1:])))
    if address is None:
        return found
    starts = np.arange(found.places.size, dtype=np.int64) * many
    found.places[:] = base + address + starts * row
    found.sizes[:] = (np.minimum(starts + many, shape[0]) - starts) * row
    return found


def decoded(
    raw: bytes | memoryview, done: tuple[Filter, ...], mask: int, itemsize: int, whole: int
) -> bytes | memoryview:
    """Undo what was done to a piece before it was stored.

    Args:
        raw: the piece as it lies in the file.
        done: in the order in which it was done.
        mask: what was left out for this piece, bit by bit.
        itemsize: bytes of one value.
        whole: bytes of the piece when undone.

    Raises:
        UnreadableError: by a filter that is not read.
        ValueError: it is broken.
    """
    for place, one in reversed(list(enumerate(done))):
        if mask >> place & 1:
            continue
        if one.number == DEFLATE:
            raw = _inflated(raw, whole)
        elif one.number == SHUFFLE:
            raw = _unshuffled(raw, one.values[0] if one.values else itemsize)
        elif one.number == FLETCHER32:
            raw = _verified(raw)
        else:
            raise UnreadableError(f"the filter {one.number}")
    return raw


def _inflated(raw: bytes | memoryview, whole: int) -> bytes:
    try:
        return zlib.decompress(raw, bufsize=max(whole, 1))
    except zlib.error as error:
        raise ValueError(f"it does not unpack ({error})") from error


def _unshuffled(raw: bytes | memoryview, itemsize: int) -> bytes | memoryview:
    """The first bytes of all values lie together, then the second, ...; what is left over lies behind."""
    count = len(raw) // itemsize
    if itemsize < 2 or count < 2:  # noqa: PLR2004 - nothing to shuffle
        return raw
    planes = np.frombuffer(raw, np.uint8, count * itemsize).reshape(itemsize, count)
    return planes.T.tobytes() + bytes(raw[count * itemsize :]) if count * itemsize < len(raw) else planes.T.tobytes()


def _verified(raw: bytes | memoryview) -> memoryview:
    """A piece without its checksum, which must be that of the piece."""
    view = memoryview(raw)
    content, told = view[:-4], int.from_bytes(view[-4:], "little")
    if _fletcher32(content) not in (told, _swapped(told)):
        raise ValueError("its checksum is another")
    return content


def _swapped(number: int) -> int:
    """HDF5 before 1.6.3 on little-endian machines swapped the bytes of each half."""
    return (number & 0x00FF00FF) << 8 | (number >> 8 & 0x00FF00FF)


def _fletcher32(content: memoryview) -> int:
    """Of 16-bit words, the first byte the higher; of an odd last byte as well."""
    padded = bytes(content) + b"\0" * (len(content) % 2)
    words = np.frombuffer(padded, ">u2").astype(np.uint64)
    count = words.size
    first = int(words.sum())
    # the second sum adds up all first sums: each word as often as there are words from it on
    second = int((words * np.arange(count, 0, -1, dtype=np.uint64)).sum())
    return _folded(second) << 16 | _folded(first)


def _folded(total: int) -> int:
    """Modulo 65535, where a sum that is not 0 never becomes 0."""
    return (total - 1) % 65535 + 1 if total else 0
