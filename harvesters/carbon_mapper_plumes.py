"""Plumes of ``plumes/annotated``, in order of publication."""

import logging
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harvesters.base import Page, Record
from harvesters.carbon_mapper_filters import moment_of
from harvesters.carbon_mapper_query import Query
from harvesters.carbon_mapper_walk import Answer, Walk
from tercet.fetch import Fetcher

log = logging.getLogger(__name__)

LEVELS = frozenset({"l2c", "l3a", "l4a"})
"""Products of STAC that tell of a plume: its detection, its crops, its emission."""


@dataclass(slots=True)
class RestPlumes:
    """The plumes that REST names.

    Attributes:
        queries: walked one after the other.
        reached: publication of the last plume read.
        recent_from: publication from which on plumes are recent.
        named: the version of the emission that each plume has.
        recent: plumes that STAC is to be asked for by id.
        holds: whether the provider has kept to the order that was asked for.
        lost: plumes that it counted and did not list.
    """

    fetcher: Fetcher
    url: str
    queries: list[Query]
    page_size: int
    reached: datetime | None = None
    recent_from: datetime | None = None
    named: dict[str, str | None] = field(default_factory=dict)
    recent: set[str] = field(default_factory=set)
    holds: bool = True
    lost: int = 0

    async def pages(self) -> AsyncIterator[Page]:
        """Its records, untouched.

        Raises:
            UpstreamError: the provider did not answer as it documents, or ignored a filter.
        """
        for query in self.queries:
            walk = Walk(self.fetcher, self.url, query, self.page_size)
            async for answer, fresh in walk.answers():
                records = [record for record in fresh if query.wants(record)]
                self._remember(records)
                self._follow(answer)
                counts = len(self.queries) == 1 and query.area.shape is None
                yield Page(records, total=answer.total if counts else None)
            self.lost += walk.lost

    def _remember(self, records: list[Record]) -> None:
        for record in plumes_among(records):
            version = record.get("emission_version")
            self.named[record["plume_id"]] = sys.intern(version) if isinstance(version, str) else None
            published = _published(record)
            if self.recent_from is None or published is None or published >= self.recent_from:
                self.recent.add(record["plume_id"])

    def _follow(self, answer: Answer) -> None:
        times = [moment for item in answer.items if (moment := _published(item))]
        if self.holds and times != sorted(times):
            log.warning(
                "Carbon Mapper did not sort its plumes by publication: the next harvest reads all of them again"
            )
            self.holds = False
        if times:
            self.reached = max(times[-1], self.reached or times[-1])


def plumes_among(records: Iterable[Record]) -> Iterator[Record]:
    """Those records that name a plume; the others are rejected later, with their reasons."""
    return (record for record in records if isinstance(record, dict) and isinstance(record.get("plume_id"), str))


def _published(item: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    return moment_of(item.get("published_at")) if isinstance(item, dict) else None
