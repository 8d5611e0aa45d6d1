"""Which part is wanted, in space and time: the same words for every reader."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import shapely
import shapely.affinity
import shapely.geometry
from numpy.typing import NDArray

from tercet.errors import ReaderError, RecordError
from transforms.times import utc

Bbox = tuple[float, float, float, float]
"""West, south, east, north in degrees, WGS 84; west > east crosses the antimeridian."""

TimeSpan = tuple[datetime | str | None, datetime | str | None]
"""Half-open, UTC; None leaves an end open; text is RFC 3339 or a date; a date as the end is the day's start."""

Moment = np.datetime64

_CORNERS = 4
_POLE = 90.0
_LINE = 180.0
_METRES_PER_DEGREE = 110_000.0
"""A little less than a degree of latitude has anywhere."""


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
        boxes = _boxes(bbox) if bbox is not None else None
        shape = _shape(polygon) if polygon is not None else None
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
        cut = [_common(box, around) for box in self.boxes]
        return tuple(box for box in cut if box is not None)

    def grown(self, metres: float) -> Self:
        """The same with more area around it: no position within so many metres of it is left out, some others are in.

        Args:
            metres: on the ground.
        """
        boxes = tuple(grown for box in self.boxes for grown in _grown(box, metres)) if self.boxes is not None else None
        shape = self.polygon
        if shape is not None:
            shape = _buffered(shape, metres)
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
            wanted |= (east >= west) & (east <= right) & (latitude >= south) & (latitude <= north)
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


def _boxes(bbox: Bbox) -> tuple[Bbox, ...]:
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


def _grown(box: Bbox, metres: float) -> tuple[Bbox, ...]:
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


def _buffered(shape: shapely.Geometry, metres: float) -> shapely.Geometry:
    _, south, _, north = shapely.bounds(shape)
    grown = shape.buffer(max(_degrees(max(abs(south), abs(north)), metres)))
    west, _, east, _ = shapely.bounds(grown)
    if west >= -_LINE and east <= _LINE:
        return grown
    # beyond the antimeridian lies the other side of the map
    return shapely.union_all([shapely.affinity.translate(grown, turn) for turn in (-2 * _LINE, 0, 2 * _LINE)])


def _common(one: Bbox, other: tuple[float, ...]) -> Bbox | None:
    west, south = max(one[0], other[0]), max(one[1], other[1])
    east, north = min(one[2], other[2]), min(one[3], other[3])
    return (west, south, east, north) if west <= east and south <= north else None


def _shape(polygon: Any) -> shapely.Geometry:  # noqa: ANN401 - what people have
    if isinstance(polygon, str | Path):
        shape = _from_file(Path(polygon))
    elif isinstance(polygon, shapely.Geometry):
        shape = polygon
    else:
        shape = _from_geojson(getattr(polygon, "__geo_interface__", polygon))
    if shape.is_empty:
        raise ReaderError("the polygon is empty: nothing could lie in it")
    return shape if shape.is_valid else shapely.make_valid(shape)


def _from_geojson(document: Any) -> shapely.Geometry:  # noqa: ANN401 - what people have
    if not isinstance(document, Mapping):
        raise ReaderError(f"a polygon is a shapely geometry, GeoJSON or a file's path, not {type(document).__name__}")
    kind = document.get("type")
    try:
        if kind == "FeatureCollection":
            return shapely.union_all([_from_geojson(one) for one in document["features"]])
        if kind == "Feature":
            return _from_geojson(document["geometry"])
        return shapely.geometry.shape(document)
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
        raise ReaderError(f"the polygon is not GeoJSON: {error}") from error


def _from_file(path: Path) -> shapely.Geometry:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReaderError(f"the polygon's file {path} cannot be read: {error.strerror}") from error
    if content.lstrip()[:1] == b"{":
        try:
            return _from_geojson(json.loads(content))
        except ValueError as error:
            raise ReaderError(f"{path} is not GeoJSON: {error}") from error
    import geopandas  # noqa: PLC0415 - half a second, for other formats only

    try:
        frame = geopandas.read_file(path)
    except Exception as error:  # every driver of GDAL fails in its own way
        raise ReaderError(f"{path} holds no polygons that GDAL can read: {error}") from error
    return (frame if frame.crs is None else frame.to_crs(4326)).geometry.union_all()


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
