"""Footprints as GeoJSON wants them: closed, right-hand, valid, split at the antimeridian, RFC 7946 bbox.

Positions are (longitude, latitude) in degrees, WGS 84; heights are left out. Providers send rings that
cross ±180° unsplit, open, or wound either way; whatever comes in, what goes out is a valid geometry of
plain lists or a `RecordError`. Edges are straight in longitude and latitude, as RFC 7946 section 3.1.1 has it;
where a provider means great circles, say so, and positions are added until the difference does not matter.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from numpy import array, float64
from numpy.typing import NDArray

from tercet.errors import RecordError
from transforms.geometry_bbox import bbox, pieces
from transforms.geometry_great_circles import Edges, densified
from transforms.geometry_plain import plain
from transforms.geometry_positions import DECIMALS, HALF_TURN, PAIR, POLE, TURN, Positions, checked, closed
from transforms.geometry_split import cut_line, filled

__all__ = ["Edges", "Geometry", "bbox", "box", "line", "merged", "point", "points", "polygon", "repaired"]

Geometry = dict[str, Any]


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
    if not holes and isinstance(exterior, list) and (parts := plain(exterior, edges)):
        return _collected("Polygon", parts)
    ring = closed(exterior)
    if not holes and (parts := plain(ring.tolist(), edges)):
        return _collected("Polygon", parts)
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
    return points([(longitude, latitude)])


def points(positions: Positions) -> Geometry:
    """Make a point, or several that belong together.

    Raises:
        RecordError: there are none, or one is off the globe.
    """
    return _collected("Point", checked(positions).tolist())


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
        return _collected("LineString", [piece for part in parts for piece in pieces(part)])
    if kinds == {"Polygon"}:
        shapes = [
            shapely.polygons(shapely.linearrings(rings[0]), [shapely.linearrings(hole) for hole in rings[1:]] or None)
            for part in parts
            for rings in pieces(part)
        ]
        return _polygonal(shapely.union_all(shapes))
    raise RecordError(f"the footprint's parts are {sorted(kinds)}, they cannot be joined into one geometry")


def _drawn(positions: NDArray[float64], edges: Edges) -> NDArray[float64]:
    return positions if edges == "straight" else array(densified(positions.tolist()), dtype=float64)


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
