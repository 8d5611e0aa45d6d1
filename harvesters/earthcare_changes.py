"""What the catalogue changed since the last walk, whenever it was sensed; and whether its answer can be believed."""

import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from harvesters.base import Record, iso
from harvesters.earthcare_dialects import BAD_REQUEST
from harvesters.earthcare_reading import Reading
from harvesters.earthcare_requests import Query
from harvesters.earthcare_search import Search, Tally, TooManyError
from harvesters.earthcare_windows import DAY, EARLIEST, SensingWindow, moment_of
from tercet.errors import UpstreamError

log = logging.getLogger(__name__)

LAG = timedelta(days=1)
"""How far before the last walk changes are asked for: they may be seen later than they say."""
MOST = 2000
"""Records that are walked at once: in no order, long walks lose some."""


@dataclass(slots=True)
class Changes:
    """Asks for changes, and checks the answer against what the walk itself has read.

    Attributes:
        reading: of the walk.
        since: changes from then on are asked for.
        are_known: whether the answer was complete, as far as can be told.
    """

    reading: Reading
    since: datetime
    are_known: bool = True
    _missing: set[tuple[object, object]] = field(default_factory=set)

    @classmethod
    def after(cls, last: datetime | None, reading: Reading) -> "Changes | None":
        """To be asked after a walk that began at ``last``; None where the service cannot be asked."""
        speeches = [search.speech for searches in reading.searches.values() for search in searches.values()]
        if last is None or not all("updated" in speech.queryables.asked for speech in speeches):
            return None
        return cls(reading, last - LAG)

    def expect(self, records: Iterable[Record]) -> None:
        """Remember what the answer has to hold: what was read, and changed since."""
        self._missing.update(_key(record) for record in records if (_updated(record) or self.since) > self.since)

    async def records(self, until: datetime) -> AsyncIterator[list[Record]]:
        """What changed, of all that was sensed until then.

        Raises:
            UpstreamError: the service does not answer as it documents.
        """
        for product_type, searches in self.reading.searches.items():
            for collection, search in searches.items():
                query = replace(self.reading.query(product_type, collection, ""), updated_since=iso(self.since))
                async for records in self._of(search, query, until):
                    yield self.reading.chosen(records, product_type)
        if self._missing:
            self._doubt(f"leaves out {len(self._missing)} that changed")

    async def _of(self, search: Search, query: Query, until: datetime) -> AsyncIterator[list[Record]]:
        spans = [(EARLIEST, until)]
        while spans and self.are_known:
            start, end = spans.pop()
            interval = SensingWindow(start, end).interval
            try:
                most = MOST if end - start > DAY else None
                async for records in search.records(replace(query, interval=interval), Tally(), most=most):
                    self._check(records)
                    yield records
            except TooManyError:
                middle = start + (end - start) / 2
                spans += [(middle, end), (start, middle)]
            except UpstreamError as error:
                if error.status != BAD_REQUEST:
                    raise
                self._doubt(f"answers 400 ({error.detail})")

    def _check(self, records: Iterable[Record]) -> None:
        for record in records:
            self._missing.discard(_key(record))
            if (_updated(record) or self.since) < self.since - LAG:
                self._doubt("answers with what did not change")
                return

    def _doubt(self, what: str) -> None:
        if self.are_known:
            log.warning("asked for changes since %s, ESA MAAP %s: reading the last days again", iso(self.since), what)
        self.are_known = False


def _key(record: Record) -> tuple[object, object]:
    return record.get("collection"), record.get("id")


def _updated(record: Record) -> datetime | None:
    properties = record.get("properties")
    return moment_of(properties.get("updated")) if isinstance(properties, dict) else None
