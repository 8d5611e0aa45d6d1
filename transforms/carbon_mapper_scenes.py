"""What one record says of a scene: a STAC Item of a collection l2b, an element of scenes/annotated, a name in a source.

Source: Carbon Mapper data platform API, "stac" and "scenes/annotated"; no answer of the latter was ever recorded by
us, so its fields are read as far as they are there.
"""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.carbon_mapper_assets import listed_files
from transforms.carbon_mapper_files import ON_THE_GRID
from transforms.carbon_mapper_names import ProductCollection, SceneName
from transforms.carbon_mapper_stac import (
    ARCHIVED,
    ELEVATION,
    PROVENANCE,
    first,
    footprint,
    projection,
    software,
    text_or_none,
)
from transforms.carbon_mapper_values import (
    Table,
    acquired,
    angle,
    corners,
    count,
    elevation,
    flag,
    moment,
    nadir_angle,
    new_fields,
    number,
    numbers,
    platform,
    read,
    share,
    size,
    text,
    updated,
)
from transforms.carbon_mapper_versions import software_rank, version_rank
from transforms.entry import Part
from transforms.geometry import Geometry, box

Record = Mapping[str, Any]

_SCENE: Table = (
    ("cm:mission_phase", "cm:mission_phase", text),
    ("cm:scene:mission_phase", "cm:mission_phase", text),
    ("cm:scene:cloud_cover_pct", "eo:cloud_cover", share),
    ("cm:scene:cloud_cover_pct_assessed", "cm:cloud_cover_pct_assessed", share),
)
_PRODUCT: Table = (
    ("gsd", "gsd", size),
    ("proj:bbox", "proj:bbox", numbers),
    ("view:sun_elevation", "view:sun_elevation", number),
    ("view:sun_azimuth", "view:sun_azimuth", angle),
    ("view:off_nadir", "view:off_nadir", nadir_angle),
    ("view:azimuth", "view:azimuth", angle),
    ("view:incidence_angle", "view:incidence_angle", nadir_angle),
    *ELEVATION,
    ("cm:water_vapor", "cm:water_vapor", number),
    ("cm:water_vapor_source", "cm:water_vapor_source", text),
    *PROVENANCE,
)
_ELSEWHERE = frozenset(
    {
        *("datetime", "version", "platform", "instruments", "processing:level", "processing:software", "bands"),
        *("cm:gas", "cm:cmf_type", "cm:visibility", "cm:active_wavelengths", "cm:elevation_units", "cm:scene_id"),
        *("proj:epsg", "proj:code", "proj:shape", "proj:transform"),
        *(f"cm:scene:{name}" for name in ("name", "instrument", "platform", "created", "modified", "published_at")),
    }
)
KNOWN = _ELSEWHERE | {field for table in (_SCENE, _PRODUCT) for field, _, _ in table}
"""Every property of the Items of l2b; what else one has is new."""

_ANNOTATED: Table = (
    ("id", "cm:scene_uuid", text),
    ("mission_phase", "cm:mission_phase", text),
    ("sensitivity_mode", "cm:sensitivity_mode", text),
    ("cloud_cover_pct", "eo:cloud_cover", share),
    ("cloud_cover_pct_assessed", "cm:cloud_cover_pct_assessed", share),
    ("not_cloudy", "cm:not_cloudy", flag),
    ("area_sqkm", "cm:area_sqkm", size),
    ("gsd", "gsd", size),
    ("published_plume_count", "cm:published_plume_count", count),
    ("plume_count", "cm:published_plume_count", count),
    ("solar_zenith_angle", "view:sun_elevation", elevation),
    ("sun_elevation", "view:sun_elevation", number),
    ("sun_azimuth", "view:sun_azimuth", angle),
    ("off_nadir", "view:off_nadir", nadir_angle),
    ("view_off_nadir", "view:off_nadir", nadir_angle),
    ("view_azimuth", "view:azimuth", angle),
    ("incidence_angle", "view:incidence_angle", nadir_angle),
)
_GRID: Table = (("proj:shape", "proj:shape", numbers), ("proj:transform", "proj:transform", numbers))
_DEGREES = "EPSG:4326"
_AREAS = ("geometry", "geometry_json", "footprint", "bounds", "bbox")
ANNOTATED = frozenset({field for field, _, _ in _ANNOTATED}) | {
    *_AREAS,
    *("name", "timestamp", "published_at", "modified", "created", "platform", "instrument"),
}
"""Every field of scenes/annotated that is known; what else one has is new."""


def is_scene_product(collection: ProductCollection) -> bool:
    """Whether the Items of a collection speak of scenes."""
    return collection.level == "l2b"


def product_part(record: Record, collection: ProductCollection) -> Part:
    """What a STAC Item says of its scene.

    Raises:
        RecordError: its id is no scene's name, or a property holds what it cannot hold.
    """
    scene, found = record["id"], record.get("properties")
    if not isinstance(found, Mapping):
        raise RecordError("it has no properties")
    name = SceneName.parse(scene)
    at, instrument = platform(first(found.get("instruments")), found.get("platform"), name.instrument)
    said: dict[str, Any] = {
        "scene": scene,
        "says": "l2b",
        "collection": collection.id,
        "facts": {
            "datetime": acquired(found.get("datetime"), name.second, name.fraction, "datetime"),
            **_times(found, "cm:scene:"),
            "platform": at,
            "instruments": [instrument],
            **read(_SCENE, found),
        },
        "rate": read(_PRODUCT, found),
        "files": _files(record, collection),
    }
    code = projection(found)
    if code:
        said["rate"]["proj:code"] = code
    if code == _DEGREES and said["rate"].get("gsd", 1) < 1:
        del said["rate"]["gsd"]  # of the first rasters it is in degrees, too
    optional = {
        "version": collection.version or text_or_none(found.get("version")),
        "archived": found.get("cm:visibility") == ARCHIVED,
        "software": software(record),
        "geometry": footprint(record),
        "new": new_fields(found, KNOWN),
    }
    said.update((key, value) for key, value in optional.items() if value)
    changed = said["rate"].get("cm:modified") or said["facts"].get("updated", "")
    freshness = f"{changed} {software_rank(said.get('software'))}"
    return Part(f"stac:{collection.id}", said, freshness, version_rank(said.get("version")))


def listed_part(record: Record) -> Part:
    """What an element of scenes/annotated, or of the scenes of a source, says of its scene.

    Raises:
        RecordError: it has no scene's name, or a field holds what it cannot hold.
    """
    name = SceneName.parse(record["name"])
    at, instrument = platform(record.get("instrument"), record.get("platform"), name.instrument)
    said: dict[str, Any] = {
        "scene": name.scene,
        "says": "annotated",
        "facts": {
            "datetime": acquired(record.get("timestamp"), name.second, name.fraction, "timestamp"),
            **_times(record, ""),
            "platform": at,
            "instruments": [instrument],
            **read(_ANNOTATED, record),
        },
    }
    area = _area(record)
    if area:
        said["geometry"] = area
    if not record.keys() <= ANNOTATED:
        said["new"] = new_fields(record, ANNOTATED)
    key = "annotated" if area or "published_at" in record else "named"
    return Part(key, said, said["facts"].get("updated", ""))


def _times(found: Record, prefix: str) -> dict[str, str]:
    """When the scene, not this product of it, was made, published and changed."""
    created, published, modified = (
        moment(found[field], field) if found.get(field := prefix + name) else None
        for name in ("created", "published_at", "modified")
    )
    return {**({"created": created} if created else {}), **updated(published, modified)}


def _area(record: Record) -> Geometry | None:
    """What a scene covers: a geometry, or the box around it."""
    for field in _AREAS:
        area = record.get(field)
        if isinstance(area, list) and isinstance(first(area), list):  # a ring, or rings, without the word that it is
            area = {"type": "Polygon", "coordinates": area if isinstance(first(area[0]), list) else [area]}
        if isinstance(area, Mapping):
            geometry = footprint({"geometry": area})
            if geometry:
                return geometry
        elif isinstance(area, list) and area and (around := corners(area, field)):
            return box(*around)
    return None


def _files(record: Record, collection: ProductCollection) -> dict[str, dict[str, dict[str, Any]]]:
    """The files, and what holds for each of them only: the grid, the filter, the bands."""
    files, found = listed_files(record["id"], record), record["properties"]
    grid = read(_GRID, found)
    code = projection(found)
    if code:
        grid["proj:code"] = code
    of_file = {"cmf.tif": _filter(found), "rgb.tif": _bands(found)}
    for name, stated in files.get(collection.id, {}).items():
        stated.update(of_file.get(name, {}))
        if name in ON_THE_GRID:
            stated.update(grid)
    return files


def _filter(found: Record) -> dict[str, Any]:
    table: Table = (
        ("cm:cmf_type", "cm:cmf_type", text),
        ("cm:active_wavelengths", "cm:active_wavelengths", numbers),
    )
    return read(table, found)


def _bands(found: Record) -> dict[str, Any]:
    """Bands as STAC 1.1 and its eo extension spell them; wavelengths in micrometres."""
    stated = found.get("bands")
    bands = [
        {
            "name": str(band["name"]),
            **read(_BAND, band),
        }
        for band in (stated if isinstance(stated, list) else ())
        if isinstance(band, Mapping) and band.get("name")
    ]
    return {"bands": bands} if bands else {}


_BAND: Table = (
    ("center_wavelength", "eo:center_wavelength", size),
    ("full_width_half_max", "eo:full_width_half_max", size),
)
