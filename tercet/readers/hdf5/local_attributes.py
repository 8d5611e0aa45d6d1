"""Attributes and types of a file on this machine, as h5py tells them."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Protocol

import h5py
import numpy as np
from h5py import h5a, h5d, h5s, h5t
from numpy.typing import NDArray

from tercet.readers.hdf5.attributes import FILL, OWN, plain
from tercet.readers.hdf5.local_errors import broken


class _Typed(Protocol):
    """A dataset or attribute of h5py."""

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def get_type(self) -> h5t.TypeID: ...


class LocalAttributes(Mapping[str, Any]):
    """Attributes by name, read when they are asked for: to read all takes ten times as long as to list the file."""

    def __init__(self, owner: h5py.h5g.GroupID | h5d.DatasetID, name: str) -> None:
        self._owner = owner
        self._name = name

    @cached_property
    def _names(self) -> tuple[str, ...]:
        names: list[bytes] = []
        hidden = OWN | {FILL} if isinstance(self._owner, h5d.DatasetID) else OWN - {"NAME", "CLASS"}
        with broken(self._name, "attributes"):
            h5a.iterate(self._owner, names.append)
            return tuple(name for name in map(bytes.decode, names) if name not in hidden and self._is_value(name))

    def _is_value(self, name: str) -> bool:
        stored = h5a.open(self._owner, name.encode())
        return dtype_of(stored) != unread(stored)

    def stored(self, name: str) -> NDArray[Any] | None:
        """The value as it lies in the file; None where there is none."""
        with broken(self._name, f"attribute {name}"):
            if not h5a.exists(self._owner, name.encode()):
                return None
            attribute = h5a.open(self._owner, name.encode())
            is_null = attribute.get_space().get_simple_extent_type() == h5s.NULL
            value = np.empty(0 if is_null else attribute.shape, dtype=attribute.dtype)
            if value.size:
                attribute.read(value)
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


def dtype_of(of: _Typed) -> np.dtype[Any]:
    """The type of an array's values, without h5py's notes on it; those that no table is made of are so many bytes."""
    try:
        dtype = of.dtype
    except TypeError:  # NumPy has no such type
        return unread(of)
    if dtype.kind in "iufS":
        return np.dtype(dtype.str)
    if dtype.hasobject or dtype.subdtype:
        return np.dtype(object) if h5py.check_string_dtype(dtype) else unread(of)
    return dtype


def unread(of: _Typed) -> np.dtype[Any]:
    """The type of values that no table is made of: so many bytes."""
    return np.dtype((np.void, of.get_type().get_size()))
