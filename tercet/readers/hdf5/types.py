"""Types of HDF5 as NumPy types, and values of texts.

Source: HDF5 File Format Specification, IV.A.2.d "The Datatype Message".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from tercet.readers.hdf5.cursor import Cursor, UnreadableError

_INTEGER, _FLOAT, _TEXT, _BITS, _COMPOUND, _REFERENCE, _ENUM, _VARYING, _ARRAY = 0, 1, 3, 4, 6, 7, 8, 9, 10
_COMPACT = 3
"""The version of the format that saves space."""
_IEEE = {2: 5, 4: 8, 8: 11}
"""Bits of the exponent, by bytes."""


class Kind(Enum):
    """How values of a type become NumPy's."""

    PLAIN = "as they lie there"
    TEXT = "as text of fixed length"
    VARYING_TEXT = "as text that lies in a heap"
    REFERENCE = "as addresses of objects"
    VARYING_REFERENCES = "as lists of such, in a heap"
    UNREADABLE = "not at all"


@dataclass(frozen=True, slots=True)
class Type:
    """A type: what lies in the file, and how it is to be understood."""

    stored: np.dtype[Any]
    kind: Kind = Kind.PLAIN

    @property
    def read(self) -> np.dtype[Any]:
        """The type of the values that are given out."""
        return np.dtype(object) if self.kind is Kind.VARYING_TEXT else self.stored

    @property
    def is_value(self) -> bool:
        """Whether values of it are given out."""
        return self.kind in (Kind.PLAIN, Kind.TEXT, Kind.VARYING_TEXT) and not self.stored.subdtype


def parsed(body: Cursor) -> Type:
    """Read a type.

    Raises:
        UnreadableError: values that no table or raster is made of.
    """
    first, flags, size = body.uint(1), body.uint(3), body.uint(4)
    kind, version = first & 0x0F, first >> 4
    if kind not in _READ or (kind == _REFERENCE and flags & 0x0F):
        raise UnreadableError(f"values of HDF5's type class {kind}")
    return _READ[kind](body, _Head(kind, version, flags, size))


def seen(body: Cursor) -> Type:
    """Read a type; values that are not read are so many bytes each."""
    start = body.at
    try:
        found = parsed(body)
        if found.is_value:
            return found
    except UnreadableError:
        pass
    body.at = start + 4
    return Type(np.dtype(f"V{body.uint(4)}"), Kind.UNREADABLE)


@dataclass(frozen=True, slots=True)
class _Head:
    """What every type says first."""

    kind: int
    version: int
    flags: int
    size: int

    @property
    def is_old(self) -> bool:
        """Whether names are padded, and sizes wide."""
        return self.version < _COMPACT

    @property
    def order(self) -> str:
        """The byte order, as NumPy writes it."""
        return ">" if self.flags & 1 else "<"


def _integer(body: Cursor, head: _Head) -> Type:
    shift, bits = body.uint(2), body.uint(2)
    if shift or bits != 8 * head.size or head.size not in (1, 2, 4, 8):
        raise UnreadableError(f"whole numbers of {bits} bits")
    sign = "i" if head.flags & 0x08 and head.kind == _INTEGER else "u"
    return Type(np.dtype(f"{head.order}{sign}{head.size}"))


def _float(body: Cursor, head: _Head) -> Type:
    shift, bits, _place, exponent = body.uint(2), body.uint(2), body.uint(1), body.uint(1)
    body.skip(6)
    if shift or bits != 8 * head.size or _IEEE.get(head.size) != exponent or head.flags & 0x40:
        raise UnreadableError(f"floating point numbers of {bits} bits with {exponent} of them for the exponent")
    return Type(np.dtype(f"{head.order}f{head.size}"))


def _text(_body: Cursor, head: _Head) -> Type:
    return Type(np.dtype(f"S{head.size}"), Kind.TEXT)


def _reference(_body: Cursor, head: _Head) -> Type:
    return Type(np.dtype(f"V{head.size}"), Kind.REFERENCE)


def _compound(body: Cursor, head: _Head) -> Type:
    names, offsets, formats = [], [], []
    for _ in range(head.flags & 0xFFFF):
        names.append(_name(body, head))
        offsets.append(body.uint(4 if head.is_old else (head.size.bit_length() + 7) // 8))
        shape = _old_shape(body) if head.version == 1 else ()
        member = _element(body)
        formats.append(np.dtype((member, shape)) if shape else member)
    return Type(np.dtype({"names": names, "offsets": offsets, "formats": formats, "itemsize": head.size}))


def _name(body: Cursor, head: _Head) -> str:
    start = body.at
    name = body.text()
    if head.is_old:
        body.align(start)
    return name


def _element(body: Cursor) -> np.dtype[Any]:
    element = parsed(body)
    if element.kind not in (Kind.PLAIN, Kind.TEXT):
        raise UnreadableError("records and arrays that hold texts of varying length, or references")
    return element.stored


def _old_shape(body: Cursor) -> tuple[int, ...]:
    rank = body.uint(1)
    body.skip(11)
    sizes = [body.uint(4) for _ in range(4)]
    return tuple(sizes[:rank])


def _enum(body: Cursor, head: _Head) -> Type:
    base, count = parsed(body).stored, head.flags & 0xFFFF
    names = [_name(body, head) for _ in range(count)]
    values = np.frombuffer(body.take(count * head.size), base).tolist()
    # what h5py and netCDF-4 make of bool
    is_bool = head.size == 1 and dict(zip(names, values, strict=True)) == {"FALSE": 0, "TRUE": 1}
    return Type(np.dtype(bool) if is_bool else base)


def _varying(body: Cursor, head: _Head) -> Type:
    element = parsed(body)
    stored = np.dtype(f"V{head.size}")
    if head.flags & 0x0F == 1:
        return Type(stored, Kind.VARYING_TEXT)
    if element.kind is Kind.REFERENCE:
        return Type(stored, Kind.VARYING_REFERENCES)
    raise UnreadableError("lists of varying length")


def _array(body: Cursor, head: _Head) -> Type:
    rank = body.uint(1)
    body.skip(3 if head.is_old else 0)
    shape = tuple(body.uint(4) for _ in range(rank))
    body.skip(4 * rank if head.is_old else 0)
    return Type(np.dtype((_element(body), shape)))


_READ: Mapping[int, Callable[[Cursor, _Head], Type]] = {
    _INTEGER: _integer,
    _FLOAT: _float,
    _TEXT: _text,
    _BITS: _integer,
    _COMPOUND: _compound,
    _REFERENCE: _reference,
    _ENUM: _enum,
    _VARYING: _varying,
    _ARRAY: _array,
}
