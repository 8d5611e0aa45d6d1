"""Readers and their variables as HTML, for notebooks."""

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tercet.readers.base import Reader
    from tercet.readers.variables import Variable, Variables

_HEAD = ("name", "dimensions", "shape", "type", "unit", "what it is")


def variables_html(variables: "Variables") -> str:
    """A table of variables."""
    head = "".join(f"<th style='text-align:left'>{name}</th>" for name in _HEAD)
    rows = "".join(_row(one) for one in variables.values())
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def reader_html(reader: "Reader") -> str:
    """A reader's kind and name, and its variables, folded where they are many."""
    variables = reader.variables()
    title = f"<b>{escape(type(reader).__name__)}</b> {escape(reader.name)}"
    return f"{title}<details open><summary>{len(variables)} variables</summary>{variables_html(variables)}</details>"


def _row(variable: "Variable") -> str:
    shape = " x ".join(map(str, variable.shape)) if variable.shape is not None else ""
    cells = (
        variable.name,
        ", ".join(variable.dims),
        shape,
        variable.dtype,
        variable.unit or "",
        variable.long_name or "",
    )
    return "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in cells) + "</tr>"
