"""The fields of a plume as REST (JSON) and CSV spell them, and the properties that they become.

Every field of either is in one of the tables here; the files' addresses are in ``ADDRESSES``.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from tercet.errors import RecordError
from transforms.carbon_mapper_names import PlumeId
from transforms.carbon_mapper_values import (
    Table,
    acquired,
    corners,
    flag,
    nadir_angle,
    number,
    platform,
    read,
    sector,
    size,
    text,
    updated,
    upper,
    values,
)
from transforms.times import utc

Record = Mapping[str, Any]

ADDRESSES = ("plume_tif", "con_tif", "rgb_tif", "plume_png", "plume_rgb_png", "rgb_png")

_PLUME: Table = (
    ("gas", "cm:gas", upper),
    ("sector", "cm:sector", sector),
    ("ipcc_sector", "cm:sector", sector),
    ("plume_latitude", "cm:plume_latitude", number),
    ("plume_longitude", "cm:plume_longitude", number),
    ("country", "cm:country", text),
    ("state_province", "cm:state_province", text),
    ("is_offshore", "cm:is_offshore", flag),
    ("mission_phase", "cm:mission_phase", text),
    ("sensitivity_mode", "cm:sensitivity_mode", text),
    ("cmf_type", "cm:cmf_type", text),
    ("collection", "cm:collection", text),
    ("id", "cm:plume_uuid", text),
    ("scene_id", "cm:scene_uuid", text),
    ("plume_quality", "cm:plume_quality", text),
    ("phme_candidate", "cm:phme_candidate", flag),
    ("publication_sources", "cm:publications", values),
    ("provider", "cm:provider", text),
    ("gsd", "gsd", size),
    ("off_nadir", "view:off_nadir", nadir_angle),
)
_EMISSION: Table = (
    ("emission_auto", "cm:emission", number),
    ("emission_uncertainty_auto", "cm:emission_uncertainty", number),
    ("emission_cmf_type", "cm:emission_cmf_type", text),
    ("hide_emission", "cm:hide_emission", flag),
    ("wind_speed_avg_auto", "cm:wind_speed_avg", number),
    ("wind_speed_std_auto", "cm:wind_speed_std", number),
    ("wind_direction_avg_auto", "cm:wind_direction_avg", number),
    ("wind_direction_std_auto", "cm:wind_direction_std", number),
    ("wind_source_auto", "cm:wind_source", text),
)
MAPPED_ELSEWHERE = frozenset(
    {
        *ADDRESSES,
        "plume_id",
        "geometry_json",
        "scene_timestamp",
        "datetime",
        "instrument",
        "platform",
        "plume_bounds",
        "emission_version",
        "processing_software",
        "published_at",
        "modified",
        "status",
    }
)
"""Fields that become the id, geometry, times, version or assets of the Item, or only decide whether there is one."""
CSV_ONLY = ("plume_latitude", "ipcc_sector", "datetime")
"""Columns that JSON spells otherwise; any of them may have been left out of an export."""
KNOWN = MAPPED_ELSEWHERE | {field for field, _, _ in (*_PLUME, *_EMISSION)}
"""Every field of the two surfaces; what else a record has is new."""


def plume(record: Record, name: PlumeId) -> dict[str, Any]:
    """What a record says of the plume, whichever version of its emission it speaks of.

    Raises:
        RecordError: a field holds what it cannot hold.
    """
    at, instrument = platform(record.get("instrument"), record.get("platform"), name.instrument)
    start = record.get("scene_timestamp") or record.get("datetime")
    published, modified = record.get("published_at"), record.get("modified")
    found = {
        "datetime": acquired(start, name.second, name.fraction, "scene_timestamp"),
        **updated(
            utc(published, name="published_at") if published else None,
            utc(modified, name="modified") if modified else None,
        ),
        "platform": at,
        "instruments": [instrument],
        **read(_PLUME, record),
    }
    _add_origin(found, record)
    return found


def emission(record: Record) -> dict[str, Any]:
    """What a record says of one version of the emission.

    Raises:
        RecordError: a field holds what it cannot hold.
    """
    return read(_EMISSION, record)


def _add_origin(found: dict[str, Any], record: Record) -> None:
    """Where the plume begins: REST has it as a GeoJSON Point, CSV in two columns."""
    point = record.get("geometry_json")
    if point is None:
        return
    try:
        longitude, latitude = point["coordinates"][:2]
    except (TypeError, KeyError, ValueError) as error:
        raise RecordError(f"geometry_json is not a GeoJSON Point: {point!r}") from error
    origin = {
        "cm:plume_latitude": number(latitude, "geometry_json"),
        "cm:plume_longitude": number(longitude, "geometry_json"),
    }
    found.update((key, value) for key, value in origin.items() if value is not None)


def bounds(record: Record) -> list[float] | None:
    """West, south, east, north of the plume's crop, degrees; CSV has them as a JSON text.

    A point or a line is no area that a plume covers: None, as where they are absent.

    Raises:
        RecordError: they are not four numbers.
    """
    value = record.get("plume_bounds")
    if not value:
        return None
    try:
        stated = orjson.loads(value) if isinstance(value, str) else value
    except ValueError:
        stated = value
    return corners(stated, "plume_bounds")
