"""Bounding boxes as clients send them, and how they are asked of pgSTAC, which understands a part of them only."""

import math
from collections.abc import Mapping
from typing import Any

from geojson_pydantic.geometries import Geometry, parse_geometry_obj
from pydantic import ValidationError

from transforms import geometry

_DIMENSIONS = {4: 2, 6: 3}


def checked_bbox(value: object) -> list[float]:
    """Check a bounding box and drop its heights, which PostGIS cannot search by.

    Args:
        value: west, south, east, north in degrees, or with heights west, south, low, east, north, high.
            West > east crosses the antimeridian.

    Returns:
        West, south, east, north.

    Raises:
        ValueError: it is not that.
    """
    numbers = value if isinstance(value, list | tuple) else []
    if len(numbers) not in _DIMENSIONS or not all(_is_number(number) for number in numbers):
        raise ValueError(f"bbox {shown(value)} must have 4 numbers (west, south, east, north), or 6 with heights")
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:  # noqa: PLR2004 - the globe
        raise ValueError(f"bbox {shown(value)} must lie within -180, -90, 180, 90")
    if south > north:
        raise ValueError(f"bbox {shown(value)} has its south above its north: the order is west, south, east, north")
    return [float(west), float(south), float(east), float(north)]


def spatial(bbox: object) -> dict[str, Any]:
    """Give the search parameters of a box.

    pgSTAC takes a box that crosses the antimeridian for its complement, and misses points in one without area.

    Raises:
        ValueError: it is no box.
    """
    west, south, east, north = _one_sided(*checked_bbox(bbox))
    if west < east and south < north:
        return {"bbox": (west, south, east, north)}
    return {"bbox": None, "intersects": _shape(west, south, east, north)}


def shape(bbox: object) -> dict[str, Any]:
    """Give the GeoJSON geometry of a box: one or two polygons, or a line or point where it has no area.

    Raises:
        ValueError: it is no box.
    """
    return _shape(*_one_sided(*checked_bbox(bbox)))


def checked_geometry(value: Mapping[str, Any]) -> Geometry:
    """Check a GeoJSON geometry.

    Raises:
        ValueError: it is none; the message names the place.
    """
    try:
        parsed: Geometry = parse_geometry_obj(_without_boxes(value))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][:6])
        raise ValueError(f"the geometry is not one of GeoJSON: {where}: {first['msg']}") from error
    return parsed


def _without_boxes(shape: object) -> object:
    """Give a GeoJSON geometry without what it says of its own extent: the parser would judge it."""
    if not isinstance(shape, Mapping):
        return shape
    parts = shape.get("geometries")
    inner = {"geometries": [_without_boxes(part) for part in parts]} if isinstance(parts, list) else {}
    return {**{key: value for key, value in shape.items() if key != "bbox"}, **inner}


def shown(value: object) -> str:
    """Quote what a client sent, in a message to it."""
    text = value if isinstance(value, str) else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text[:100]}'"


def _one_sided(west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
    """Let a box that only touches the antimeridian lie on one side of it."""
    if west > east and west == 180:  # noqa: PLR2004 - the antimeridian
        west = -180.0
    if west > east and east == -180:  # noqa: PLR2004 - the antimeridian
        east = 180.0
    return west, south, east, north


def _shape(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    if south < north and west != east:
        return geometry.box(west, south, east, north)
    if (west, south) == (east, north):
        return {"type": "Point", "coordinates": [west, south]}
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return {"type": "MultiLineString", "coordinates": [[[start, south], [end, north]] for start, end in spans]}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
