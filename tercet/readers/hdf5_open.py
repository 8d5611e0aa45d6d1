"""Open an HDF5 file wherever it lies."""

from tercet.readers.byte_ranges import open_ranges
from tercet.readers.hdf5 import Hdf5
from tercet.readers.hdf5_local import open_local
from tercet.readers.hdf5_remote import RemoteHdf5
from tercet.readers.hdf5_structure import Structure
from tercet.readers.locations import Location
from tercet.settings import Settings

FIRST = 512 * 1024
"""Bytes that are fetched at once: at 400 Mbit/s they take ten milliseconds, each round trip that they spare sixty."""


def open_hdf5(location: Location, settings: Settings) -> Hdf5:
    """Open an HDF5 file on this machine, behind HTTPS or in a bucket.

    Args:
        location: of the file; what its Item says of it (size, chunk index) spares requests.
        settings: credentials and patience.

    Raises:
        AuthError: we are not let in.
        ReaderError: it cannot be read, is no HDF5 file, or cut off: the message names the byte.
        UpstreamError: no answer.
    """
    if location.is_local:
        return open_local(location.path)
    source = open_ranges(location.href, settings=settings, size=location.size, first=FIRST)
    try:
        return RemoteHdf5(source, Structure(source))
    except BaseException:
        source.close()
        raise
