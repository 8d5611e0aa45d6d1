"""What we ask a REST list for, ``plumes/annotated`` or ``scenes/annotated``, and whether an answer is about that.

The provider ignores parameters whose names it does not know, so a filter that it lost would look like the whole
catalogue: every record is held against what was asked. Source: the API's own description, and recorded answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson

from harvesters.base import Record, Selection, Window, iso
from harvesters.carbon_mapper_area import Area, areas, box_of, boxes, extent
from harvesters.carbon_mapper_filters import Filters, moment_of
from tercet.errors import UpstreamError
from transforms.geometry import repaired

LONGEST_URL = 8192 - 100
"""The provider's limit in bytes, less what paging adds."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Names:
    """What a list calls the things that are asked of it."""

    acquired: str
    bounds: str


PLUMES = Names("scene_timestamp", "plume_bounds")
SCENES = Names("timestamp", "bounds")


@dataclass(frozen=True, slots=True)
class Query:
    """One walk through a list.

    Attributes:
        params: the query string, without paging.
        area: where the answer must lie, or near it; what does not touch its shape is left out.
        window: acquisition time; its ends may belong to the provider's answer or not, so they are cut here.
        published_since: the earliest publication that was asked for.
        filters: what else was.
        count: the field of the answer that counts this query; None where it is not known which does.
        names: of the list's fields.
    """

    params: Mapping[str, Any]
    area: Area = field(default_factory=Area)
    window: Window = field(default_factory=Window)
    published_since: datetime | None = None
    filters: Filters = field(default_factory=Filters)
    count: str | None = "total_count"
    names: Names = PLUMES

    def wants(self, record: Record) -> bool:
        """Whether a record belongs to the walk.

        Raises:
            UpstreamError: the record is so far off that the provider must have ignored a filter.
        """
        if not isinstance(record, Mapping):  # rejected later, with its reason
            return True
        if parameter := self.filters.ignored(record):
            raise ignored(parameter, record)
        return self._in_window(record) and self._in_area(record)

    def _in_window(self, record: Record) -> bool:
        published = moment_of(record.get("published_at"))
        if published and self.published_since and published < self.published_since - _SECOND:
            raise ignored("published_at_datetime", record)
        return in_window(self.window, record.get(self.names.acquired), record)

    def _in_area(self, record: Record) -> bool:
        found = box_of(record.get(self.names.bounds))
        if found is None:  # rejected later, with its reason
            return True
        if self.area.is_far(found):
            raise ignored("intersects" if "intersects" in self.params else "bbox", record)
        return self.area.touches(found)


def in_window(window: Window, value: Any, record: Record) -> bool:  # noqa: ANN401 - any JSON value
    """Whether a time of acquisition is wanted.

    Raises:
        UpstreamError: it is so far off that the provider must have ignored ``datetime``.
    """
    acquired, (start, end) = moment_of(value), (window.start, window.end)
    if acquired is None:
        return True
    if (start and acquired < start - _SECOND) or (end and acquired > end + _SECOND):
        raise ignored("datetime", record)
    return not ((start and acquired < start) or (end and acquired >= end))


def queries(selection: Selection, url: str, since: datetime | None) -> list[Query]:
    """The walks through ``plumes/annotated`` that a selection takes: two beside the antimeridian, else one.

    Args:
        selection: what is asked for.
        url: the endpoint, for the length of the whole request.
        since: the earliest publication.

    Raises:
        RecordError: the geometry is not one.
    """
    filters = Filters.of(selection)
    params: dict[str, Any] = {"status": "published", "sort": "published_asc", **filters.params, **_time(selection)}
    if since:
        params["published_at_datetime"] = f"{iso(since)}/.."
    if selection.intersects and selection.bbox is None:
        geometry = repaired(selection.intersects)
        with_shape = {**params, "intersects": orjson.dumps(geometry).decode()}
        if len(url) + 1 + len(urlencode(with_shape, doseq=True)) <= LONGEST_URL:
            around = boxes(extent(geometry))
            area = Area(around[0] if len(around) == 1 else None)
            return [Query(with_shape, area, selection.window, since, filters, count=None)]
    return [_boxed(params, area, selection.window, since, filters) for area in areas(selection)]


def scene_queries(selection: Selection) -> list[Query]:
    """The walks through ``scenes/annotated`` that a selection takes.

    Raises:
        RecordError: the geometry is not one.
    """
    filters = Filters(instruments=Filters.of(selection).instruments)
    # of the provider's filters only these are known to work on scenes: `instrument`, one at a time
    one = {"instrument": next(iter(filters.instruments))} if len(filters.instruments) == 1 else {}
    return [
        Query(
            {**one, **_time(selection), **({"bbox": list(area.box)} if area.box else {})},
            area,
            selection.window,
            filters=filters if one else Filters(),
            count="count",
            names=SCENES,
        )
        for area in areas(selection)
    ]


def _time(selection: Selection) -> dict[str, str]:
    window = selection.window
    if window.is_open:
        return {}
    return {"datetime": "/".join(iso(end) if end else ".." for end in (window.start, window.end))}


def _boxed(params: Mapping[str, Any], area: Area, window: Window, since: datetime | None, filters: Filters) -> Query:
    if area.box is None:
        return Query(params, area, window, since, filters)
    # the comma-joined spelling that STAC has is refused here: the key is repeated
    return Query({**params, "bbox": list(area.box)}, area, window, since, filters, count="bbox_count")


class IgnoredError(UpstreamError):
    """An answer is not about what was asked."""


def ignored(parameter: str, record: Record) -> IgnoredError:
    """The error for a record that was not asked for."""
    name = next((record[key] for key in ("plume_id", "name", "id") if record.get(key)), "a record without a name")
    return IgnoredError(
        f"Carbon Mapper ignored {parameter}: {name} is not what was asked for. "
        "Its API may have changed: look at https://api.carbonmapper.org/api/v1/docs, and report it to Tercet"
    )
