"""What one STAC Item of the provider says of a plume: of its detection, pictures, integrated mass or emission.

Source: Carbon Mapper data platform API, "stac": Items of the collections l2c, l3a-vis, l3a-ime, l3a and l4a.
"""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.carbon_mapper_assets import listed_files
from transforms.carbon_mapper_names import PlumeId, ProductCollection
from transforms.carbon_mapper_values import (
    PLATFORMS,
    Table,
    acquired,
    flag,
    moment,
    new_fields,
    number,
    platform,
    read,
    sector,
    text,
    updated,
    upper,
    values,
)
from transforms.carbon_mapper_versions import emission_version, software_rank, version_rank
from transforms.entry import Part
from transforms.geometry import Geometry, box, repaired

Record = Mapping[str, Any]

ARCHIVED = "public_archive"
"""``cm:visibility`` of what is superseded."""

ELEVATION: Table = (
    ("cm:elevation", "cm:elevation", number),
    ("cm:elevation_method", "cm:elevation_method", text),
    ("cm:elevation_source", "cm:elevation_source", text),
)
PROVENANCE: Table = (
    ("processing:lineage", "processing:lineage", text),
    ("processing:datetime", "processing:datetime", moment),
    ("created", "cm:created", moment),
    ("cm:created", "cm:created", moment),
    ("cm:modified", "cm:modified", moment),
    ("cm:published_at", "cm:published_at", moment),
)
"""How and when a product was made."""
_DETECTION: Table = (
    ("cm:gas", "cm:gas", upper),
    ("cm:sector", "cm:sector", sector),
    ("cm:latitude", "cm:plume_latitude", number),
    ("cm:longitude", "cm:plume_longitude", number),
    ("cm:mission_phase", "cm:mission_phase", text),
    ("cm:cmf_type", "cm:cmf_type", text),
    ("cm:phme_candidate", "cm:phme_candidate", flag),
    ("cm:publications", "cm:publications", values),
)
_PLUME: Table = (
    ("cm:gas", "cm:gas", upper),
    ("cm:plume:gas", "cm:gas", upper),
    ("cm:plume:sector", "cm:sector", sector),
    ("cm:plume:latitude", "cm:plume_latitude", number),
    ("cm:plume:longitude", "cm:plume_longitude", number),
    ("cm:plume_latitude", "cm:plume_latitude", number),
    ("cm:plume_longitude", "cm:plume_longitude", number),
    *ELEVATION,
    ("cm:mission_phase", "cm:mission_phase", text),
    ("cm:plume:cmf_type", "cm:cmf_type", text),
    ("cm:plume:phme_candidate", "cm:phme_candidate", flag),
    ("cm:plume:publications", "cm:publications", values),
)
_EMISSION: Table = (
    *PROVENANCE,
    ("cm:emission", "cm:emission", number),
    ("cm:emission_uncertainty", "cm:emission_uncertainty", number),
    ("cm:cmf_type", "cm:emission_cmf_type", text),
    ("cm:wind_speed_avg", "cm:wind_speed_avg", number),
    ("cm:wind_speed_std", "cm:wind_speed_std", number),
    ("cm:wind_direction_avg", "cm:wind_direction_avg", number),
    ("cm:wind_direction_std", "cm:wind_direction_std", number),
    ("cm:wind_source", "cm:wind_source", text),
)
_MASS_NUMBERS = (
    *("ime", "ime_uncertainty", "fetch", "pixres", "sum_pix", "threshold", "percentile", "crop", "aspect_ratio"),
    *("background_std", "background_std_ppmm", "ime_div_fetch_avg", "ime_div_fetch_std", "ime_avg", "ime_std"),
    *("fetch_avg", "fetch_std", "sigma_ime_masking", "dynamic_masks_ime_avg", "dynamic_masks_ime_std"),
)
_MASS: Table = (
    *PROVENANCE,
    *((f"cm:{name}", f"cm:{name}", number) for name in _MASS_NUMBERS),
    ("cm:aspect_ratio_flag", "cm:aspect_ratio_flag", flag),
)
_SAYS: Mapping[tuple[str, str | None], tuple[str, Table, Table]] = {
    ("l2c", None): ("l2c", _DETECTION, ()),
    ("l3a", "vis"): ("vis", _PLUME, PROVENANCE),
    ("l3a", "ime"): ("ime", _PLUME, _MASS),
    ("l3a", None): ("l3a", _PLUME, _MASS),
    ("l4a", None): ("l4a", _PLUME, _EMISSION),
}
_FORECAST = ("emission", "emission_uncertainty", "wind_speed_avg", "wind_speed_std", "wind_direction_avg")
_ELSEWHERE = frozenset(
    {
        *("datetime", "version", "platform", "instruments", "cm:scene_id", "cm:visibility", "proj:epsg", "proj:code"),
        *("processing:level", "processing:software", "cm:elevation_units", "cm:non_default_options"),
        *("cm:plume:published_at", "cm:plume:modified", "cm:plume:created", "cm:asset_uuid"),
        *(f"cm:{name}_forecast" for name in (*_FORECAST, "wind_direction_std", "wind_source")),
    }
)
KNOWN = _ELSEWHERE | {field for _, *tables in _SAYS.values() for table in tables for field, _, _ in table}
"""Every property of these Items; what else one has is new."""


def is_plume_product(collection: ProductCollection) -> bool:
    """Whether the Items of a collection speak of plumes."""
    return (collection.level, collection.kind) in _SAYS


def plume_part(record: Record, collection: ProductCollection) -> Part:
    """What an Item says of its plume.

    Raises:
        RecordError: its id is no plume's, or a property holds what it cannot hold.
    """
    plume_id, found = record["id"], record.get("properties")
    if not isinstance(found, Mapping):
        raise RecordError("it has no properties")
    says, plume, rate = _SAYS[collection.level, collection.kind]
    said: dict[str, Any] = {
        "plume": plume_id,
        "says": says,
        "collection": collection.id,
        "facts": {**_times(found, PlumeId.parse(plume_id), says), **read(plume, found)},
        "rate": read(rate, found),
    }
    if says == "l2c":
        said["facts"]["cm:collection"] = collection.id
    optional = {
        "version": collection.version or text_or_none(found.get("version")),
        "archived": found.get("cm:visibility") == ARCHIVED,
        "software": software(record),
        "geometry": footprint(record) if says in ("vis", "ime", "l3a") else None,
        "files": listed_files(plume_id, record),
        "new": new_fields(found, KNOWN),
    }
    said.update((key, value) for key, value in optional.items() if value)
    code = projection(found)
    if code:
        said["rate"]["proj:code"] = code
    changed = found.get("cm:modified") or said["facts"].get("updated") or ""
    freshness = f"{moment(changed, 'cm:modified') if changed else ''} {software_rank(said.get('software'))}"
    rank = "" if says == "l2c" else version_rank(emission_version(said.get("version")))
    return Part(f"stac:{collection.id}", said, freshness, rank)


def _times(found: Record, name: PlumeId, says: str) -> dict[str, Any]:
    """When it was acquired and what with; and when the plume, not this product of it, was made and changed."""
    prefix = "cm:" if says == "l2c" else "cm:plume:"
    created, published, modified = (
        moment(found[field], field) if found.get(field := prefix + name) else None
        for name in ("created", "published_at", "modified")
    )
    return {
        "datetime": acquired(found.get("datetime"), name.second, name.fraction, "datetime"),
        **({"created": created} if created else {}),
        **updated(published, modified),
        **_platform(found, name),
    }


def _platform(found: Record, name: PlumeId) -> dict[str, Any]:
    """Platform and instrument; nothing where the Item has none, as in l2c, and the name's code is new to us."""
    code, label = first(found.get("instruments")), found.get("platform")
    if not code and not label and name.instrument not in PLATFORMS:
        return {}
    at, instrument = platform(code, label, name.instrument)
    return {"platform": at, "instruments": [instrument]}


def footprint(record: Record) -> Geometry | None:
    """The area that an Item covers; None where it has none, or a point, which is no footprint."""
    geometry, corners = record.get("geometry"), record.get("bbox")
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return None
    try:
        return repaired(geometry)
    except RecordError:
        try:
            return box(*corners) if isinstance(corners, list) else None
        except (RecordError, TypeError):
            return None


def software(record: Record) -> str | None:
    """The version of the provider's software; newer Items have it at their top, too."""
    stated = record["properties"].get("processing:software")
    version = stated.get("cmpro") if isinstance(stated, Mapping) else None
    return text_or_none(version) or text_or_none(record.get("cmpro_version"))


def projection(found: Record) -> str | None:
    """``EPSG:32638``, where an Item states a code, in either spelling; 0 and null stand for none."""
    spelled, code = text_or_none(found.get("proj:code")), found.get("proj:epsg")
    if spelled:
        return spelled
    return f"EPSG:{code}" if isinstance(code, int) and not isinstance(code, bool) and code > 0 else None


def first(items: object) -> object:
    """The first of a list, or nothing."""
    return items[0] if isinstance(items, list) and items else None


def text_or_none(value: object) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None
