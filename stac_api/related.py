"""Links between Items that are kin, made as they are served: so they resolve, whatever came or went since."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from stac_api.versions import Address
from transforms.catalog import SUPERSEDED

_RELATED = """
SELECT DISTINCT me.collection, me.item_id, me.rel, other.collection, other.item_id
FROM unnest($1::text[], $2::text[]) AS these (collection, item_id)
JOIN tercet.kin AS me USING (collection, item_id)
JOIN tercet.kin AS other ON other.key = me.key AND other.collection <> me.collection
WHERE me.rel <> '' AND right(other.collection, length($3)) <> $3 AND me.collection <> other.collection || $3
ORDER BY 1, 2, 4, 5
"""
"""Current Items of other Collections that share a key with these."""


async def add_related(items: Sequence[dict[str, Any]], connection: asyncpg.Connection, root: str) -> None:
    """Add links to the kin of Items; where the client did not ask for links, or for ids, there are none.

    Args:
        items: as they are served.
        connection: of a session that reads.
        root: the API's base URL.
    """
    linked = {
        Address(item["collection"], item["id"]): item
        for item in items
        if item.get("links") and item.get("collection") and item.get("id")
    }
    if not linked:
        return
    columns = [[at.collection for at in linked], [at.item_id for at in linked]]
    for collection, item_id, rel, *other in await connection.fetch(_RELATED, *columns, SUPERSEDED):
        linked[Address(collection, item_id)]["links"].append(_link(root, rel, Address(*other)))


def _link(root: str, rel: str, other: Address) -> Mapping[str, str]:
    return {"rel": rel, "href": root + other.href, "type": "application/geo+json", "title": other.item_id}
