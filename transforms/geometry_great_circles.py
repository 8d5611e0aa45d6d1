"""Edges that are great circles, drawn so that straight lines in longitude and latitude stay near them.

Providers who compute on the sphere, as CMR does with what it calls geodetic, join positions by great circles; GeoJSON
joins them by straight lines. Between positions far apart, or beside a pole, the two are up to hundreds of kilometres
from each other. Positions on the great circle bring them together.

Numbers one by one: footprints have some forty positions, for which numpy takes three times as long.
"""

from collections.abc import Sequence
from math import atan2, cos, degrees, hypot, pi, radians, sin, tau
from typing import Final, Literal

from transforms.geometry_positions import HALF_TURN, TURN

Edges = Literal["straight", "great circles"]
"""What joins two positions of a provider."""

LIMIT_KM: Final = 1.0
"""A straight edge may be this far from the great circle."""

_RADIUS_KM: Final = 6371.0088
_DECIMALS: Final = 6
_REACH: Final = 4 * LIMIT_KM / _RADIUS_KM * degrees(1) ** 3
_LIMIT: Final = LIMIT_KM / _RADIUS_KM
_HALVED: Final = 2.5 * _LIMIT
"""An error below this is under the limit in both halves of an edge: the one nearer to a pole has up to 3/8 of it."""
_LONG: Final = radians(10)
"""How far over the equator an edge may go: there the errors of its two halves cancel in the middle."""
_Place = tuple[float, float, float, float]
"""Longitude and latitude in radians, and the latitude's sine and cosine."""
_ANTIPODAL: Final = 1e-6
"""Sine of the angle between two positions, below which they are antipodes, or the same to a few metres."""


def densified(positions: Sequence[list[float]]) -> list[list[float]]:
    """Add positions on the great circles wherever a straight edge strays from them by more than `LIMIT_KM`.

    Args:
        positions: degrees, longitudes in [-180, 180]; a longitude step of more than 180° goes the shorter way, over
            the antimeridian. Edges between antipodes stay as they are: any way is the shortest.

    Returns:
        The positions, and more between them.
    """
    drawn = [positions[0]]
    x, y = positions[0]
    height, place = abs(y), None
    for position in positions[1:]:
        x_2, y_2 = position
        across, height_2 = abs(x_2 - x), abs(y_2)
        if across > HALF_TURN:
            across = TURN - across
        # A straight edge leaves its great circle by at most a quarter of: its length, times its turn in longitude,
        # times the sine of its latitude (their curvatures differ by sin(azimuth) tan(latitude) (1 + cos(azimuth)²)).
        # An angle is more than its sine.
        higher = height if height > height_2 else height_2  # noqa: FURB136 - max() takes three times as long
        if across * hypot(across, y_2 - y) * higher > _REACH:
            start, place = place or _placed(x, y), _placed(x_2, y_2)
            _add(drawn, start, place)
        else:
            place = None
        drawn.append(position)
        x, y, height = x_2, y_2, height_2
    return drawn


def _placed(longitude: float, latitude: float) -> _Place:
    turned = radians(latitude)
    return radians(longitude), turned, sin(turned), cos(turned)


def _add(drawn: list[list[float]], start: _Place, end: _Place) -> None:
    """Add positions on a great circle, so many that straight edges between them stay near it.

    The error is that of the middle of the straight edge, its farthest but where it crosses the equator. All is seen
    from the meridian halfway.
    """
    x, y, height, flat = start
    x_2, y_2, height_2, flat_2 = end
    half = ((x_2 - x + pi) % tau - pi) / 2
    sine, cosine, middle = sin(half), cos(half), (y + y_2) / 2
    first, second = height * flat_2, flat * height_2
    both = flat * flat_2 * cosine
    plane = hypot(sine * (first + second), cosine * (first - second), 2 * sine * both)
    off = abs(2 * sine * sin(middle) * (both - cos(middle) ** 2))
    if plane < _ANTIPODAL or (off <= _LIMIT * plane and (y * y_2 >= 0 or abs(y - y_2) + abs(half) < _LONG)):
        return
    east, north = (flat + flat_2) * cosine, (flat_2 - flat) * sine
    across = x + half + atan2(north, east)
    up = atan2(height + height_2, hypot(east, north))
    at = [round(degrees((across + pi) % tau - pi), _DECIMALS), round(degrees(up), _DECIMALS)]
    if off <= _HALVED * plane and y * y_2 >= 0:
        drawn.append(at)
        return
    between = (across, up, sin(up), cos(up))
    _add(drawn, start, between)
    drawn.append(at)
    _add(drawn, between, end)
