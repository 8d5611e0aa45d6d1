"""Boxes in degrees, and more area around them."""

import numpy as np
import shapely
import shapely.affinity

from tercet.errors import ReaderError

Bbox = tuple[float, float, float, float]
"""West, south, east, north in degrees, WGS 84; west > east crosses the antimeridian."""

_CORNERS = 4
_POLE = 90.0
_LINE = 180.0
_METRES_PER_DEGREE = 110_000.0
"""A little less than a degree of latitude has anywhere."""


def boxes_of(bbox: Bbox) -> tuple[Bbox, ...]:
    """The box that people mean, or the two on both sides of the antimeridian; west <= east in each.

    Raises:
        ReaderError: it is none.
    """
    try:
        numbers = [float(one) for one in bbox]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != _CORNERS or not np.isfinite(numbers).all():
        raise ReaderError(f"bbox {bbox!r} is not west, south, east, north in degrees")
    west, south, east, north = numbers
    if south > north or abs(south) > _POLE or abs(north) > _POLE:
        raise ReaderError(f"bbox {bbox!r}: south and north are latitudes, south first; the order is W, S, E, N")
    if not (-_LINE <= west <= 2 * _LINE and -_LINE <= east <= 2 * _LINE):
        raise ReaderError(f"bbox {bbox!r}: west and east are longitudes from -180 to 180; the order is W, S, E, N")
    if east - west >= 2 * _LINE:
        return ((-_LINE, south, _LINE, north),)
    west, east = (one - 2 * _LINE if one > _LINE else one for one in (west, east))
    if west <= east:
        return ((west, south, east, north),)
    return ((west, south, _LINE, north), (-_LINE, south, east, north))


def _degrees(latitude: float, metres: float) -> tuple[float, float]:
    """So many metres as degrees of longitude and latitude, rather too many than too few."""
    high = metres / _METRES_PER_DEGREE
    wide = high / max(np.cos(np.radians(min(latitude + high, _POLE))), high / (2 * _LINE))
    return min(float(wide), 2 * _LINE), high


def grown_box(box: Bbox, metres: float) -> tuple[Bbox, ...]:
    """A box with so many metres around it; several where it comes to lie on the antimeridian."""
    west, south, east, north = box
    wide, high = _degrees(max(abs(south), abs(north)), metres)
    south, north = max(south - high, -_POLE), min(north + high, _POLE)
    if east - west + 2 * wide >= 2 * _LINE:
        return ((-_LINE, south, _LINE, north),)
    west, east = west - wide, east + wide
    inside = ((max(west, -_LINE), south, min(east, _LINE), north),)
    over_west = ((west + 2 * _LINE, south, _LINE, north),) if west < -_LINE else ()
    over_east = ((-_LINE, south, east - 2 * _LINE, north),) if east > _LINE else ()
    return inside + over_west + over_east


def grown_shape(shape: shapely.Geometry, metres: float) -> shapely.Geometry:
    """A shape with so many metres around it, on both sides of the antimeridian."""
    _, south, _, north = shapely.bounds(shape)
    grown = shape.buffer(max(_degrees(max(abs(south), abs(north)), metres)))
    west, _, east, _ = shapely.bounds(grown)
    if west >= -_LINE and east <= _LINE:
        return grown
    # beyond the antimeridian lies the other side of the map
    return shapely.union_all([shapely.affinity.translate(grown, turn) for turn in (-2 * _LINE, 0, 2 * _LINE)])


def common_box(one: Bbox, other: tuple[float, ...]) -> Bbox | None:
    """What lies in both boxes; None where nothing does."""
    west, south = max(one[0], other[0]), max(one[1], other[1])
    east, north = min(one[2], other[2]), min(one[3], other[3])
    return (west, south, east, north) if west <= east and south <= north else None
