"""``tercet plot``: a picture of an Item."""

from pathlib import Path
from typing import Any

import click

from tercet.cli.opened import Wanted, item_argument, opened, selection_options, suffix_of, written
from tercet.cli.printing import console

_KNOWN = (".png", ".pdf", ".svg", ".jpg")


@click.command()
@item_argument
@click.option("-v", "--variable", help="What to draw; without it what the product is mostly looked at for.")
@selection_options
@click.option("-o", "--output", metavar="FILE", required=True, help=f"The picture: {', '.join(_KNOWN)}.")
@click.option("--dpi", default=150, show_default=True, type=click.IntRange(20, 1200), help="Dots per inch.")
def plot(  # noqa: PLR0913 - each is an option
    item: str,
    *,
    asset: str | None,
    alternate: str | None,
    output: str,
    dpi: int,
    variable: str | None,
    **part: Any,  # noqa: ANN401 - the options of a selection
) -> None:
    """Draw what ITEM is mostly looked at for, or a variable.

    ITEM is a file, a folder, an address, or collection/id.
    """
    suffix_of(output, _KNOWN)
    wanted = Wanted(**part)
    with opened(item, asset=asset, alternate=alternate) as reader:
        figure = reader.plot(variable, **wanted.part(reader.plot))
        written(Path(output), lambda path: figure.savefig(path, dpi=dpi))
    console(stderr=True).print(f"{output}: {reader.name}")
