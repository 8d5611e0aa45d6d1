"""Scenes of ``scenes/annotated``, with plumes and without: where nothing was found is data, too."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from harvesters.base import Page, Record
from harvesters.carbon_mapper_filters import Filters, moment_of
from harvesters.carbon_mapper_listing import Leaf, Listing
from harvesters.carbon_mapper_query import Query
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher

LEVELS = frozenset({"l2b"})
"""Products of STAC that show a whole scene."""

LOOK_BACK = timedelta(days=60)
"""How far before the last scene a walk starts. There is no asking by publication, and Tanager's scenes wait 30 days
for theirs; EMIT's may wait for years, and are found when all is listed again."""

SWEEP_EVERY = timedelta(days=7)
"""After this long all scenes are listed again: on both surfaces that is some two thousand requests."""

_PAGE_SIZES = (1000, 100)
"""The largest that is taken is not documented; pages of a hundred were seen."""
_REFUSED = 422


@dataclass(slots=True)
class RestScenes:
    """The scenes that REST names, in an order that nobody promised.

    Attributes:
        queries: walked one after the other.
        filters: what the list is not asked for; it is filtered here.
        by_name: whether STAC is to be asked for each of them.
        reached: acquisition of the latest scene.
        holds: whether all of them were read: until then there is no place to go on from.
        lost: scenes that it counted and did not list.
    """

    fetcher: Fetcher
    url: str
    queries: list[Query]
    filters: Filters
    by_name: bool = False
    reached: datetime | None = None
    named: dict[str, str | None] = field(default_factory=dict)
    holds: bool = False
    lost: int = 0
    _page_size: int = _PAGE_SIZES[0]

    @property
    def recent(self) -> set[str]:
        """Scenes that STAC is to be asked for by name."""
        return set(self.named) if self.by_name else set()

    async def pages(self) -> AsyncIterator[Page]:
        """Its records, untouched.

        Raises:
            UpstreamError: the provider did not answer as it documents, or ignored a filter.
        """
        for query in self.queries:
            listing = Listing(partial(self._ask, query), _key, f"scenes ({self.url})")
            async for leaf, fresh in listing.leaves():
                records = [record for record in fresh if query.wants(record) and self._wants(record)]
                self._remember(records)
                yield Page(records, total=leaf.total if len(self.queries) == 1 else None)
            self.lost += listing.lost
        self.holds = True

    async def _ask(self, query: Query, offset: int, _link: None = None) -> Leaf:
        params = {**query.params, "limit": self._page_size, "offset": offset}
        try:
            document = (await self.fetcher.json(self.url, params=params)).document
        except UpstreamError as error:
            if error.status != _REFUSED or self._page_size == _PAGE_SIZES[-1]:
                raise
            self._page_size = _PAGE_SIZES[-1]
            return await self._ask(query, offset)
        items, count = (document.get(name) if isinstance(document, Mapping) else None for name in ("items", "count"))
        # a wrong value drops the count, an outage drops all; neither is the end of the data
        if not isinstance(items, list) or not isinstance(count, int):
            raise UpstreamError(
                f"Carbon Mapper answered {self.url} without 'items' or 'count': a parameter has a value that it "
                "does not know, or it is out of order; try again later",
                url=self.url,
            )
        return Leaf(items, count)

    def _wants(self, record: Record) -> bool:
        if not isinstance(record, Mapping):
            return True
        instrument = record.get("instrument")
        return (
            not self.filters.instruments or instrument is None or instrument in self.filters.instruments
        ) and self.filters.wants_published(record.get("published_at"))

    def _remember(self, records: list[Record]) -> None:
        for record in records:
            if not isinstance(record, Mapping):
                continue
            if isinstance(name := record.get("name"), str):
                self.named[name] = None
            acquired = moment_of(record.get("timestamp"))
            if acquired and (self.reached is None or acquired > self.reached):
                self.reached = acquired


def _key(item: Any) -> str:  # noqa: ANN401 - any JSON value
    return str(item.get("id") or item.get("name") or item) if isinstance(item, Mapping) else repr(item)
