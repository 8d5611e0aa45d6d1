"""Bounding boxes of geometries that are split at the antimeridian, as RFC 7946 has them."""

from collections.abc import Iterable, Mapping
from typing import Any

from transforms.geometry_positions import HALF_TURN, Position


def bbox(geometry: Mapping[str, Any]) -> list[float]:
    """West, south, east, north in degrees as RFC 7946 section 5.2 has it: west > east across the antimeridian.

    Args:
        geometry: points, or lines or polygons split at the antimeridian.
    """
    if geometry["type"] == "Polygon":  # most are
        return list(_extent(geometry["coordinates"][0]))
    extents = [_extent(positions) for positions in _outlines(geometry)]
    south, north = min(extent[1] for extent in extents), max(extent[3] for extent in extents)
    west, east = min(extent[0] for extent in extents), max(extent[2] for extent in extents)
    if (west == -HALF_TURN and east == HALF_TURN) or (geometry["type"] == "MultiPoint" and east - west > HALF_TURN):
        west, east = _around_the_line([(extent[0], extent[2]) for extent in extents])
    return [west, south, east, north]


def _around_the_line(spans: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The narrowest west and east of parts that touch both sides of ±180°: the globe without the widest gap."""
    west, east, widest, reached = -HALF_TURN, HALF_TURN, 0.0, -HALF_TURN
    for start, end in sorted(spans):
        if start - reached > widest:
            west, east, widest = start, reached, start - reached
        reached = max(reached, end)
    return west, east


def _extent(positions: Iterable[Position]) -> tuple[float, float, float, float]:
    # faster than numpy for the some forty positions of a footprint
    longitudes, latitudes = zip(*positions, strict=True)
    return float(min(longitudes)), float(min(latitudes)), float(max(longitudes)), float(max(latitudes))


def _outlines(geometry: Mapping[str, Any]) -> list[Any]:
    match geometry["type"]:
        case "Point" | "MultiPoint":
            return [[position] for position in pieces(geometry)]
        case "LineString" | "MultiLineString":
            return pieces(geometry)
        case _:
            return [rings[0] for rings in pieces(geometry)]


def pieces(geometry: Mapping[str, Any]) -> list[Any]:
    """The coordinates of each point, line or polygon of a geometry, Multi or not."""
    coordinates = geometry["coordinates"]
    return list(coordinates) if geometry["type"].startswith("Multi") else [coordinates]
