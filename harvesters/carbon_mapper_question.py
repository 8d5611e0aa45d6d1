"""What we ask Carbon Mapper's STAC search for, and whether an answer is about that.

Boxes are comma-joined here, where REST repeats a key. What a search does not understand it ignores, so every Item is
held against the question.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from harvesters.base import Record, Window, iso
from harvesters.carbon_mapper_area import Area, box_of, box_of_geometry
from harvesters.carbon_mapper_filters import Filters, moment_of
from harvesters.carbon_mapper_query import ignored, in_window
from transforms.carbon_mapper_names import ProductCollection

_SECOND = timedelta(seconds=1)
_CHANGED = "cm:modified"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one harvest wants of STAC, whichever way it asks.

    Attributes:
        levels: of the products: ``l2b`` of scenes; ``l2c``, ``l3a`` and ``l4a`` of plumes.
        window: acquisition time.
        filters: what STAC is not asked for; it is filtered here.
    """

    levels: frozenset[str]
    window: Window = field(default_factory=Window)
    filters: Filters = field(default_factory=Filters)

    def may_be_in(self, home: ProductCollection | None) -> bool:
        """Whether a collection is worth asking."""
        if home is None or home.level not in self.levels:
            return False
        return home.gas is None or self.filters.gas is None or home.gas.upper() == self.filters.gas


@dataclass(frozen=True, slots=True)
class Question:
    """One search.

    Attributes:
        params: of a GET, without paging.
        body: of a POST, without paging; None where it is a GET.
        ids: that the answer must keep to.
        since: the earliest change.
        area: where the answer must lie, or near it.
        in_time: whether the window was asked for.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    ids: frozenset[str] | None = None
    since: datetime | None = None
    area: Area | None = None
    in_time: bool = False

    @classmethod
    def of_collection(cls, collection: str) -> "Question":
        """All of a collection."""
        return cls({"collections": collection})

    @classmethod
    def of_ids(cls, ids: Iterable[str]) -> "Question":
        """Whatever bears one of these ids, in every collection."""
        wanted = frozenset(ids)
        return cls({"ids": ",".join(sorted(wanted))}, ids=wanted)

    @classmethod
    def of_part(cls, collections: Iterable[str], window: Window, area: Area) -> "Question":
        """What was acquired in a window and lies in an area."""
        params = {"collections": ",".join(collections)}
        if not window.is_open:
            params["datetime"] = "/".join(iso(end) if end else ".." for end in (window.start, window.end))
        if area.box:
            params["bbox"] = ",".join(f"{number:.9g}" for number in area.box)
        return cls(params, area=area, in_time=not window.is_open)

    @classmethod
    def of_changes(cls, collections: Iterable[str], since: datetime) -> "Question":
        """What was changed since a moment; superseded versions are changed when they are."""
        body = {"collections": list(collections), "query": {_CHANGED: {"gte": iso(since)}}}
        return cls(body=body, since=since)

    def wants(self, item: Record, wanted: Wanted) -> bool:
        """Whether an Item belongs to the harvest.

        Raises:
            UpstreamError: it is so far off that the search must have ignored something.
        """
        if not isinstance(item, Mapping):  # rejected later, with its reason
            return True
        self._check(item)
        home = ProductCollection.parse(str(item.get("collection")))
        if self.ids is not None:  # a plume that was named is wanted whole, and whatever else has its id is not
            return wanted.may_be_in(home)
        if not wanted.may_be_in(home):
            raise ignored("collections", item)
        said = item.get("properties") or {}
        timely = in_window(wanted.window, said.get("datetime"), item) if self.in_time else True
        return timely and wanted.filters.wants_feature(item) and self._touches(item)

    def _check(self, item: Record) -> None:
        if self.ids is not None and item.get("id") not in self.ids:
            raise ignored("ids", item)
        changed = changed_at(item)
        if self.since and changed and changed < self.since - _SECOND:
            raise ignored("query", item)

    def _touches(self, item: Record) -> bool:
        if self.area is None:
            return True
        found = box_of(item.get("bbox")) or box_of_geometry(item.get("geometry"))
        if found is None:
            return True
        if self.area.is_far(found):
            raise ignored("bbox", item)
        return self.area.touches(found)


def changed_at(item: Record) -> datetime | None:
    """When the provider last changed an Item."""
    said = item.get("properties")
    return moment_of(said.get(_CHANGED)) if isinstance(said, Mapping) else None
