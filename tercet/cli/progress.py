"""A harvest as it goes, and its report: a live line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tercet.cli.printing import console
from tercet.pipeline import Observer, Report

QUIET_S = 10.0
"""Seconds between two plain lines."""


@contextmanager
def watching(source: str) -> Iterator[Observer]:
    """Show the progress of a harvest on standard error."""
    watched = console(stderr=True)
    if not watched.is_terminal:
        yield _Lines(watched, source)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
    with Progress(*columns, TextColumn("{task.fields[counts]}"), TimeElapsedColumn(), console=watched) as progress:
        yield _Bar(progress, progress.add_task(source, total=None, counts=""))


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """Give a function that tells on standard error how far something is: one line on a terminal, some elsewhere."""
    watched = console(stderr=True)
    if watched.is_terminal:
        with watched.status("beginning") as status:
            yield status.update
        return
    every = Every()
    yield lambda words: watched.print(words) if every.is_due() else None


def counted(records: int) -> str:
    """A number of records."""
    return f"{records} record{'' if records == 1 else 's'}"


def report_table(report: Report) -> Table:
    """The report for people."""
    title = f"{report.source}: {counted(report.fetched)} in {report.seconds:.1f} s"
    table = Table(title=title, title_justify="left")
    counts = report.as_json()
    shown = ("new", "changed", "same", "superseded", "deleted", "rejected", "requests", "retries")
    for name in shown:
        table.add_column(name, justify="right")
    table.add_row(*(str(counts[name]) for name in shown))
    return table


def collections_table(collections: dict[str, int]) -> Table:
    """Collections and their Items."""
    table = Table()
    table.add_column("Collection", overflow="fold")
    table.add_column("Items", justify="right")
    for collection, items in collections.items():
        table.add_row(collection, str(items))
    return table


def _counts(report: Report) -> str:
    return f"{report.new} new, {report.changed} changed, {report.same} same, {report.rejected} rejected"


@dataclass(slots=True)
class _Bar:
    progress_bar: Progress
    task: TaskID

    def progress(self, report: Report, total: int | None) -> None:
        self.progress_bar.update(self.task, completed=report.fetched, total=total, counts=_counts(report))


@dataclass(slots=True)
class Every:
    """Says when it is time for the next plain line."""

    last: float = field(default_factory=time.monotonic)

    def is_due(self) -> bool:
        """Whether the last line is long enough ago."""
        if time.monotonic() - self.last < QUIET_S:
            return False
        self.last = time.monotonic()
        return True


@dataclass(slots=True)
class _Lines:
    console: Console
    source: str
    every: Every = field(default_factory=Every)

    def progress(self, report: Report, total: int | None) -> None:
        if not self.every.is_due():
            return
        share = f" of {total}" if total is not None else ""
        self.console.print(f"{self.source}: {report.fetched}{share} records, {_counts(report)}")
