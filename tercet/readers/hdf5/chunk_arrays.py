"""Indexes of chunks that are arrays: of fixed length, and with one dimension that grows.

Source: HDF5 File Format Specification, VII.C "The Fixed Array Index", VII.D "The Extensible Array Index".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.cursor import together

Rows = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]
"""Places, sizes and filter masks."""
_CHECKSUM = 4
_MOST = 2**23
"""Elements: an array may have grown, and shrunk again."""


@dataclass(frozen=True, slots=True)
class _Elements:
    """How one element of an index is stored."""

    blocks: Blocks
    size: int
    is_filtered: bool
    whole: int

    def rows(self, stored: bytes) -> NDArray[np.int64]:
        """Place, size and mask of each element; the place is -1 where no chunk was written."""
        table = np.frombuffer(stored, np.uint8).reshape(-1, self.size)
        o = self.blocks.offset_size
        places = _numbers(table[:, :o])
        nowhere = np.all(table[:, :o] == 0xFF, axis=1)  # noqa: PLR2004 - all bits set
        width = self.size - o - 4
        sizes = _numbers(table[:, o : o + width]) if self.is_filtered else np.full(len(table), self.whole)
        masks = _numbers(table[:, o + width :]) if self.is_filtered else np.zeros(len(table), np.int64)
        return np.stack([np.where(nowhere, -1, places), sizes, masks], axis=1)

    def none(self, count: int) -> NDArray[np.int64]:
        """Elements that nobody wrote."""
        return np.tile(np.array([-1, 0, 0], np.int64), (count, 1))


def _numbers(columns: NDArray[np.uint8]) -> NDArray[np.int64]:
    wide = np.zeros((len(columns), 8), np.uint8)
    wide[:, : columns.shape[1]] = columns
    return wide.view("<i8").reshape(-1).astype(np.int64)


def _rows(table: NDArray[np.int64]) -> Rows:
    return table[:, 0], table[:, 1], table[:, 2].astype(np.uint32)


def fixed(blocks: Blocks, address: int, whole: int) -> Rows:
    """Read a fixed array."""
    start = blocks.cursor(address, 12 + blocks.length_size + blocks.offset_size)
    start.expect(b"FAHD")
    start.skip(1)
    is_filtered, size, page_bits = bool(start.uint(1)), start.uint(1), start.uint(1)
    elements = _Elements(blocks, size, is_filtered, whole)
    count, block = start.length(), start.offset()
    if count > _MOST:
        raise start.broken(f"an array of chunks has {count} of them")
    if block is None:
        return _rows(elements.none(count))
    prefix, page = 6 + blocks.offset_size, 1 << page_bits
    if count <= page:
        body = blocks.cursor(block, prefix + count * size)
        body.expect(b"FADB")
        body.at = prefix
        return _rows(elements.rows(body.take(count * size)))
    blocks.cursor(block, prefix).expect(b"FADB")
    return _rows(_paged(elements, block + prefix, count, page))


def _paged(elements: _Elements, at: int, count: int, page: int) -> NDArray[np.int64]:
    """Elements in pages; which of them were ever written, says a bit for each in front of them."""
    pages = -(-count // page)
    bits = -(-pages // 8)
    written = elements.blocks.cursor(at, bits).buffer
    return _pages(elements, at + bits + _CHECKSUM, count, page, written)


def _pages(elements: _Elements, at: int, count: int, page: int, written: bytes) -> NDArray[np.int64]:
    def one(number: int) -> NDArray[np.int64]:
        many = min(page, count - number * page)
        if not written[number // 8] & (0x80 >> number % 8):
            return elements.none(many)
        place = at + number * (page * elements.size + _CHECKSUM)
        return elements.rows(elements.blocks.cursor(place, many * elements.size).buffer)

    return np.concatenate(together(one, range(-(-count // page))))


@dataclass(frozen=True, slots=True)
class _Extensible:
    """What the header of an extensible array says."""

    elements: _Elements
    bits: int
    in_index: int
    smallest: int
    pointers: int
    page: int
    count: int

    @property
    def prefix(self) -> int:
        """Bytes in front of a block's elements or addresses, behind which its own offset follows."""
        return 6 + self.elements.blocks.offset_size

    def levels(self) -> Iterator[tuple[int, int]]:
        """For each super block: how many data blocks it has, and how many elements each of them."""
        for level in range(1 + self.bits - (self.smallest.bit_length() - 1)):
            yield 1 << level // 2, self.smallest << (level + 1) // 2


def extensible(blocks: Blocks, address: int, whole: int) -> Rows:
    """Read an extensible array."""
    o, n = blocks.offset_size, blocks.length_size
    start = blocks.cursor(address, 16 + 6 * n + o)
    start.expect(b"EAHD")
    start.skip(1)
    is_filtered, size = bool(start.uint(1)), start.uint(1)
    bits, in_index, smallest, pointers, page_bits = (start.uint(1) for _ in range(5))
    start.skip(4 * n)
    count = start.length()
    start.skip(n)
    index = start.offset()
    elements = _Elements(blocks, size, is_filtered, whole)
    if count > _MOST or not smallest or not pointers:
        raise start.broken(f"an array of chunks has {count} of them")
    if index is None:
        return _rows(elements.none(count))
    array = _Extensible(elements, bits, in_index, smallest, pointers, 1 << page_bits, count)
    return _rows(_indexed(array, index)[:count])


def _indexed(array: _Extensible, address: int) -> NDArray[np.int64]:
    """All elements, in their order: those of the index block, of its data blocks, of its super blocks."""
    blocks, size, o = array.elements.blocks, array.elements.size, array.elements.blocks.offset_size
    levels = list(array.levels())
    direct = 2 * (array.pointers.bit_length() - 1)
    addresses = sum(count for count, _ in levels[:direct]) + max(len(levels) - direct, 0)
    body = blocks.cursor(address, array.prefix + array.in_index * size + addresses * o)
    body.expect(b"EAIB")
    body.at = array.prefix
    own = array.elements.rows(body.take(array.in_index * size))
    readers: list[Callable[[], NDArray[np.int64]]] = []
    first = array.in_index
    for number, (count, many) in enumerate(array.levels()):
        if first >= array.count:
            break
        if number < direct:
            readers += [partial(_data_block, array, body.offset(), many) for _ in range(count)]
        else:
            readers.append(partial(_super_block, array, body.offset(), many, count))
        first += count * many
    return np.concatenate([own, *together(lambda read: read(), readers)])


def _data_block(array: _Extensible, address: int | None, many: int, written: bytes | None = None) -> NDArray[np.int64]:
    if address is None:
        return array.elements.none(many)
    prefix = array.prefix + (array.bits + 7) // 8
    if written is not None:
        return _pages(array.elements, address + prefix + _CHECKSUM, many, array.page, written)
    body = array.elements.blocks.cursor(address, prefix + many * array.elements.size)
    body.expect(b"EADB")
    body.at = prefix
    return array.elements.rows(body.take(many * array.elements.size))


def _super_block(array: _Extensible, address: int | None, many: int, count: int) -> NDArray[np.int64]:
    if address is None:
        return array.elements.none(many * count)
    prefix = array.prefix + (array.bits + 7) // 8
    bits = -(-(many // array.page) // 8) if many > array.page else 0
    body = array.elements.blocks.cursor(address, prefix + count * (bits + array.elements.blocks.offset_size))
    body.expect(b"EASB")
    body.at = prefix
    # a block of many elements has pages; which of them were written, is said here
    written = [body.take(bits) if bits else None for _ in range(count)]
    places = [body.offset() for _ in range(count)]
    return np.concatenate(
        together(lambda one: _data_block(array, one[0], many, one[1]), zip(places, written, strict=True))
    )
