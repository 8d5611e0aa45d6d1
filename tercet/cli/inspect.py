"""``tercet inspect``: what an Item holds."""

import json
from dataclasses import asdict
from typing import Any

import click
from rich.table import Table

from tercet.cli.opened import item_argument, opened
from tercet.cli.printing import console
from tercet.readers.variables import Variable, Variables


@click.command()
@item_argument
@click.option(
    "--search", multiple=True, metavar="WORD", help="Only variables with this word; several must all be there."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each variable.")
def inspect(item: str, *, asset: str | None, alternate: str | None, search: tuple[str, ...], as_json: bool) -> None:
    """List the variables of ITEM with their sizes and chunks.

    ITEM is a file, a folder, an address, or collection/id. No values are read.
    """
    with opened(item, asset=asset, alternate=alternate) as reader:
        found = reader.inspected().search(*search)
        name = f"{type(reader).__name__} {reader.name}"
    if as_json:
        for variable in found.values():
            click.echo(json.dumps(_document(variable)))
        return
    console().print(_table(name, found))


def _document(variable: Variable) -> dict[str, Any]:
    said = {name: value for name, value in asdict(variable).items() if value is not None}
    if "fill" in said:  # NaN is none of JSON's numbers
        said["fill"] = str(said["fill"])
    return said


def _table(name: str, variables: Variables) -> Table:
    table = Table(title=f"{name}: {variables.counted}", title_justify="left")
    for column in ("variable", "dimensions", "shape", "type", "unit", "chunks", "kB", "what it is"):
        table.add_column(column, justify="right" if column in {"shape", "chunks", "kB"} else "left", overflow="fold")
    for one in variables.values():
        stored = f"{one.stored / 1000:,.0f}" if one.stored is not None else ""
        sizes = _size(one.shape), one.dtype, one.unit or "", _size(one.chunks)
        table.add_row(one.name, ", ".join(one.dims), *sizes, stored, one.long_name or "")
    return table


def _size(shape: tuple[int, ...] | None) -> str:
    return " x ".join(map(str, shape)) if shape is not None else ""
