"""HDF5 files on this machine, through h5py: listed without their attributes, read straight into NumPy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5l, h5o, h5r, h5s, h5t
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.hdf5 import superblock
from tercet.readers.hdf5.attributes import FILL, OWN, plain, text, texts
from tercet.readers.hdf5.base import Array, Attributes, Wanted
from tercet.readers.hdf5.selection import box, enclosing, extents, missing

_Place = tuple[int, int]
"""File and address of an object."""


class _Typed(Protocol):
    """A dataset or attribute of h5py."""

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def get_type(self) -> h5t.TypeID: ...


def open_local(path: str | PathLike[str]) -> "LocalHdf5":
    """Open a file for reading.

    Raises:
        ReaderError: there is no such file, it is no HDF5, or cut off: the message names the byte.
    """
    place = Path(path)
    try:
        size = place.stat().st_size
        with place.open("rb") as file:
            head = file.read(superblock.HEAD)
    except OSError as error:
        raise ReaderError(f"{place} cannot be read: {error.strerror or error}") from error
    superblock.parsed(head, str(place), size)
    try:
        return LocalHdf5(h5py.File(place, "r"), str(place))
    except OSError as error:
        raise ReaderError(f"{place} is broken: {error}") from error


class LocalHdf5:
    """An `Hdf5` of h5py. Threads may share it: h5py lets one of them in at a time."""

    def __init__(self, file: h5py.File, name: str) -> None:
        self._file = file
        self.name = name
        self._places: dict[str, dict[_Place, str]] = {}

    @cached_property
    def _members(self) -> Mapping[str, bool]:
        """Whether each path is an array; groups come before their members."""
        found: dict[str, bool] = {}

        def visit(path: bytes, entry: h5o.ObjInfo) -> None:
            if entry.type in (h5o.TYPE_DATASET, h5o.TYPE_GROUP):
                found[path.decode()] = entry.type == h5o.TYPE_DATASET

        try:
            h5o.visit(self._file.id, visit, info=True)
        except (RuntimeError, OSError) as error:
            raise ReaderError(f"{self.name} is broken, its groups cannot be listed: {error}") from error
        return found

    def groups(self) -> tuple[str, ...]:
        """Give the paths of all groups, each before its members; the root is ``""``."""
        return ("", *(path for path, is_array in self._members.items() if not is_array))

    def arrays(self) -> Mapping[str, Array]:
        """Give all arrays by path; each is looked at when it is asked for, and only who counts them walks the file."""
        return _Arrays(self)

    def attributes(self, group: str = "") -> Attributes:
        """Give the attributes of a group; of the root where none is named."""
        try:
            owner = h5o.open(self._file.id, group.encode() or b"/")
        except (KeyError, ValueError) as error:
            raise missing(group, self.name, self.groups(), "group") from error
        return _Attributes(owner, self.name)

    def look(self, paths: Iterable[str]) -> frozenset[str]:
        """Tell which of these groups and arrays there are."""
        return frozenset(path for path in paths if self._holds(path))

    def read(self, wanted: Sequence[Wanted], soon: Sequence[str] = ()) -> list[NDArray[Any]]:  # noqa: ARG002 - for who is afar
        """Read parts of arrays, in the order of ``wanted``, as stored: fills are not masked, text is str."""
        return [self._read(one) for one in wanted]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self, wanted: Wanted) -> NDArray[Any]:
        dataset = self._dataset(wanted.path)
        dtype = _dtype(dataset)
        if dtype == _unread(dataset):
            raise ReaderError(f"{self.name}: {wanted.path} holds values that are not read: references, or lists")
        chosen = box(wanted, _shape(dataset), self.name)
        values = np.empty(extents(chosen), dtype=dataset.dtype if dtype.kind in "SO" else dtype)
        if values.size:
            try:
                _fill(dataset, values, tuple(start for start, _ in chosen))
            except OSError as error:
                where = f"{self.name}: {wanted.path} cannot be read"
                raise ReaderError(f"{where}, the file is broken there: {error}; get it again") from error
        return texts(values) if dtype.kind in "SO" else values

    def _dataset(self, path: str) -> h5d.DatasetID:
        found = self._found(path)
        if found is None:
            raise missing(path, self.name, self.arrays(), "array")
        return found

    def _found(self, path: str) -> h5d.DatasetID | None:
        try:
            return h5d.open(self._file.id, path.encode())
        except (KeyError, ValueError):
            return None

    def _holds(self, path: str) -> bool:
        try:
            found = h5o.open(self._file.id, path.encode() or b"/")
        except (KeyError, ValueError):
            return False
        return isinstance(found, h5d.DatasetID | h5g.GroupID)

    def _listed(self) -> list[str]:
        return [path for path, is_array in self._members.items() if is_array]

    def _array(self, path: str) -> Array:
        dataset = self._dataset(path)
        plist = dataset.get_create_plist()
        attributes = _Attributes(dataset, self.name)
        fill = attributes.stored(FILL)
        return Array(
            path=path,
            shape=_shape(dataset),
            dtype=_dtype(dataset),
            chunks=plist.get_chunk() if plist.get_layout() == h5d.CHUNKED else None,
            dims=self._dims(dataset, path),
            fill=None if fill is None or fill.size != 1 else fill.reshape(-1)[0],
            attributes=attributes,
            stored=dataset.get_storage_size(),
        )

    def _dims(self, dataset: h5d.DatasetID, path: str) -> tuple[str, ...]:
        """The last part of the name of each dimension's first scale."""
        if not h5a.exists(dataset, b"DIMENSION_LIST"):
            return ("",) * len(_shape(dataset))
        attribute = h5a.open(dataset, b"DIMENSION_LIST")
        scales = np.empty(attribute.shape, dtype=attribute.dtype)
        attribute.read(scales)
        return tuple(self._scale(of_one[0], dataset, path) if len(of_one) else "" for of_one in scales)

    def _scale(self, reference: h5r.Reference, dataset: h5d.DatasetID, path: str) -> str:
        try:
            target = h5r.dereference(reference, dataset)
            place = _place(h5o.get_info(target))
        except (ValueError, OSError):  # a subsetter left the scale out, and the reference in
            return ""
        said = _Attributes(target, self.name).stored("NAME")
        likely = text(said.reshape(-1)[0]).rpartition("/")[2] if said is not None and said.size else ""
        # HDF5 itself would search the whole file for the name; scales lie beside their arrays, or above
        for group in enclosing(path):
            if likely and self._is_at(group, likely, place):
                return likely
            if place in self._members_of(group):
                return self._members_of(group)[place]
        return ""

    def _is_at(self, group: str, name: str, place: _Place) -> bool:
        owner = h5o.open(self._file.id, group.encode() or b"/")
        return name.encode() in owner and _place(h5o.get_info(owner, name.encode())) == place

    def _members_of(self, group: str) -> dict[_Place, str]:
        if group not in self._places:
            owner = h5o.open(self._file.id, group.encode() or b"/")
            names = [name for name in owner if owner.links.get_info(name).type == h5l.TYPE_HARD]
            self._places[group] = {_place(h5o.get_info(owner, name)): name.decode() for name in names}
        return self._places[group]


class _Arrays(Mapping[str, Array]):
    """Arrays by path, each looked at when it is asked for."""

    def __init__(self, file: LocalHdf5) -> None:
        self._file = file
        self._known: dict[str, Array] = {}

    def __getitem__(self, path: str) -> Array:
        if path not in self._known:
            if path not in self:
                raise KeyError(path)
            self._known[path] = self._file._array(path)  # noqa: SLF001 - the one who makes us
        return self._known[path]

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._file._found(path) is not None  # noqa: SLF001 - the one who makes us

    def __iter__(self) -> Iterator[str]:
        return iter(self._file._listed())  # noqa: SLF001 - the one who makes us

    def __len__(self) -> int:
        return len(self._file._listed())  # noqa: SLF001 - the one who makes us


class _Attributes(Mapping[str, Any]):
    """Attributes by name, read when they are asked for: to read all takes ten times as long as to list the file."""

    def __init__(self, owner: h5py.h5g.GroupID | h5d.DatasetID, name: str) -> None:
        self._owner = owner
        self._name = name

    @cached_property
    def _names(self) -> tuple[str, ...]:
        names: list[bytes] = []
        h5a.iterate(self._owner, names.append)
        hidden = OWN | {FILL} if isinstance(self._owner, h5d.DatasetID) else OWN - {"NAME", "CLASS"}
        return tuple(name for name in map(bytes.decode, names) if name not in hidden and self._is_value(name))

    def _is_value(self, name: str) -> bool:
        stored = h5a.open(self._owner, name.encode())
        return _dtype(stored) != _unread(stored)

    def stored(self, name: str) -> NDArray[Any] | None:
        """The value as it lies in the file; None where there is none."""
        if not h5a.exists(self._owner, name.encode()):
            return None
        attribute = h5a.open(self._owner, name.encode())
        is_null = attribute.get_space().get_simple_extent_type() == h5s.NULL
        value = np.empty(0 if is_null else attribute.shape, dtype=attribute.dtype)
        try:
            if value.size:
                attribute.read(value)
        except (OSError, TypeError) as error:
            raise ReaderError(f"{self._name}: attribute {name} cannot be read: {error}") from error
        return value

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - text, numbers or arrays
        value = self.stored(name) if name in self._names else None
        if value is None:
            raise KeyError(name)
        return plain(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _place(entry: h5o.ObjInfo) -> _Place:
    return entry.fileno, entry.addr


def _shape(dataset: h5d.DatasetID) -> tuple[int, ...]:
    # a dataset may be there without even one value
    return (0,) if dataset.get_space().get_simple_extent_type() == h5s.NULL else tuple(dataset.shape)


def _dtype(of: _Typed) -> np.dtype[Any]:
    """The type of an array's values, without h5py's notes on it; those that no table is made of are so many bytes."""
    try:
        dtype = of.dtype
    except TypeError:  # NumPy has no such type
        return _unread(of)
    if dtype.kind in "iufS":
        return np.dtype(dtype.str)
    if dtype.hasobject or dtype.subdtype:
        return np.dtype(object) if h5py.check_string_dtype(dtype) else _unread(of)
    return dtype


def _unread(of: _Typed) -> np.dtype[Any]:
    return np.dtype((np.void, of.get_type().get_size()))


def _fill(dataset: h5d.DatasetID, values: NDArray[Any], starts: tuple[int, ...]) -> None:
    if not values.ndim:
        dataset.read(h5s.ALL, h5s.ALL, values)
        return
    space = dataset.get_space()
    space.select_hyperslab(starts, values.shape)
    dataset.read(h5s.create_simple(values.shape), space, values)
