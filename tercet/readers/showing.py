"""Tables of names as HTML, for notebooks."""

from collections.abc import Iterable, Sequence
from html import escape


def table_html(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what it holds is escaped."""
    names = "".join(f"<th style='text-align:left'>{escape(name)}</th>" for name in head)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody></table>"


def folded_html(kind: str, name: str, summary: str, body: str) -> str:
    """A name in bold and something below it that can be folded.

    Args:
        kind: of the thing.
        name: of the thing.
        summary: what stands there when it is folded.
        body: HTML.
    """
    return f"<b>{escape(kind)}</b> {escape(name)}<details open><summary>{escape(summary)}</summary>{body}</details>"


def _row(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in cells) + "</tr>"
