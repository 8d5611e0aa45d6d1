"""What is in an HDF5 file, known beforehand: from an index of its chunks, or its DMR++. No structure is fetched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.hdf5.base import Array, Attributes, Wanted
from tercet.readers.hdf5.cursor import Span
from tercet.readers.hdf5.held import Find
from tercet.readers.hdf5.resolving import Resolver, Source
from tercet.readers.hdf5.selection import missing
from tercet.readers.hdf5.structure import Piecewise
from tercet.readers.hdf5.values import varying


@dataclass(frozen=True, slots=True)
class Entry:
    """An array: what it looks like, and where its values are; None where they are not read."""

    array: Array
    pieces: Piecewise | None


@dataclass(frozen=True, slots=True)
class Listing:
    """Groups with their attributes, and arrays, by path; groups before their members.

    Attributes:
        size: bytes of the file; None where that is not said.
        addresses: what they count from, and the bytes of an address and of a length: for texts that lie in a heap.
    """

    groups: Mapping[str, Attributes]
    arrays: Mapping[str, Entry]
    size: int | None = None
    addresses: tuple[int, int, int] = (0, 8, 8)


class Listed:
    """The contents of a file, by a listing."""

    def __init__(self, listing: Listing, source: Source) -> None:
        self._listing = listing
        self._resolver = Resolver(source)
        blocks = self._resolver.blocks
        blocks.base, blocks.offset_size, blocks.length_size = listing.addresses
        self._name = source.name

    def groups(self) -> tuple[str, ...]:
        """The paths of all groups, each before its members."""
        return tuple(self._listing.groups)

    def paths(self) -> tuple[str, ...]:
        """The paths of all arrays."""
        return tuple(self._listing.arrays)

    def look(self, paths: Iterable[str]) -> frozenset[str]:
        """Which of these groups and arrays there are."""
        return frozenset(path for path in paths if path in self._listing.groups or path in self._listing.arrays)

    def array(self, path: str) -> Array | None:
        """One array without its values."""
        entry = self._listing.arrays.get(path)
        return entry.array if entry else None

    def attributes(self, group: str) -> Attributes:
        """The attributes of a group."""
        if group not in self._listing.groups:
            raise missing(group, self._name, self._listing.groups, "group")
        return self._listing.groups[group]

    def pieces(self, wanted: Sequence[Wanted], soon: Sequence[str]) -> tuple[list[Piecewise], Find]:  # noqa: ARG002 - all is known
        """How arrays are stored, and where their pieces lie."""
        return [self._pieces(one.path) for one in wanted], self._resolver.blocks.find

    def lacking(self, soon: Sequence[str]) -> list[Span]:  # noqa: ARG002 - nothing lacks
        """Bytes that tell where the pieces of arrays lie, and are not here."""
        return []

    def keep(self, start: int, content: memoryview) -> None:
        """Keep such bytes."""

    def _pieces(self, path: str) -> Piecewise:
        entry = self._listing.arrays.get(path)
        if entry is None:
            raise missing(path, self._name, self._listing.arrays, "array")
        if entry.pieces is None:
            raise ReaderError(f"{self._name}: {path} holds values that are not read, or that its index does not place")
        return entry.pieces

    def texts(self, values: NDArray[Any]) -> NDArray[Any]:
        """Texts of variable length, from the places where they lie."""
        return self._resolver.resolved(lambda: varying(self._resolver.blocks, values))
