"""Heaps of HDF5: where names, many attributes, and texts of variable length lie.

Source: HDF5 File Format Specification, III.D "Local Heaps", III.E "Global Heap", III.G "Fractal Heap".
"""

from dataclasses import dataclass

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.btrees import second_records
from tercet.readers.hdf5.cursor import BrokenError, Cursor, UnreadableError


def local(blocks: Blocks, address: int) -> Cursor:
    """The names of an old group's members."""
    start = blocks.cursor(address, 8 + 2 * blocks.length_size + blocks.offset_size)
    start.expect(b"HEAP")
    start.skip(4)
    size, _free, at = start.length(), start.length(), start.offset()
    if at is None:
        raise start.broken("a heap of names lies nowhere")
    return blocks.cursor(at, size)


def global_object(blocks: Blocks, address: int, number: int) -> bytes:
    """One object of a global heap collection: a text, or a list of varying length."""
    start = blocks.cursor(address, 8 + blocks.length_size)
    start.expect(b"GCOL")
    start.skip(4)
    collection = blocks.cursor(address, start.length())
    collection.skip(8 + blocks.length_size)
    while collection.left >= 8 + blocks.length_size:
        index = collection.uint(2)
        collection.skip(6)
        size = collection.length()
        if index == number:
            return collection.take(size)
        if index == 0:  # the rest is free
            break
        collection.skip(size + -size % 8)
    raise BrokenError(address + blocks.base, f"the heap holds no object {number}")


@dataclass(frozen=True, slots=True)
class Fractal:
    """What the header of a fractal heap says; `of_id` reads its objects."""

    blocks: Blocks
    id_size: int
    largest_managed: int
    huge: int | None
    width: int
    start_size: int
    largest_direct: int
    offset_size: int
    root: int | None
    rows: int

    def of_id(self, identity: bytes) -> Cursor:
        """The object that an id of this heap stands for."""
        kind = identity[0] >> 4 & 3
        if kind == 0:
            return self._managed(identity)
        if kind == 1:
            return self._huge(identity)
        if self.id_size > 18:  # noqa: PLR2004 - of the format: the length has a byte more then
            length, start = ((identity[0] & 0x0F) << 8 | identity[1]) + 1, 2
        else:
            length, start = (identity[0] & 0x0F) + 1, 1
        return Cursor(identity[start : start + length], 0, self.blocks.offset_size, self.blocks.length_size)

    def _managed(self, identity: bytes) -> Cursor:
        offset = int.from_bytes(identity[1 : 1 + self.offset_size], "little")
        size_bytes = min((self.largest_direct.bit_length() + 6) // 8, (self.largest_managed.bit_length() - 1) // 8 + 1)
        at = 1 + self.offset_size
        length = int.from_bytes(identity[at : at + size_bytes], "little")
        if self.root is None:
            raise UnreadableError("a heap without blocks")
        return self.blocks.cursor(self._place(self.root, self.rows, offset), length)

    def _huge(self, identity: bytes) -> Cursor:
        sizes = self.blocks.offset_size, self.blocks.length_size
        if self.id_size > sum(sizes):  # the id says where it lies
            cursor = Cursor(identity[1:], 0, *sizes)
            at, length = cursor.offset(), cursor.length()
            return self.blocks.cursor(at or 0, length)
        wanted = int.from_bytes(identity[1 : 1 + sizes[1]], "little")
        for record in second_records(self.blocks, self.huge or 0):
            at, length, number = record.offset(), record.length(), record.length()
            if number == wanted:
                return self.blocks.cursor(at or 0, length)
        raise UnreadableError(f"a heap without its large object {wanted}")

    def _place(self, address: int, rows: int, offset: int) -> int:
        """Where in the file an offset of the heap lies, below a block that begins at offset 0."""
        if rows == 0:
            return address + offset
        fixed = 5 + self.blocks.offset_size + self.offset_size
        first = 0
        for row in range(rows):
            size = self.start_size << max(row - 1, 0)
            if offset < first + size * self.width:
                column = (offset - first) // size
                pointers = self.blocks.cursor(
                    address + fixed + (row * self.width + column) * self.blocks.offset_size, self.blocks.offset_size
                )
                child = pointers.offset()
                if child is None:
                    raise pointers.broken("a heap's block lies nowhere")
                below = 0 if size <= self.largest_direct else _rows(size, self.start_size * self.width)
                return self._place(child, below, offset - first - column * size)
            first += size * self.width
        raise BrokenError(address + self.blocks.base, f"the heap ends before its byte {offset}")


def _rows(size: int, first_row: int) -> int:
    return size.bit_length() - first_row.bit_length() + 1


def fractal(blocks: Blocks, address: int) -> Fractal:
    """Read the header of a fractal heap."""
    o, n = blocks.offset_size, blocks.length_size
    start = blocks.cursor(address, 26 + 3 * o + 12 * n)
    start.expect(b"FRHP")
    start.skip(1)
    id_size, filtered = start.uint(2), start.uint(2)
    start.skip(1)
    if filtered:
        raise UnreadableError("heaps with filters")
    largest_managed = start.uint(4)
    start.skip(n)
    huge = start.offset()
    start.skip(n + o + 8 * n)
    width, start_size, largest_direct = start.uint(2), start.length(), start.length()
    bits = start.uint(2)
    start.skip(2)
    root, rows = start.offset(), start.uint(2)
    return Fractal(
        blocks, id_size, largest_managed, huge, width, start_size, largest_direct,
        (bits + 7) // 8, root, rows,
    )  # fmt: skip
