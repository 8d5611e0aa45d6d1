"""Which reader reads what: by what the Item says, or by what the file holds."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tercet.errors import ReaderError
from tercet.readers import items
from tercet.readers.base import Reader
from tercet.readers.locations import Location
from tercet.settings import Settings

_HDF5_READERS = ("tercet.readers.icesat2", "tercet.readers.earthcare")
"""Modules with ``recognizes(file)`` and ``reader(file, item)``; imported when an HDF5 file is opened."""
_RASTERS = ("tif", "tiff")
_HDF5 = ("h5", "hdf5", "he5", "nc", "nc4")
SUFFIXES = frozenset({*_RASTERS, *_HDF5, "zip", "hdr", "eof"})
"""Names that end so need no look inside."""
_ZIP = b"PK\x03\x04"
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_DATA = ("data", "h5", "hdf5")
"""Keys of the one science file: ours, and those of other catalogs."""


def item(
    said: Mapping[str, Any],
    base: str | None,
    settings: Settings,
    *,
    asset: str | None = None,
    alternate: str | None = None,
) -> Reader:
    """Open an Item as this catalog has it.

    Raises:
        ReaderError: it has nothing that can be read, or no such asset.
    """
    files = items.locations(said, base, alternate=alternate)
    if asset is not None:
        if asset not in files:
            raise ReaderError(f"Item {said.get('id')} has no asset {asset!r}: it has {', '.join(files) or 'none'}")
        files = {asset: files[asset]}
    properties = said.get("properties") or {}
    kind = properties.get("product:type")
    if kind == "source":
        return _source(said, files, settings)
    if any(_suffix(one) in _RASTERS or _is_tiff(one) for one in files.values()):
        return _rasters(str(said.get("id")), files, said, settings)
    science = _science(files)
    if science is None:
        raise ReaderError(
            f"Item {said.get('id')} has no file that Tercet reads: its assets are {', '.join(files) or 'none'}; "
            "harvest it again, or open one of its addresses by itself"
        )
    return file(science, b"", settings)


def file(location: Location, head: bytes, settings: Settings) -> Reader:
    """Open a file by what it is.

    Args:
        location: where it lies.
        head: its first bytes; empty where only the name is known.
        settings: credentials and addresses.

    Raises:
        ReaderError: it is nothing that can be read.
    """
    refuse(location.file_name, head)
    if head.startswith(_TIFF) or _suffix(location) in _RASTERS or _is_tiff(location):
        return _raster(location, settings)
    return _hdf5(location, settings)


def folder(path: Path, settings: Settings) -> Reader:
    """Open the files of one plume or scene that lie in a folder.

    Raises:
        ReaderError: it holds none, or those of several.
    """
    files = sorted(one for one in path.iterdir() if one.is_file())
    described = [found for one in files if one.suffix == ".json" and (found := items.item_of_file(one)) is not None]
    subjects = {subject for one in files if (subject := items.subject_of(one.name))}
    if len(subjects) > 1:
        raise ReaderError(f"{path} holds files of {len(subjects)} plumes or scenes: {', '.join(sorted(subjects)[:5])}; "
                          "open one file, or move each into a folder of its own")  # fmt: skip
    rasters = _in_folder(files)
    if not rasters:
        several = ", ".join(one.name for one in files[:8]) or "nothing"
        raise ReaderError(f"{path} holds no files of a plume or scene: there is {several}; open a file by itself")
    said = items.uniform(described[0]) if len(described) == 1 else None
    return _rasters(next(iter(subjects), path.name), rasters, said, settings)


def refuse(name: str, head: bytes) -> None:
    """Say no to what holds nothing that can be read, before it is fetched.

    Raises:
        ReaderError: it is raw data or a ZIP; the message says what to open instead.
    """
    from tercet.readers.earthcare.refusals import refusal  # noqa: PLC0415 - HDF5 and unknown files only

    advice = refusal(name, head)
    if advice:
        raise ReaderError(advice)
    if head.startswith(_ZIP) or (not head and name.lower().endswith(".zip")):
        raise ReaderError(f"{name} is a ZIP: unpack it and open what is inside")


def _raster(location: Location, settings: Settings) -> Reader:
    """One GeoTIFF, named as its provider names it or otherwise."""
    stem = location.file_name.rpartition(".")[0] or location.file_name
    key, said = items.known_file(location.file_name) or (stem, {"type": "image/tiff"})
    at = Location(location.href, location.item, location.key or key, {**said, **location.asset})
    name = items.subject_of(location.file_name) or location.file_name
    return _rasters(name, {at.key or key: at}, location.item, settings)


def _in_folder(files: list[Path]) -> dict[str, Location]:
    found: dict[str, Location] = {}
    beside = [one.name for one in files]
    for one in files:
        known = items.known_file(one.name)
        if known is None and one.suffix.lower() in {".tif", ".tiff", ".geojson"}:
            known = items.plain_file(one.name, beside=beside)
        if known is not None:
            found.setdefault(known[0], Location(str(one), None, *known))
    return found


def _hdf5(location: Location, settings: Settings) -> Reader:
    from tercet.readers.hdf5.opening import open_hdf5  # noqa: PLC0415 - h5py and its like take their time

    opened = open_hdf5(location, settings)
    try:
        for name in _HDF5_READERS:
            module = import_module(name)
            if module.recognizes(opened):
                reader: Reader = module.reader(opened, location.item)
                return reader
        groups = ", ".join(group for group in opened.groups() if group and "/" not in group) or "none"
    except BaseException:
        opened.close()
        raise
    opened.close()
    raise ReaderError(
        f"{location.name} is HDF5, but neither of ICESat-2 nor of EarthCARE: its groups are {groups}; h5py reads it"
    )


def _rasters(name: str, files: Mapping[str, Location], said: Mapping[str, Any] | None, settings: Settings) -> Reader:
    from tercet.readers.carbon_mapper.plumes import PlumeReader, is_plume  # noqa: PLC0415 - GDAL takes its time
    from tercet.readers.carbon_mapper.scenes import SceneReader, is_scene  # noqa: PLC0415
    from tercet.readers.rasters.reader import RasterReader  # noqa: PLC0415

    if is_plume(files, said):
        return PlumeReader(name, files, item=said, settings=settings)
    if is_scene(files, said):
        return SceneReader(name, files, item=said, settings=settings)
    return RasterReader(name, files, item=said, settings=settings)


def _source(said: Mapping[str, Any], files: Mapping[str, Location], settings: Settings) -> Reader:
    from tercet.readers.carbon_mapper.sources import SourceReader  # noqa: PLC0415 - rarely opened

    return SourceReader(said, files, settings)


def _science(files: Mapping[str, Location]) -> Location | None:
    """The science file of an Item: by its key, else the one HDF5 file that is there."""
    named = [files[key] for key in _DATA if key in files]
    alike = [one for one in files.values() if _suffix(one) in _HDF5 or "hdf" in str(one.asset.get("type", ""))]
    # a service that cuts is no file; a bucket lets in only who is near it
    alike = sorted((one for one in alike if "opendap" not in one.href), key=lambda one: one.href.startswith("s3:"))
    whole = [one for one in alike if "data" in (one.asset.get("roles") or ("data",))]
    return next(iter([*named, *whole, *alike, *(one for one in files.values() if _suffix(one) == "zip")]), None)


def _suffix(location: Location) -> str:
    return location.file_name.lower().rpartition(".")[2]


def _is_tiff(location: Location) -> bool:
    return str(location.asset.get("type") or "").startswith("image/tiff")
