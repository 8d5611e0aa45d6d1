"""The command line: parse, call, print."""

import click

from tercet.cli.db import db
from tercet.errors import TercetError


class _Group(click.Group):
    """A group whose commands end with a sentence, not a traceback, when we raised on purpose."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except TercetError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group)
@click.version_option(package_name="tercet")
def main() -> None:
    """Harvest Carbon Mapper, ICESat-2 and EarthCARE into one STAC catalog."""


main.add_command(db)
