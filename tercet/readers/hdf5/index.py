"""The chunk index of an HDF5 file: all that its structure says, in one small file beside it.

Who has it reads values with the first request. It is gzip-compressed JSON, made for reading by Tercet; `VERSION` is in
it, and another one is refused. Places and sizes of chunks are little-endian 64-bit whole numbers, in base64, in the
order of the array's grid of chunks; places are differences, each to the one before. A chunk that was never written is
at -1.
"""

import base64
import gzip
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.hdf5.base import Array
from tercet.readers.hdf5.chunks import Chunks
from tercet.readers.hdf5.index_values import array_from, array_to, attributes_from, attributes_to, dtype_from, dtype_to
from tercet.readers.hdf5.listing import Entry, Listing
from tercet.readers.hdf5.messages import Extent, Filter, Layout
from tercet.readers.hdf5.stored import Stored
from tercet.readers.hdf5.structure import Piecewise
from tercet.readers.hdf5.types import Kind, Type

MEDIA_TYPE = "application/vnd.tercet.chunk-index+gzip"
ROLE = "index"
SUFFIX = ".chunks.json.gz"
VERSION = 1
_LEVEL = 6
_BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError)


def written(listing: Listing) -> bytes:
    """Write a listing as an index; the same listing always gives the same bytes."""
    document = {
        "tercet:chunk_index": VERSION,
        "size": listing.size,
        "addresses": listing.addresses,
        "groups": {path: attributes_to(attributes) for path, attributes in listing.groups.items()},
        "arrays": [_entry_to(entry) for entry in listing.arrays.values()],
    }
    return gzip.compress(orjson.dumps(document), _LEVEL, mtime=0)


def read(content: bytes, name: str) -> Listing:
    """Read an index.

    Args:
        content: of the index.
        name: of it, for messages.

    Raises:
        ReaderError: it is none, broken, or of another version.
    """
    try:
        document = orjson.loads(gzip.decompress(content))
        if document["tercet:chunk_index"] != VERSION:
            raise ReaderError(f"{name} is a chunk index of version {document['tercet:chunk_index']}: make it again")
        groups = {path: attributes_from(attributes) for path, attributes in document["groups"].items()}
        arrays = _Entries({one["path"]: one for one in document["arrays"]}, name)
        return Listing(groups, arrays, document["size"], tuple(document["addresses"]))
    except _BROKEN as error:
        raise _broken(name, error) from error


def _broken(name: str, error: Exception) -> ReaderError:
    return ReaderError(f"{name} is no chunk index, or broken ({error}): make it again")


class _Entries(Mapping[str, Entry]):
    """Arrays by path, each made of its JSON when it is asked for: a granule has a thousand, a reader wants ten."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any]], name: str) -> None:
        self._documents = documents
        self._name = name
        self._made: dict[str, Entry] = {}

    def __getitem__(self, path: str) -> Entry:
        if path not in self._made:
            document = self._documents[path]
            try:
                self._made[path] = _entry_from(document)
            except _BROKEN as error:
                raise _broken(self._name, error) from error
        return self._made[path]

    def __contains__(self, path: object) -> bool:
        return path in self._documents

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


def _entry_to(entry: Entry) -> dict[str, Any]:
    array, pieces = entry.array, entry.pieces
    seen = {
        "path": array.path,
        "shape": array.shape,
        "dtype": dtype_to(array.dtype),
        "chunks": array.chunks,
        "dims": array.dims,
        "fill": None if array.fill is None else array_to(np.asarray(array.fill)),
        "attributes": attributes_to(array.attributes),
        "stored": array.stored,
    }
    return seen if pieces is None else seen | {"pieces": _pieces_to(pieces)}


def _pieces_to(pieces: Piecewise) -> dict[str, Any]:
    stored, chunks = pieces.stored, pieces.chunks
    document: dict[str, Any] = {
        "dtype": dtype_to(stored.type.stored),
        "kind": stored.type.kind.name,
        "filters": [[one.number, *one.values] for one in stored.filters],
        "fill": None if stored.fill is None else base64.b64encode(stored.fill).decode(),
        "whole_edges": stored.layout.whole_edges,
    }
    if stored.layout.inside is not None:
        return document | {"inside": base64.b64encode(stored.layout.inside).decode()}
    document |= {"is_chunked": stored.layout.chunks is not None, "shape": chunks.shape, "grid": chunks.grid}
    document |= {"places": _whole_numbers(np.diff(chunks.places, prepend=0)), "sizes": _whole_numbers(chunks.sizes)}
    return document | ({"masks": chunks.masks.tolist()} if chunks.masks.any() else {})


def _entry_from(document: Mapping[str, Any]) -> Entry:
    array = Array(
        path=document["path"],
        shape=tuple(document["shape"]),
        dtype=dtype_from(document["dtype"]),
        chunks=tuple(document["chunks"]) if document["chunks"] is not None else None,
        dims=tuple(document["dims"]),
        fill=None if document["fill"] is None else array_from(document["fill"])[()],
        attributes=attributes_from(document["attributes"]),
        stored=document["stored"],
    )
    pieces = document.get("pieces")
    return Entry(array, _pieces_from(pieces, array.shape) if pieces else None)


def _pieces_from(document: Mapping[str, Any], shape: tuple[int, ...]) -> Piecewise:
    inside = base64.b64decode(document["inside"]) if "inside" in document else None
    chunks = _chunks_from(document) if inside is None else _NO_CHUNKS
    stored = Stored(
        Extent(shape, shape),
        Type(dtype_from(document["dtype"]), Kind[document["kind"]]),
        Layout(
            inside=inside,
            chunks=chunks.shape if inside is None and document["is_chunked"] else None,
            whole_edges=document["whole_edges"],
        ),
        tuple(Filter(number, tuple(values)) for number, *values in document["filters"]),
        None if document["fill"] is None else base64.b64decode(document["fill"]),
    )
    return Piecewise(stored, chunks)


def _chunks_from(document: Mapping[str, Any]) -> Chunks:
    places = np.cumsum(_numbers(document["places"]))
    sizes = _numbers(document["sizes"])
    masks = np.array(document.get("masks", np.zeros(places.size)), np.uint32)
    return Chunks(tuple(document["shape"]), tuple(document["grid"]), places, sizes, masks)


_NO_CHUNKS = Chunks((), (), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint32))


def _whole_numbers(values: NDArray[np.int64]) -> str:
    return base64.b64encode(values.astype("<i8").tobytes()).decode()


def _numbers(stored: str) -> NDArray[np.int64]:
    return np.frombuffer(base64.b64decode(stored), "<i8").astype(np.int64)
