"""The Items that a Collection holds, one after the other."""

import uuid
from collections.abc import Iterator

import psycopg

from transforms.entry import Item

AT_ONCE = 500


def stored_items(connection: psycopg.Connection, collection: str) -> Iterator[Item]:
    """Give the Items of a Collection as pgSTAC stores them, by id; in memory are some hundreds."""
    with connection.transaction(), connection.cursor(name=f"stored_{uuid.uuid4().hex}") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(
            "SELECT pgstac.get_item(id, collection) FROM pgstac.items WHERE collection = %s ORDER BY id", [collection]
        )
        for row in cursor:
            yield row[0]
