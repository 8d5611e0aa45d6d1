"""CMR's ECHO10 records, as clients such as maap-py turn them from XML into dicts: all values are strings.

Rings are wound clockwise and not closed. Source: a recorded granule of NSIDC_CPRD, 2023; ECHO10's schema.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tercet.errors import RecordError
from transforms.icesat2_footprint import Shapes
from transforms.icesat2_granule import DATA_FILE, Facts, Granule, checksum, placed, size_in_bytes
from transforms.icesat2_orbit import Orbit

Sent = Mapping[str, Any]

_NOTHING: Sent = {}
_URLS = (
    ("OnlineAccessURLs", "OnlineAccessURL"),
    ("OnlineResources", "OnlineResource"),
    ("AssociatedBrowseImageUrls", "ProviderBrowseUrl"),
)


def read(sent: Sent) -> Granule:
    """Read a result of ``granules.echo10``.

    Args:
        sent: ``concept-id`` and ``Granule``.

    Raises:
        RecordError: it has no footprint.
    """
    granule = sent["Granule"]
    made = granule.get("DataGranule") or _NOTHING
    span = granule.get("Temporal") or _NOTHING
    period = span.get("RangeDateTime") or _NOTHING
    facts = _facts(made)
    return Granule(
        surface="echo10",
        granule_ur=granule["GranuleUR"],
        producer_id=made.get("ProducerGranuleId"),
        concept_id=sent.get("concept-id"),
        start=period.get("BeginningDateTime") or span.get("SingleDateTime"),
        end=period.get("EndingDateTime"),
        updated=granule.get("LastUpdate"),
        produced=made.get("ProductionDateTime"),
        orbit=_orbit_number(granule),
        urls=[link["URL"] for group, kind in _URLS for link in _each(granule.get(group), kind)],
        files={DATA_FILE: facts} if facts else {},
        footprint=placed(_shapes(granule), granule["GranuleUR"]),
    )


def _facts(made: Sent) -> Facts:
    size = int(made.get("DataGranuleSizeInBytes") or 0) or size_in_bytes(float(made.get("SizeMBDataGranule") or 0))
    sized: Facts = {"file:size": size} if size and size > 0 else {}
    return {**sized, **checksum(made.get("Checksum") or _NOTHING)}


def _each(group: Sent | None, kind: str) -> Sequence[Sent]:
    """What a group holds of a kind: XML made into a dict has one element as itself, several as a list."""
    found = (group or _NOTHING).get(kind) or ()
    return [found] if isinstance(found, Mapping) else list(found)


def _orbit_number(granule: Sent) -> int | None:
    domains = _each(granule.get("OrbitCalculatedSpatialDomains"), "OrbitCalculatedSpatialDomain")
    return int(domains[0]["OrbitNumber"]) if domains and domains[0].get("OrbitNumber") else None


def _shapes(granule: Sent) -> Shapes:
    domain = (granule.get("Spatial") or _NOTHING).get("HorizontalSpatialDomain") or _NOTHING
    shapes, orbit = domain.get("Geometry"), domain.get("Orbit")
    try:
        if orbit and not shapes:
            return Shapes(orbit=_orbit(orbit))
        return Shapes(
            rings=[_rings(part) for part in _each(shapes, "GPolygon")],
            boxes=[_sides(part) for part in _each(shapes, "BoundingRectangle")],
            lines=[_track(part) for part in _each(shapes, "Line")],
            points=_track(shapes or _NOTHING),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecordError(f"{granule['GranuleUR']} has a footprint that cannot be read: {error!r}") from error


def _rings(part: Sent) -> list[list[tuple[float, float]]]:
    return [_track(part["Boundary"]), *(_track(hole) for hole in _each(part.get("ExclusiveZone"), "Boundary"))]


def _sides(part: Sent) -> tuple[float, float, float, float]:
    west, south, east, north = (float(part[f"{side}BoundingCoordinate"]) for side in ("West", "South", "East", "North"))
    return west, south, east, north


def _orbit(orbit: Sent) -> Orbit:
    return Orbit(
        ascending_crossing=float(orbit["AscendingCrossing"]),
        start_latitude=float(orbit["StartLat"]),
        start_ascends=orbit["StartDirection"] == "A",
        end_latitude=float(orbit["EndLat"]),
        end_ascends=orbit["EndDirection"] == "A",
    )


def _track(boundary: Sent) -> list[tuple[float, float]]:
    return [(float(at["PointLongitude"]), float(at["PointLatitude"])) for at in _each(boundary, "Point")]
