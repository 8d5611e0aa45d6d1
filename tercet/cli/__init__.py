"""The command line: parse, call, print. Results go to standard output, all else to standard error."""

import logging

import click
from rich.console import Console
from rich.logging import RichHandler

from tercet.cli.db import db
from tercet.cli.demo import demo
from tercet.cli.harvest import harvest
from tercet.cli.ledger import rejects, state, status
from tercet.cli.serve import serve
from tercet.errors import ConfigError, TercetError


class _Group(click.Group):
    """A group whose commands end with a sentence, not a traceback, when we raised on purpose.

    Exit codes: 1 failed, 2 asked for something that cannot be, 3 finished with rejects.
    """

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.UsageError(str(error)) from error
        except TercetError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group)
@click.option("-v", "--verbose", is_flag=True, help="Log what happens underneath, too.")
@click.version_option(package_name="tercet")
def main(*, verbose: bool) -> None:
    """Harvest Carbon Mapper, ICESat-2 and EarthCARE into one STAC catalog."""
    console = Console(stderr=True)
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(message)s",
        datefmt="%H:%M:%S",
        handlers=[RichHandler(console=console, show_path=False)],
        force=True,
    )


for command in (demo, db, harvest, status, rejects, state, serve):
    main.add_command(command)
