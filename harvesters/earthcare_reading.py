"""What the service answers of one window, without what was not asked for."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from harvesters.base import Record
from harvesters.earthcare_area import Area, Part
from harvesters.earthcare_options import Wanted
from harvesters.earthcare_requests import Query
from harvesters.earthcare_search import Search, Tally
from harvesters.earthcare_windows import SensingWindow
from tercet.errors import RecordError
from transforms.earthcare_names import ProductName

log = logging.getLogger(__name__)

UNFINDABLE = "AUX_"
"""How types begin that the service finds neither by orbit nor by place, though it lists both."""

Searches = Mapping[str, Mapping[str, Search]]
"""Where to ask, by product type and collection."""


@dataclass(slots=True)
class Reading:
    """Reads windows of some product types, from every collection that holds them.

    A product that is in several collections comes once from each. The service's filters are not trusted: what
    each record is, its name says.

    Attributes:
        searches: where to ask.
        area: where to look.
        wanted: which products.
        agreeing: the product types of the last window for which all came that the service counted.
        received: how many records of the last window came from one collection, at most.
    """

    searches: Searches
    area: Area = field(default_factory=Area)
    wanted: Wanted = field(default_factory=Wanted)
    agreeing: list[str] = field(default_factory=list)
    received: int = 0

    @property
    def is_of_all(self) -> bool:
        """Whether nothing but the product type narrows it."""
        return self.area.meets is None and self.wanted == Wanted()

    async def records(self, window: SensingWindow) -> AsyncIterator[list[Record]]:
        """The records of a window, page by page; never an empty page."""
        self.agreeing, self.received = [], 0
        for product_type, searches in self.searches.items():
            agrees = True
            for collection, search in searches.items():
                seen: set[object] = set()
                for part in self._parts(product_type):
                    tally = Tally()
                    query = self.query(product_type, collection, window.interval, part)
                    async for records in search.records(query, tally):
                        here = [r for r in records if r.get("id") not in seen and window.owns(r)]
                        ours = self.chosen(here, product_type)
                        seen.update(record.get("id") for record in ours)
                        if ours:
                            yield ours
                    agrees &= tally.agrees
                    self.received = max(self.received, tally.received)
            if agrees:
                self.agreeing.append(product_type)

    def chosen(self, records: list[Record], product_type: str) -> list[Record]:
        """Those that were asked for; what cannot be read is kept, to be rejected."""
        return [record for record in records if self._is_wanted(record, product_type)]

    def _is_wanted(self, record: Record, product_type: str) -> bool:
        try:
            name = ProductName.parse(str(record.get("id")))
        except RecordError:
            return True
        if name.type != product_type:
            log.debug("ESA MAAP sent %s where %s was asked for", name, product_type)
            return False
        return self.wanted.has(name) and self.area.touches(record, name.frame)

    def _parts(self, product_type: str) -> tuple[Part, ...]:
        return (Part(),) if product_type.startswith(UNFINDABLE) else self.area.parts

    def query(self, product_type: str, collection: str, interval: str, part: Part | None = None) -> Query:
        """What to ask a collection for."""
        where, wanted = part or Part(), self.wanted
        findable = not product_type.startswith(UNFINDABLE)
        return Query(
            collection, product_type, interval, where.bbox, where.intersects,
            baselines=wanted.baselines,
            orbits=wanted.orbits if findable else None,
            frames=wanted.frames if findable else (),
        )  # fmt: skip
