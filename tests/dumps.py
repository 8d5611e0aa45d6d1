"""What is in a catalog's database, in a form in which two of them, or two moments of one, can be compared."""

from collections.abc import Iterable, Mapping
from typing import LiteralString

import psycopg
from psycopg import sql

Dump = Mapping[str, str]
"""A row's name, and a checksum of all that it says."""

_MEANING: Mapping[str, LiteralString] = {
    "item": "SELECT concat_ws('/', collection, id), md5(concat_ws(' ', content, ST_AsEWKT(geometry), datetime, "
    "end_datetime, private)) FROM pgstac.items",
    # with what pgSTAC completes Items from when it serves them, which takes milliseconds for each
    "Collection": "SELECT id, md5(concat_ws(' ', content, base_item, datetime, end_datetime, ST_AsEWKT(geometry))) "
    "FROM pgstac.collections",
    "queryable": "SELECT concat_ws('/', name, collection_ids), md5(concat_ws(' ', definition, property_wrapper)) "
    "FROM pgstac.queryables",
    "version": "SELECT concat_ws('/', collection, subject, rank), md5(i::text) FROM tercet.item AS i",
    "reject": "SELECT encode(key, 'hex'), md5(concat_ws(' ', source, product, name, kind, reason, record)) "
    "FROM tercet.reject",
    "part": "SELECT concat_ws('/', collection, subject, key), md5(p::text) FROM tercet.part AS p",
    "kin": "SELECT concat_ws('/', collection, item_id, key), rel FROM tercet.kin",
    "tombstone": "SELECT concat_ws('/', collection, subject, rank), md5(concat_ws(' ', archive_id, freshness, item)) "
    "FROM tercet.tombstone",
    "description": "SELECT collection, md5(said::text) FROM tercet.description",
    # how far a feed of deletions was read is a time of the clock
    "cursor": "SELECT concat_ws('/', source, product), regexp_replace(value, ' deletions [^ ]+', '') "
    "FROM tercet.cursor",
    "count": "SELECT id, concat_ws(' ', source, items, stale) FROM tercet.collection",
}
"""What a reader or a later harvest can tell apart; not when it was written, nor by which run."""

_TABLES: LiteralString = (
    "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
    "WHERE c.relkind = 'r' AND n.nspname IN ('pgstac', 'tercet') "
    "AND (n.nspname, c.relname) NOT IN (('tercet', 'run'), ('tercet', 'sweep'))"
)


def meaning(url: str) -> Dump:
    """Everything that a catalog and its ledger say, however they came to say it.

    Raises:
        AssertionError: two rows bear one name.
    """
    found: dict[str, str] = {}
    with psycopg.connect(url) as connection:
        connection.execute("SET timezone TO 'UTC'")
        for kind, query in _MEANING.items():
            for name, says in connection.execute(query):
                assert f"{kind} {name}" not in found, f"{kind} {name} is there twice"
                found[f"{kind} {name}"] = says
    return found


def every_row(url: str) -> Dump:
    """All rows of all tables but runs and sweeps, to the byte: what changed nothing leaves them as they are."""
    with psycopg.connect(url) as connection:
        connection.execute("SET timezone TO 'UTC'")
        tables = connection.execute(_TABLES).fetchall()
        return {f"{schema}.{table} {row}": "" for schema, table in tables for row in _rows(connection, schema, table)}


def differences(one: Dump, other: Dump) -> list[str]:
    """The names of the first rows that are not alike; a whole dump would drown a test's report."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))[:20]


def _rows(connection: psycopg.Connection, schema: str, table: str) -> Iterable[str]:
    # numbered, so that a row that came to be there twice shows, too
    query = sql.SQL(
        "SELECT concat_ws(' ', left(t::text, 60), md5(t::text), row_number() OVER (PARTITION BY t::text)) FROM {} AS t"
    )
    return [row[0] for row in connection.execute(query.format(sql.Identifier(schema, table)))]
