"""Footprints as GeoJSON wants them: closed, right-hand, valid, split at the antimeridian, RFC 7946 bbox.

Positions are (longitude, latitude) in degrees, WGS 84; heights are left out. Providers send rings that
cross ±180° unsplit, open, or wound either way; whatever comes in, what goes out is a valid geometry of
plain lists or a `RecordError`. Edges are straight in longitude and latitude, as RFC 7946 section 3.1.1 has it;
where a provider means great circles, say so, and positions are added until the difference does not matter.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import eq
from typing import Any, Literal

import shapely
from numpy import array, float64
from numpy.typing import NDArray

from tercet.errors import RecordError
from transforms.geometry_great_circles import densified
from transforms.geometry_positions import (
    DECIMALS,
    HALF_TURN,
    MIN_RING,
    PAIR,
    POLE,
    TURN,
    Position,
    Positions,
    checked,
    closed,
)
from transforms.geometry_split import cut_line, filled, halved

Geometry = dict[str, Any]
Edges = Literal["straight", "great circles"]
"""What joins two positions of a provider."""


def polygon(exterior: Positions, holes: Sequence[Positions] = (), *, edges: Edges = "straight") -> Geometry:
    """Make a polygon of a ring that may be open, wound either way, or cross the antimeridian.

    Args:
        exterior: at least three different positions. Where it winds round the globe once, it encloses
            the pole on whose side it lies.
        holes: rings inside it.
        edges: what joins its positions.

    Returns:
        Polygon, or MultiPolygon where it crosses ±180° or crosses itself.

    Raises:
        RecordError: too few or impossible positions, or a ring that encloses nothing.
    """
    if not holes and isinstance(exterior, list) and (plain := _plain(exterior, edges)):
        return plain
    ring = closed(exterior)
    if not holes and (plain := _plain(ring.tolist(), edges)):
        return plain
    ring = _drawn(ring, edges)
    shape = filled(ring)
    if holes:
        shape = shapely.difference(shape, shapely.union_all([filled(_drawn(closed(hole), edges)) for hole in holes]))
    return _polygonal(shape)


def line(positions: Positions, *, edges: Edges = "straight") -> Geometry:
    """Make a line of positions in order along it; a jump of more than 180° crosses the antimeridian.

    Args:
        positions: at least two different ones.
        edges: what joins them.

    Returns:
        LineString, or MultiLineString where it crosses ±180°.

    Raises:
        RecordError: fewer than two different positions.
    """
    parts = cut_line(_drawn(checked(positions), edges))
    if any(len(part) < PAIR for part in parts):
        raise RecordError("the line has 1 different position, 2 are needed: look at the record's coordinates")
    return _collected("LineString", [part.tolist() for part in parts])


def box(west: float, south: float, east: float, north: float) -> Geometry:
    """Make a polygon of a box; west > east crosses the antimeridian.

    Raises:
        RecordError: a corner is off the globe, or the box has no area.
    """
    if -HALF_TURN <= west < east <= HALF_TURN and -POLE <= south < north <= POLE:  # most are: numpy takes longer
        return {"type": "Polygon", "coordinates": [_corners(float(west), float(south), float(east), float(north))]}
    corners = checked([(west, south), (east, north)])
    width = float(east) - float(west)
    if (width % TURN == 0 and abs(width) != TURN) or width == -TURN or corners[0, 1] >= corners[1, 1]:
        raise RecordError(f"the box {west}, {south}, {east}, {north} has no area: is it west, south, east, north?")
    (west, south), (east, north) = corners.tolist()
    if width == TURN:
        west, east = -HALF_TURN, HALF_TURN
    if west <= east:
        return {"type": "Polygon", "coordinates": [_corners(west, south, east, north)]}
    halves = [(west, HALF_TURN), (-HALF_TURN, east)]
    return _collected("Polygon", [[_corners(a, south, b, north)] for a, b in halves if a < b])


def point(longitude: float, latitude: float) -> Geometry:
    """Make a point.

    Raises:
        RecordError: it is off the globe.
    """
    return {"type": "Point", "coordinates": checked([(longitude, latitude)])[0].tolist()}


def repaired(geometry: Mapping[str, Any]) -> Geometry:
    """Repair any GeoJSON geometry of a provider.

    Raises:
        RecordError: it is no GeoJSON geometry, or is beyond repair.
    """
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if not isinstance(coordinates, Sequence) or isinstance(coordinates, str) or not coordinates:
        raise RecordError(f"the geometry of type {kind!r} has no coordinates")
    try:
        match kind:
            case "Point":
                return point(coordinates[0], coordinates[1])
            case "LineString":
                return line(coordinates)
            case "Polygon":
                return polygon(coordinates[0], coordinates[1:])
            case "MultiLineString":
                return merged([line(part) for part in coordinates])
            case "MultiPolygon":
                return merged([polygon(part[0], part[1:]) for part in coordinates])
    except (IndexError, KeyError, TypeError) as error:
        raise RecordError(f"the geometry of type {kind!r} has coordinates of another shape: {error}") from error
    raise RecordError(f"the geometry is of type {kind!r}, which no footprint has")


def merged(parts: Sequence[Geometry]) -> Geometry:
    """Join footprints of one kind into one; overlapping polygons become their union.

    Args:
        parts: valid lines (Multi or not) or valid polygons (Multi or not), as the functions above make them.

    Raises:
        RecordError: there are none, or lines and polygons are mixed.
    """
    if len(parts) == 1:
        return parts[0]
    kinds = {part["type"].removeprefix("Multi") for part in parts}
    if kinds == {"LineString"}:
        return _collected("LineString", [piece for part in parts for piece in _pieces(part)])
    if kinds == {"Polygon"}:
        shapes = [
            shapely.polygons(shapely.linearrings(rings[0]), [shapely.linearrings(hole) for hole in rings[1:]] or None)
            for part in parts
            for rings in _pieces(part)
        ]
        return _polygonal(shapely.union_all(shapes))
    raise RecordError(f"the footprint's parts are {sorted(kinds)}, they cannot be joined into one geometry")


def bbox(geometry: Mapping[str, Any]) -> list[float]:
    """West, south, east, north in degrees as RFC 7946 section 5.2 has it: west > east across the antimeridian.

    Args:
        geometry: a Point, or lines or polygons split at the antimeridian.
    """
    if geometry["type"] == "Polygon":  # most are
        return list(_extent(geometry["coordinates"][0]))
    extents = [_extent(positions) for positions in _outlines(geometry)]
    south, north = min(extent[1] for extent in extents), max(extent[3] for extent in extents)
    west, east = min(extent[0] for extent in extents), max(extent[2] for extent in extents)
    if west == -HALF_TURN and east == HALF_TURN:
        west, east = _around_the_line([(extent[0], extent[2]) for extent in extents])
    return [west, south, east, north]


def _plain(exterior: list[Any], edges: Edges) -> Geometry | None:
    """The polygon of a ring that needs no repair but winding and one cut at ±180°, as most do; None for others."""
    try:
        longitudes, latitudes = zip(*exterior, strict=True)
        west, east, south, north = min(longitudes), max(longitudes), min(latitudes), max(latitudes)
    except (TypeError, ValueError):
        return None
    if not (west >= -HALF_TURN and east <= HALF_TURN and south >= -POLE and north <= POLE):
        return None
    # a reader that makes lists of its own spares us a copy
    ring: list[list[float]] = exterior if isinstance(exterior[0], list) else list(map(list, exterior))
    if len(ring) <= MIN_RING or ring[0] != ring[-1] or any(map(eq, ring, ring[1:])):
        return None
    if edges != "straight":
        ring = densified(ring)
    rings = [ring] if east - west <= HALF_TURN else halved(ring)
    wound = [_wound(part) for part in rings]
    if not wound or None in wound:
        return None
    return _collected("Polygon", [[part] for part in wound])


def _wound(ring: list[list[float]]) -> list[list[float]] | None:
    """A closed ring counter-clockwise, None where it is not valid."""
    line = shapely.linearrings(ring)
    if not shapely.is_valid(shapely.polygons(line)):
        return None
    return ring if shapely.is_ccw(line) else ring[::-1]


def _drawn(positions: NDArray[float64], edges: Edges) -> NDArray[float64]:
    return positions if edges == "straight" else array(densified(positions.tolist()), dtype=float64)


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
        case "Point":
            return [[geometry["coordinates"]]]
        case "LineString" | "MultiLineString":
            return _pieces(geometry)
        case _:
            return [rings[0] for rings in _pieces(geometry)]


def _pieces(geometry: Mapping[str, Any]) -> list[Any]:
    coordinates = geometry["coordinates"]
    return list(coordinates) if geometry["type"].startswith("Multi") else [coordinates]


def _corners(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def _polygonal(shape: shapely.Geometry) -> Geometry:
    """The polygons of a shape as GeoJSON, wound by the right-hand rule."""
    if not shapely.is_valid(shape):  # what the mending of a tangled ring computed may touch itself by its last digit
        shape = shapely.set_precision(shape, 10.0**-DECIMALS)
    parts = shapely.get_parts(shapely.orient_polygons(shape))
    rings = [
        [shapely.get_coordinates(ring).tolist() for ring in (part.exterior, *part.interiors)]
        for part in parts
        if part.geom_type == "Polygon" and part.area > 0
    ]
    if not rings:
        raise RecordError("the footprint's ring encloses nothing: all its positions lie on one line")
    return _collected("Polygon", rings)


def _collected(kind: str, coordinates: list[Any]) -> Geometry:
    if len(coordinates) == 1:
        return {"type": kind, "coordinates": coordinates[0]}
    return {"type": f"Multi{kind}", "coordinates": coordinates}
