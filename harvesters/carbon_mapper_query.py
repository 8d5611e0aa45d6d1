"""What we ask ``plumes/annotated`` for, and whether an answer is about that.

The provider ignores parameters whose names it does not know, so a filter that it lost would look like the whole
catalogue: every record is held against what was asked. Source: the API's own description, and recorded answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
import shapely

from harvesters.base import Bbox, Record, Selection, Window, iso
from tercet.errors import ConfigError, RecordError, UpstreamError
from transforms import carbon_mapper_fields as fields
from transforms.geometry import bbox, repaired
from transforms.times import utc

LAG = timedelta(days=1)
"""How far before its cursor a walk starts: what is published is not always visible in the order of its times."""

_LONGEST_URL = 8192 - 100
"""The provider's limit in bytes, less what paging adds."""
_NEAR = 0.5
"""Degrees by which an answer may lie beside an area: the provider does not say which part of a plume it compares."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Query:
    """One walk through ``plumes/annotated``.

    Attributes:
        params: the query string, without paging.
        area: a box that the answer must lie in or near.
        shape: what the provider could not be asked for: records that do not touch it are left out.
        window: acquisition time; its ends may belong to the provider's answer or not, so they are cut here.
        published_since: the earliest publication that was asked for.
        count: the field of the answer that counts this query; None where it is not known which does.
    """

    params: Mapping[str, str | list[float]]
    area: Bbox | None = None
    shape: shapely.Geometry | None = None
    window: Window = field(default_factory=Window)
    published_since: datetime | None = None
    count: str | None = "total_count"

    def wants(self, record: Record) -> bool:
        """Whether a record belongs to the walk.

        Raises:
            UpstreamError: the record is so far off that the provider must have ignored a filter.
        """
        if not isinstance(record, Mapping):  # rejected later, with its reason
            return True
        return self._in_window(record) and self._in_area(record)

    def _in_window(self, record: Record) -> bool:
        published, acquired = _moment(record, "published_at"), _moment(record, "scene_timestamp")
        if published and self.published_since and published < self.published_since - _SECOND:
            raise _ignored("published_at_datetime", record)
        if not acquired:
            return True
        start, end = self.window.start, self.window.end
        if (start and acquired < start - _SECOND) or (end and acquired > end + _SECOND):
            raise _ignored("datetime", record)
        return not ((start and acquired < start) or (end and acquired >= end))

    def _in_area(self, record: Record) -> bool:
        if self.area is None and self.shape is None:
            return True
        try:
            west, south, east, north = fields.bounds(record)
        except RecordError:
            return True  # without bounds it is rejected later, with its reason
        if west > east:
            return True
        if self.area:
            w, s, e, n = self.area
            if west > e + _NEAR or east < w - _NEAR or south > n + _NEAR or north < s - _NEAR:
                raise _ignored("intersects" if "intersects" in self.params else "bbox", record)
        return self.shape is None or bool(shapely.intersects(self.shape, shapely.box(west, south, east, north)))


def queries(selection: Selection, url: str) -> list[Query]:
    """The walks that a selection takes: two where its box crosses the antimeridian, else one.

    Args:
        selection: what is asked for.
        url: the endpoint, for the length of the whole request.

    Raises:
        ConfigError: the cursor is not one of ours.
        RecordError: the geometry is not one.
    """
    params: dict[str, Any] = {"status": "published", "sort": "published_asc"}
    since = _since(selection.cursor)
    if since:
        params["published_at_datetime"] = f"{iso(since)}/.."
    window = selection.window
    if not window.is_open:
        params["datetime"] = "/".join(iso(end) if end else ".." for end in (window.start, window.end))
    if not selection.intersects:
        return [_query(params, box, window, since) for box in _boxes(selection.bbox)]
    geometry = repaired(selection.intersects)
    with_shape = {**params, "intersects": orjson.dumps(geometry).decode()}
    extent = _boxes(_bbox(geometry))
    if selection.bbox is None and len(url) + 1 + len(urlencode(with_shape)) <= _LONGEST_URL:
        area = extent[0] if len(extent) == 1 else None
        return [Query(with_shape, area, window=window, published_since=since, count=None)]
    shape = shapely.from_geojson(orjson.dumps(geometry))
    boxes = _boxes(selection.bbox) if selection.bbox else extent
    return [_query(params, box, window, since, shape) for box in boxes]


def _query(
    params: Mapping[str, Any],
    box: Bbox | None,
    window: Window,
    since: datetime | None,
    shape: shapely.Geometry | None = None,
) -> Query:
    if box is None:
        return Query(params, shape=shape, window=window, published_since=since)
    # the comma-joined spelling that STAC has is refused here: the key is repeated
    return Query({**params, "bbox": list(box)}, box, shape, window, since, count="bbox_count")


def _boxes(box: Bbox | None) -> list[Bbox | None]:
    """A box that crosses the antimeridian as two: nobody knows what the provider makes of west > east."""
    if box is None or box[0] <= box[2]:
        return [box]
    west, south, east, north = box
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def _bbox(geometry: Mapping[str, Any]) -> Bbox:
    west, south, east, north = bbox(geometry)
    return west, south, east, north


def _since(cursor: str | None) -> datetime | None:
    if cursor is None:
        return None
    try:
        return datetime.fromisoformat(utc(cursor, name="cursor")) - LAG
    except (RecordError, OverflowError) as error:
        raise ConfigError(f"{cursor!r} is no cursor of Carbon Mapper: harvest again with --full-refresh") from error


def _moment(record: Record, name: str) -> datetime | None:
    try:
        return datetime.fromisoformat(utc(record[name])) if record.get(name) else None
    except RecordError:
        return None  # rejected later, with its reason


def _ignored(parameter: str, record: Record) -> UpstreamError:
    return UpstreamError(
        f"Carbon Mapper ignored {parameter}: {record.get('plume_id')} is not what was asked for. "
        "Its API may have changed: look at https://api.carbonmapper.org/api/v1/docs, and report it to Tercet"
    )
