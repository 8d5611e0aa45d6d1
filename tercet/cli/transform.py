"""``tercet transform``: files made fit for tilers, tables and eyes."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from rich.table import Table

from harvesters.base import Bbox
from stac_api.database import open_database
from stac_api.made import MadeLedger, Unmade
from stac_api.made_selection import Selection
from tercet.cli.parameters import BboxParameter, Moment, geometry_in
from tercet.cli.printing import console
from tercet.cli.progress import telling
from tercet.cli.stopping import sigterm_as_ctrl_c
from tercet.errors import ConfigError, TercetError
from tercet.pipeline.making import Place
from tercet.pipeline.transforming import Transform, TransformReport
from tercet.pipeline.transforming import transform as run_transform
from tercet.settings import Settings, load_settings
from transforms import geometry
from transforms.files.task import AllOf, Kind

WITH_FAILURES = 3
"""The exit code of a run that finished, and could not make everything."""

_OPTIONS = (
    click.option("--collection", "collections", multiple=True, required=True, help="Of whose Items; may be repeated."),
    click.option("--item", "items", multiple=True, help="Only of this Item; may be repeated."),
    click.option("--bbox", type=BboxParameter(), help="Only what lies here; west > east crosses the antimeridian."),
    click.option("--intersects", metavar="FILE", help="Only what meets the GeoJSON geometry in FILE."),
    click.option("--since", type=Moment(), help="Acquired at or after this moment (UTC)."),
    click.option("--until", type=Moment(), help="Acquired before this moment (UTC)."),
    click.option("--limit", type=click.IntRange(min=1), help="Of so many Items at most."),
    click.option("--to", "root", metavar="PLACE", help="A folder or object store (s3://…); by default TERCET_FILES."),
    click.option("--jobs", type=click.IntRange(min=1), help="Processes side by side; by default one for each core."),
    click.option("--again", is_flag=True, help="Make anew what is there already, too."),
    click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group()
def transform() -> None:
    """Make files of the catalog's Items and show them in the Items.

    What was made before stays; what failed is tried again. Exit code 3: it finished, and could not make everything.
    """


@transform.command()
@_options
@click.option("--web-optimized", is_flag=True, help="Warp rasters to the tiles of Web Mercator, which resamples.")
@click.option("--variable", "variables", multiple=True, help="Of a swath: this variable; may be repeated.")
@click.pass_context
def cog(ctx: click.Context, /, *, web_optimized: bool, variables: tuple[str, ...], **asked: Any) -> None:  # noqa: ANN401
    """Rasters and swaths of EarthCARE as Cloud Optimized GeoTIFFs.

    The assets are named KEY_cog. Of a swath a variable is to be named.
    """
    from transforms.files.cog import Cogs  # noqa: PLC0415 - GDAL takes a quarter of a second
    from transforms.files.swaths import Swaths  # noqa: PLC0415 - as above

    _run(ctx, "cog", AllOf((Cogs(web_optimized), Swaths(variables))), **asked)


@transform.command()
@_options
@click.pass_context
def table(ctx: click.Context, /, **asked: Any) -> None:  # noqa: ANN401 - _OPTIONS
    """Tracks and profiles as GeoParquet.

    The asset is named data_parquet.
    """
    from transforms.files.tables import Tables  # noqa: PLC0415 - pandas takes half a second

    _run(ctx, "table", Tables(), **asked)


@transform.command()
@_options
@click.pass_context
def quicklook(ctx: click.Context, /, **asked: Any) -> None:  # noqa: ANN401 - _OPTIONS
    """Pictures of what its provider gives none of.

    The assets are named thumbnail and overview.
    """
    from transforms.files.quicklooks import Quicklooks  # noqa: PLC0415 - as above

    _run(ctx, "quicklook", Quicklooks(), **asked)


@transform.command()
@_options
@click.pass_context
def index(ctx: click.Context, /, **asked: Any) -> None:  # noqa: ANN401 - _OPTIONS
    """Where the chunks of HDF5 files lie.

    Readers then need no requests to find them. The asset is named index.
    """
    from transforms.files.indexes import Indexes  # noqa: PLC0415 - as above

    _run(ctx, "index", Indexes(load_settings()), **asked)


@transform.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line each.")
def failures(*, as_json: bool) -> None:
    """Show what could not be made, and why; the next run tries again."""
    with open_database(load_settings()).connect(read_only=True) as connection:
        found = MadeLedger(connection).failures()
    if not found:
        click.echo("nothing failed", err=True)
    for one in found:
        click.echo(_line(one, as_json=as_json))


def _line(one: Unmade, *, as_json: bool) -> str:
    shown = {
        "collection": one.version[0],
        "item": one.item_id,
        "asset": one.key,
        "problem": one.problem,
        "reason": one.reason,
    }
    return json.dumps(shown) if as_json else "\t".join(shown.values())


def _run(  # noqa: PLR0913 - the options
    ctx: click.Context,
    name: str,
    kind: Kind,
    *,
    collections: tuple[str, ...],
    items: tuple[str, ...],
    bbox: Bbox | None,
    intersects: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    root: str | None,
    jobs: int | None,
    again: bool,
    as_json: bool,
) -> None:
    settings = load_settings()
    selection = Selection(collections, items or None, _area(bbox, intersects), since, until, limit)
    wanted = Transform(name, kind, selection, _place(settings, root), again, jobs or os.cpu_count() or 1)
    try:
        with sigterm_as_ctrl_c(), telling() as tell:
            report = run_transform(wanted, settings, open_database(settings), _Shown(tell))
    except KeyboardInterrupt:
        raise TercetError("stopped; what was made stays, and the next run goes on from there") from None
    if as_json:
        click.echo(json.dumps(report.as_json()))
    else:
        console().print(_table(report))
    ctx.exit(WITH_FAILURES if report.unmade else 0)


def _area(bbox: Bbox | None, intersects: str | None) -> dict[str, Any] | None:
    if bbox and intersects:
        raise ConfigError("--bbox and --intersects both say where: give one of them")
    return geometry.box(*bbox) if bbox else geometry_in(intersects, option="--intersects")


def _place(settings: Settings, root: str | None) -> Place:
    chosen = root or settings.files or str(settings.data_dir / "files")
    public = str(settings.files_url) if settings.files_url and not root else None
    return Place(chosen, public, str(settings.tiler_url) if settings.tiler_url else None)


@dataclass(frozen=True, slots=True)
class _Shown:
    tell: Callable[[str], None]

    def progress(self, report: TransformReport) -> None:
        self.tell(f"{report.kind}: {report.made} made, {report.kept} kept, {len(report.unmade)} not made")


def _table(report: TransformReport) -> Table:
    table = Table(title=f"{report.kind} in {report.seconds:.1f} s", title_justify="left")
    counts = report.as_json()
    shown = ("made", "kept", "forbidden", "missing", "failed", "outdated")
    for name in shown:
        table.add_column(name, justify="right")
    table.add_row(*(str(counts[name]) for name in shown))
    return table
