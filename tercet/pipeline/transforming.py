"""Files made of the Items of a catalog, side by side, each known to the catalog once it is there."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from typing import Protocol

import psycopg

from stac_api.database import Database
from stac_api.made import MadeLedger, Unmade
from stac_api.made_selection import Selection, chosen, refuse_unknown
from stac_api.made_sink import MadeSink
from tercet.pipeline.making import Place, Work, make_one
from tercet.settings import Settings
from transforms.entry import Version
from transforms.files.task import Kind
from transforms.made import Made

AT_ONCE = 50
"""Made assets that are stored together."""
PATIENCE_S = 2.0
"""Seconds after which fewer are stored, too."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class TransformReport:
    """What a run did.

    Attributes:
        made: files that were made, or linked, and that Items show now.
        kept: files that were there already.
        unmade: what could not be made.
        outdated: made, but the Item was replaced or taken away meanwhile.
    """

    kind: str
    made: int = 0
    kept: int = 0
    outdated: int = 0
    unmade: list[Unmade] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, object]:
        """For programs."""
        problems = Counter(one.problem for one in self.unmade)
        return {
            "kind": self.kind,
            "made": self.made,
            "kept": self.kept,
            "outdated": self.outdated,
            **{problem: problems[problem] for problem in ("forbidden", "missing", "failed")},
            "seconds": round(self.seconds, 3),
        }


class TransformObserver(Protocol):
    """Who watches a run."""

    def progress(self, report: TransformReport) -> None:
        """Something was done."""


@dataclass(frozen=True, slots=True)
class Transform:
    """What is to be made.

    Attributes:
        name: of the kind: ``cog``, ``table``, ``quicklook``, ``index``.
        again: make what is there already, too.
        jobs: processes side by side; 1 makes all of it in this one.
    """

    name: str
    kind: Kind
    selection: Selection
    place: Place
    again: bool = False
    jobs: int = 1


def transform(
    wanted: Transform, settings: Settings, database: Database, observer: TransformObserver
) -> TransformReport:
    """Make files of Items and give them to the Items. What was made before stays; what failed is tried again.

    Whoever is killed leaves files that no Item shows, which the next run writes anew; never the other way round.

    Raises:
        SinkError: the database, or the place for files, refused.
        ConfigError: there is no such place, Collection or Item.
    """
    began = time.monotonic()
    report = TransformReport(wanted.name)
    with closing(database.connect()) as reading, closing(database.connect()) as writing:
        refuse_unknown(reading, wanted.selection)
        sink = MadeSink(writing)
        collected = _Collected(wanted.name, sink, MadeLedger(writing), report)
        for done in _results(_works(reading, wanted, report), wanted, settings):
            collected.take(done)
            report.seconds = time.monotonic() - began
            observer.progress(report)
        collected.store()
        sink.finish()
    report.seconds = time.monotonic() - began
    return report


def _works(connection: psycopg.Connection, wanted: Transform, report: TransformReport) -> Iterator[Work]:
    for one in chosen(connection, wanted.selection):
        there = {made.key for made in one.made}
        for task in wanted.kind.tasks(one.item):
            if task.key in there and not wanted.again:
                report.kept += 1
            else:
                yield Work(wanted.name, wanted.kind, task, one)


def _results(works: Iterable[Work], wanted: Transform, settings: Settings) -> Iterator[tuple[Version, Made] | Unmade]:
    if wanted.jobs == 1:
        for work in works:
            yield make_one(work, wanted.place, settings)
        return
    # a library that crashes on a broken file takes a worker with it, not the run; and GDAL is not forked while it works
    with ProcessPoolExecutor(wanted.jobs, mp_context=get_context("spawn")) as pool:
        yield from _side_by_side(pool, iter(works), wanted, settings)


def _side_by_side(
    pool: Executor, works: Iterator[Work], wanted: Transform, settings: Settings
) -> Iterator[tuple[Version, Made] | Unmade]:
    running: set[Future[tuple[Version, Made] | Unmade]] = set()
    while True:
        for work in islice(works, 2 * wanted.jobs - len(running)):
            running.add(pool.submit(make_one, work, wanted.place, settings))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield future.result()


@dataclass(slots=True)
class _Collected:
    """Results, stored some at a time: a transaction each would cost more than what is made."""

    name: str
    sink: MadeSink
    ledger: MadeLedger
    report: TransformReport
    waiting: list[tuple[Version, Made]] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def take(self, done: tuple[Version, Made] | Unmade) -> None:
        if isinstance(done, Unmade):
            log.info("%s of %s: %s", done.key, done.item_id, done.reason)
            self.report.unmade.append(done)
            self.ledger.fail(done)
            return
        self.waiting.append(done)
        if len(self.waiting) >= AT_ONCE or time.monotonic() - self.since > PATIENCE_S:
            self.store()

    def store(self) -> None:
        if self.waiting:
            stored = self.sink.store(self.name, self.waiting)
            self.report.made += stored
            self.report.outdated += len(self.waiting) - stored
        self.waiting, self.since = [], time.monotonic()
