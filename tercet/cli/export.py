"""``tercet export``: Collections as stac-geoparquet."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass

import click
from rich.table import Table

from stac_api.database import open_database
from tercet.cli.printing import console
from tercet.cli.progress import telling
from tercet.cli.stopping import sigterm_as_ctrl_c
from tercet.errors import TercetError
from tercet.pipeline.export import ExportReport, Span
from tercet.pipeline.export import export as run_export
from tercet.settings import load_settings
from transforms.files.store import FileStore

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z")


def _month(_ctx: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _MONTH.match(value):
        raise click.BadParameter(f"{value!r} is no month: write 2026-01")
    return value


@click.command()
@click.argument("place")
@click.option("--collection", "collections", multiple=True, help="Only this one; may be repeated. By default all.")
@click.option("--since", callback=_month, metavar="YYYY-MM", help="Only of this month and later ones.")
@click.option("--until", callback=_month, metavar="YYYY-MM", help="Only of this month and earlier ones.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def export(*, place: str, collections: tuple[str, ...], since: str | None, until: str | None, as_json: bool) -> None:
    """Write Collections to PLACE as stac-geoparquet, by month.

    PLACE is a folder or an object store (s3://bucket/prefix); it gets a file for each Collection and month of
    acquisition. The next export to it writes the months that changed.
    `tercet harvest SOURCE --records FILE` brings Items back.
    """
    settings = load_settings()
    try:
        with sigterm_as_ctrl_c(), telling() as tell:
            report = run_export(
                collections, Span(since, until), open_database(settings), FileStore(place), _Shown(tell)
            )
    except KeyboardInterrupt:
        raise TercetError("stopped; the next export writes what is missing") from None
    if as_json:
        click.echo(json.dumps(asdict(report)))
    else:
        console().print(_table(report))


@dataclass(frozen=True, slots=True)
class _Shown:
    tell: Callable[[str], None]

    def progress(self, report: ExportReport) -> None:
        self.tell(f"{report.written} files with {report.items} Items written, {report.kept} kept")


def _table(report: ExportReport) -> Table:
    table = Table(title=f"{report.items} Items written in {report.seconds:.1f} s", title_justify="left")
    for name in ("files written", "kept", "removed"):
        table.add_column(name, justify="right")
    table.add_row(str(report.written), str(report.kept), str(report.removed))
    return table
