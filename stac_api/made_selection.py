"""Which Items something is to be made of, read from the catalog page by page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg.types.json import Jsonb

from stac_api.ledger import Ledger
from stac_api.made import MadeLedger
from tercet.errors import ConfigError
from transforms.entry import Item, Version
from transforms.made import Made

AT_ONCE = 200

_CURRENT: LiteralString = """
SELECT known.collection, known.subject, known.rank, known.archive_id,
    pgstac.get_item(item.id, item.collection)
FROM pgstac.items AS item JOIN tercet.item AS known ON (known.collection, known.item_id) = (item.collection, item.id)
WHERE item.collection = %(collection)s AND item.id > %(after)s
    AND (%(ids)s::text[] IS NULL OR item.id = ANY(%(ids)s))
    AND (%(since)s::timestamptz IS NULL OR item.end_datetime >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR item.datetime < %(until)s)
    AND (%(area)s::jsonb IS NULL OR ST_Intersects(item.geometry, ST_SetSRID(ST_GeomFromGeoJSON(%(area)s), 4326)))
    AND NOT EXISTS (SELECT FROM tercet.item AS newer
        WHERE (newer.collection, newer.subject) = (known.collection, known.subject) AND newer.rank > known.rank)
ORDER BY item.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An Item of the catalog.

    Attributes:
        version: what the ledger knows it by.
        archive_id: unique for this version: what is made of it is named by it.
        item: as it is stored, with what was made of it before.
        made: what was made of it, and is still of its files.
    """

    version: Version
    archive_id: str
    item: Item
    made: Sequence[Made]


@dataclass(frozen=True, slots=True)
class Selection:
    """What to choose: current Items only.

    Attributes:
        collections: their Collections, in turn.
        ids: only these.
        area: GeoJSON geometry that they intersect.
        since, until: acquired in this half-open time, as far as stated.
        limit: so many at most.
    """

    collections: Sequence[str]
    ids: Sequence[str] | None = None
    area: Mapping[str, Any] | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None


def chosen(connection: psycopg.Connection, selection: Selection) -> Iterator[Chosen]:
    """Give the Items of a selection by Collection and id; in memory are some hundreds."""
    left = selection.limit
    for collection in selection.collections:
        after = ""
        while left is None or left > 0:
            page = _page(connection, selection, collection, after, AT_ONCE if left is None else min(left, AT_ONCE))
            yield from page
            if left is not None:
                left -= len(page)
            if len(page) < AT_ONCE:
                break
            after = page[-1].item["id"]


def refuse_unknown(connection: psycopg.Connection, selection: Selection) -> None:
    """Check that what a selection names is there, before anything is made.

    Raises:
        ConfigError: there is no such Collection or Item.
    """
    collections = Ledger(connection).collections_named(selection.collections)
    rows = connection.execute(
        "SELECT id FROM unnest(%s::text[]) AS id EXCEPT SELECT id FROM pgstac.items WHERE collection = ANY(%s)",
        [list(selection.ids or ()), collections],
    ).fetchall()
    if rows:
        names = ", ".join(sorted(row[0] for row in rows))
        raise ConfigError(f"there is no Item {names} in {' or '.join(collections)}: check --item and --collection")


def _page(
    connection: psycopg.Connection, selection: Selection, collection: str, after: str, limit: int
) -> list[Chosen]:
    rows = connection.execute(
        _CURRENT,
        {
            "collection": collection,
            "after": after,
            "ids": None if selection.ids is None else list(selection.ids),
            "since": selection.since,
            "until": selection.until,
            "area": None if selection.area is None else Jsonb(selection.area),
            "limit": limit,
        },
    )
    found = [((row[0], row[1], row[2]), row[3], row[4]) for row in rows]
    made = MadeLedger(connection).of([version for version, *_ in found])
    return [
        Chosen(version, archive_id, item, [one for one in made.get(version, ()) if one.is_of(item)])
        for version, archive_id, item in found
    ]
