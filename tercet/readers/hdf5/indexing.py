"""Make the chunk index of an HDF5 file, wherever it lies: from its DMR++ where there is one, else by scanning once."""

import mmap
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tercet.errors import ReaderError
from tercet.readers.hdf5.cursor import Span
from tercet.readers.hdf5.index import written
from tercet.readers.hdf5.listing import Entry, Listing
from tercet.readers.hdf5.opening import FIRST, described
from tercet.readers.hdf5.resolving import Source
from tercet.readers.hdf5.structure import Piecewise, Structure
from tercet.readers.locations import Location
from tercet.readers.remote.ranges import open_ranges
from tercet.settings import Settings


def index_of(location: Location, settings: Settings) -> bytes:
    """Make the index of a file.

    Args:
        location: of the file; with its Item a DMR++ spares reading the file's structure.
        settings: credentials and patience.

    Raises:
        AuthError: we are not let in.
        ReaderError: it cannot be read, is no HDF5 file, or broken: the message names the byte.
        UpstreamError: no answer.
    """
    if location.is_local:
        return chunk_index(location.path)
    listing = described(location, settings)
    if listing is not None and all(entry.pieces for entry in listing.arrays.values()):
        return written(replace(listing, size=listing.size or location.size))
    with open_ranges(location.href, settings=settings, size=location.size, first=FIRST) as source:
        return written(_scanned(source))


def chunk_index(path: Path) -> bytes:
    """Make the index of a file on this machine.

    Raises:
        ReaderError: it cannot be read, is no HDF5 file, or broken: the message names the byte.
    """
    try:
        with path.open("rb") as file, closing(_Local(path, file.fileno())) as source:
            return written(_scanned(source))
    except (OSError, ValueError) as error:  # the latter: an empty file
        raise ReaderError(f"{path} cannot be read: {error}") from error


def _scanned(source: Source) -> Listing:
    """List a file by reading all of its structure."""
    structure = Structure(source)
    arrays = {}
    for path in structure.paths():
        array = structure.array(path)
        if array is not None:
            arrays[path] = Entry(array, _placed(structure, path))
    blocks = structure.blocks
    return Listing(
        {path: structure.attributes(path) for path in structure.groups()},
        arrays,
        source.size,
        (blocks.base, blocks.offset_size, blocks.length_size),
    )


def _placed(structure: Structure, path: str) -> Piecewise | None:
    try:
        return structure.placed(path)
    except ReaderError:
        return None


class _Local:
    """A file on this machine, as a source of the structure's bytes."""

    def __init__(self, path: Path, number: int) -> None:
        self.name = str(path)
        self._bytes = mmap.mmap(number, 0, access=mmap.ACCESS_READ)
        self.size = len(self._bytes)
        self.head = self._bytes[: 64 * 1024]

    def read(self, spans: Sequence[Span], then: int = 0) -> list[bytes]:  # noqa: ARG002 - nothing is far
        return [self._bytes[start:stop] for start, stop in spans]

    def views(self, spans: Sequence[Span]) -> list[memoryview]:
        return [memoryview(one) for one in self.read(spans)]

    def each(self, spans: Sequence[Span], take: Callable[[int, memoryview], None], then: int = 0) -> None:  # noqa: ARG002 - nothing is far
        for number, content in enumerate(self.views(spans)):
            take(number, content)

    def close(self) -> None:
        self._bytes.close()
