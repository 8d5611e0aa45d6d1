"""Where ICESat-2 flew, by the orbit element of a record: for granules whose archive measured no footprint.

The ground track repeats after 91 days and 1,387 orbits, so each orbit's node lies 91/1387 of a turn west of the one
before. Against ground tracks in files of 2018 to 2022 this track is off by 0.3 to 4 km where the instrument points at
its reference track, by 14 km in one that it did not. Source: UMM-G's Orbit; inclination and repeat of the mission.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from transforms.geometry import Geometry, line
from transforms.geometry_positions import HALF_TURN, TURN

INCLINATION: Final = math.radians(92)
SHIFT: Final = TURN * 91 / 1387
"""Degrees by which the Earth turns under one orbit, relative to the orbit's plane."""

_STEP: Final = 1.0
_FLATTENING: Final = 1 - 0.00669437999014  # (1 - f)² of WGS 84: geodetic latitudes from geocentric ones


class Orbit(NamedTuple):
    """UMM-G's orbit element: a part of one orbit.

    Attributes:
        ascending_crossing: longitude where the orbit crosses the equator northwards, degrees.
        start_latitude: degrees.
        start_ascends: whether it starts northwards.
        end_latitude: degrees.
        end_ascends: whether it ends northwards.
    """

    ascending_crossing: float
    start_latitude: float
    start_ascends: bool
    end_latitude: float
    end_ascends: bool


def track(orbit: Orbit) -> Geometry:
    """The line below the satellite between the orbit's two latitudes, split at the antimeridian.

    Raises:
        RecordError: its numbers are none.
    """
    return line(list(_positions(orbit)), edges="great circles")


def _positions(orbit: Orbit) -> Iterator[tuple[float, float]]:
    start = _along(orbit.start_latitude, ascends=orbit.start_ascends)
    end = _along(orbit.end_latitude, ascends=orbit.end_ascends)
    if end <= start:
        end += TURN
    count = max(2, math.ceil((end - start) / _STEP))
    for index in range(count + 1):
        yield _below(start + (end - start) * index / count, orbit.ascending_crossing)


def _along(latitude: float, *, ascends: bool) -> float:
    """Degrees along the orbit from its node, in [0, 360)."""
    geocentric = math.atan(_FLATTENING * math.tan(math.radians(latitude)))
    sine = max(-1.0, min(1.0, math.sin(geocentric) / math.sin(INCLINATION)))
    along = math.degrees(math.asin(sine))
    return (along if ascends else HALF_TURN - along) % TURN


def _below(along: float, node: float) -> tuple[float, float]:
    """Longitude and latitude below the satellite."""
    angle = math.radians(along)
    turned = math.degrees(math.atan2(math.sin(angle) * math.cos(INCLINATION), math.cos(angle)))
    height = math.sin(angle) * math.sin(INCLINATION)
    latitude = math.degrees(math.atan(height / math.sqrt(1 - height**2) / _FLATTENING))
    longitude = turned + node - along / TURN * SHIFT
    return round((longitude + HALF_TURN) % TURN - HALF_TURN, 5), round(latitude, 5)
