"""HDF5 files at a distance: their structure is read once, their values in few, large, parallel requests.

What a read needs of all arrays is fetched together; what arrives first is unpacked first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from numpy.typing import NDArray

from tercet.readers.hdf5.base import Array, Attributes, Wanted
from tercet.readers.hdf5.cursor import Span
from tercet.readers.hdf5.held import Find
from tercet.readers.hdf5.pieces import Part, Piece
from tercet.readers.hdf5.resolving import Source
from tercet.readers.hdf5.structure import Piecewise
from tercet.readers.remote.loop import loop

_BATCH = 16
"""Pieces that one thread unpacks before it looks for more."""


class Contents(Protocol):
    """What is in a file, as the file or an index of it tells."""

    def groups(self) -> tuple[str, ...]:
        """The paths of all groups, each before its members."""

    def paths(self) -> tuple[str, ...]:
        """The paths of all arrays."""

    def array(self, path: str) -> Array | None:
        """One array without its values."""

    def attributes(self, group: str) -> Attributes:
        """The attributes of a group."""

    def look(self, paths: Iterable[str]) -> frozenset[str]:
        """Which of these groups and arrays there are."""

    def pieces(self, wanted: Sequence[Wanted], soon: Sequence[str]) -> tuple[list[Piecewise], Find]:
        """How arrays are stored, and where their pieces lie; and what finds bytes that came along.

        Of arrays that are read soon the same comes along as far as that costs no request of its own.
        """

    def lacking(self, soon: Sequence[str]) -> list[Span]:
        """Bytes that tell where the pieces of arrays lie, and are not here."""

    def keep(self, start: int, content: memoryview) -> None:
        """Keep such bytes."""

    def texts(self, values: NDArray[Any]) -> NDArray[Any]:
        """Texts of variable length, from the places where they lie."""


class RemoteHdf5:
    """An `Hdf5` at a distance. Threads may share it."""

    def __init__(self, source: Source, contents: Contents) -> None:
        self._source = source
        self._contents = contents

    @property
    def name(self) -> str:
        """The URL without its query."""
        return self._source.name

    def groups(self) -> tuple[str, ...]:
        """Give the paths of all groups, each before its members; the root is ``""``."""
        return self._contents.groups()

    def arrays(self) -> Mapping[str, Array]:
        """Give all arrays by path; only who counts them has the whole structure fetched."""
        return _Arrays(self._contents)

    def attributes(self, group: str = "") -> Attributes:
        """Give the attributes of a group; of the root where none is named."""
        return self._contents.attributes(group)

    def look(self, paths: Iterable[str]) -> frozenset[str]:
        """Tell which of these groups and arrays there are; what describes them is fetched together."""
        return self._contents.look(paths)

    def read(self, wanted: Sequence[Wanted], soon: Sequence[str] = ()) -> list[NDArray[Any]]:
        """Read parts of arrays, in the order of ``wanted``, as stored: fills are not masked, text is str."""
        found, find = self._contents.pieces(wanted, soon)
        parts = [Part(one, how, self.name) for one, how in zip(wanted, found, strict=True)]
        here, there = _divided([piece for part in parts for piece in part.pieces()], find)
        _unpack(here)
        if there:
            self._fetch(there, self._contents.lacking(soon), len(soon))
        return [part.values(self._contents.texts) for part in parts]

    def _fetch(self, pieces: Sequence[Piece], along: Sequence[Span], then: int) -> None:
        """Fetch pieces, and along with them bytes that are needed next."""

        def take(number: int, content: memoryview) -> None:
            if number < len(pieces):
                pieces[number].take(content)
            else:
                self._contents.keep(along[number - len(pieces)][0], content)

        self._source.each([*(piece.span for piece in pieces), *along], take, then)

    def close(self) -> None:
        """Let go of connections."""
        self._source.close()


class _Arrays(Mapping[str, Array]):
    """Arrays by path, each looked at, with those beside it, when it is asked for."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def __getitem__(self, path: str) -> Array:
        found = self._contents.array(path)
        if found is None:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._contents.paths())

    def __len__(self) -> int:
        return len(self._contents.paths())


def _divided(pieces: Sequence[Piece], find: Find) -> tuple[list[tuple[Piece, memoryview]], list[Piece]]:
    """The pieces whose bytes are here, with them, and those that are to be fetched."""
    here, there = [], []
    for piece in pieces:
        content = find(*piece.span)
        if content is None:
            there.append(piece)
        else:
            here.append((piece, content))
    return here, there


def _unpack(here: Sequence[tuple[Piece, memoryview]]) -> None:
    """Take pieces that are here, several threads beside each other."""

    def some(batch: Sequence[tuple[Piece, memoryview]]) -> None:
        for piece, content in batch:
            piece.take(content)

    batches = [here[at : at + _BATCH] for at in range(0, len(here), _BATCH)]
    if len(batches) > 1:
        list(loop().unpackers.map(some, batches))
    else:
        some(here)
