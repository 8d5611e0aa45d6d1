"""Where a walk looks: what of it the service is asked for, and which footprints are there."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
import shapely.geometry

from harvesters.base import Bbox, Record, Selection
from harvesters.earthcare_circle import EARTH_KM, SPACING_KM, Circle
from tercet.errors import ConfigError, RecordError
from transforms.earthcare_geometry import footprint
from transforms.geometry import Geometry, bbox, box, repaired

_MARGIN = math.degrees((SPACING_KM / 2 + 60) / EARTH_KM)
"""Degrees of latitude. A box that reaches so much farther holds a position of each footprint that meets it: half the
way between two positions, and something for the width of a swath."""
_PLAIN_LONGITUDE, _PLAIN_LATITUDE, _STEEP = 150.0, 60.0, 80.0

Meets = Callable[[Mapping[str, Any], str | None], bool]
"""Whether a footprint, as it was sent, of a frame (A to H) is somewhere."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one search is asked for."""

    bbox: Bbox | None = None
    intersects: Geometry | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """Where a walk looks.

    The service does not split footprints at ±180, so that one which crosses it seems to run around the globe the
    other way, and keeps ten positions of 5000 km. Near ±180 and the poles it is therefore asked for a wider box, and
    what it answers is checked here.

    Attributes:
        parts: the searches that together cover it: a box over the antimeridian is two.
        meets: whether a footprint is there; None for the whole globe.
    """

    parts: tuple[Part, ...] = (Part(),)
    meets: Meets | None = None

    @classmethod
    def of(cls, selection: Selection) -> "Area":
        """The area of a selection.

        Raises:
            ConfigError: it has two areas, or one that is none.
        """
        circle: Circle | None = selection.options.get("radius")
        given = [
            name
            for name, value in (
                ("--bbox", selection.bbox),
                ("--intersects", selection.intersects),
                ("--radius", circle),
            )
            if value
        ]
        if len(given) > 1:
            raise ConfigError(f"ESA's MAAP takes one area in a search: leave out {' or '.join(given)}")
        if circle:
            return cls(_widened(*_around(circle)), lambda sent, _frame: circle.meets(sent))
        if selection.intersects:
            geometry = _usable("--intersects", lambda: repaired(selection.intersects or {}))
            west, south, east, north = bbox(geometry)
            is_plain = _is_plain(west, south, east, north)
            return cls((Part(intersects=geometry),) if is_plain else _widened(west, south, east, north), _in(geometry))
        if selection.bbox:
            west, south, east, north = selection.bbox
            geometry = _usable("--bbox", lambda: box(west, south, east, north))
            is_plain = _is_plain(west, south, east, north)
            return cls(_split(*selection.bbox) if is_plain else _widened(*selection.bbox), _in(geometry))
        return cls()

    def touches(self, record: Record, frame: str | None = None) -> bool:
        """Whether the footprint of a record is here; one that cannot be read is, to be rejected later."""
        if self.meets is None:
            return True
        try:
            return self.meets(record.get("geometry") or {}, frame)
        except (RecordError, AttributeError, LookupError, TypeError, ValueError):
            return True


def _in(geometry: Geometry) -> Meets:
    shape = shapely.geometry.shape(geometry)
    return lambda sent, frame: bool(shape.intersects(shapely.geometry.shape(footprint(sent, frame))))


def _is_plain(west: float, south: float, east: float, north: float) -> bool:
    """Whether footprints here are surely neither at ±180 nor bent around a pole."""
    return max(-west, east) <= _PLAIN_LONGITUDE and west <= east and max(-south, north) <= _PLAIN_LATITUDE


def _around(circle: Circle) -> Bbox:
    """A box around a circle; its longitudes may leave [-180, 180]."""
    reach = math.degrees(circle.km / EARTH_KM)
    south, north = circle.latitude - reach, circle.latitude + reach
    across = _across(reach, south, north)
    return circle.longitude - across, south, circle.longitude + across, north


def _widened(west: float, south: float, east: float, north: float) -> tuple[Part, ...]:
    south, north = south - _MARGIN, north + _MARGIN
    across = _across(_MARGIN, south, north)
    east += 360 if east < west else 0
    west, east = west - across, east + across
    south, north = max(south, -90.0), min(north, 90.0)
    if east - west >= 360:  # noqa: PLR2004 - all around
        return _split(-180.0, south, 180.0, north)
    return _split((west + 180) % 360 - 180, south, (east + 180) % 360 - 180, north)


def _across(degrees: float, south: float, north: float) -> float:
    """So many degrees of latitude in degrees of longitude, at the steepest parallel; near a pole all of them."""
    steepest = max(abs(south), abs(north))
    return 180.0 if steepest > _STEEP else degrees / math.cos(math.radians(steepest))


def _split(west: float, south: float, east: float, north: float) -> tuple[Part, ...]:
    halves = [(west, east)] if west < east else [(west, 180.0), (-180.0, east)]
    return tuple(Part(bbox=(left, south, right, north)) for left, right in halves if left < right)


def _usable(option: str, make: Callable[[], Geometry]) -> Geometry:
    try:
        return make()
    except RecordError as error:
        raise ConfigError(f"{option} cannot be used: {error}") from error
