"""``tercet harvest``: the job."""

import gc
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from harvesters.base import Source, Window
from harvesters.recorded_files import files_in
from harvesters.registry import SOURCES
from stac_api.database import open_database
from tercet.cli.parameters import BboxParameter, Moment, geometry_in
from tercet.cli.printing import console
from tercet.cli.progress import collections_table, counted, report_table, watching
from tercet.cli.source_options import chosen, source_options
from tercet.cli.stopping import sigterm_as_ctrl_c
from tercet.errors import ConfigError, TercetError
from tercet.pipeline import Observer, Report
from tercet.pipeline.jobs import Job, harvest_into_catalog, harvest_into_sink
from tercet.pipeline.ndjson import ndjson_file
from tercet.settings import Settings, load_settings

WITH_REJECTS = 3
"""The exit code of a harvest that finished and left rejects."""

_DEFAULTS = ", ".join(f"{source.products[0]} ({name})" for name, source in SOURCES.items())


@click.command()
@click.argument("source", type=click.Choice(list(SOURCES)))
@click.option(
    "--product",
    "products",
    multiple=True,
    help=f"A product of the source, or all; may be repeated. By default {_DEFAULTS}.",
)
@click.option("--records", multiple=True, metavar="PATH", help="Recorded answers: a file, a folder, or - for stdin.")
@click.option("--since", type=Moment(), help="Acquired at or after this moment (UTC); does not move the cursor.")
@click.option("--until", type=Moment(), help="Acquired before this moment (UTC); does not move the cursor.")
@click.option("--bbox", type=BboxParameter(), help="Only what lies here; west > east crosses the antimeridian.")
@click.option("--intersects", metavar="FILE", help="Only what meets the GeoJSON geometry in FILE.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many records of a product.")
@click.option("--full-refresh", is_flag=True, help="Read everything again, not only what changed since last time.")
@click.option("--allow-deletes", is_flag=True, help="Take away all that the provider does not list any more.")
@click.option("--dry-run", is_flag=True, help="Do all of it, and store nothing.")
@click.option("--out", metavar="FILE", help="Write Items as NDJSON to FILE, or - for stdout; needs no database.")
@click.option("--archive", type=click.Path(path_type=Path, file_okay=False), help="Keep the raw records in a folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@source_options(SOURCES)
@click.pass_context
def harvest(  # noqa: PLR0913 - the options of the job
    ctx: click.Context,
    /,
    source: str,
    *,
    products: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    intersects: str | None,
    dry_run: bool,
    out: str | None,
    as_json: bool,
    **rest: Any,  # noqa: ANN401 - the options that are a Job's fields as they are, and the source's own
) -> None:
    """Copy SOURCE's records into the catalog as STAC Items.

    Without further options it goes on where the last harvest stopped. Exit code 3: it finished, and left rejects
    (see `tercet rejects`).
    """
    if out == "-" and as_json:
        raise ConfigError("--out - and --json both want standard output: write the Items to a file")
    known = SOURCES[source]
    job = Job(
        known,
        products=_products(known, products),
        window=Window(since, until),
        intersects=geometry_in(intersects, option="--intersects"),
        options=chosen(known, SOURCES, rest),
        **{name: value for name, value in rest.items() if not name.startswith("own_")},
    )
    for path in job.records:
        files_in(path)  # a path that is not there is said before a database is started
    settings = load_settings()
    _tune_interpreter()
    with _stoppable(), watching(source) as observer:
        report = _run(job, settings, observer, out, dry_run=dry_run)
    for remark, count in report.remarks.most_common():
        console(stderr=True).print(f"{counted(count)}: {remark}")
    _print(report, as_json=as_json, quiet=out == "-", keeps_rejects=out is None and not dry_run)
    ctx.exit(WITH_REJECTS if report.rejected else 0)


def _products(source: Source, names: Sequence[str]) -> tuple[str, ...]:
    if "all" in names:
        return source.products
    return tuple(source.product(name) for name in names)


def _tune_interpreter() -> None:
    """Make Python fit a harvest: many trees of small objects, one thread computing and one sending.

    The collector need not walk through records, which die without it (measured: a third of the time). And the
    thread that sends a batch wants the interpreter back after every write, sooner than the usual 5 ms.
    """
    gc.freeze()
    gc.set_threshold(1_000_000)
    sys.setswitchinterval(0.0002)


@contextmanager
def _stoppable() -> Iterator[None]:
    try:
        with sigterm_as_ctrl_c():
            yield
    except KeyboardInterrupt:
        raise TercetError("stopped; what was stored stays, and the next harvest goes on from there") from None


def _run(job: Job, settings: Settings, observer: Observer, out: str | None, *, dry_run: bool) -> Report:
    if out is not None:
        with ndjson_file(out, job.source.assemble) as sink:
            return harvest_into_sink(job, settings, sink, observer)
    return harvest_into_catalog(job, settings, open_database(settings), observer, dry_run=dry_run)


def _print(report: Report, *, as_json: bool, quiet: bool, keeps_rejects: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json()))
        return
    output = console(stderr=quiet)
    output.print(report_table(report))
    output.print(collections_table(report.collections))
    if report.rejected and keeps_rejects:
        output.print(f"{counted(report.rejected)} rejected: `tercet rejects` says which and why")
