"""Where the command line prints: people get tables that fit their terminal, programs whole lines."""

import logging

from rich.console import Console
from rich.logging import RichHandler

_ENDLESS = 100_000
"""Columns of a line that no terminal shows: nothing is cut or wrapped in it."""


def console(*, stderr: bool = False) -> Console:
    """Make a console for standard output, or for standard error; brackets in what it prints are brackets."""
    made = Console(stderr=stderr, soft_wrap=True, markup=False, emoji=False, highlight=False)
    if not made.is_terminal:
        made.width = _ENDLESS
    return made


def log_to_stderr(level: int) -> None:
    """Send all logs to standard error: with colours to a terminal, as plain lines with their time elsewhere."""
    errors = console(stderr=True)
    if errors.is_terminal:
        handler: logging.Handler = RichHandler(console=errors, show_path=False)
        form = "%(message)s"
    else:
        handler, form = logging.StreamHandler(), "%(asctime)s %(levelname)s %(message)s"
    logging.basicConfig(level=level, format=form, datefmt="%H:%M:%S", handlers=[handler], force=True)
