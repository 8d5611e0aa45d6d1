"""Where EarthCARE is: a circular, Sun-synchronous orbit through the published anchors; good to some 0.3 degrees."""

import functools
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FRAMES = "ABCDEFGH"

_INCLINATION = math.radians(97.05)
_ANCHOR_ORBIT, _ANCHOR = 4366, datetime(2025, 3, 5, 13, 45, 40, tzinfo=UTC)  # frame E
_LATER_ORBIT, _LATER = 7820, datetime(2025, 10, 13, 13, 14, 44, tzinfo=UTC)  # frame E
PERIOD_S = (_LATER - _ANCHOR).total_seconds() / (_LATER_ORBIT - _ANCHOR_ORBIT)
_NODE_HOUR = 1.95  # local solar time of the ascending node
_KM_IN_RADIANS = 1 / 6371.0
_WEST_OF_DESCENT_KM, _EAST_OF_DESCENT_KM = 40.0, 122.0
_POINTS = 10

Position = list[float]


def _angle(latitude: float) -> float:
    return math.degrees(math.asin(math.sin(math.radians(latitude)) / math.sin(_INCLINATION)))


_LOW, _HIGH = _angle(22.5), _angle(67.5)
_STARTS = (-_LOW, _LOW, _HIGH, 180 - _HIGH, 180 - _LOW, 180 + _LOW, 180 + _HIGH, 360 - _HIGH, 360 - _LOW)
"""Angle from the ascending node, in degrees, where each frame starts, and where frame H ends."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An eighth of an orbit, cut by latitude."""

    orbit: int
    index: int

    @classmethod
    def numbered(cls, number: int) -> "Frame":
        return cls(*divmod(number, len(FRAMES)))

    @property
    def letter(self) -> str:
        return FRAMES[self.index]

    @property
    def start(self) -> datetime:
        return self._moment(_STARTS[self.index]).replace(microsecond=0)

    @property
    def end(self) -> datetime:
        return self._moment(_STARTS[self.index + 1]).replace(microsecond=0)

    @property
    def ascending_node(self) -> datetime:
        """The last one before the start."""
        return self._moment(0 if self.index else -360)

    @functools.lru_cache(maxsize=4096)  # noqa: B019 - frames are values, and each is asked for by many products
    def track(self) -> list[Position]:
        """The ground track: ten positions in time order, longitudes not split at 180."""
        return self._edge(0)

    @functools.lru_cache(maxsize=4096)  # noqa: B019 - as above
    def swath(self) -> list[Position]:
        """The imager's outline as the archive lays it out: one edge, end, other edge, start; counter-clockwise."""
        track = self.track()
        right, left = self._edge(-_WEST_OF_DESCENT_KM), self._edge(_EAST_OF_DESCENT_KM)
        return [*right, track[-1], *left[::-1], track[0], right[0]]

    def _moment(self, angle: float) -> datetime:
        turned = (self.orbit - _ANCHOR_ORBIT) * 360 + angle - _STARTS[FRAMES.index("E")]
        return _ANCHOR + timedelta(seconds=turned / 360 * PERIOD_S)

    def _edge(self, offset_km: float) -> list[Position]:
        """Positions beside the track, towards the orbit's normal (west while ascending)."""
        first, last = _STARTS[self.index], _STARTS[self.index + 1]
        angles = (first + (last - first) * step / (_POINTS - 1) for step in range(_POINTS))
        return [self._position(angle, offset_km * _KM_IN_RADIANS) for angle in angles]

    def _position(self, angle: float, offset: float) -> Position:
        u, along, across = math.radians(angle), math.cos(offset), math.sin(offset)
        x = along * math.cos(u)
        y = along * math.sin(u) * math.cos(_INCLINATION) - across * math.sin(_INCLINATION)
        z = along * math.sin(u) * math.sin(_INCLINATION) + across * math.cos(_INCLINATION)
        moment = self._moment(angle)
        hours = moment.hour + moment.minute / 60 + (moment.second + moment.microsecond / 1e6) / 3600
        longitude = (_NODE_HOUR - hours) * 15 + math.degrees(math.atan2(y, x))
        return [round((longitude + 180) % 360 - 180, 6), round(math.degrees(math.asin(z)), 6)]


def frame_number(moment: datetime) -> int:
    """The number of a frame at or shortly before a moment."""
    orbits = (moment - _ANCHOR).total_seconds() / PERIOD_S + _ANCHOR_ORBIT
    return (math.floor(orbits) - 1) * len(FRAMES)
