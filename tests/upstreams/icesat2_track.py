"""ICESat-2's way over the Earth, near enough for records of plausible places and times."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

INCLINATION = math.radians(92)
TRACKS = 1387
FIRST = datetime(2018, 10, 13, 17, 30, tzinfo=UTC)
PERIOD = timedelta(days=91) / TRACKS
SHIFT = 360 * 91 / TRACKS  # how far each orbit's node lies west of the last one's
REGIONS = 14
HALF_WIDTH_KM = 6.3
RADIUS_KM = 6371.0
# latitudes between regions along one orbit; regions 4 and 11 turn
BOUNDS = (0, 27, 59.5, 80, 80, 59.5, 27, 0, -27, -50, -79, -79, -50, -27, 0)


@dataclass(frozen=True, slots=True)
class Pass:
    """One region of one orbit; orbits count from the first track of the first cycle."""

    orbit: int
    region: int

    @property
    def rgt(self) -> int:
        return self.orbit % TRACKS + 1

    @property
    def cycle(self) -> int:
        return self.orbit // TRACKS + 1

    @property
    def start(self) -> datetime:
        return FIRST + self.orbit * PERIOD + PERIOD * (_arguments(self.region)[0] / 360)

    @property
    def end(self) -> datetime:
        return FIRST + self.orbit * PERIOD + PERIOD * (_arguments(self.region)[1] / 360)

    @property
    def node(self) -> float:
        """Longitude where the orbit crosses the equator northwards."""
        return -self.orbit * SHIFT % 360

    def ring(self) -> list[tuple[float, float]]:
        """The strip around all beams: longitude and latitude, closed, counter-clockwise, not split."""
        node = self.node
        return [(round((x + node + 180) % 360 - 180, 5), y) for x, y in _strip(self.region)]

    def middle(self) -> list[tuple[float, float]]:
        """Positions along the track, a degree or less apart: what a search can test."""
        node = self.node
        return [((x + node + 180) % 360 - 180, y) for x, y in _dense(self.region)]


def _arguments(region: int) -> tuple[float, float]:
    """Degrees along the orbit from its node, at the start and at the end of a region."""
    return _argument(region - 1), _argument(region)


def _argument(bound: int) -> float:
    along = math.degrees(math.asin(math.sin(math.radians(BOUNDS[bound])) / math.sin(INCLINATION)))
    if bound in (4, 5, 6, 7, 8, 9, 10):
        return 180 - along
    return along if bound in (0, 1, 2, 3) else 360 + along


@cache
def _strip(region: int) -> tuple[tuple[float, float], ...]:
    start, end = _arguments(region)
    count = 24 if region in (4, 11) else 8
    steps = [start + (end - start) * index / count for index in range(count + 1)]
    right = [_beside(step, HALF_WIDTH_KM) for step in steps]
    left = [_beside(step, -HALF_WIDTH_KM) for step in reversed(steps)]
    return (*right, *left, right[0])


@cache
def _dense(region: int) -> tuple[tuple[float, float], ...]:
    start, end = _arguments(region)
    return tuple(_beside(start + (end - start) * index / 60, 0) for index in range(61))


def _beside(along: float, right_km: float) -> tuple[float, float]:
    """Longitude from the node and latitude of a position beside the track."""
    u = math.radians(along)
    track = (math.cos(u), math.sin(u) * math.cos(INCLINATION), math.sin(u) * math.sin(INCLINATION))
    pole = (0, -math.sin(INCLINATION), math.cos(INCLINATION))
    angle = -right_km / RADIUS_KM
    x, y, z = (t * math.cos(angle) + p * math.sin(angle) for t, p in zip(track, pole, strict=True))
    turned = math.degrees(math.atan2(y, x)) - along / 360 * SHIFT
    return round(turned, 5), round(math.degrees(math.asin(z)), 5)
