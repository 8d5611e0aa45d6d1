"""What pgSTAC alone knows: how a filter reads in SQL, and by which expression a property is sorted."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import orjson

from stac_api.reading.catalog import Catalog
from stac_api.reading.conditions import Condition
from stac_api.reading.ordering import Key, key, sort_fields

_FILTER = ("filter", "filter-lang", "filter-crs", "query")
_WHERE = "SELECT pgstac.stac_search_to_where($1::text::jsonb)"
_QUERYABLES = """
SELECT q.expression, q.wrapper
FROM unnest($1::text[]) WITH ORDINALITY AS asked (name, place)
LEFT JOIN LATERAL pgstac.queryable(asked.name, $2::text[]) AS q ON true
ORDER BY asked.place
"""


async def filter_condition(
    connection: asyncpg.Connection, catalog: Catalog, search: Mapping[str, Any]
) -> Condition | None:
    """Give the condition of a search's filter, in pgSTAC's own words; None where it has none.

    Raises:
        asyncpg.PostgresError: pgSTAC does not understand it.
    """
    if not any(name in search for name in ("filter", "query")):
        return None
    # a property is read by the types that the searched Collections give it
    asked = orjson.dumps({name: search[name] for name in (*_FILTER, "collections") if name in search}).decode()
    known = catalog.filters.get(asked)
    return Condition(known or catalog.filters.keep(asked, await connection.fetchval(_WHERE, asked)))


async def order(connection: asyncpg.Connection, catalog: Catalog, search: Mapping[str, Any]) -> tuple[Key, ...] | None:
    """Give the order of a search; None where we know none and pgSTAC may."""
    fields, collections = tuple(sort_fields(search.get("sortby"))), search.get("collections")
    asked = fields, tuple(collections or ())
    alone = collections is not None and len(collections) == 1
    known = catalog.orders.get(asked)
    if known is None:
        rows = await connection.fetch(_QUERYABLES, [name for name, _ in fields], collections)
        keys = [key(*row, descending=down, alone=alone) for row, (_, down) in zip(rows, fields, strict=True)]
        known = catalog.orders.keep(asked, tuple(one for one in keys if one) if all(keys) else ())
    return known or None
