"""One product of Carbon Mapper walked on both of its surfaces, so that neither hides what the other knows."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from harvesters.base import Listed, Page, Record, Selection
from harvesters.carbon_mapper_area import areas
from harvesters.carbon_mapper_cursor import LAG, Cursor
from harvesters.carbon_mapper_stac import Stac, UnsupportedError
from tercet.errors import UpstreamError
from transforms.entry import Item

log = logging.getLogger(__name__)

_NOT_FOUND = 404
_NOBODY = ""
"""No version is spelled so."""


class RestPart(Protocol):
    """The REST surface during one harvest."""

    @property
    def named(self) -> Mapping[str, str | None]:
        """The version of all that it named, by id; None where it says none."""

    @property
    def recent(self) -> set[str]:
        """Those that STAC is to be asked for by id."""

    @property
    def reached(self) -> datetime | None:
        """How far it was read; None where there was nothing."""

    @property
    def holds(self) -> bool:
        """Whether `reached` is a place to go on from, by now."""

    @property
    def lost(self) -> int:
        """Records that it counted and did not list."""

    def pages(self) -> AsyncIterator[Page]:
        """Its records."""


@dataclass(slots=True)
class BothSurfaces:
    """A walk through one product.

    A walk that lists everything asks STAC for all of its collections the first time, and where `rereads` every time.
    Others ask for what was changed since, and for the Items that the catalog holds and REST did not name, or in an
    older version: what neither surface names is gone. The walks in between ask for what was changed, and for the
    plumes that REST named.

    Where STAC does not answer, REST's records are harvested all the same. STAC's half of the cursor then stays, and
    nothing is claimed to be gone, so that the next walk lists everything again.

    Attributes:
        collection: of the catalog, that holds what is current.
        sweeps: whether it lists everything.
        rereads: whether listing everything always takes all of STAC.
    """

    selection: Selection
    rest: RestPart
    stac: Stac
    collection: str
    cursor: Cursor
    sweeps: bool
    rereads: bool = False
    complete: bool = True

    async def pages(self) -> AsyncIterator[Page]:
        """All pages, and a last one that says what the walk is through with.

        Raises:
            UpstreamError: REST did not answer as it documents; or STAC, where it alone was asked.
        """
        surface, total = self.selection.options.get("surface"), None
        if surface != "stac":
            async for page in self.rest.pages():
                total = page.total
                yield Page(page.records, self._cursor(self.cursor.stac), total)
        if surface != "rest":
            async for records in self._stac_or_warning(must=surface == "stac"):
                if records:
                    yield Page(records, total=(total or 0) + self.stac.counted)
        if self.selection.is_everything:
            yield self._end()

    def _cursor(self, stac: datetime | None) -> str | None:
        if not (self.selection.is_everything and self.rest.holds):
            return None
        return Cursor(self.rest.reached, stac).stored

    def _end(self) -> Page:
        whole = self.complete and not self.stac.lost
        reached = max(filter(None, (self.stac.last, self.cursor.stac)), default=None) if whole else self.cursor.stac
        listed = self.sweeps and whole and not self.rest.lost
        return Page((), self._cursor(reached), listed=(Listed(self.collection, every_version=False),) if listed else ())

    async def _stac_or_warning(self, *, must: bool) -> AsyncIterator[list[Record]]:
        try:
            async for records in self._stac():
                yield records
        except UpstreamError as error:
            if must:
                raise
            # one that was never there hides nothing: once it is, all of it is read
            self.complete = error.status == _NOT_FOUND and self.cursor.stac is None
            log.warning("Carbon Mapper's STAC API: %s. What REST knows is harvested", error)

    async def _stac(self) -> AsyncIterator[list[Record]]:
        collections = await self.stac.collections()
        if not collections and self.cursor.stac:
            raise UpstreamError(f"{self.stac.url}/collections lists nothing, and it did before: try again later")
        if not collections:
            return
        if not self.selection.is_everything:
            steps = self._part(collections)
        elif self.sweeps and (self.rereads or self.cursor.stac is None):
            steps = self.stac.all_of(collections)
        else:
            steps = self._changes(collections)
        async for records in steps:
            yield records

    async def _changes(self, collections: list[str]) -> AsyncIterator[list[Record]]:
        """What was changed since the cursor, what REST named lately, and in a sweep what nobody named yet."""
        try:
            if self.cursor.stac:
                async for records in self.stac.changed(collections, self.cursor.stac - LAG):
                    yield records
        except UnsupportedError as error:
            log.info("Carbon Mapper's STAC API does not search by time of change (%s)", error)
            if self.sweeps:
                async for records in self.stac.all_of(collections):
                    yield records
                return
        async for records in self.stac.named(self.rest.recent):
            yield records
        if self.sweeps:
            async for records in self.stac.named(await self._unnamed()):
                yield records

    async def _unnamed(self) -> set[str]:
        """Ids of the Items that the catalog holds and that nobody named in this walk, in their version."""
        if self.selection.stored is None:
            self.complete = False
            return set()
        stored, named = self.selection.stored(self.collection), self.rest.named
        return await asyncio.to_thread(_unnamed, stored, named) - self.stac.names

    async def _part(self, collections: list[str]) -> AsyncIterator[list[Record]]:
        """What lies in the window and area of a backfill, or was changed since it asks for."""
        published_since = self.stac.wanted.filters.published_since
        looks = areas(self.selection)
        bounded = any(area.box for area in looks)
        if self.selection.window.is_open and not bounded:
            everything = self.stac.all_of(collections)
            steps = [self.stac.changed(collections, published_since) if published_since else everything]
        else:
            steps = [self.stac.within(collections, area) for area in looks]
        try:
            for step in steps:
                async for records in step:
                    yield records
        except UnsupportedError as error:
            log.warning("Carbon Mapper's STAC API does not search by time of change (%s): REST alone was asked", error)
        if bounded or published_since:  # some of a plume's products lie in the area, and others beside it
            async for records in self.stac.named(self.rest.recent | self.stac.names):
                yield records


def _unnamed(items: Iterator[Item], named: Mapping[str, str | None]) -> set[str]:
    return {item["id"] for item in items if named.get(item["id"], _NOBODY) != item["properties"].get("version")}
