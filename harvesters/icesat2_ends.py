"""A walk from both ends: the oldest and the newest revisions side by side, until they meet.

Revision dates are so clustered (a release is made within months) that windows of equal length would be of very
unequal size. Two streams towards each other need not know: the border between them is where they meet.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from harvesters.base import Record, iso
from harvesters.icesat2_cursor import LAG, Cursor, revision_date, revision_dates
from harvesters.icesat2_query import Query, revised_between
from harvesters.icesat2_walk import Answer, Walk
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher

SIDE_BY_SIDE: Final = 10
"""Pages from which on a walk is made from both ends: below, the one request more is not worth it."""

SLACK: Final = timedelta(minutes=1)
"""How far CMR's order may be off, and how far the ends therefore overlap."""

_Key = tuple[str, str]


@dataclass(slots=True)
class EndsWalk:
    """All records of a query, and how far it has been read.

    Attributes:
        fetcher: the client.
        search: CMR's address of searches.
        query: parameters, but for revision dates and order.
        page_size: granules that are asked for at once.
        cursor: moves with each page that is handed on.
        since: the first revision date that is asked for where the cursor says none.
        until: the last one.
        seen: records handed on, each counted once.
        hits: how many CMR says that there are, between the cursor and `until`.
    """

    fetcher: Fetcher
    search: str
    query: Query
    page_size: int
    cursor: Cursor
    since: datetime | None = None
    until: datetime | None = None
    seen: int = 0
    hits: int = 0
    _lately: set[_Key] = field(default_factory=set)

    @property
    def is_whole(self) -> bool:
        """Whether as many came as CMR says there are."""
        return self.seen >= self.hits

    async def answers(self) -> AsyncGenerator[Answer]:
        """Give the pages; what is revised meanwhile comes last.

        Raises:
            UpstreamError: CMR did not answer as it documents.
        """
        async with aclosing(self._from_both_ends()) as answers:
            async for answer in answers:
                yield answer
        if self.cursor.top is None:
            return
        # what was revised while the ends went towards each other moved behind the upper one
        self.cursor = self.cursor.joined()
        async with aclosing(self._walk("", self.cursor.since, self.until).answers()) as answers:
            async for answer in answers:
                self.cursor = self.cursor.upwards(answer.items)
                fresh = [item for item in answer.items if _key(item) not in self._lately]
                self.seen += len(fresh)
                yield Answer(fresh, None)

    async def _from_both_ends(self) -> AsyncGenerator[Answer]:
        gap = _Gap()
        ends = self.cursor.since or self.since, self.cursor.down_to or self.until
        streams = [self._walk("", *ends).answers()]
        async with aclosing(_side_by_side(streams)) as answers:
            async for number, answer in answers:
                fresh = gap.take(answer.items, downwards=number > 0)
                self.cursor = self.cursor.downwards(answer.items) if number else self.cursor.upwards(answer.items)
                self.seen += len(fresh)
                self.hits = answer.hits or 0
                self._lately.update(_key(item) for item in fresh if self._is_late(item))
                yield replace(answer, items=fresh)
                if gap.is_closed:
                    return
                if len(streams) == 1 and self.hits > SIDE_BY_SIDE * self.page_size:
                    streams.append(self._walk("-", *ends).answers())

    def _is_late(self, item: Record) -> bool:
        """Whether it comes again, when what changed meanwhile is asked for."""
        top, date = self.cursor.top, revision_date(item)
        return top is not None and date is not None and date >= top - LAG

    def _walk(self, order: str, since: datetime | None, until: datetime | None) -> Walk:
        asked = {**self.query, **revised_between(since, until), "sort_key[]": f"{order}revision_date"}
        return Walk(self.fetcher, self.search, asked, self.page_size)


@dataclass(slots=True)
class _Gap:
    """What two streams towards each other have still between them."""

    low: datetime | None = None
    high: datetime | None = None
    recent: deque[set[_Key]] = field(default_factory=lambda: deque(maxlen=4))

    @property
    def is_closed(self) -> bool:
        return self.low is not None and self.high is not None and self.low > self.high + SLACK

    def take(self, items: Sequence[Record], *, downwards: bool) -> list[Record]:
        """Give what no page before held.

        Raises:
            UpstreamError: the page does not follow the one before.
        """
        dates = revision_dates(items)
        if dates:
            self._follow(min(dates), max(dates), downwards=downwards)
        fresh = [
            item
            for item in items
            if not self._has(revision_date(item), downwards=downwards)
            and not any(_key(item) in page for page in self.recent)
        ]
        self.recent.append(set(map(_key, items)))
        return fresh

    def _follow(self, first: datetime, last: datetime, *, downwards: bool) -> None:
        if downwards:
            astray = self.high is not None and last > self.high + SLACK
            self.high = min(first, self.high or first)
        else:
            astray = self.low is not None and first < self.low - SLACK
            self.low = max(last, self.low or last)
        if astray:
            raise UpstreamError(
                f"CMR sent revisions of {iso(first)} to {iso(last)} in another order than asked: try again later"
            )

    def _has(self, date: datetime | None, *, downwards: bool) -> bool:
        """Whether the other stream has surely read what was revised then."""
        if date is None:
            return False
        if downwards:
            return self.low is not None and date < self.low - SLACK
        return self.high is not None and date > self.high + SLACK


def _key(item: Record) -> _Key:
    """One state of one granule."""
    meta = item["meta"]
    return str(meta.get("concept-id")), str(meta.get("revision-date"))


async def _side_by_side(streams: list[AsyncGenerator[Answer]]) -> AsyncGenerator[tuple[int, Answer]]:
    """Pages of several streams as they come, each with its stream's number, until one of them ends.

    Streams may be added meanwhile. Of each, one page is under way and no more.
    """
    coming: dict[asyncio.Task[Answer | None], int] = {}
    try:
        while True:
            for number in range(len(streams)):
                if number not in coming.values():
                    coming[asyncio.create_task(_next(streams[number]))] = number
            done, _ = await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                number, answer = coming.pop(task), task.result()
                if answer is None:
                    return
                yield number, answer
    finally:
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)
        for stream in streams:
            await stream.aclose()


async def _next(stream: AsyncGenerator[Answer]) -> Answer | None:
    return await anext(stream, None)
