"""A harvest as an operator asks for it: which records of a source, and where their Items go."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import psycopg

from harvesters.base import Bbox, Page, Record, Selection, Source, Window, iso
from harvesters.recorded import recorded_pages
from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.ledger_items import ItemLedger
from stac_api.loader import CatalogSink, refusal
from stac_api.stored import stored_items
from tercet.errors import ConfigError, NotServedError, SinkError
from tercet.fetch import Traffic
from tercet.pipeline.harvest import Observer, Sink, harvest, in_turn, limited
from tercet.pipeline.recognition import Recognise, nothing
from tercet.pipeline.report import Report
from tercet.pipeline.telling import Telling
from tercet.pipeline.workers import Readers, default_workers
from tercet.settings import Settings

log = logging.getLogger(__name__)

RECORDED = "recorded"
"""What the ledger calls the product of a run that read recorded answers."""


@dataclass(frozen=True, slots=True)
class Job:
    """Which records of a source are wanted.

    Attributes:
        products: as the source spells them; none for its first.
        records: files and folders of recorded answers, or "-"; none for the network.
        limit: records of each product, at most.
        full_refresh: read everything again, whatever the cursor says.
        archive: a folder that gets the raw records as NDJSON.
        options: of the source's own, by name.
        allow_deletes: take away whatever the provider does not list any more, however much it is.

    Raises:
        ConfigError: recorded answers are not selected from.
    """

    source: Source
    products: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    window: Window = field(default_factory=Window)
    bbox: Bbox | None = None
    intersects: dict[str, Any] | None = None
    limit: int | None = None
    full_refresh: bool = False
    archive: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    allow_deletes: bool = False

    def __post_init__(self) -> None:
        selects = self.products or not self.window.is_open or self.bbox or self.intersects or self.full_refresh
        if self.records and (selects or self.options):
            raise ConfigError(
                "--records reads all of what was recorded: leave out --product, --since, --until, --bbox, "
                "--intersects, --full-refresh and what only one source knows"
            )

    @property
    def parts(self) -> tuple[str, ...]:
        """What is harvested one after the other, each with a run and a cursor of its own."""
        return (RECORDED,) if self.records else self.source.wanted(self.products, self.options)

    def selection(self, product: str) -> Selection:
        """What to ask the provider for, whatever was asked before."""
        narrowed = any(self.source.options[name].narrows for name in self.options)
        return Selection(product, self.window, self.bbox, self.intersects, options=self.options, narrowed=narrowed)

    def next_selection(self, product: str, connection: psycopg.Connection) -> Selection:
        """What to ask the provider for, after what this database has."""
        selection, ledger = self.selection(product), Ledger(connection)
        goes_on = selection.is_everything and not self.full_refresh
        return replace(
            selection,
            cursor=ledger.cursor(self.source.name, product) if goes_on else None,
            swept=ledger.swept(self.source.name, product) if goes_on else None,
            stored=partial(stored_items, connection),
        )

    def asked(self) -> dict[str, Any]:
        """The job as the ledger keeps it."""
        start, end = self.window.start, self.window.end
        words: dict[str, Any] = {
            "records": list(self.records),
            "since": iso(start) if start else None,
            "until": iso(end) if end else None,
            "bbox": self.bbox,
            "intersects": self.intersects,
            "limit": self.limit,
            "full_refresh": self.full_refresh,
            "allow_deletes": self.allow_deletes,
            "options": {name: str(value) for name, value in self.options.items()},
        }
        return {name: value for name, value in words.items() if value}


def harvest_into_catalog(
    job: Job, settings: Settings, database: Database, observer: Observer, *, dry_run: bool = False
) -> Report:
    """Harvest into pgSTAC and its ledger.

    Args:
        job: what is wanted.
        settings: providers and batch size.
        database: migrated.
        observer: told after each batch.
        dry_run: do all of it, and take it back.

    Raises:
        UpstreamError: the provider failed; what came before is stored, the next harvest goes on there.
        SinkError: the database refused, or another harvest of the source is under way.
    """
    report = Report(job.source.name)
    try:
        # a second connection: what is known is asked while a batch is being stored
        with closing(database.connect()) as connection, closing(database.connect()) as beside:
            ledger = Ledger(connection)
            ledger.lock(job.source.name)
            recognise = nothing if job.full_refresh else ItemLedger(beside).recognised
            for product in job.parts:
                part = Report(job.source.name)
                sink = CatalogSink(
                    connection,
                    job.source.name,
                    product,
                    job.source,
                    dry_run=dry_run,
                    recorded=bool(job.records),
                    allow_deletes=job.allow_deletes,
                    afresh=job.full_refresh,
                )
                selection = job.next_selection(product, beside)
                with _served(job), _run(ledger, sink, job, part):
                    target = Telling(sink) if dry_run else sink
                    asyncio.run(_walk(job, settings, selection, target, observer, part, recognise))
                report.include(part)
    except psycopg.Error as error:
        raise SinkError(refusal(error)) from error
    return report


def harvest_into_sink(job: Job, settings: Settings, sink: Sink, observer: Observer) -> Report:
    """Harvest without a database: every record counts as new.

    Raises:
        UpstreamError: the provider failed.
        SinkError: the sink cannot be written to.
    """
    report = Report(job.source.name)
    for product in job.parts:
        part = Report(job.source.name)
        with _served(job):
            asyncio.run(_walk(job, settings, job.selection(product), Telling(sink), observer, part))
        report.include(part)
    return report


@contextlib.contextmanager
def _served(job: Job) -> Iterator[None]:
    """Of many products one may not be served now: that is said, and the others are harvested."""
    try:
        yield
    except NotServedError as error:
        if len(job.parts) == 1:
            raise
        log.warning("%s", error)


@contextlib.contextmanager
def _run(ledger: Ledger, sink: CatalogSink, job: Job, report: Report) -> Iterator[None]:
    if sink.dry_run:
        yield
        return
    sink.run = ledger.begin(job.source.name, sink.product, job.asked())
    try:
        yield
    except BaseException as error:
        outcome = "failed" if isinstance(error, Exception) else "stopped"
        with contextlib.suppress(psycopg.Error):  # the first error is the one to tell
            if isinstance(error, (ConfigError, NotServedError)) and not report.fetched:
                ledger.withdraw(sink.run, of_a_part=not job.selection(sink.product).is_everything)
            ledger.end(sink.run, outcome, report.as_json(), str(error) or "stopped by whoever ran it")
        raise
    ledger.end(sink.run, "done", report.as_json())


async def _walk(  # noqa: PLR0913, PLR0917 - one walk has this many parts
    job: Job,
    settings: Settings,
    selection: Selection,
    sink: Sink,
    observer: Observer,
    report: Report,
    recognise: Recognise = nothing,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        traffic = Traffic()
        if job.records:
            pages = in_turn(recorded_pages(job.source, job.records))
        else:
            fetcher = await stack.enter_async_context(job.source.fetcher(settings))
            pages, traffic = job.source.pages(fetcher, settings, selection), fetcher.traffic
        if not selection.is_everything:
            pages = _without_cursors(pages)
        if job.limit is not None:
            pages = limited(pages, job.limit)
        if job.archive is not None:
            pages = _archived(pages, job.archive, job.source.name, selection.product)
        workers = default_workers() if settings.workers is None else settings.workers
        readers = stack.enter_context(Readers(job.source, workers))
        await harvest(
            readers,
            pages,
            sink,
            batch_size=settings.batch_size,
            observer=observer,
            traffic=traffic,
            report=report,
            recognise=recognise,
        )


async def _without_cursors(pages: AsyncIterator[Page]) -> AsyncIterator[Page]:
    """Pages of a backfill or a region: that they are stored says nothing of what else there is."""
    async for page in pages:
        yield replace(page, cursor=None, listed=())


async def _archived(pages: AsyncIterator[Page], folder: Path, source: str, product: str) -> AsyncIterator[Page]:
    """The pages, kept on their way: what is archived can be read again with ``--records``."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    async for page in pages:
        if page.records:
            await asyncio.to_thread(_keep, page.records, folder, f"{source}-{product}-{moment}.ndjson")
        yield page


def _keep(records: Iterable[Record], folder: Path, name: str) -> None:
    try:
        lines = [orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records]
    except TypeError:  # one is nested deeper than orjson goes
        lines = [json.dumps(record).encode() + b"\n" for record in records]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("ab") as file:
            file.writelines(lines)
    except OSError as error:
        raise SinkError(f"--archive {folder} cannot be written: {error}; make room, or name another folder") from error
