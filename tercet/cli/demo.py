"""``tercet demo``: the whole of Tercet on this machine, with records that come with it."""

import shlex
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

import click
from pystac_client import Client
from rich.console import Console
from rich.table import Table

from harvesters.registry import SOURCES
from stac_api import database as databases
from stac_api.app import create_app
from stac_api.database import Database
from stac_api.serving import address_of, listening, serve_beside
from tercet.cli.printing import console
from tercet.cli.progress import collections_table, report_table, watching
from tercet.cli.stopping import sigterm_as_ctrl_c
from tercet.errors import TercetError
from tercet.pipeline.jobs import Job, harvest_into_catalog
from tercet.settings import Settings, load_settings

HOST = "127.0.0.1"
PERMIAN = [-104.5, 31.0, -102.0, 33.5]
"""West Texas, where all three sources have bundled records."""
JUNE = "2025-06-01T00:00:00Z/2025-06-30T23:59:59Z"


@click.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Where to serve.")
@click.option("--check", is_flag=True, help="Search the served catalog as a client would, print a table, and end.")
def demo(*, port: int, check: bool) -> None:
    """Harvest bundled records of all three sources and serve them.

    They are made up, and lie in the same database as what you harvest: `tercet db destroy` removes all of it.
    """
    settings = load_settings()
    # a check must not fail because somebody else serves here
    with sigterm_as_ctrl_c(), listening(HOST, 0 if check else port) as listener, _database(settings) as database:
        output, url = console(), address_of(listener)
        for name in SOURCES:
            _harvest_bundled(name, settings, database, output)
        with serve_beside(create_app(settings, database), listener):
            if check:
                output.print(_searched(url))
                return
            _print_welcome(output, url)
            _wait()


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = databases.open_database(settings)
    try:
        yield database
    finally:
        if database.started:
            databases.stop(settings)


def _harvest_bundled(name: str, settings: Settings, database: Database, output: Console) -> None:
    with as_file(files("tercet") / "bundled" / name.replace("-", "_")) as folder, watching(name) as observer:
        report = harvest_into_catalog(Job(SOURCES[name], records=(str(folder),)), settings, database, observer)
    output.print(report_table(report))
    output.print(collections_table(report.collections))
    if report.rejected:
        raise TercetError(f"{report.rejected} bundled records of {name} were rejected: see `tercet rejects`")


def _print_welcome(output: Console, url: str) -> None:
    output.print(f"""
Serving {url} (Ctrl-C stops it). Three things to try:

  curl '{url}/search?bbox={",".join(map(str, PERMIAN))}&datetime={JUNE}'

  {shlex.quote(sys.executable)} -c "from pystac_client import Client; print(*Client.open('{url}').search(
      bbox={PERMIAN}, datetime='{JUNE}').items(), sep='\\n')"

  In QGIS: Layer > Add Layer > Add WFS / OGC API - Features Layer > New, URL {url}
""")


def _wait() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("stopped", err=True)


def _searched(url: str) -> Table:
    """What a client finds: each source, and all in one search.

    Raises:
        TercetError: a search did not find what was harvested.
    """
    client = Client.open(url)
    table = Table(title=f"pystac-client at {url}", title_justify="left")
    for name in ("search", "matched", "first"):
        table.add_column(name)
    by_source = {
        source: client.search(
            filter={"op": "=", "args": [{"property": "tercet:source"}, source]}, filter_lang="cql2-json"
        )
        for source in SOURCES
    }
    everywhere = client.search(bbox=PERMIAN, datetime=JUNE)
    for words, search in {**by_source, f"all three, bbox={PERMIAN}, datetime={JUNE}": everywhere}.items():
        found = next(search.items(), None)
        if found is None:
            raise TercetError(f"the search for {words} found nothing: see `tercet status`")
        table.add_row(words, str(search.matched()), found.id)
    missing = set(SOURCES) - {item.properties["tercet:source"] for item in everywhere.items()}
    if missing:
        raise TercetError(f"one search should find all three sources, and found nothing of {', '.join(missing)}")
    return table
