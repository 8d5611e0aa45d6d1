"""Opens anything that Tercet reads: an Item of any origin, a file, a folder, an address, the name of an Item."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tercet.errors import ReaderError
from tercet.readers import items, registry
from tercet.readers.base import Reader
from tercet.readers.documents import content_of, document, item_of_catalog
from tercet.readers.locations import Location, is_remote
from tercet.settings import Settings, load_settings

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*/[\w.-]+", re.ASCII)
_ITEM_PATH = re.compile(r"/collections/[^/]+/items/[^/]+/?$")
_HEAD = 1024
_JSON = (b"{", b"[", b"\xef\xbb\xbf{")


def open(  # noqa: A001 - tercet.readers.open is the name that people call
    what: Any,  # noqa: ANN401 - see below
    *,
    asset: str | None = None,
    alternate: str | None = None,
    settings: Settings | None = None,
) -> Reader:
    """Open a plume, scene or source of Carbon Mapper, a granule of ICESat-2, or a frame of EarthCARE.

    Args:
        what: a ``pystac.Item`` or its dict, from this catalog, from the provider or from pystac-client; a REST record
            of Carbon Mapper; the path of a GeoTIFF, an HDF5 file, an Item's JSON, or a folder with the files of a plume
            or scene; the address (https, s3) of any of these; or ``collection/id`` of an Item in the catalog that
            ``TERCET_API_URL`` names.
        asset: of an Item only this one.
        alternate: of an Item the alternate addresses of this name, such as ``s3``, where assets have them.
        settings: credentials and addresses; read from the environment where not given.

    Returns:
        A reader. Nothing but what it took to recognise the file has been read.

    Raises:
        ReaderError: there is no such file, or it is nothing that can be read; the message says what to do.
        UpstreamError: an address did not answer.
    """
    known = settings or load_settings()
    item = items.as_item(what)
    if item is not None:
        return _of_item(item, None, known, asset, alternate)
    if not isinstance(what, str | Path):
        raise ReaderError(f"open takes an Item, a path or an address, not {type(what).__name__}")
    if isinstance(what, str) and is_remote(what):
        return _of_address(what, known, asset, alternate)
    path = Location(str(what)).path
    if path.is_dir():
        return registry.folder(path, known)
    if not path.exists():
        return _of_name(str(what), known, asset, alternate)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.lstrip().startswith(_JSON):
        found = items.item_of_file(path)
        if found is not None:
            return _of_item(found, str(path.resolve()), known, asset, alternate)
    return registry.file(Location(str(path)), head, known)


def _of_item(
    item: Mapping[str, Any], base: str | None, settings: Settings, asset: str | None, alternate: str | None
) -> Reader:
    reader = registry.item(items.uniform(item), base, settings, asset=asset, alternate=alternate)
    if "source_name" in item and "plumes" in item:  # the record itself: it need not be fetched
        vars(reader)["record"] = item
    return reader


def _of_address(url: str, settings: Settings, asset: str | None, alternate: str | None) -> Reader:
    location = Location(url)
    suffix = location.file_name.lower().rpartition(".")[2]
    if suffix in {"json", "geojson"} or _ITEM_PATH.search(url.partition("?")[0]):
        found = document(url, settings)
        if isinstance(found, Mapping):
            return _of_item(found, url, settings, asset, alternate)
        raise ReaderError(f"{location.name} is JSON, but no Item")
    known_by_name = suffix in registry.SUFFIXES
    return registry.file(location, b"" if known_by_name else content_of(location, settings, first=_HEAD), settings)


def _of_name(name: str, settings: Settings, asset: str | None, alternate: str | None) -> Reader:
    is_file = name.lower().rpartition(".")[2] in {*registry.SUFFIXES, "json", "geojson"}
    if is_file or not _NAME.fullmatch(name):
        raise ReaderError(f"{name} does not exist: give a path, an address, or collection/id of an Item")
    found, url = item_of_catalog(name, settings)
    return _of_item(found, url, settings, asset, alternate)
