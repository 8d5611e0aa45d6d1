"""Attributes of HDF5 objects, from their headers or from the heap that many of them lie in.

Source: HDF5 File Format Specification, IV.A.2.m "The Attribute Message", IV.A.2.v "The Attribute Info Message".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5.blocks import Blocks
from tercet.readers.hdf5.btrees import second_records
from tercet.readers.hdf5.cursor import Cursor, UnreadableError, together
from tercet.readers.hdf5.heaps import fractal, global_object
from tercet.readers.hdf5.messages import extent
from tercet.readers.hdf5.objects import ATTRIBUTE, ATTRIBUTE_INFO, DATASPACE, DATATYPE, Header, pointed_at
from tercet.readers.hdf5.types import Kind, Type, parsed

_ID_FIRST = 8
"""Bytes of the id that an attribute's record begins with."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its bytes, and what they mean."""

    name: str
    shape: tuple[int, ...]
    is_null: bool
    type: Type
    content: bytes


def attributes(blocks: Blocks, of: Header) -> Mapping[str, Attribute | None]:
    """All attributes of an object by name; None for those of types that are not read."""
    bodies = [message.body() for message in of.all(ATTRIBUTE)]
    stored = of.first(ATTRIBUTE_INFO)
    if stored is not None:
        bodies += _dense(blocks, stored.body())
    return dict(together(lambda body: _attribute(blocks, body), bodies))


def _dense(blocks: Blocks, body: Cursor) -> list[Cursor]:
    body.skip(1)
    body.skip(2 if body.uint(1) & 1 else 0)
    heap_address, tree = body.offset(), body.offset()
    if heap_address is None or tree is None:
        return []
    heap = fractal(blocks, heap_address)
    return together(lambda record: heap.of_id(record.take(_ID_FIRST)), second_records(blocks, tree))


def _attribute(blocks: Blocks, body: Cursor) -> tuple[str, Attribute | None]:
    version, flags = body.uint(1), body.uint(1)
    name_size, type_size, space_size = body.uint(2), body.uint(2), body.uint(2)
    body.skip(1 if version == 3 else 0)  # noqa: PLR2004 - a version of the format
    padding = 8 if version == 1 else 1
    name = _padded(body, name_size, padding).text()
    of_type, of_space = _padded(body, type_size, padding), _padded(body, space_size, padding)
    content = body.take(body.left)
    if version > 1 and flags & 1:
        of_type = pointed_at(blocks, of_type, DATATYPE)
    if version > 1 and flags & 2:
        of_space = pointed_at(blocks, of_space, DATASPACE)
    space = extent(of_space)
    try:
        return name, Attribute(name, space.shape, space.is_null, parsed(of_type), content)
    except UnreadableError:
        return name, None


def _padded(body: Cursor, size: int, padding: int) -> Cursor:
    part = body.part(size)
    body.skip(-size % padding)
    return part


def value(blocks: Blocks, attribute: Attribute) -> NDArray[Any]:
    """An attribute's value, texts of variable length read from their heap."""
    if attribute.is_null:
        return np.empty(0, attribute.type.read)
    count = math.prod(attribute.shape)
    stored = np.frombuffer(attribute.content, attribute.type.stored, count).reshape(attribute.shape)
    return varying(blocks, stored) if attribute.type.kind is Kind.VARYING_TEXT else stored


def varying(blocks: Blocks, stored: NDArray[Any]) -> NDArray[np.object_]:
    """Texts of variable length, as bytes, from the places where they lie."""
    read = np.empty(stored.shape, dtype=object)
    read.reshape(-1)[:] = together(lambda one: _text(blocks, one), stored.reshape(-1).tolist())
    return read


def _text(blocks: Blocks, stored: bytes) -> bytes:
    length, content = _list(blocks, stored)
    return content[:length]


def _list(blocks: Blocks, stored: bytes) -> tuple[int, bytes]:
    """A list of varying length: the number of its elements, and its bytes; where it lies is stored in its place."""
    where = Cursor(stored, 0, blocks.offset_size, blocks.length_size)
    length, address, number = where.uint(4), where.offset(), where.uint(4)
    return length, global_object(blocks, address, number) if length and address else b""


def references(blocks: Blocks, attribute: Attribute) -> list[int | None]:
    """The first address in each of an attribute's lists of references; None for an empty one."""
    stored = np.frombuffer(attribute.content, attribute.type.stored, math.prod(attribute.shape)).tolist()
    firsts = [content[: blocks.offset_size] for _, content in together(lambda one: _list(blocks, one), stored)]
    return [int.from_bytes(first, "little") if first else None for first in firsts]
