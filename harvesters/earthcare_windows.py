"""A walk through sensing time, window by window: what to ask of the service, and which answers are whose."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import shapely
import shapely.geometry

from harvesters.base import Record, Selection, iso
from harvesters.earthcare_requests import Query
from harvesters.earthcare_search import Search
from tercet.errors import ConfigError, RecordError
from transforms import earthcare
from transforms.geometry import Geometry, box, repaired

log = logging.getLogger(__name__)

TICK = timedelta(milliseconds=1)
TYPE_IN_NAME = slice(9, 19)


@dataclass(frozen=True, slots=True)
class Area:
    """Where a walk looks.

    Attributes:
        queries: the searches that together cover it: a box over the antimeridian is two.
        shape: what footprints have to touch, None for the whole globe. The service keeps footprints over the
            antimeridian unsplit, which then seem to reach around the globe.
    """

    queries: tuple[Query, ...]
    shape: shapely.Geometry | None = None

    @classmethod
    def of(cls, selection: Selection) -> "Area":
        """The area of a selection.

        Raises:
            ConfigError: it has two areas, or one that is none.
        """
        query = Query("", selection.product, "")
        if selection.bbox and selection.intersects:
            raise ConfigError("ESA's MAAP takes one area in a search: leave out --bbox or --intersects")
        if selection.intersects:
            geometry = _usable("--intersects", lambda: repaired(selection.intersects or {}))
            return cls((replace(query, intersects=geometry),), shapely.geometry.shape(geometry))
        if selection.bbox:
            west, south, east, north = selection.bbox
            geometry = _usable("--bbox", lambda: box(west, south, east, north))
            halves = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
            queries = (replace(query, bbox=(left, south, right, north)) for left, right in halves)
            return cls(tuple(queries), shapely.geometry.shape(geometry))
        return cls((query,))

    def touches(self, record: Record) -> bool:
        """Whether a record's footprint is here; one that cannot be read is, to be rejected later."""
        if self.shape is None:
            return True
        try:
            return bool(self.shape.intersects(shapely.geometry.shape(repaired(record.get("geometry") or {}))))
        except (RecordError, AttributeError, TypeError, ValueError):
            return True


@dataclass(frozen=True, slots=True)
class SensingWindow:
    """A half-open interval of a walk."""

    product: str
    area: Area
    start: datetime
    end: datetime
    is_first: bool

    async def records(self, searches: Mapping[str, Search]) -> AsyncIterator[list[Record]]:
        """Its records, each once, page by page; never an empty page."""
        seen: set[object] = set()
        interval = f"{iso(self.start)}/{iso(max(self.start, self.end - TICK))}"  # both ends are asked for
        for part in self.area.queries:
            for collection, search in searches.items():
                query = replace(part, collection=collection, interval=interval)
                async for records in search.records(query):
                    ours = [r for r in records if r.get("id") not in seen and self._owns(r) and self.area.touches(r)]
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


def _usable(option: str, make: Callable[[], Geometry]) -> Geometry:
    try:
        return make()
    except RecordError as error:
        raise ConfigError(f"{option} cannot be used: {error}") from error
