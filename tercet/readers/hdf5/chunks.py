"""Where the chunks of an array lie in its file.

Source: HDF5 File Format Specification, VII "Appendix C: Types of Indexes for Dataset Chunks".
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.btrees import first_leaves, second_records
from tercet.readers.hdf5.chunk_arrays import extensible, fixed
from tercet.readers.hdf5.cursor import UnreadableError
from tercet.readers.hdf5.messages import Extent, Index, Layout
from tercet.readers.hdf5.selection import Box

NOWHERE = -1
"""The place of a chunk that was never written."""
MOST = 2**22
"""Chunks of an array: the largest granules have thousands."""


@dataclass(frozen=True, slots=True)
class Chunks:
    """The pieces that an array is stored in, in the order of the grid that they form (last dimension fastest).

    Attributes:
        shape: of one piece.
        grid: number of pieces along each dimension.
        places: byte in the file where each begins; `NOWHERE` where it was never written.
        sizes: bytes of each in the file.
        masks: the filters that each went without, bit by bit in their order.
    """

    shape: tuple[int, ...]
    grid: tuple[int, ...]
    places: NDArray[np.int64]
    sizes: NDArray[np.int64]
    masks: NDArray[np.uint32]

    def within(self, chosen: Box) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The pieces that touch a box: the number of each, and the index of its first element."""
        ends = [range(start // size, -(-stop // size)) for (start, stop), size in zip(chosen, self.shape, strict=True)]
        steps = strides(self.grid)
        for index in np.ndindex(*(len(end) for end in ends)):
            at = [end[one] for end, one in zip(ends, index, strict=True)]
            yield (
                sum(one * step for one, step in zip(at, steps, strict=True)),
                tuple(one * size for one, size in zip(at, self.shape, strict=True)),
            )


def grid_of(shape: tuple[int, ...], chunk: tuple[int, ...]) -> tuple[int, ...]:
    """How many chunks an array has along each dimension."""
    return tuple(-(-size // of_chunk) for size, of_chunk in zip(shape, chunk, strict=True))


def strides(grid: tuple[int, ...]) -> tuple[int, ...]:
    """How far neighbours along each dimension lie apart in a grid's order."""
    return tuple(math.prod(grid[place + 1 :]) for place in range(len(grid)))


def empty(shape: tuple[int, ...], chunk: tuple[int, ...]) -> Chunks:
    """The chunks of an array of which none was written."""
    grid = grid_of(shape, chunk)
    count = math.prod(grid)
    if count > MOST:
        raise UnreadableError(f"arrays of more than {MOST} chunks")
    return Chunks(chunk, grid, np.full(count, NOWHERE, np.int64), np.zeros(count, np.int64), np.zeros(count, np.uint32))


@dataclass(frozen=True, slots=True)
class Entry:
    """Chunks as an index lists them: coordinates counted in chunks, one row each."""

    coordinates: NDArray[np.int64]
    places: NDArray[np.int64]
    sizes: NDArray[np.int64]
    masks: NDArray[np.uint32]


def chunks(blocks: Blocks, layout: Layout, extent: Extent, itemsize: int) -> Chunks:
    """Read the index of an array's chunks.

    Args:
        blocks: of the file.
        layout: with chunks.
        extent: the array's shape now, and how far it may grow.
        itemsize: bytes of one value.
    """
    shape, chunk = extent.shape, layout.chunks or ()
    found = empty(shape, chunk)
    if layout.address is None or not found.places.size:
        return found
    whole = math.prod(chunk) * itemsize
    entry = _READ[layout.index](blocks, layout, extent, whole)
    inside = np.all((entry.coordinates >= 0) & (entry.coordinates < np.array(found.grid)), axis=1)
    numbers = entry.coordinates[inside] @ np.array(strides(found.grid), np.int64)
    found.places[numbers] = entry.places[inside]
    found.sizes[numbers] = entry.sizes[inside]
    found.masks[numbers] = entry.masks[inside]
    found.places[found.places != NOWHERE] += blocks.base
    return found


def _first_tree(blocks: Blocks, layout: Layout, extent: Extent, whole: int) -> Entry:  # noqa: ARG001 - as all of them
    rank = len(extent.shape)
    key = np.dtype([("size", "<u4"), ("mask", "<u4"), ("at", "<u8", (rank + 1,)), ("place", f"<u{blocks.offset_size}")])
    leaves = first_leaves(blocks, layout.address or 0, 1, key.itemsize - blocks.offset_size)
    rows = np.concatenate([np.frombuffer(leaf.take(leaf.left), key) for leaf in leaves])
    at = rows["at"][:, :rank].astype(np.int64) // np.array(layout.chunks, np.int64)
    return Entry(at, rows["place"].astype(np.int64), rows["size"].astype(np.int64), rows["mask"])


def _single(blocks: Blocks, layout: Layout, extent: Extent, whole: int) -> Entry:  # noqa: ARG001 - as all of them
    return Entry(
        np.zeros((1, len(extent.shape)), np.int64),
        np.array([layout.address], np.int64),
        np.array([whole if layout.size is None else layout.size], np.int64),
        np.array([layout.mask], np.uint32),
    )


def _implicit(blocks: Blocks, layout: Layout, extent: Extent, whole: int) -> Entry:  # noqa: ARG001 - as all of them
    count = math.prod(_most_grid(extent, layout))
    places = (layout.address or 0) + whole * np.arange(count, dtype=np.int64)
    return _numbered(places, np.full(count, whole), np.zeros(count, np.uint32), extent, layout)


def _fixed(blocks: Blocks, layout: Layout, extent: Extent, whole: int) -> Entry:
    places, sizes, masks = fixed(blocks, layout.address or 0, whole)
    return _numbered(places, sizes, masks, extent, layout)


def _extensible(blocks: Blocks, layout: Layout, extent: Extent, whole: int) -> Entry:
    places, sizes, masks = extensible(blocks, layout.address or 0, whole)
    return _numbered(places, sizes, masks, extent, layout)


def _numbered(
    places: NDArray[np.int64], sizes: NDArray[np.int64], masks: NDArray[np.uint32], extent: Extent, layout: Layout
) -> Entry:
    """Chunks numbered in the order of the largest grid that the array may have, its endless dimension first."""
    grid = _most_grid(extent, layout)
    endless = next((place for place, size in enumerate(extent.most) if size is None), None)
    order = list(range(len(grid)))
    if endless is not None:
        order.insert(0, order.pop(endless))
    numbers = np.arange(places.size, dtype=np.int64)
    at = np.empty((places.size, len(grid)), np.int64)
    for place in reversed(order[1:]):
        numbers, at[:, place] = np.divmod(numbers, grid[place])
    at[:, order[0]] = numbers
    written = places != NOWHERE
    return Entry(at[written], places[written], sizes[written], masks[written])


def _most_grid(extent: Extent, layout: Layout) -> tuple[int, ...]:
    most = tuple(now if last is None else last for now, last in zip(extent.shape, extent.most, strict=True))
    return grid_of(most, layout.chunks or ())


def _second_tree(blocks: Blocks, layout: Layout, extent: Extent, whole: int) -> Entry:
    rank = len(extent.shape)
    records = list(second_records(blocks, layout.address or 0))
    filtered = bool(records) and len(records[0].buffer) > blocks.offset_size + 8 * rank
    width = len(records[0].buffer) - blocks.offset_size - 8 * rank - 4 if filtered else 0
    rows = []
    for record in records:
        place = record.offset()
        size, mask = (record.uint(width), record.uint(4)) if filtered else (whole, 0)
        rows.append((NOWHERE if place is None else place, size, mask, *(record.uint(8) for _ in range(rank))))
    table = np.array(rows, np.int64).reshape(len(rows), 3 + rank)
    return Entry(table[:, 3:], table[:, 0], table[:, 1], table[:, 2].astype(np.uint32))


_READ = {
    Index.TREE: _first_tree,
    Index.SINGLE: _single,
    Index.IMPLICIT: _implicit,
    Index.FIXED: _fixed,
    Index.EXTENSIBLE: _extensible,
    Index.SECOND_TREE: _second_tree,
}
