"""Open an HDF5 file wherever it lies."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from tercet.errors import TercetError
from tercet.readers.hdf5 import dmrpp, index
from tercet.readers.hdf5.base import Hdf5
from tercet.readers.hdf5.listing import Listed, Listing
from tercet.readers.hdf5.local import open_local
from tercet.readers.hdf5.remote import RemoteHdf5
from tercet.readers.hdf5.structure import Structure
from tercet.readers.locations import Location
from tercet.readers.remote.ranges import WHOLE, open_ranges
from tercet.readers.remote.version import Version
from tercet.settings import Settings

log = logging.getLogger(__name__)

FIRST = 512 * 1024
"""Bytes that are fetched at once: at 400 Mbit/s they take ten milliseconds, each round trip that they spare sixty."""
_LARGEST_INDEX = 64 * 2**20


def open_hdf5(location: Location, settings: Settings) -> Hdf5:
    """Open an HDF5 file on this machine or behind HTTP.

    Args:
        location: of the file; what its Item says of it spares requests: its size, a chunk index, a DMR++.
        settings: credentials and patience.

    Raises:
        AuthError: we are not let in.
        ReaderError: it cannot be read, is no HDF5 file, or cut off: the message names the byte.
        UpstreamError: no answer.
    """
    if location.is_local:
        return open_local(location.path)
    # a small file is as quickly here as what describes it
    listing = None if (location.size or WHOLE + 1) <= WHOLE else described(location, settings)
    size = location.size if listing is None or listing.size is None else listing.size
    version = Version(size) if listing and size else None
    source = open_ranges(location.href, settings=settings, size=size, first=FIRST, version=version)
    try:
        return RemoteHdf5(source, Listed(listing, source) if listing else Structure(source))
    except BaseException:
        source.close()
        raise


def described(location: Location, settings: Settings) -> Listing | None:
    """What an Item's chunk index, or DMR++, says of its file; None where it has neither."""
    for asset, reads in _described_by(location.item or {}):
        try:
            return reads(_content(str(asset["href"]), asset, settings), str(asset["href"]).partition("?")[0])
        except (TercetError, OSError) as error:  # without it the file is read as well, only later
            log.warning("%s is not used: %s", location.name, error)
    return None


def _described_by(item: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Callable[[bytes, str], Listing]]]:
    """The assets that describe an Item's file, the smallest first."""
    assets = [asset for asset in item.get("assets", {}).values() if asset.get("href")]
    made = [asset for asset in assets if asset.get("type") == index.MEDIA_TYPE]
    theirs = [asset for asset in assets if dmrpp.is_one(asset)]
    return [*((asset, index.read) for asset in made), *((asset, dmrpp.listing) for asset in theirs)]


def _content(href: str, asset: Mapping[str, Any], settings: Settings) -> bytes:
    place = Location(href, asset=asset)
    if place.is_local:
        return place.path.read_bytes()
    with open_ranges(href, settings=settings, size=place.size, first=0, whole=_LARGEST_INDEX) as file:
        return file.head
