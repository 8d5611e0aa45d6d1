"""HDF5 files on this machine, through h5py: listed without their attributes, read straight into NumPy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5g, h5o, h5s
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.hdf5 import superblock
from tercet.readers.hdf5.attributes import FILL, texts
from tercet.readers.hdf5.base import Array, Attributes, Wanted
from tercet.readers.hdf5.local_attributes import LocalAttributes, dtype_of, unread
from tercet.readers.hdf5.local_errors import broken
from tercet.readers.hdf5.local_scales import Scales
from tercet.readers.hdf5.selection import box, extents, missing


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
        self._scales = Scales(file.id, name)

    @cached_property
    def _members(self) -> Mapping[str, bool]:
        """Whether each path is an array; groups come before their members."""
        found: dict[str, bool] = {}

        def visit(path: bytes, entry: h5o.ObjInfo) -> None:
            if entry.type in (h5o.TYPE_DATASET, h5o.TYPE_GROUP):
                found[path.decode()] = entry.type == h5o.TYPE_DATASET

        with broken(self.name, "its list of groups"):
            h5o.visit(self._file.id, visit, info=True)
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
        return LocalAttributes(owner, self.name)

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
        with broken(self.name, wanted.path):
            dtype, shape = dtype_of(dataset), _shape(dataset)
            is_read = dtype != unread(dataset)
        if not is_read:
            raise ReaderError(f"{self.name}: {wanted.path} holds values that are not read: references, or lists")
        chosen = box(wanted, shape, self.name)
        values = np.empty(extents(chosen), dtype=dataset.dtype if dtype.kind in "SO" else dtype)
        if values.size:
            with broken(self.name, wanted.path):
                _fill(dataset, values, tuple(start for start, _ in chosen))
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
        except (RuntimeError, OSError) as error:
            raise ReaderError(f"{self.name}: {path} cannot be opened, the file is broken there: {error}") from error

    def _holds(self, path: str) -> bool:
        try:
            found = h5o.open(self._file.id, path.encode() or b"/")
        except (KeyError, ValueError):
            return False
        except (RuntimeError, OSError) as error:
            raise ReaderError(f"{self.name}: {path} cannot be opened, the file is broken there: {error}") from error
        return isinstance(found, h5d.DatasetID | h5g.GroupID)

    def _listed(self) -> list[str]:
        return [path for path, is_array in self._members.items() if is_array]

    def _array(self, path: str) -> Array:
        dataset = self._dataset(path)
        attributes = LocalAttributes(dataset, self.name)
        fill = attributes.stored(FILL)
        with broken(self.name, path):
            plist = dataset.get_create_plist()
            return Array(
                path=path,
                shape=_shape(dataset),
                dtype=dtype_of(dataset),
                chunks=plist.get_chunk() if plist.get_layout() == h5d.CHUNKED else None,
                dims=self._scales.names(dataset, path, len(_shape(dataset))),
                fill=None if fill is None or fill.size != 1 else fill.reshape(-1)[0],
                attributes=attributes,
                stored=dataset.get_storage_size(),
            )


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


def _shape(dataset: h5d.DatasetID) -> tuple[int, ...]:
    # a dataset may be there without even one value
    return (0,) if dataset.get_space().get_simple_extent_type() == h5s.NULL else tuple(dataset.shape)


def _fill(dataset: h5d.DatasetID, values: NDArray[Any], starts: tuple[int, ...]) -> None:
    if not values.ndim:
        dataset.read(h5s.ALL, h5s.ALL, values)
        return
    space = dataset.get_space()
    space.select_hyperslab(starts, values.shape)
    dataset.read(h5s.create_simple(values.shape), space, values)
