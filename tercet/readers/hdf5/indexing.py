"""Make the chunk index of an HDF5 file, wherever it lies: from its DMR++ where there is one, else by scanning once."""

from dataclasses import replace

from tercet.readers.hdf5.index import chunk_index, scanned, written
from tercet.readers.hdf5.opening import FIRST, described
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
        return written(scanned(source))
