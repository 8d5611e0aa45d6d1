"""Sources: clusters of plumes of one gas and sector, with how often they are seen and what they emit on average.

The name of a source has its centre in it, so it changes whenever a plume joins: a source is known by the first of
its plumes (by acquisition) and the radius of the clustering, and its Item takes the new name. Where that first plume
is withdrawn, or an earlier one is published, it counts as another source; the next sweep removes what is gone.

Source: Carbon Mapper data platform API, "sources.geojson" and "source/{name}".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tercet.errors import RecordError
from transforms.carbon_mapper_names import PlumeId, SceneName, source_name
from transforms.carbon_mapper_values import (
    Table,
    count,
    new_fields,
    number,
    read,
    sector,
    text,
    upper,
)
from transforms.entry import Part
from transforms.times import utc

Record = Mapping[str, Any]

_STATISTICS: Table = (
    ("gas", "cm:gas", upper),
    ("sector", "cm:sector", sector),
    ("plume_count", "cm:plume_count", count),
    ("persistence", "cm:persistence", number),
    ("emission_auto", "cm:source_emission", number),
    ("emission_uncertainty_auto", "cm:source_emission_uncertainty", number),
    ("detection_date_count", "cm:detection_date_count", count),
    ("observation_date_count", "cm:observation_date_count", count),
)
_ELSEWHERE = frozenset(
    {
        *("source_name", "plume_ids", "plumes", "point", "source", "scenes", "observation_scenes_names", "explanation"),
        *("observation_dates", "detection_dates", "timestamp_min", "timestamp_max", "cluster_id", "date_count"),
        *("published_at_min", "published_at_max", "eps", "minpoints"),
    }
)
KNOWN = _ELSEWHERE | {field for field, _, _ in _STATISTICS}
"""Every field of a source; what else one has is new."""
_NAME_PARTS = 5
"""Gas, sector, radius, longitude, latitude."""


def source_part(record: Record) -> tuple[str, Part]:
    """What a record says of a source: its subject and the part.

    Args:
        record: a Feature of sources.geojson, or a nested answer, whose plumes may have been cut to their ids.

    Raises:
        RecordError: a field holds what it cannot hold, or the source has no place.
    """
    is_feature = record.get("type") == "Feature"
    found = record["properties"] if is_feature else {**record, **_mapping(record.get("source"))}
    name = source_name(text(found["source_name"], "source_name") or "")
    if not name:
        raise RecordError("its source_name is empty")
    plumes = _plume_ids(found)
    observed = _names(found.get("observation_scenes_names")) or _names(found.get("scenes"))
    days = _days(found.get("observation_dates")) or _days_of(observed)
    facts = read(_STATISTICS, found)
    facts.setdefault("cm:plume_count", len(plumes))
    said: dict[str, Any] = {
        "source": name,
        "says": "geojson" if is_feature else "nested",
        "facts": {**facts, **_dates(found, plumes, observed, days), **_published(found)},
        "point": _place(record.get("geometry") if is_feature else found.get("point"), name),
        "plumes": plumes,
    }
    new = new_fields(found, KNOWN)
    if new:
        said["new"] = new
    updated = said["facts"].get("updated", "")
    # overpasses add up, whereas plumes are withdrawn, or go to another cluster
    freshness = f"{max([*days, updated[:10]])} {updated} {len(days):06d}"
    return subject(name, plumes, facts), Part(said["says"], said, freshness)


def subject(name: str, plumes: Sequence[str], facts: Record) -> str:
    """What a source is known by: its gas, the radius of the clustering and its first plume."""
    parts = name.split("_")
    radius = parts[2] if len(parts) == _NAME_PARTS else ""
    return f"{facts.get('cm:gas', parts[0])}/{radius}/{plumes[0]}" if plumes else name


def _plume_ids(found: Record) -> list[str]:
    """The plumes in order of acquisition; names that are none are left out."""
    listed = found.get("plume_ids")
    if not isinstance(listed, list):
        nested = found.get("plumes")
        plumes = nested if isinstance(nested, list) else []
        listed = [plume.get("plume_id") for plume in plumes if isinstance(plume, Mapping)]
    seen: dict[str, str] = {}
    for plume in listed:
        try:
            seen[plume] = PlumeId.parse(plume).second
        except (RecordError, TypeError):
            continue
    return sorted(seen, key=lambda plume: (seen[plume], plume))


def _names(scenes: object) -> list[str]:
    """The names of scenes, which are listed as they are or as objects."""
    listed = scenes if isinstance(scenes, list) else []
    return [name for one in listed if isinstance(name := one.get("name") if isinstance(one, Mapping) else one, str)]


def _dates(found: Record, plumes: Sequence[str], observed: Sequence[str], observed_on: list[str]) -> dict[str, Any]:
    """On which days it was observed and detected, and how often it was observed and not detected."""
    days = {
        "detection": _days(found.get("detection_dates")) or _days_of(plume.rpartition("-")[0] for plume in plumes),
        "observation": observed_on,
    }
    dates = _span(found, days["detection"] or days["observation"])
    counts: dict[str, Any] = {}
    for name, listed in days.items():
        stated = found.get(f"{name}_date_count")
        counts[name] = len(listed) if stated is None else stated
        if listed and counts[name] == len(listed):
            dates |= {f"cm:{name}_dates": listed, f"cm:{name}_date_count": len(listed)}
    null = _mapping(_mapping(found.get("explanation")).get("summary")).get("number_of_null_detect_days")
    if not isinstance(null, int) and all(isinstance(number, int) and number for number in counts.values()):
        null = max(0, counts["observation"] - counts["detection"])
    if isinstance(null, int):
        dates["cm:null_detection_days"] = null
    if observed:
        dates["cm:observation_scene_count"] = len(set(observed))
    return dates


def _span(found: Record, days: Sequence[str]) -> dict[str, Any]:
    """From its first detection to its last, in whole days."""
    first, last = found.get("timestamp_min"), found.get("timestamp_max")
    start = utc(first, name="timestamp_min")[:10] if first else min(days, default="")
    end = utc(last, name="timestamp_max")[:10] if last else max(days, default="")
    if not start or not end:
        raise RecordError("it has neither dates nor plumes, so when it was seen is not known")
    begins = f"{start}T00:00:00.000Z"
    return {"datetime": begins, "start_datetime": begins, "end_datetime": f"{end}T23:59:59.999Z"}


def _days(listed: object) -> list[str]:
    """Days as they are listed: ``2024-04-20``."""
    days = listed if isinstance(listed, list) else []
    return sorted({utc(day, name="a date")[:10] for day in days if isinstance(day, str)})


def _days_of(scenes: Any) -> list[str]:  # noqa: ANN401 - names, some of which may be none
    """The days in the names of scenes."""
    found = set()
    for scene in scenes:
        try:
            found.add(SceneName.parse(scene).second[:10])
        except RecordError:
            continue
    return sorted(found)


def _published(found: Record) -> dict[str, str]:
    """When its first and last plume were published: some answers have the day only, so all are cut to it."""
    first, last = found.get("published_at_min"), found.get("published_at_max")
    times = {"published": first, "updated": last}
    return {
        name: f"{utc(value, name=name)[:10]}T00:00:00.000Z" for name, value in times.items() if isinstance(value, str)
    }


def _place(geometry: object, name: str) -> list[float]:
    """Longitude and latitude of its centre, which its name has, too."""
    coordinates = _mapping(geometry).get("coordinates")
    try:
        longitude, latitude = coordinates[:2] if isinstance(coordinates, list) else name.split("_")[-2:]
        return [float(longitude), float(latitude)]
    except (TypeError, ValueError) as error:
        raise RecordError(f"its centre is not known: {geometry!r}") from error


def _mapping(value: object) -> Record:
    return value if isinstance(value, Mapping) else {}
