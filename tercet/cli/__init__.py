"""The command line: parse, call, print. Results go to standard output, all else to standard error."""

import errno
import logging
import os
import sys
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from tercet.cli.printing import log_to_stderr
from tercet.errors import ConfigError, TercetError

_COMMANDS = {
    "demo": "demo",
    "harvest": "harvest",
    "status": "ledger",
    "rejects": "ledger",
    "state": "ledger",
    "transform": "transform",
    "export": "export",
    "serve": "serve",
    "read": "read",
    "plot": "plot",
    "inspect": "inspect",
    "db": "db",
}
"""Every command and the module that it is in."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What writing to standard output ends with; files are told by who writes them, a closed pipe is no error."""


class _Group(click.Group):
    """A group whose commands end with a sentence, not a traceback, when we raised on purpose.

    Exit codes: 1 failed, 2 asked for something that cannot be, 3 finished with rejects.
    A command's module is imported when the command is called: a harvest every hour needs no web framework.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"tercet.cli.{_COMMANDS[cmd_name]}"), cmd_name)
        return command if isinstance(command, click.Command) else None

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's own signature
        if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
            sys.stdout.reconfigure(errors="backslashreplace")  # as standard error does with letters it cannot write
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python would try once more when it ends
            click.echo(f"Error: what was printed is not whole ({error.strerror}): make room", err=True)
            sys.exit(1)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = [] if args[0] in _COMMANDS else get_close_matches(args[0], _COMMANDS, n=2)
        if near:
            ctx.fail(f"No such command {args[0]!r}: did you mean {' or '.join(near)}?")
        return super().resolve_command(ctx, args)

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
    log_to_stderr(logging.INFO if verbose else logging.WARNING)
