"""DMR++: what NASA's archive writes beside each granule, structure and places of chunks as XML.

Source: the DMR++ of ICESat-2 granules, and OPeNDAP's description of the format. Its filters come in one order or
another; to shuffle before deflating is the only one that makes sense.
"""

import base64
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.hdf5.attributes import FILL, OWN
from tercet.readers.hdf5.base import Array
from tercet.readers.hdf5.chunks import Chunks, empty, grid_of, strides
from tercet.readers.hdf5.listing import Entry, Listing
from tercet.readers.hdf5.messages import DEFLATE, FLETCHER32, SHUFFLE, Extent, Filter, Layout
from tercet.readers.hdf5.stored import Stored
from tercet.readers.hdf5.structure import Piecewise
from tercet.readers.hdf5.types import Kind, Type

MEDIA_TYPE = "application/vnd.opendap.dap4.dmrpp+xml"
_DAP = "{http://xml.opendap.org/ns/DAP/4.0#}"
_DMRPP = "{http://xml.opendap.org/dap/dmrpp/1.0.0#}"
_TYPES = {
    "Byte": "u1", "Char": "u1", "Int8": "i1", "UInt8": "u1", "Int16": "i2", "UInt16": "u2", "Int32": "i4",
    "UInt32": "u4", "Int64": "i8", "UInt64": "u8", "Float32": "f4", "Float64": "f8",
}  # fmt: skip
_FILTERS = {"shuffle": SHUFFLE, "deflate": DEFLATE, "fletcher32": FLETCHER32}
_NUMBER = re.compile(r"\d+")


def listing(content: bytes, name: str) -> Listing:
    """Read a DMR++.

    Args:
        content: of it.
        name: of it, for messages.

    Raises:
        ReaderError: it is none, or broken.
    """
    try:
        root = ET.fromstring(content)  # noqa: S314 - expat itself bounds what entities become
        if root.tag != f"{_DAP}Dataset":
            raise ReaderError(f"{name} is no DMR++, but <{root.tag.rpartition('}')[2]}>")
        found = _Found()
        found.group("", root)
    except (ET.ParseError, ValueError, KeyError, IndexError) as error:
        raise ReaderError(f"{name} is no DMR++, or broken ({error})") from error
    order = sorted(found.arrays, key=lambda path: path.split("/"))
    groups = sorted(found.groups, key=lambda path: path.split("/"))
    return Listing({path: found.groups[path] for path in groups}, {path: found.arrays[path] for path in order})


@dataclass
class _Found:
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    arrays: dict[str, Entry] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """Of named dimensions, by their paths."""

    def group(self, path: str, element: ET.Element) -> None:
        """Read a group and all below it."""
        inside = f"{path}/" if path else ""
        self.groups[path] = _attributes(element, OWN - {"NAME", "CLASS"})
        for dimension in element.iterfind(f"{_DAP}Dimension"):
            self.sizes[f"/{inside}{dimension.attrib['name']}"] = int(dimension.attrib["size"])
        for child in element:
            kind = child.tag.removeprefix(_DAP)
            if kind == "Group":
                self.group(inside + child.attrib["name"], child)
            elif kind in _TYPES or kind == "String":
                where = inside + child.attrib["name"]
                self.arrays[where] = self.array(where, kind, child)

    def array(self, path: str, kind: str, element: ET.Element) -> Entry:
        """Read an array."""
        named = [(one.get("name", ""), one.get("size")) for one in element.iterfind(f"{_DAP}Dim")]
        shape = tuple(self.sizes[name] if size is None else int(size) for name, size in named)
        dims = tuple(name.rpartition("/")[2] for name, _ in named)
        stored = element.find(f"{_DMRPP}chunks")
        dtype = _dtype(kind, element, stored, math.prod(shape))
        pieces = _pieces(element, stored, shape, dtype) if dtype is not None else None
        fill = element.find(f"{_DAP}Attribute[@name='{FILL}']/{_DAP}Value")
        return Entry(
            Array(
                path=path,
                shape=shape,
                dtype=np.dtype(object) if dtype is None else dtype,
                chunks=pieces.stored.layout.chunks if pieces else None,
                dims=dims,
                fill=dtype.type(fill.text) if fill is not None and dtype is not None and dtype.kind != "S" else None,
                attributes=_attributes(element, OWN | {FILL}),
                stored=None if pieces is None or pieces.stored.layout.inside else int(pieces.chunks.sizes.sum()),
            ),
            pieces,
        )


def _dtype(kind: str, element: ET.Element, stored: ET.Element | None, count: int) -> np.dtype[Any] | None:
    """The type of the values; None where a text's length is not said."""
    if kind in _TYPES:
        is_big = stored is not None and stored.get("byteOrder") == "BE"
        return np.dtype(_TYPES[kind]).newbyteorder(">" if is_big else "<")
    compact = element.find(f"{_DMRPP}compact")
    if compact is not None and count:
        return np.dtype(f"S{len(base64.b64decode(compact.text or '')) // count}")
    fixed = element.find(f"{_DMRPP}FixedLengthStringArray")
    if fixed is not None:
        return np.dtype(f"S{int(fixed.attrib['string_length'])}")
    only = stored.findall(f"{_DMRPP}chunk") if stored is not None else []
    # in one piece that is not compressed, all of it is text
    plain = len(only) == 1 and stored is not None and not stored.get("compressionType")
    return np.dtype(f"S{int(only[0].attrib['nBytes']) // count}") if plain and count else None


def _pieces(
    element: ET.Element, stored: ET.Element | None, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Piecewise | None:
    compact = element.find(f"{_DMRPP}compact")
    kind = Type(dtype, Kind.TEXT if dtype.kind == "S" else Kind.PLAIN)
    if compact is not None:
        inside = base64.b64decode(compact.text or "")
        none = empty((0,), (1,))
        return Piecewise(Stored(Extent(shape, shape), kind, Layout(inside=inside), (), None), none)
    if stored is None:
        return None
    sizes = stored.find(f"{_DMRPP}chunkDimensionSizes")
    chunk = tuple(int(one) for one in _NUMBER.findall(sizes.text or "")) if sizes is not None else None
    fill = stored.get("fillValue")
    return Piecewise(
        Stored(
            Extent(shape, shape),
            kind,
            Layout(chunks=chunk),
            _filters(stored.get("compressionType", "")),
            np.array(fill).astype(dtype).tobytes() if fill and dtype.kind != "S" else None,
        ),
        _chunks(stored, shape, chunk or shape or (1,)),
    )


def _filters(names: str) -> tuple[Filter, ...]:
    done = [_FILTERS[name] for name in names.split()]
    if SHUFFLE in done and DEFLATE in done:
        first, second = sorted((done.index(SHUFFLE), done.index(DEFLATE)))
        done[first], done[second] = SHUFFLE, DEFLATE
    return tuple(Filter(number) for number in done)


def _chunks(stored: ET.Element, shape: tuple[int, ...], chunk: tuple[int, ...]) -> Chunks:
    found = empty(shape or (1,), chunk)
    steps = strides(grid_of(shape or (1,), chunk))
    for place, size, at, mask in _listed(stored):
        number = sum(index // length * step for index, length, step in zip(at, chunk, steps, strict=False))
        found.places[number], found.sizes[number], found.masks[number] = place, size, mask
    return found


def _listed(stored: ET.Element) -> Iterator[tuple[int, int, list[int], int]]:
    for one in stored.iterfind(f"{_DMRPP}chunk"):
        at = [int(index) for index in _NUMBER.findall(one.get("chunkPositionInArray", ""))]
        yield int(one.attrib["offset"]), int(one.attrib["nBytes"]), at, int(one.get("filterMask", "0"))


def _attributes(element: ET.Element, hidden: frozenset[str]) -> dict[str, Any]:
    found = {}
    for one in element.iterfind(f"{_DAP}Attribute"):
        name, kind = one.attrib["name"], one.get("type", "")
        values = [value.text or "" for value in one.iterfind(f"{_DAP}Value")]
        if name not in hidden and (kind in _TYPES or kind == "String"):
            found[name] = _value(values, kind)
    return found


def _value(values: list[str], kind: str) -> Any:  # noqa: ANN401 - text, numbers or arrays
    if kind == "String":
        if len(values) <= 1:
            return values[0].rstrip(" ") if values else ""
        texts = np.empty(len(values), dtype=object)
        texts[:] = values
        return texts
    numbers = np.array(values).astype(_TYPES[kind])
    return numbers.item() if numbers.size == 1 else numbers


def is_one(asset: Mapping[str, Any]) -> bool:
    """Whether an asset of an Item is a DMR++."""
    return bool(asset.get("type") == MEDIA_TYPE or str(asset.get("href", "")).endswith(".dmrpp"))
