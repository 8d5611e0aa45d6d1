"""CMR's granules.json records: ATOM as JSON.

Latitude comes first, numbers are strings, and links of the whole Collection are mixed in. Of the older archive's
granules CMR computes polygons here, which UMM-G has not: they lie up to three degrees along the track from where the
orbit element of the same record says that the granule starts and ends, so the orbit element counts.
Source: recorded answers, 2023 to 2025.
"""

from collections.abc import Mapping
from typing import Any, Final

from tercet.errors import RecordError
from transforms.icesat2_footprint import Shapes
from transforms.icesat2_granule import DATA_FILE, Facts, Granule, placed, size_in_bytes
from transforms.icesat2_orbit import Orbit

Sent = Mapping[str, Any]

_ORBIT: Final = ("ascending_crossing", "start_lat", "start_direction", "end_lat", "end_direction")


def read(sent: Sent) -> Granule:
    """Read an entry of the feed.

    Raises:
        RecordError: it has no footprint.
    """
    orbits = sent.get("orbit_calculated_spatial_domains")
    size = size_in_bytes(float(sent.get("granule_size") or 0))
    files: dict[str, Facts] = {DATA_FILE: {"file:size": size}} if size else {}
    return Granule(
        surface="json",
        granule_ur=sent["title"],
        producer_id=sent.get("producer_granule_id"),
        concept_id=sent.get("id"),
        start=sent.get("time_start"),
        end=sent.get("time_end"),
        updated=sent.get("updated"),
        produced=None,
        orbit=int(orbits[0]["orbit_number"]) if orbits and orbits[0].get("orbit_number") else None,
        urls=[link["href"] for link in sent.get("links") or () if not link.get("inherited")],
        files=files,
        footprint=placed(_shapes(sent), sent["title"]),
    )


def _shapes(sent: Sent) -> Shapes:
    try:
        orbit = sent.get("orbit")
        if (
            sent.get("coordinate_system") == "ORBIT"
            and orbit
            and all(orbit.get(key) not in (None, "") for key in _ORBIT)
        ):
            return Shapes(orbit=_orbit(orbit))
        return Shapes(
            rings=[[_track(ring) for ring in rings] for rings in sent.get("polygons") or ()],
            boxes=[(west, south, east, north) for south, west, north, east in map(_numbers, sent.get("boxes") or ())],
            lines=[_track(text) for text in sent.get("lines") or ()],
            points=[(x, y) for y, x in map(_numbers, sent.get("points") or ())],
            edges="straight" if sent.get("coordinate_system") == "CARTESIAN" else "great circles",
        )
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise RecordError(f"{sent['title']} has a footprint that cannot be read: {error}") from error


def _orbit(orbit: Sent) -> Orbit:
    crossing, start, started, end, ended = (orbit[key] for key in _ORBIT)
    return Orbit(float(crossing), float(start), started == "A", float(end), ended == "A")


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split()]


def _track(text: str) -> list[tuple[float, float]]:
    numbers = _numbers(text)
    return list(zip(numbers[1::2], numbers[::2], strict=True))
