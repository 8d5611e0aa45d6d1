"""``tercet db``: the embedded database, or the one that DATABASE_URL or PG* variables name."""

import json

import click

from stac_api import database
from stac_api.database import Status
from tercet.settings import load_settings


@click.group()
def db() -> None:
    """Run the embedded database, or look at the one that is named.

    DATABASE_URL or PG* variables name one; without them it is the embedded one.
    """


@db.command()
def start() -> None:
    """Start the embedded database; make it where there is none."""
    opened = database.start(load_settings())
    click.echo(f"{opened.label}: {'started' if opened.started else 'already running'}")


@db.command()
def stop() -> None:
    """Stop the embedded database; what was written stays."""
    click.echo("stopped" if database.stop(load_settings()) else "was not running")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="Print the status as JSON.")
def status(*, as_json: bool) -> None:
    """Show whether the database runs, where, and its versions."""
    seen = database.status(load_settings())
    click.echo(json.dumps(seen.document(), indent=2) if as_json else _table(seen))


@db.command()
def migrate() -> None:
    """Bring pgSTAC's tables and ours to the versions we speak."""
    click.echo(database.migrate(load_settings()))


@db.command()
@click.option("--read-only", is_flag=True, help="The address of the role that may only read.")
def url(*, read_only: bool) -> None:
    """Print the database's address for other programs. It holds the password."""
    click.echo(database.url(load_settings(), read_only=read_only))


@db.command()
@click.option("--yes", is_flag=True, help="Do it: nothing is asked, nothing can be brought back.")
def destroy(*, yes: bool) -> None:
    """Remove the embedded database and every Item in it."""
    settings = load_settings()
    if not yes:
        raise click.UsageError(
            f"this removes the {database.status(settings).database} and all that is in it: add --yes"
        )
    click.echo("removed" if database.destroy(settings) else "there was none")


def _table(seen: Status) -> str:
    rows = {
        "database": seen.database,
        "server": "running" if seen.running else "stopped",
        "process": seen.pid,
        "address": f"127.0.0.1:{seen.port}" if seen.port else None,
        "PostgreSQL": seen.postgresql,
        "pgSTAC": seen.pgstac,
        "migrations": ", ".join(seen.migrations) or None,
        "size": f"{seen.size_bytes / 2**20:.0f} MB" if seen.size_bytes else None,
        "next": seen.next_step,
    }
    return "\n".join(f"{name:<11} {value}" for name, value in rows.items() if value is not None)
