"""Which part is wanted, in space and time: the same words for every reader."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from tercet.errors import ReaderError, RecordError
from tercet.readers.selection_boxes import Bbox, boxes_of, common_box, grown_box, grown_shape
from tercet.readers.selection_polygons import shape_of
from transforms.times import utc

__all__ = ["Bbox", "Moment", "Selection", "TimeSpan", "hull"]

TimeSpan = tuple[datetime | str | None, datetime | str | None]
"""Half-open, UTC; None leaves an end open; text is RFC 3339 or a date; a date as the end is the day's start."""

Moment = np.datetime64

_LINE = 180.0


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted, in space and time. Without any of it everything is.

    Attributes:
        boxes: one box, or two where the antimeridian lies between, in one of which it lies; None is everywhere.
        polygon: within which positions are wanted, edge included; None is everywhere.
        start: first moment that is wanted, ``datetime64[ns]``, UTC; None is any.
        end: first moment that is not wanted any more; None is none.
    """

    boxes: tuple[Bbox, ...] | None = None
    polygon: shapely.Geometry | None = None
    start: Moment | None = None
    end: Moment | None = None

    @classmethod
    def of(cls, *, bbox: Bbox | None = None, polygon: Any = None, time: TimeSpan | None = None) -> Self:  # noqa: ANN401 - what people have: shapely, GeoJSON, a path
        """Take what people say.

        Args:
            bbox: west, south, east, north.
            polygon: shapely geometry, GeoJSON (geometry, Feature, FeatureCollection), or the path of a file of them.
            time: start and end.

        Raises:
            ReaderError: one of them cannot be understood.
        """
        boxes = boxes_of(bbox) if bbox is not None else None
        shape = shape_of(polygon) if polygon is not None else None
        start, end = _span(time) if time is not None else (None, None)
        return cls(boxes, shape, start, end)

    @property
    def is_whole(self) -> bool:
        """Whether everything is wanted."""
        return not self.is_spatial and not self.is_temporal

    @property
    def is_spatial(self) -> bool:
        """Whether not everywhere is wanted."""
        return self.boxes is not None or self.polygon is not None

    @property
    def is_temporal(self) -> bool:
        """Whether not every moment is wanted."""
        return self.start is not None or self.end is not None

    @property
    def bounds(self) -> tuple[Bbox, ...] | None:
        """Boxes outside of which nothing is wanted, west <= east in each; None where nothing limits space."""
        if self.polygon is None:
            return self.boxes
        around = tuple(float(one) for one in shapely.bounds(self.polygon))
        if self.boxes is None:
            return (around,)  # type: ignore[return-value]
        cut = [common_box(box, around) for box in self.boxes]
        return tuple(box for box in cut if box is not None)

    def grown(self, metres: float) -> Self:
        """The same with more area around it: no position within so many metres of it is left out, some others are in.

        Args:
            metres: on the ground.
        """
        boxes = (
            tuple(grown for box in self.boxes for grown in grown_box(box, metres)) if self.boxes is not None else None
        )
        shape = self.polygon
        if shape is not None:
            shape = grown_shape(shape, metres)
        return replace(self, boxes=boxes, polygon=shape)

    def points(self, longitude: NDArray[Any], latitude: NDArray[Any]) -> NDArray[np.bool_]:
        """Tell which positions are wanted.

        Args:
            longitude: degrees, any shape; [-180, 180] or [0, 360]. NaN is nowhere.
            latitude: the same shape.

        Returns:
            The same shape; True is wanted.
        """
        if not self.is_spatial:
            return np.ones(np.shape(longitude), dtype=bool)
        wanted = np.zeros(np.shape(longitude), dtype=bool)
        # in the type that is stored: float32 positions on the edge of a box stay on it
        east = np.where(longitude > _LINE, longitude - 2 * _LINE, longitude) if np.size(longitude) else longitude
        for west, south, right, north in self.bounds or ():
            inside = (east >= west) & (east <= right)
            if west == -_LINE or right == _LINE:
                inside |= np.abs(east) == _LINE  # one meridian of two names
            wanted |= inside & (latitude >= south) & (latitude <= north)
        if self.polygon is not None and wanted.any():
            shapely.prepare(self.polygon)
            wanted[wanted] = shapely.intersects_xy(self.polygon, east[wanted], latitude[wanted])
        return wanted

    def moments(self, times: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """Tell which moments are wanted; NaT is none."""
        wanted = ~np.isnat(times) if self.is_temporal else np.ones(np.shape(times), dtype=bool)
        if self.start is not None:
            wanted &= times >= self.start
        if self.end is not None:
            wanted &= times < self.end
        return wanted


def hull(wanted: NDArray[np.bool_]) -> slice:
    """The shortest slice of a one-dimensional mask that holds all that is wanted; of length 0 where nothing is."""
    places = np.flatnonzero(wanted)
    return slice(int(places[0]), int(places[-1]) + 1) if places.size else slice(0, 0)


def _span(time: TimeSpan) -> tuple[Moment | None, Moment | None]:
    if isinstance(time, str) or len(time) != 2:  # noqa: PLR2004 - start and end
        raise ReaderError(f"time {time!r} is not a pair of start and end; None leaves one open")
    start, end = (_moment(one) for one in time)
    if start is not None and end is not None and start > end:
        raise ReaderError(f"time {time!r} ends before it starts")
    return start, end


def _moment(value: datetime | str | None) -> Moment | None:
    if value is None:
        return None
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[ns]")
    if isinstance(value, datetime):
        naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return np.datetime64(naive, "ns")
    try:
        utc(value)  # says what is wrong with it
        return _moment(datetime.fromisoformat(value))
    except RecordError as error:
        raise ReaderError(f"time {value!r} is not RFC 3339, such as 2024-05-01T12:00:00Z or 2024-05-01") from error
