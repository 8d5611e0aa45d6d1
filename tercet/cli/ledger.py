"""``tercet status``, ``rejects`` and ``state``: what harvests left behind."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich import box
from rich.table import Table

from harvesters.base import iso
from harvesters.registry import SOURCES
from stac_api.database import open_database
from stac_api.ledger import Ledger, Run
from tercet.cli.printing import console
from tercet.cli.progress import collections_table, report_table
from tercet.errors import ConfigError
from tercet.pipeline.replay import replay_rejects
from tercet.settings import load_settings

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_SOURCE = click.option("--source", type=click.Choice(list(SOURCES)), help="Only those of one source.")


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with closing(open_database(load_settings()).connect(read_only=True)) as connection:
        yield Ledger(connection)


@click.command()
@_JSON
def status(*, as_json: bool) -> None:
    """Show the last harvest of each product, and counts of Items."""
    with _ledger() as ledger:
        runs, collections = ledger.latest_runs(), ledger.collections()
    if as_json:
        click.echo(_json({"runs": [asdict(run) for run in runs], "collections": collections}))
        return
    output = console()
    output.print(_runs_table(runs) if runs else "nothing was harvested yet: try `tercet harvest --help`")
    for run in runs:
        if run.message:
            output.print(f"{run.source} {run.product} {run.outcome}: {run.message}")
    if collections:
        output.print(collections_table(collections))


@click.group(invoke_without_command=True)
@_SOURCE
@_JSON
@click.pass_context
def rejects(ctx: click.Context, *, source: str | None, as_json: bool) -> None:
    """Show the records of which no Item could be made, and why."""
    if ctx.invoked_subcommand is not None:
        return
    with _ledger() as ledger:
        found = ledger.rejects(source)
    if as_json:
        for reject in found:
            click.echo(_json({**asdict(reject), "record": json.loads(reject.record)}))
        return
    if not found:
        click.echo("there are no rejects", err=True)
    for reject in found:
        click.echo(f"{reject.id}\t{reject.source}\t{reject.kind}\t{reject.name}\t{reject.reason}")


@rejects.command()
@click.argument("number", type=int)
def show(number: int) -> None:
    """Print the raw record of reject NUMBER as it came."""
    with _ledger() as ledger:
        found = next((reject for reject in ledger.rejects() if reject.id == number), None)
    if found is None:
        raise ConfigError(f"there is no reject {number}: `tercet rejects` lists them")
    click.echo(found.record)


@rejects.command()
@_SOURCE
def replay(*, source: str | None) -> None:
    """Try rejected records again, as after an upgrade.

    Those that become Items leave the list.
    """
    database = open_database(load_settings())
    for name in [source] if source else list(SOURCES):
        report = replay_rejects(SOURCES[name], database)
        if report.fetched:
            console().print(report_table(report))
        else:
            click.echo(f"{name}: there are no rejects", err=True)


@click.group(invoke_without_command=True)
@_JSON
@click.pass_context
def state(ctx: click.Context, *, as_json: bool) -> None:
    """Show where the next harvest of each product goes on.

    These are the cursors, and when all of a product was last listed.
    """
    if ctx.invoked_subcommand is not None:
        return
    with _ledger() as ledger:
        cursors = ledger.cursors()
    if not cursors:
        click.echo("there are no cursors: nothing was harvested from a provider yet", err=True)
    for cursor in cursors:
        swept = f"all listed {iso(cursor.swept)}" if cursor.swept else "never listed whole"
        words = (cursor.source, cursor.product, cursor.value, swept)
        click.echo(_json(asdict(cursor)) if as_json else "\t".join(words))


@state.command()
@click.argument("source", type=click.Choice(list(SOURCES)))
@click.argument("product")
def forget(source: str, product: str) -> None:
    """Let the next harvest of PRODUCT start from the beginning.

    Its cursor is forgotten; no Item is lost.
    """
    with closing(open_database(load_settings()).connect()) as connection:
        if not Ledger(connection).forget_cursor(source, SOURCES[source].product(product)):
            raise ConfigError(f"{source} has no cursor for {product}: `tercet state` lists them")
    click.echo(f"the next harvest of {source} {product} starts from the beginning")


def _runs_table(runs: list[Run]) -> Table:
    """The runs, as wide as 80 columns allow."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for name in ("source", "product", "outcome"):
        table.add_column(name, overflow="fold")
    numbers = ("fetched", "new", "changed", "rejected")
    for name in ("age", *numbers):
        table.add_column(name, overflow="fold", justify="right")
    for run in runs:
        report = run.report or {}
        age = _age(datetime.now(UTC) - (run.ended or run.started))
        table.add_row(run.source, run.product, run.outcome, age, *(str(report.get(name, "")) for name in numbers))
    return table


def _age(past: timedelta) -> str:
    return f"{past.days} d {past.seconds // 3600} h" if past.days else str(past).split(".", maxsplit=1)[0]


def _json(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, default=lambda moment: moment.isoformat())
