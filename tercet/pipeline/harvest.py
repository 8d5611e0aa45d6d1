"""A harvest: fetching, transforming and storing side by side, one batch in each."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Protocol

from harvesters.base import Page, Record
from stac_api.batch import Batch, Stored
from tercet.errors import UpstreamError
from tercet.fetch import Traffic
from tercet.pipeline.batches import Prepared, Verdict, prepare
from tercet.pipeline.recognition import Recognise, nothing
from tercet.pipeline.report import Report
from tercet.pipeline.workers import Readers

AHEAD = 1
"""Pages that may wait while a batch is made: the network need not stand still. A page takes up to 80 MB."""


class Sink(Protocol):
    """Where batches go. Storing the same batch twice changes nothing."""

    def store(self, batch: Batch) -> Stored:
        """Store all of a batch, or nothing of it."""

    def finish(self) -> dict[str, int]:
        """Make true what depends on all Items; Collections and their counts."""


class Observer(Protocol):
    """Who watches a harvest."""

    def progress(self, report: Report, total: int | None) -> None:
        """A batch was stored; ``total`` is what the provider says there is in all."""


async def harvest(  # noqa: PLR0913 - what meets here is this much
    readers: Readers,
    pages: AsyncIterator[Page],
    sink: Sink,
    *,
    batch_size: int,
    observer: Observer,
    traffic: Traffic,
    report: Report,
    recognise: Recognise = nothing,
) -> Report:
    """Store all records of some pages.

    What was fetched before a provider fails is stored first; the error is raised then.

    Args:
        readers: who makes Items of the records.
        pages: read once.
        sink: where Items go.
        batch_size: Items that are stored together, about.
        observer: told after each batch.
        traffic: the requests behind the pages.
        report: of this walk.
        recognise: tells which records need not be read; asked beside the sink, from another thread.

    Raises:
        UpstreamError: the provider did not answer as it documents.
        SinkError: nothing of the last batch is stored.
    """
    begun = time.monotonic()
    failure: UpstreamError | None = None
    line = _Line(readers, sink, report, observer, traffic, begun)
    try:
        async with aclosing(_gathered(_ahead(pages), batch_size)) as groups:
            async for group in groups:
                failure = next((part for part in group if isinstance(part, UpstreamError)), None)
                whole = [part for part in group if isinstance(part, Page)]
                line.total = next((page.total for page in reversed(whole) if page.total is not None), line.total)
                if whole:
                    prepared = await asyncio.to_thread(prepare, whole, recognise)
                    group.clear()  # what is parsed takes ten times the memory of what is kept
                    whole.clear()
                    await line.put(prepared)
        await line.drain()
    finally:
        await line.abandon()
    report.collections = await asyncio.to_thread(sink.finish)
    line.tell()
    if failure:
        raise failure
    return report


@dataclass(slots=True)
class _Line:
    """Batches on their way: some being read, one being stored, always in order."""

    readers: Readers
    sink: Sink
    report: Report
    observer: Observer
    traffic: Traffic
    begun: float
    total: int | None = None
    reading: deque[tuple[Prepared, asyncio.Task[Sequence[Verdict]]]] = field(default_factory=deque)
    storing: tuple[Batch, asyncio.Task[Stored]] | None = None

    async def put(self, prepared: Prepared) -> None:
        """Start to read a batch, once there is room."""
        self.reading.append((prepared, asyncio.create_task(self.readers.read(prepared))))
        while len(self.reading) > self.readers.ahead:
            await self._store_next()

    async def drain(self) -> None:
        """Store all that is on its way."""
        while self.reading:
            await self._store_next()
        await self._stored()

    async def abandon(self) -> None:
        """After a failure: nothing more is begun, and what is being stored ends first and is counted."""
        tasks = [task for _, task in self.reading]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.storing:
            _, storing = self.storing
            await asyncio.wait({storing})
            if storing.exception() is None:
                await self._stored()

    def tell(self) -> None:
        """Let the observer know how far we are."""
        self.report.seconds = round(time.monotonic() - self.begun, 3)
        self.report.requests, self.report.retries = self.traffic.requests, self.traffic.retries
        self.observer.progress(self.report, self.total)

    async def _store_next(self) -> None:
        prepared, task = self.reading.popleft()
        batch = prepared.batch(await task)
        await self._stored()
        self.storing = batch, asyncio.create_task(asyncio.to_thread(self.sink.store, batch))

    async def _stored(self) -> None:
        if self.storing:
            batch, storing = self.storing
            # a thread cannot be stopped: whoever stops us waits for it in `abandon`
            stored = await asyncio.shield(storing)
            self.storing = None
            self.report.fetched += batch.records
            self.report.add(stored)
            self.report.remark(batch, stored)
            self.tell()


async def _gathered(
    parts: AsyncIterator[Page | UpstreamError], size: int
) -> AsyncGenerator[list[Page | UpstreamError]]:
    """Pages until they hold enough records for a batch."""
    group: list[Page | UpstreamError] = []
    async for whole in parts:
        for part in _cut(whole, size) if isinstance(whole, Page) else [whole]:
            group.append(part)
            if sum(len(page.records) for page in group if isinstance(page, Page)) >= size:
                yield group
                group = []
    if group:
        yield group


def _cut(page: Page, size: int) -> list[Page]:
    """Parts of a page that make a batch each; what holds once all of it is stored comes with the last."""
    if len(page.records) <= size:
        return [page]
    chunks = [page.records[start : start + size] for start in range(0, len(page.records), size)]
    bare = Page((), total=page.total)
    first = replace(page, records=chunks[0], cursor=None, listed=())
    last = replace(bare, records=chunks[-1], cursor=page.cursor, listed=page.listed)
    return [first, *(replace(bare, records=chunk) for chunk in chunks[1:-1]), last]


async def _ahead(pages: AsyncIterator[Page]) -> AsyncIterator[Page | UpstreamError]:
    """The pages, fetched while earlier ones are worked on; a provider's failure comes last."""
    queue: asyncio.Queue[Page | UpstreamError | None] = asyncio.Queue(AHEAD)

    async def fetch() -> None:
        try:
            async for page in pages:
                await queue.put(page)
        except UpstreamError as error:
            await queue.put(error)
        await queue.put(None)

    fetching = asyncio.create_task(fetch())
    try:
        while True:
            # an error that is not the provider's ends the task without an end mark
            get = asyncio.create_task(queue.get())
            await asyncio.wait({get, fetching}, return_when=asyncio.FIRST_COMPLETED)
            if not get.done() and fetching.done():
                get.cancel()
                fetching.result()
                return
            part = await get
            if part is None:
                return
            yield part
    finally:
        fetching.cancel()


async def in_turn(pages: Iterable[Page]) -> AsyncIterator[Page]:
    """Recorded pages as if they came from the network."""
    for page in pages:
        yield page


async def limited(pages: AsyncIterator[Page], limit: int) -> AsyncIterator[Page]:
    """The first records only; a page that is cut carries no cursor, for the rest of it is not covered."""
    left = limit
    async for page in pages:
        if len(page.records) < left:
            left -= len(page.records)
            yield page
            continue
        cut: Sequence[Record] = page.records[:left]
        whole = len(cut) == len(page.records)
        yield page if whole else replace(page, records=cut, cursor=None, listed=())
        return
