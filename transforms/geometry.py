"""Footprints as GeoJSON wants them: closed, right-hand, valid, split at the antimeridian, RFC 7946 bbox.

Positions are (longitude, latitude) in degrees, WGS 84. Providers send rings that cross ±180° unsplit,
open, or wound either way; whatever comes in, what goes out is valid or a `RecordError`.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import antimeridian
import numpy as np
import shapely
from numpy.typing import NDArray

from tercet.errors import RecordError

Position = Sequence[float]
Geometry = dict[str, Any]

HALF_TURN = 180.0
MIN_RING = 3
MIN_LINE = 2


def polygon(exterior: Sequence[Position], holes: Sequence[Sequence[Position]] = ()) -> Geometry:
    """Make a polygon of a ring that may be open, wound either way, or cross the antimeridian.

    Args:
        exterior: at least three different positions.
        holes: rings inside it.

    Returns:
        Polygon, or MultiPolygon where it crosses ±180° or a pole.

    Raises:
        RecordError: too few or impossible positions, or a ring that crosses itself beyond repair.
    """
    rings = [_ring(ring) for ring in (exterior, *holes)]
    if any(_crosses(ring) for ring in rings):
        return _split_polygon(rings)
    shape = shapely.orient_polygons(shapely.Polygon(rings[0], rings[1:]))
    if not shape.is_valid:
        shape = _mended(shape)
    return _as_geojson(shape)


def line(positions: Sequence[Position]) -> Geometry:
    """Make a line of positions in order along it; a jump of more than 180° crosses the antimeridian.

    Returns:
        LineString, or MultiLineString where it crosses ±180°.

    Raises:
        RecordError: fewer than two different positions.
    """
    track = _without_repeats(_positions(positions))
    if len(track) < MIN_LINE:
        raise RecordError(f"the line has {len(track)} different positions, 2 are needed")
    if not _crosses(track):
        return {"type": "LineString", "coordinates": track.tolist()}
    return _as_geojson(antimeridian.fix_line_string(shapely.LineString(track), great_circle=True))


def box(west: float, south: float, east: float, north: float) -> Geometry:
    """Make a polygon of a box; west > east crosses the antimeridian.

    Raises:
        RecordError: a corner is off the globe, or the box has no area.
    """
    if west > east:
        parts = [box(west, south, HALF_TURN, north), box(-HALF_TURN, south, east, north)]
        return {"type": "MultiPolygon", "coordinates": [part["coordinates"] for part in parts]}
    corners = _positions([(west, south), (east, south), (east, north), (west, north), (west, south)])
    if west == east or south >= north:
        raise RecordError(f"the box {west}, {south}, {east}, {north} has no area")
    return {"type": "Polygon", "coordinates": [corners.tolist()]}


def point(longitude: float, latitude: float) -> Geometry:
    """Make a point.

    Raises:
        RecordError: it is off the globe.
    """
    return {"type": "Point", "coordinates": _positions([(longitude, latitude)])[0].tolist()}


def repaired(geometry: Mapping[str, Any]) -> Geometry:
    """Repair any GeoJSON geometry of a provider.

    Raises:
        RecordError: it is no GeoJSON geometry, or is beyond repair.
    """
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if not isinstance(coordinates, Sequence) or not coordinates:
        raise RecordError(f"the geometry of type {kind!r} has no coordinates")
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
    raise RecordError(f"the geometry is of type {kind!r}, which no footprint has")


def merged(parts: Sequence[Geometry]) -> Geometry:
    """Join footprints of one kind into one; overlapping polygons become their union."""
    if len(parts) == 1:
        return parts[0]
    shapes = shapely.from_geojson([_dumped(part) for part in parts])
    return _as_geojson(shapely.union_all(shapes))


def bbox(geometry: Mapping[str, Any]) -> list[float]:
    """West, south, east, north in degrees as RFC 7946 has it: west > east across the antimeridian."""
    return [float(value) for value in antimeridian.bbox(geometry)]


def _positions(positions: Sequence[Position]) -> NDArray[np.float64]:
    try:
        array = np.asarray([(position[0], position[1]) for position in positions], dtype=np.float64)
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise RecordError(f"the footprint has positions that are not two numbers: {error}") from error
    if array.size == 0:
        raise RecordError("the footprint has no positions")
    if not (np.abs(array) <= (2 * HALF_TURN, HALF_TURN / 2)).all():
        raise RecordError("the footprint leaves the globe: a latitude beyond ±90° or no number at all")
    if (np.abs(array[:, 0]) > HALF_TURN).any():
        array[:, 0] = (array[:, 0] + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN
    return array


def _without_repeats(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    moved = np.ones(len(positions), dtype=bool)
    moved[1:] = (positions[1:] != positions[:-1]).any(axis=1)
    return positions[moved]


def _ring(positions: Sequence[Position]) -> NDArray[np.float64]:
    ring = _without_repeats(_positions(positions))
    if (ring[0] != ring[-1]).any():
        ring = np.vstack([ring, ring[:1]])
    if len(ring) <= MIN_RING:
        raise RecordError(f"the footprint's ring has {len(ring) - 1} different positions, 3 are needed")
    return ring


def _crosses(positions: NDArray[np.float64]) -> bool:
    return bool((np.abs(np.diff(positions[:, 0])) > HALF_TURN).any())


def _split_polygon(rings: Sequence[NDArray[np.float64]]) -> Geometry:
    first = rings[0]
    if _signed_area(first) < 0 and not _encloses_pole(first):
        # the library reads a clockwise ring as the rest of the globe
        rings = [ring[::-1] for ring in rings]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", antimeridian.FixWindingWarning)
        shape = antimeridian.fix_polygon(shapely.Polygon(rings[0], rings[1:]), great_circle=True)
    if not shape.is_valid:
        shape = _mended(shape)
    return _as_geojson(shapely.orient_polygons(shape))


def _unwrapped(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.unwrap(ring[:, 0], period=2 * HALF_TURN), ring[:, 1]])


def _signed_area(ring: NDArray[np.float64]) -> float:
    x, y = _unwrapped(ring).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def _encloses_pole(ring: NDArray[np.float64]) -> bool:
    turned = _unwrapped(ring)[:, 0]
    return math.isclose(abs(turned[-1] - turned[0]), 2 * HALF_TURN)


def _mended(shape: shapely.Geometry) -> shapely.Geometry:
    reason = shapely.is_valid_reason(shape)
    mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if mended.is_empty or mended.geom_type not in ("Polygon", "MultiPolygon"):
        raise RecordError(f"the footprint is not a valid polygon and cannot be mended: {reason}")
    return shapely.orient_polygons(mended)


def _as_geojson(shape: shapely.Geometry) -> Geometry:
    mapping = shapely.geometry.mapping(shape)
    return {"type": mapping["type"], "coordinates": _listed(mapping["coordinates"])}


def _listed(value: Any) -> Any:  # noqa: ANN401 - nested coordinates
    if isinstance(value, tuple):
        return [_listed(part) for part in value]
    return value


def _dumped(geometry: Mapping[str, Any]) -> str:
    return shapely.to_geojson(shapely.geometry.shape(geometry))
