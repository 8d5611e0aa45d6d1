"""The header of a granule on disk as a raw record: what NASA, a subsetter or a user's tool left in it.

Groups, attributes and datasets may be missing, strings padded with spaces, attributes arrays of one, values fill.
Source: granules and subsets of releases 001 to 007, and copies of them made with R, xarray and OPeNDAP.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np

from harvesters.base import Record, iso
from harvesters.icesat2_file_tracks import beam_groups, beams
from harvesters.recorded_files import DAMAGED_HDF5
from tercet.errors import RecordError
from transforms.icesat2_file import KEY, is_subset

_STATED: Final = {
    "file_name": (("METADATA/DatasetIdentification", "fileName"),),
    "short_name": (
        ("METADATA/DatasetIdentification", "shortName"),
        ("", "short_name"),
        ("", "identifier_product_type"),
    ),
    "doi": (("", "identifier_product_doi"), ("METADATA/SeriesIdentification", "identifier_product_DOI")),
    "uuid": (("METADATA/DatasetIdentification", "uuid"), ("", "identifier_file_uuid")),
    "created": (("METADATA/DatasetIdentification", "creationDate"), ("", "date_created")),
    "start": (("METADATA/Extent", "rangeBeginningDateTime"), ("", "time_coverage_start")),
    "end": (("METADATA/Extent", "rangeEndingDateTime"), ("", "time_coverage_end")),
    "processing": (("", "Processing Parameters"), ("", "history_json")),
}
"""Attributes that say the same, the best first: group and name."""
_BOUNDS: Final = (
    ("METADATA/Extent", ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")),
    ("", ("geospatial_lon_min", "geospatial_lat_min", "geospatial_lon_max", "geospatial_lat_max")),
)
_ORBIT: Final = ("rgt", "cycle_number", "orbit_number", "sc_orient")
_ANCILLARY: Final = tuple(f"{end}_{what}" for what in ("rgt", "cycle", "region") for end in ("start", "end"))
_UNSET: Final = ("", "SET_BY_META", "UNKNOWN")
_LONGEST: Final = 1000


def records(path: Path) -> list[Record] | None:
    """The header of a granule; None where the file is of another mission.

    Raises:
        RecordError: it cannot be read to its end.
    """
    try:
        with h5py.File(path, "r") as file:
            return [_header(file, path)] if _is_icesat2(file, path) else None
    except DAMAGED_HDF5 as error:
        raise RecordError(f"{path} is broken HDF5: {error}; download it again") from error


def _is_icesat2(file: h5py.File, path: Path) -> bool:
    names = (_stated(file, "short_name"), _stated(file, "file_name"), path.name.removeprefix("processed_"))
    return any(str(name or "").startswith("ATL") for name in names) or bool(beam_groups(file))


def _header(file: h5py.File, path: Path) -> Record:
    facts = path.stat()
    changed = datetime.fromtimestamp(facts.st_mtime, UTC)
    place = str(path.absolute())
    # a reject is called by its id
    header: dict[str, Any] = {"id": place, KEY: {"path": place, "size": facts.st_size, "modified": iso(changed)}}
    header |= {key: value for key in _STATED if (value := _stated(file, key))}
    header |= {key: value for key, value in _more(file) if value}
    header["groups"] = sorted(name for name, held in file.items() if isinstance(held, h5py.Group))
    verdict = _numbers(file, "quality_assessment/qa_granule_pass_fail")
    if verdict:
        header["qa_granule_pass_fail"] = verdict[0]
    # what NASA measured is the footprint of a whole granule, and needs no look at its data
    header["beams"] = beams(file, with_tracks=is_subset(header) or "polygons" not in header)
    return header


def _more(file: h5py.File) -> Iterator[tuple[str, Any]]:
    """What lies in datasets, or in several places at once."""
    yield "release", _text(_first(file, "ancillary_data/release"))
    yield "orbit_info", {key: found for key in _ORBIT if (found := _numbers(file, f"orbit_info/{key}"))}
    ancillary = {key: found[0] for key in _ANCILLARY if (found := _numbers(file, f"ancillary_data/{key}"))}
    yield "ancillary_data", ancillary
    yield "polygons", list(_polygons(file))
    yield "bounds", _bounds(file)


def _stated(file: h5py.File, key: str) -> str | None:
    for group, name in _STATED[key]:
        if group in file if group else True:
            text = _text((file[group] if group else file).attrs.get(name))
            if text:
                return text
    return None


def _text(value: Any) -> str | None:  # noqa: ANN401 - whatever HDF5 holds
    """A string without padding; an attribute may be an array of one, as R writes it."""
    if isinstance(value, np.ndarray):
        value = value.flat[0] if value.size == 1 else None
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    text = value.strip(" \0\r\n\t")[:_LONGEST]
    return None if text in _UNSET else text


def _first(file: h5py.File, path: str) -> Any:  # noqa: ANN401 - whatever HDF5 holds
    found = file.get(path)
    return found[...].flat[0] if isinstance(found, h5py.Dataset) and found.size else None


def _numbers(file: h5py.File, path: str) -> list[int]:
    """The values of a small dataset of integers, without fill."""
    found = file.get(path)
    if not isinstance(found, h5py.Dataset) or not found.size or found.dtype.kind not in "iu":
        return []
    values = found[...].ravel()
    return [int(value) for value in values if value != np.iinfo(found.dtype).max]


def _polygons(file: h5py.File) -> Iterator[list[list[float]]]:
    """Rings in ``orbit_info``: one, or as many as ``bounding_polygons`` has; what is filled up is left out."""
    info = file.get("orbit_info")
    for group, prefix in ((info, "bounding_polygon_"), (info.get("bounding_polygons") if info else None, "")):
        number = 1
        while group is not None and f"{prefix}lat{number}" in group and f"{prefix}lon{number}" in group:
            ring = np.column_stack(
                [group[f"{prefix}lon{number}"][...].ravel(), group[f"{prefix}lat{number}"][...].ravel()]
            )
            inside = (np.abs(ring[:, 0]) <= 360) & (np.abs(ring[:, 1]) <= 90)  # noqa: PLR2004 - degrees
            if inside.any():
                yield np.round(ring[inside], 5).tolist()
            number += 1


def _bounds(file: h5py.File) -> list[float] | None:
    for group, names in _BOUNDS:
        attrs = (file[group] if group else file).attrs if not group or group in file else {}
        if all(name in attrs for name in names):
            found = [float(np.ravel(attrs[name])[0]) for name in names]
            if np.isfinite(found).all() and max(map(abs, found)) <= 360:  # noqa: PLR2004 - degrees
                return found
    return None
