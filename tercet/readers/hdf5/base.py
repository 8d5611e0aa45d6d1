"""What every HDF5 file is to the readers, wherever it lies: names, shapes, attributes, many slices read at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Attributes = Mapping[str, Any]
"""Attributes of a group or an array: str (never bytes), Python numbers, or NumPy arrays where there are several."""


@dataclass(frozen=True, slots=True)
class Array:
    """One dataset of a file, without its values.

    Attributes:
        path: from the root, without a leading slash: ``gt1l/land_segments/latitude``.
        shape: () for a scalar.
        dtype: as stored; ``object`` for text of variable length.
        chunks: shape of one chunk; None where it is stored in one piece.
        dims: the names of its dimension scales, without their group; "" where a dimension has none.
        fill: the value that means "nothing here", in ``dtype``: the attribute ``_FillValue``; None where there is none.
        attributes: all others, without those that HDF5 itself keeps (``DIMENSION_LIST``, ``CLASS``…).
        stored: bytes in the file, compressed; None where that is not known without reading.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...] | None
    dims: tuple[str, ...]
    fill: Any
    attributes: Attributes
    stored: int | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of one array.

    Attributes:
        path: as in `Array`.
        slices: one slice of step 1 for each of the first dimensions; those left out are read whole.
    """

    path: str
    slices: tuple[slice, ...] = ()


class Hdf5(Protocol):
    """An open HDF5 file. Nothing is read before it is asked for; what is asked for together is fetched together."""

    @property
    def name(self) -> str:
        """For messages: the file's path, or its URL without query."""
        ...

    def groups(self) -> tuple[str, ...]:
        """Give the paths of all groups, each before its members; the root is ``""``."""
        ...

    def arrays(self) -> Mapping[str, Array]:
        """Give all arrays by path, in the order of the file's groups."""
        ...

    def attributes(self, group: str = "") -> Attributes:
        """Give the attributes of a group; of the root where none is named."""
        ...

    def look(self, paths: Iterable[str]) -> frozenset[str]:
        """Tell which of these groups and arrays there are.

        Remote files fetch together what describes them: who will ask for several by name, looks at all of them first.
        """
        ...

    def read(self, wanted: Sequence[Wanted], soon: Sequence[str] = ()) -> list[NDArray[Any]]:
        """Read parts of arrays, in the order of ``wanted``, as stored: fills are not masked, text is str.

        Remote files join what lies near each other and fetch it in parallel: ask for everything at once.

        Args:
            wanted: what to read.
            soon: paths of arrays of which parts are read next, which parts is told by what is read now; remote files
                fetch along where their chunks lie. Those that there are not do no harm.

        Raises:
            ReaderError: the file is cut off or broken (named with the byte), was replaced while it was read,
                or holds no such array.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
