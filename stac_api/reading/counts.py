"""How many Items match, counted or estimated as pgSTAC would; once for each state of the catalog."""

import asyncpg

from stac_api.reading.catalog import Catalog
from stac_api.reading.conditions import Statement

_COUNT = "SELECT count(*) FROM pgstac.items WHERE "
_EXPLAIN = "EXPLAIN (FORMAT JSON) SELECT 1 FROM pgstac.items WHERE "


async def matched(connection: asyncpg.Connection, catalog: Catalog, where: str, statement: Statement) -> int | None:
    """Give ``numberMatched``; None where pgSTAC's settings say that nothing is counted.

    Args:
        connection: with pgSTAC's ``search_path``.
        catalog: as it is now.
        where: the condition of the search, without its page.
        statement: holds the condition's parameters.
    """
    if catalog.context == "off":
        return None
    asked = where, repr(statement.parameters)
    known: int | None = catalog.counts.get(asked)
    if known is None:
        known = catalog.counts.keep(asked, await _counted(connection, catalog, where, statement))
    return known


async def _counted(connection: asyncpg.Connection, catalog: Catalog, where: str, statement: Statement) -> int:
    if catalog.context == "auto" and catalog.is_large:
        plan = (await connection.fetchval(_EXPLAIN + where, *statement.parameters))[0]["Plan"]
        if plan["Plan Rows"] >= catalog.estimated_count and plan["Total Cost"] >= catalog.estimated_cost:
            return int(plan["Plan Rows"])
    return int(await connection.fetchval(_COUNT + where, *statement.parameters))
