"""How the values of one array are stored."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.chunks import Chunks, chunks, empty
from tercet.readers.hdf5.cursor import BrokenError, Cursor, UnreadableError
from tercet.readers.hdf5.messages import (
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
