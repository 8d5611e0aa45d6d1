"""A walk through sensing time, window by window: what to ask of the service, and which answers are whose."""

import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from harvesters.base import Bbox, Record, Selection, iso
from harvesters.earthcare_requests import Query
from harvesters.earthcare_search import Search
from tercet.errors import ConfigError, RecordError
from transforms import earthcare
from transforms.geometry import repaired

log = logging.getLogger(__name__)

TICK = timedelta(milliseconds=1)
TYPE_IN_NAME = slice(9, 19)


@dataclass(frozen=True, slots=True)
class SensingWindow:
    """A half-open interval of a walk."""

    product: str
    start: datetime
    end: datetime
    is_first: bool

    async def records(self, searches: Mapping[str, Search], areas: Iterable[Query]) -> AsyncIterator[list[Record]]:
        """Its records, each once, page by page; never an empty page."""
        seen: set[object] = set()
        interval = f"{iso(self.start)}/{iso(max(self.start, self.end - TICK))}"  # both ends are asked for
        for area in areas:
            for collection, search in searches.items():
                query = replace(area, collection=collection, interval=interval)
                async for records in search.records(query):
                    ours = [r for r in records if r.get("id") not in seen and self._owns(r)]
                    seen.update(record.get("id") for record in ours)
                    if ours:
                        yield ours

    def _owns(self, record: Record) -> bool:
        """Whether a record is of this product and starts here; what cannot be read is kept, to be rejected."""
        name = record.get("id")
        if earthcare.is_product_name(name) and str(name)[TYPE_IN_NAME] != self.product:
            log.debug("ESA MAAP sent %s where %s was asked for", name, self.product)
            return False
        start = _start(record)
        return start is None or ((self.is_first or start >= self.start) and start < self.end)


def _start(record: Record) -> datetime | None:
    properties = record.get("properties")
    said = properties.get("start_datetime") or properties.get("datetime") if isinstance(properties, Mapping) else None
    try:
        moment = datetime.fromisoformat(str(said))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def areas_of(selection: Selection) -> list[Query]:
    """The searches that together cover the area: a box over the antimeridian is two."""
    query = Query("", selection.product, "")
    if selection.bbox and selection.intersects:
        raise ConfigError("ESA's MAAP takes one area in a search: leave out --bbox or --intersects")
    if selection.intersects:
        try:
            return [replace(query, intersects=repaired(selection.intersects))]
        except RecordError as error:
            raise ConfigError(f"--intersects cannot be used: {error}") from error
    if selection.bbox is None:
        return [query]
    return [replace(query, bbox=box) for box in _halves(selection.bbox)]


def _halves(box: Bbox) -> Iterator[Bbox]:
    west, south, east, north = box
    if west <= east:
        yield box
    else:
        yield (west, south, 180.0, north)
        yield (-180.0, south, east, north)
