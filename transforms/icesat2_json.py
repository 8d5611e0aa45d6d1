"""CMR's granules.json records: ATOM as JSON.

Latitude comes first, numbers are strings, and links of the whole Collection are mixed in. Of the older
archive's granules CMR computes polygons here that UMM-G has not. Source: recorded answers, 2023 to 2025.
"""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.geometry import Geometry, box, line, merged, point, polygon
from transforms.icesat2_granule import DATA_FILE, Facts, Granule, size_in_bytes

Sent = Mapping[str, Any]


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
        geometry=_footprint(sent),
    )


def _footprint(sent: Sent) -> Geometry:
    try:
        parts = [
            polygon(_track(rings[0]), [_track(hole) for hole in rings[1:]]) for rings in sent.get("polygons") or ()
        ]
        parts += [box(w, s, e, n) for s, w, n, e in map(_numbers, sent.get("boxes") or ())]
        parts = parts or [line(_track(text)) for text in sent.get("lines") or ()]
        parts = parts or [point(x, y) for y, x in map(_numbers, (sent.get("points") or ())[:1])]
    except (RecordError, IndexError, TypeError, ValueError) as error:
        raise RecordError(f"{sent['title']} has a footprint that cannot be read: {error}") from error
    if parts:
        return merged(parts)
    raise RecordError(f"{sent['title']} has no footprint: CMR sent neither polygons nor boxes, so it cannot be placed")


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split()]


def _track(text: str) -> list[tuple[float, float]]:
    numbers = _numbers(text)
    return list(zip(numbers[1::2], numbers[::2], strict=True))
