"""What a Collection holds, month by month, with what the ledger knows of each Item: for exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from stac_api.made import MadeLedger
from stac_api.stored import AT_ONCE
from stac_api.versions import Address, Place
from transforms.catalog import SUPERSEDED, is_superseded
from transforms.entry import Entry, Item, Kin
from transforms.made import without_made

_VERSIONS: LiteralString = """
WITH version AS (
    SELECT *, to_char(start AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
        lead(rank) OVER same IS NULL AS is_current,
        concat_ws(' ', lag(archive_id) OVER same, lead(archive_id) OVER same, max(rank) OVER (
            PARTITION BY subject)) AS neighbours
    FROM tercet.item WHERE collection = %(base)s WINDOW same AS (PARTITION BY subject ORDER BY rank)
), chosen AS (
    SELECT *, CASE WHEN is_current THEN item_id ELSE archive_id END AS id FROM version
    WHERE is_current <> %(superseded)s
)
"""
_MONTHS: LiteralString = """
SELECT month, count(*), md5(string_agg(concat_ws(' ', id, encode(fingerprint, 'hex'), freshness, neighbours, (
    SELECT max(since) FROM tercet.made WHERE (made.collection, made.subject, made.rank)
        = (chosen.collection, chosen.subject, chosen.rank))), ',' ORDER BY id))
FROM chosen GROUP BY month ORDER BY month
"""
_ITEMS: LiteralString = """
SELECT pgstac.get_item(id, %(collection)s), item_id, product, subject, rank, archive_id, freshness, local,
    (SELECT array_agg(ARRAY[key, rel] ORDER BY key) FROM tercet.kin
        WHERE (kin.collection, kin.item_id) = (%(collection)s, chosen.id))
FROM chosen WHERE month = %(month)s ORDER BY start, id
"""


@dataclass(frozen=True, slots=True)
class Month:
    """What a Collection holds of one month, by the start of the acquisition.

    Attributes:
        name: ``2025-06``.
        items: how many.
        digest: changes when any of them does.
    """

    name: str
    items: int
    digest: str


def months(connection: psycopg.Connection, collection: str) -> list[Month]:
    """The months of which a Collection, or a superseded twin, holds Items."""
    return [Month(*row) for row in connection.execute(_VERSIONS + _MONTHS, _asked(collection))]


def exported(connection: psycopg.Connection, collection: str, month: str) -> Iterator[tuple[Item, Entry]]:
    """Give the Items of one month, as they are stored and as the entries that they were; some hundreds in memory."""
    with connection.transaction(), connection.cursor(name="exported") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(_VERSIONS + _ITEMS, {**_asked(collection), "month": month})
        while rows := cursor.fetchmany(AT_ONCE):
            made = MadeLedger(connection).of([(_base(collection), row[3], row[4]) for row in rows])
            present = (row for row in rows if row[0] is not None)
            for item, item_id, product, subject, rank, archive_id, freshness, local, kin in present:
                version = _base(collection), subject, rank
                plain = Place(Address(version[0], item_id)).dressed(without_made(item, made.get(version, ())))
                keys = tuple(Kin(key, rel) for key, rel in kin or ())
                yield item, Entry(plain, product, subject, rank, archive_id, freshness, kin=keys, local=local)


def _asked(collection: str) -> dict[str, object]:
    return {"base": _base(collection), "collection": collection, "superseded": is_superseded(collection)}


def _base(collection: str) -> str:
    return collection.removesuffix(SUPERSEDED)
