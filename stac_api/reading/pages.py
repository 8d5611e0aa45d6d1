"""Pages of a search: rows in order, the places to go on from, and how many Items match."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from stac_api.reading.catalog import Catalog
from stac_api.reading.conditions import Condition, Statement, conditions
from stac_api.reading.counts import matched
from stac_api.reading.ordering import Key, Place, backwards, order_by, stretches
from stac_api.reading.questions import filter_condition, order
from stac_api.reading.tokens import is_ours, read_token, token

_LIMIT = 10
"""Items of a page where none is asked for: pgSTAC's."""

_COVERED = {"collections", "ids", "bbox", "intersects", "datetime", "limit", "sortby", "fields", "token"} | {
    *("filter", "filter-lang", "filter-crs", "query")
}


@dataclass(frozen=True, slots=True)
class Page:
    """Some Items of a search, as pgSTAC keeps them.

    Attributes:
        rows: collection, id, content and geometry (GeoJSON), the latter two as JSON.
        next: the token of what follows, without its direction; None at the end.
        previous: the same of what comes before.
        matched: Items of all pages; None where nothing is counted.
    """

    rows: Sequence[asyncpg.Record]
    next: str | None
    previous: str | None
    matched: int | None


@dataclass(frozen=True, slots=True)
class _Asked:
    where: Sequence[Condition]
    keys: Sequence[Key]
    limit: int
    place: Place | None = None
    back: bool = False


async def read_page(connection: asyncpg.Connection, catalog: Catalog, search: Mapping[str, Any]) -> Page | None:
    """Read one page of a search; None where pgSTAC has to.

    Args:
        connection: with pgSTAC's ``search_path``.
        catalog: as it is now.
        search: as pgSTAC's ``search()`` takes it, with a ``bbox`` of four numbers that do not cross the antimeridian.

    Raises:
        InvalidQueryParameter: the token belongs to another search.
        asyncpg.PostgresError: PostgreSQL or pgSTAC does not understand the search.
    """
    if not search.keys() <= _COVERED or ("token" in search and not is_ours(search["token"])):
        return None
    keys = await order(connection, catalog, search)
    if keys is None:
        return None
    chosen = await filter_condition(connection, catalog, search)
    where = [*conditions(search), *([chosen] if chosen else [])]
    back, place = read_token(search["token"], len(keys)) if "token" in search else (False, None)
    asked = _Asked(where, keys, search.get("limit") or _LIMIT, place, back)
    rows = await _rows(connection, asked)
    if place is None and len(rows) <= asked.limit and catalog.context != "off":
        return _cut(asked, rows, len(rows))
    statement = Statement()
    return _cut(asked, rows, await matched(connection, catalog, statement.text(where), statement))


async def _rows(connection: asyncpg.Connection, asked: _Asked) -> list[asyncpg.Record]:
    """Read one row more than the page has, in the direction that is asked for."""
    keys = backwards(asked.keys) if asked.back else asked.keys
    rows: list[asyncpg.Record] = []
    for stretch in stretches(keys, asked.place):
        statement = Statement()
        where = statement.text([*asked.where, *stretch])
        rows += await connection.fetch(_select(where, keys, asked.limit + 1 - len(rows)), *statement.parameters)
        if len(rows) > asked.limit:
            break
    return rows


def _select(where: str, keys: Sequence[Key], limit: int) -> str:
    places = ", ".join(f"({one.expression})::text AS place_{number}" for number, one in enumerate(keys))
    # the inner query cuts first: geometries are written only of the rows that are served
    return (
        f"SELECT collection, id, content::text, ST_AsGeoJSON(geometry, 20) AS geometry, {places} "  # noqa: S608 - expressions are pgSTAC's, quoted by it
        f"FROM (SELECT * FROM pgstac.items WHERE {where} "
        f"ORDER BY {order_by(keys)} LIMIT {limit:d}) AS items"
    )


def _cut(asked: _Asked, rows: list[asyncpg.Record], number_matched: int | None) -> Page:
    """Cut off the row that only tells whether there is more, and put the page in the order of the search."""
    more = len(rows) > asked.limit
    rows = rows[: asked.limit]
    if asked.back:
        rows.reverse()
    after = bool(rows) and (more or asked.back)
    before = bool(rows) and (more if asked.back else asked.place is not None)
    return Page(
        rows,
        next=_token(rows[-1], asked) if after else None,
        previous=_token(rows[0], asked) if before else None,
        matched=number_matched,
    )


def _token(row: asyncpg.Record, asked: _Asked) -> str:
    return token([row[f"place_{number}"] for number in range(len(asked.keys))])
