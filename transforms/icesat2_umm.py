"""CMR's UMM-G records, in both generations of the archive.

NSIDC_CPRD (Earthdata Cloud) sends measured polygons and exact sizes; NSIDC_ECS (the archive before) an orbit
element without a footprint, and sizes in MB. Source: UMM-G 1.6.6, and recorded answers of both.
"""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.icesat2_footprint import Shapes
from transforms.icesat2_granule import DATA_FILE, Facts, Granule, checksum, placed, size_in_bytes
from transforms.icesat2_orbit import Orbit

Sent = Mapping[str, Any]

_NOTHING: Sent = {}


def read(umm: Sent, meta: Sent) -> Granule:
    """Read a UMM-G record.

    Args:
        umm: the record.
        meta: what CMR says of it, or nothing.

    Raises:
        RecordError: it has no footprint.
    """
    made = umm.get("DataGranule") or _NOTHING
    span = umm.get("TemporalExtent") or _NOTHING
    period = span.get("RangeDateTime") or _NOTHING
    orbits = umm.get("OrbitCalculatedSpatialDomains")
    granule_ur = umm["GranuleUR"]
    return Granule(
        surface="umm",
        granule_ur=granule_ur,
        producer_id=_producer_id(made),
        concept_id=meta.get("concept-id"),
        start=period.get("BeginningDateTime") or span.get("SingleDateTime"),
        end=period.get("EndingDateTime"),
        updated=meta.get("revision-date") or _last_update(umm),
        produced=made.get("ProductionDateTime"),
        orbit=orbits[0].get("OrbitNumber") if orbits else None,
        urls=[related["URL"] for related in umm.get("RelatedUrls") or () if related.get("URL")],
        files=_files(made.get("ArchiveAndDistributionInformation") or ()),
        footprint=placed(_shapes(granule_ur, umm.get("SpatialExtent") or _NOTHING), granule_ur),
    )


def _producer_id(made: Sent) -> str | None:
    for identifier in made.get("Identifiers") or ():
        if identifier.get("IdentifierType") == "ProducerGranuleId":
            name: str = identifier["Identifier"]
            return name
    return None


def _last_update(umm: Sent) -> str | None:
    dates = {date.get("Type"): date.get("Date") for date in umm.get("ProviderDates") or ()}
    return dates.get("Update") or dates.get("Insert")


def _files(archived: Any) -> dict[str, Facts]:  # noqa: ANN401 - an array of files and packages of files
    entries = [file for entry in archived for file in (entry, *(entry.get("Files") or ()))]
    files = {entry.get("Name") or DATA_FILE: facts for entry in entries if (facts := _facts(entry))}
    # a lone entry is the data file's, whatever it is called: the older archive says "Not provided"
    return {DATA_FILE: next(iter(files.values()))} if len(files) == len(entries) == 1 else files


def _facts(entry: Sent) -> Facts:
    facts = dict(checksum(entry.get("Checksum") or _NOTHING))
    size = entry.get("SizeInBytes")
    if size is None and entry.get("SizeUnit") in ("MB", "NA") and entry.get("Size"):
        size = size_in_bytes(entry["Size"])
    if size and int(size) > 0:
        facts["file:size"] = int(size)
    return facts


def _shapes(granule_ur: str, extent: Sent) -> Shapes:
    domain = extent.get("HorizontalSpatialDomain") or _NOTHING
    shapes = domain.get("Geometry")
    try:
        if shapes:
            return Shapes(
                rings=[_rings(part) for part in shapes.get("GPolygons") or ()],
                boxes=[_sides(part) for part in shapes.get("BoundingRectangles") or ()],
                lines=[_track(part) for part in shapes.get("Lines") or ()],
                points=[(at["Longitude"], at["Latitude"]) for at in shapes.get("Points") or ()],
            )
        orbit = domain.get("Orbit")
        return Shapes(orbit=_orbit(orbit)) if orbit else Shapes()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecordError(f"{granule_ur} has a footprint that cannot be read: {error!r}") from error


def _rings(part: Sent) -> list[list[list[float]]]:
    holes = (part.get("ExclusiveZone") or _NOTHING).get("Boundaries") or ()
    return [_track(part["Boundary"]), *(_track(hole) for hole in holes)]


def _sides(part: Sent) -> tuple[float, float, float, float]:
    west, south, east, north = (part[f"{side}BoundingCoordinate"] for side in ("West", "South", "East", "North"))
    return west, south, east, north


def _orbit(orbit: Sent) -> Orbit:
    return Orbit(
        ascending_crossing=float(orbit["AscendingCrossing"]),
        start_latitude=float(orbit["StartLatitude"]),
        start_ascends=orbit["StartDirection"] == "A",
        end_latitude=float(orbit["EndLatitude"]),
        end_ascends=orbit["EndDirection"] == "A",
    )


def _track(boundary: Sent) -> list[list[float]]:
    return [[position["Longitude"], position["Latitude"]] for position in boundary["Points"]]
