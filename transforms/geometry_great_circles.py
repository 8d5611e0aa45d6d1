"""Edges that are great circles, drawn so that straight lines in longitude and latitude stay near them.

Providers who compute on the sphere, as CMR does with what it calls geodetic, join positions by great circles; GeoJSON
joins them by straight lines. Between positions far apart, or beside a pole, the two are up to hundreds of kilometres
from each other. Positions on the great circle bring them together.

Numbers one by one: footprints have some forty positions, for which numpy takes three times as long.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.geometry_positions import HALF_TURN, TURN

LIMIT_KM: Final = 1.0
"""A straight edge may be this far from the great circle."""

_RADIUS_KM: Final = 6371.0088
_DECIMALS: Final = 6
_RADIAN: Final = math.degrees(1)
_REACH: Final = 4 * LIMIT_KM / _RADIUS_KM * _RADIAN**3
_SPARE: Final = 1.35
_FAR_KM: Final = 10.0
"""Beyond this the error does not simply fall with the square of the length: the pieces are looked at again."""
_ANTIPODAL: Final = 1e-6
"""Sine of the angle between two positions, below which they are antipodes, or the same to a few metres."""


def densified(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add positions on the great circles wherever a straight edge strays from them by more than `LIMIT_KM`.

    Args:
        positions: shape (n, 2), degrees, longitudes in [-180, 180]; a longitude step of more than 180° goes the
            shorter way, over the antimeridian. Edges between antipodes stay as they are: any way is the shortest.

    Returns:
        The positions, and more between them.
    """
    listed = positions.tolist()
    drawn: list[Sequence[float]] = [listed[0]]
    start = listed[0]
    for end in listed[1:]:
        if _may_stray(start, end):
            drawn.extend(_between(start, end))
        drawn.append(end)
        start = end
    return positions if len(drawn) == len(listed) else np.array(drawn)


def _may_stray(start: Sequence[float], end: Sequence[float]) -> bool:
    """Whether an edge may stray too far, by a bound that costs little.

    A straight edge leaves its great circle by at most a quarter of: its length, times its turn in longitude, times
    the sine of its latitude (the two curvatures differ by sin(azimuth) tan(latitude) (1 + cos(azimuth)²)).
    """
    (x, y), (x_2, y_2) = start, end
    across = abs(x_2 - x)
    if across > HALF_TURN:
        across = TURN - across
    height = max(abs(y), abs(y_2))
    return across * math.hypot(across, y_2 - y) * min(height, _RADIAN) > _REACH


def _between(start: Sequence[float], end: Sequence[float]) -> Iterator[Sequence[float]]:
    """Positions on the great circle, so many that straight edges between them stay near it."""
    error = _error_km(start, end)
    if error <= LIMIT_KM:
        return
    pieces = math.ceil(math.sqrt(error / LIMIT_KM * _SPARE))
    before = start
    for position in [*_divided(start, end, pieces), end]:
        if error > _FAR_KM and _may_stray(before, position):
            yield from _between(before, position)
        if position is not end:
            yield position
        before = position


def _error_km(start: Sequence[float], end: Sequence[float]) -> float:
    """How far the middle of a straight edge, its farthest, lies from the plane of the great circle."""
    (x, y), (x_2, y_2) = start, end
    half = math.radians((x_2 - x + HALF_TURN) % TURN - HALF_TURN) / 2
    latitude, latitude_2 = math.radians(y), math.radians(y_2)
    middle = (latitude + latitude_2) / 2
    sine, cosine, flat = math.sin(half), math.cos(half), math.cos(latitude) * math.cos(latitude_2)
    plane = math.hypot(
        sine * math.sin(2 * middle), cosine * math.sin(latitude - latitude_2), 2 * flat * sine * cosine
    )
    if plane < _ANTIPODAL:
        return 0.0
    off = abs(2 * sine * math.sin(middle) * (flat * cosine - math.cos(middle) ** 2)) / plane
    return _RADIUS_KM * math.asin(min(off, 1.0))


def _divided(start: Sequence[float], end: Sequence[float], pieces: int) -> list[Sequence[float]]:
    """The positions that cut a great circle into pieces of equal length."""
    (x, y, z), (x_2, y_2, z_2) = _vector(start), _vector(end)
    angle = math.acos(max(-1.0, min(1.0, x * x_2 + y * y_2 + z * z_2)))
    found = []
    for index in range(1, pieces):
        a, b = math.sin(angle * (1 - index / pieces)), math.sin(angle * index / pieces)
        found.append(_position(a * x + b * x_2, a * y + b * y_2, a * z + b * z_2))
    return found


def _vector(position: Sequence[float]) -> tuple[float, float, float]:
    longitude, latitude = math.radians(position[0]), math.radians(position[1])
    flat = math.cos(latitude)
    return flat * math.cos(longitude), flat * math.sin(longitude), math.sin(latitude)


def _position(x: float, y: float, z: float) -> tuple[float, float]:
    longitude, latitude = math.atan2(y, x), math.atan2(z, math.hypot(x, y))
    return round(math.degrees(longitude), _DECIMALS), round(math.degrees(latitude), _DECIMALS)
