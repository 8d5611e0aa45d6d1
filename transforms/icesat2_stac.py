"""Items of CMR-STAC, and of catalogues that others harvested from it: thin, with footprints as CMR holds them.

They name no size, production time or orbit, and their asset keys differ for every granule: what an asset is, its URL
says. CMR's search makes such Items, too (``granules.stac``), and calls them by their concept. Boxes are polygons here.
Source: Items of NSIDC_CPRD harvested in 2026; nasa/cmr-stac; CMR's stac_results_handler.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tercet.errors import RecordError
from transforms.geometry_positions import HALF_TURN
from transforms.icesat2_footprint import Shapes
from transforms.icesat2_granule import Granule, placed

Sent = Mapping[str, Any]

_CONCEPT: Final = re.compile(r"/concepts/(G\d+-\w+)")
_IS_CONCEPT: Final = re.compile(r"G\d+-\w+", re.ASCII)
_CORNERS: Final = 5
"""Positions of a box's closed ring."""


def read(sent: Sent) -> Granule:
    """Read an Item.

    Raises:
        RecordError: it is one of ours, or has no footprint.
    """
    properties = sent.get("properties") or {}
    if "tercet:source" in properties:
        raise RecordError(f"{sent['id']} is an Item that Tercet made: harvest the record that it was made of")
    hrefs = [asset["href"] for asset in (sent.get("assets") or {}).values() if asset and asset.get("href")]
    return Granule(
        surface="stac",
        granule_ur=None if _IS_CONCEPT.fullmatch(sent["id"]) else sent["id"],
        producer_id=None,
        concept_id=_concept_id([*_links(sent), *hrefs]),
        start=properties.get("start_datetime") or properties.get("datetime"),
        end=properties.get("end_datetime"),
        updated=properties.get("updated"),
        produced=None,
        orbit=None,
        urls=hrefs,
        files={},
        footprint=placed(_shapes(sent), sent["id"]),
    )


def _links(sent: Sent) -> Iterator[str]:
    return (link["href"] for link in sent.get("links") or () if link.get("rel") == "via" and link.get("href"))


def _concept_id(urls: Sequence[str]) -> str | None:
    """CMR's id of the granule, which links and metadata name in their addresses."""
    return next((found[1] for url in urls if (found := _CONCEPT.search(url))), None)


def _shapes(sent: Sent) -> Shapes:
    geometry = sent.get("geometry") or {}
    positions: Sequence[Any] = geometry.get("coordinates") or ()
    match geometry.get("type"):
        case "Polygon":
            return _surfaces([positions])
        case "MultiPolygon":
            return _surfaces(positions)
        case "LineString":
            return Shapes(lines=[positions])
        case "MultiLineString":
            return Shapes(lines=positions)
        case "Point" | "MultiPoint" as kind:
            return Shapes(points=positions if kind == "MultiPoint" else [(positions[0], positions[1])])
        case None:
            return Shapes()
        case kind:
            raise RecordError(f"{sent['id']} has a geometry of type {kind!r}, which no granule has")


def _surfaces(polygons: Sequence[Any]) -> Shapes:
    boxes = [_box(rings) for rings in polygons]
    return Shapes(
        rings=[rings for rings, sides in zip(polygons, boxes, strict=True) if sides is None],
        boxes=[sides for sides in boxes if sides is not None],
    )


def _box(rings: Sequence[Any]) -> tuple[float, float, float, float] | None:
    """The sides of what runs along meridians and parallels, as no footprint of a track does.

    Its edges are no great circles, and a grid's go nearly all round the globe.
    """
    if len(rings) != 1 or len(rings[0]) != _CORNERS or rings[0][0] != rings[0][-1]:
        return None
    corners = list(rings[0][:-1])
    start = min(range(len(corners)), key=lambda index: (corners[index][1], corners[index - 1][1] == corners[index][1]))
    (west, south), (east, south_2), (east_2, north), (west_2, north_2) = (
        position[:2] for position in corners[start:] + corners[:start]
    )
    if (south, east, north, west) != (south_2, east_2, north_2, west_2) or west == east:
        return None
    if 0 < west - east <= HALF_TURN:  # wound clockwise
        west, east = east, west
    return west, south, east, north
