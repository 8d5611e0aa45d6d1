"""Which lines of a swath may lie in an area, told from a few of them.

The places of a swath's pixels are most of what reading a small part of it costs. The satellite goes so smoothly that
some lines tell where all others lie, to metres: only those that may meet the area are read then.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.earthcare.cut import Asked
from tercet.readers.selection import Bbox, hull

_RADIUS_KM = 6371.0
_PERIOD_S = 5550.0
"""Of EarthCARE's orbit."""
_ERROR_KM = 2.0
"""How far the lines may lie from where they are told to: the margin is many times that."""
_COLUMNS = 5
_MARGIN_KM = 30.0
_KM_A_DEGREE = 111.0
_FEWEST = 2000
"""Lines below which a swath is read whole."""
_MOST = 0.7
"""Share of the lines from which on all of them are read."""
_POLAR = 88.0


def nodes(times: NDArray[np.datetime64] | None, lines: int) -> NDArray[np.int64] | None:
    """The lines to look at; None where a swath is small, or its times do not go on steadily."""
    if times is None or times.shape != (lines,) or lines < _FEWEST or np.isnat(times).any():
        return None
    seconds = _seconds(times)
    if (np.diff(seconds) <= 0).any():
        return None
    count = _enough(seconds[-1])
    angles = np.pi * (2 * np.arange(count) + 1) / (2 * count)
    wanted = (1 - np.cos(angles)) / 2 * seconds[-1]
    return np.asarray(np.clip(np.searchsorted(seconds, wanted), 0, lines - 1), dtype=np.int64)


def _enough(seconds: float) -> int:
    """How many lines to look at, where Chebyshev's interpolation wants them: four of a frame."""
    half = np.pi * seconds / _PERIOD_S
    errors = ((count, _RADIUS_KM * half**count / math.factorial(count) / 2 ** (count - 1)) for count in range(4, 64))
    return next((count for count, error in errors if error < _ERROR_KM), 64)


def lines_that_may(
    asked: Asked, times: NDArray[np.datetime64], at: NDArray[np.int64], longitude: NDArray[Any], latitude: NDArray[Any]
) -> slice | None:
    """The lines that may hold what is asked for; None where all are to be read.

    Args:
        asked: an area, at least.
        times: of all lines.
        at: the lines that were looked at.
        longitude: theirs, (looked at, columns), degrees.
        latitude: the same.
    """
    known = np.isfinite(longitude) & np.isfinite(latitude)
    columns = np.flatnonzero(known.all(axis=0))
    if not columns.size or len(np.unique(at)) < len(at):
        return None
    some = columns[np.unique(np.linspace(0, columns.size - 1, _COLUMNS).astype(int))]
    places = _interpolated(_seconds(times), at, longitude[:, some], latitude[:, some])
    between = _KM_A_DEGREE * np.degrees(np.linalg.norm(places[:, 1:] - places[:, :-1], axis=-1).max(initial=0.0))
    wanted = _in_boxes(places, _boxes(asked), _MARGIN_KM + between / 2)
    if asked.selection.is_temporal:
        wanted &= asked.selection.moments(times)
    part = hull(wanted)
    return part if part.stop - part.start < _MOST * len(times) else None


def _seconds(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    return np.asarray((times - times[0]) / np.timedelta64(1, "s"), dtype=np.float64)


def _interpolated(
    seconds: NDArray[np.float64], at: NDArray[np.int64], longitude: NDArray[Any], latitude: NDArray[Any]
) -> NDArray[np.float64]:
    """Unit vectors of some columns for all lines: (lines, columns, 3)."""
    east, north = np.radians(longitude), np.radians(latitude)
    vectors = np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)
    scaled = 2 * seconds / seconds[-1] - 1
    fit = np.polynomial.chebyshev.chebfit(scaled[at], vectors.reshape(len(at), -1), len(at) - 1)
    found = np.polynomial.chebyshev.chebval(scaled, fit).T.reshape(len(seconds), -1, 3)
    return np.asarray(found / np.linalg.norm(found, axis=-1, keepdims=True))


def _boxes(asked: Asked) -> tuple[Bbox, ...]:
    """Boxes outside of which nothing is asked for."""
    boxes = asked.selection.bounds
    if asked.near is None:
        return boxes or ()
    longitude, latitude, radius = asked.near
    reach = radius / _KM_A_DEGREE
    narrowing = np.cos(np.radians(min(abs(latitude) + reach, 90.0)))
    width = min(reach / narrowing, 180.0) if narrowing > 0.01 else 180.0  # noqa: PLR2004 - within a degree of the pole
    around = (longitude - width, latitude - reach, longitude + width, latitude + reach)
    # where a box is named, too, what lies in both lies in the one around the station
    return (around,)


def _in_boxes(places: NDArray[np.float64], boxes: tuple[Bbox, ...], margin_km: float) -> NDArray[np.bool_]:
    """Which lines have a place in a box, or as near to it as the margin."""
    latitude = np.degrees(np.arcsin(np.clip(places[..., 2], -1, 1)))
    longitude = np.degrees(np.arctan2(places[..., 1], places[..., 0]))
    reach = margin_km / _KM_A_DEGREE
    # near a pole a step aside is any longitude
    aside = np.where(np.abs(latitude) < _POLAR, reach / np.cos(np.radians(np.minimum(np.abs(latitude), _POLAR))), 360.0)
    wanted = np.zeros(latitude.shape, dtype=bool)
    for west, south, east, north in boxes:
        middle, half = (west + east) / 2, (east - west) / 2
        off = np.abs((longitude - middle + 180) % 360 - 180)
        wanted |= (latitude >= south - reach) & (latitude <= north + reach) & (off <= half + aside)
    return np.asarray(wanted.any(axis=1))
