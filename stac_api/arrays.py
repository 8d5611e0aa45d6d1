"""Rows as arrays, which one statement takes whole.

Arrays travel in PostgreSQL's binary form (%b): as text psycopg escapes each element, which takes ten times as long.
"""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

THESE_VERSIONS: LiteralString = "unnest(%b::text[], %b::text[], %b::text[]) AS these (collection, subject, rank)"


def columns(rows: Iterable[Sequence[Any]], count: int) -> list[list[Any]]:
    """Turn rows of so many values into the arrays that ``unnest`` takes."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(count)]
