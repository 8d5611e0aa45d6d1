"""Summaries as the ledger keeps them, and the Items that were written or removed since. SQL and nothing else."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from stac_api.summary import Facts, Group, Summary
from stac_api.versions import Address

Names = tuple[list[str], list[str]]
"""Properties whose values, and properties whose ranges, a Collection lists."""

MOST = 0.02
"""The share of a Collection whose changes are followed one by one: to read all of it takes less time than more."""

_MOMENT = "(extract(epoch FROM {}) * 1000000)::bigint"
_FIRST, _LAST = (sql.SQL(_MOMENT.format(column)) for column in ("datetime", "end_datetime"))
# the inner query keeps PostgreSQL from reading an Item's JSON once per summarised property
_SCAN = sql.SQL(
    "SELECT {words}, count(*), ARRAY[{ranges}]::float8[], min({first}), max({last}), "
    "ST_XMin(ST_Extent(geometry)), ST_YMin(ST_Extent(geometry)), "
    "ST_XMax(ST_Extent(geometry)), ST_YMax(ST_Extent(geometry)) FROM "
    "(SELECT content->'properties' AS p, datetime, end_datetime, geometry FROM pgstac.items "
    "WHERE collection = {collection} OFFSET 0) AS items GROUP BY 1"
)
_FACTS = sql.SQL(
    "SELECT id, jsonb_build_array({words}, {numbers}, {first}, {last}, "
    "ST_XMin(geometry), ST_YMin(geometry), ST_XMax(geometry), ST_YMax(geometry)) AS facts FROM "
    "(SELECT id, content->'properties' AS p, datetime, end_datetime, geometry FROM pgstac.items "
    "WHERE collection = {collection} AND id = ANY({ids}) OFFSET 0) AS items"
)
_CHANGED = sql.SQL("ARRAY(SELECT item_id FROM tercet.change WHERE collection = {})")


@dataclass(frozen=True, slots=True)
class SummaryLedger:
    """The summaries of one database, on the given connection."""

    connection: psycopg.Connection

    def note(self, addresses: Iterable[Address]) -> None:
        """Remember what the summaries hold of Items that are about to be written or removed.

        Of a Collection without a summary, or of which more changes than is worth it, all Items will be read.
        """
        ids: dict[str, list[str]] = {}
        for address in addresses:
            ids.setdefault(address.collection, []).append(address.item_id)
        rows = self.connection.execute(
            "SELECT collection, names, items, (SELECT count(*) FROM tercet.change WHERE change.collection = "
            "summary.collection) FROM tercet.summary WHERE collection = ANY(%s)",
            [list(ids)],
        ).fetchall()
        for collection, names, items, changes in rows:
            if changes + len(ids[collection]) > MOST * items:
                self.forget(collection)
            else:
                self._note(collection, (names[0], names[1]), ids[collection])

    def read(self, collection: str, names: Names) -> Summary | None:
        """What was last known of a Collection, if it was the same properties."""
        row = self.connection.execute(
            "SELECT names, summary FROM tercet.summary WHERE collection = %s", [collection]
        ).fetchone()
        if row is None or row[0] != list(names):
            return None
        values = Counter(row[1]["values"])
        return Summary(names, values.total(), values, row[1]["ends"])

    def changes(self, collection: str, names: Names) -> tuple[list[Facts], list[Facts]]:
        """What has gone from a Collection since, and what has come: an Item that changed has done both."""
        gone = self.connection.execute(
            "SELECT facts FROM tercet.change WHERE collection = %s AND facts IS NOT NULL", [collection]
        )
        come = self.connection.execute(_facts(collection, names, _CHANGED.format(sql.Literal(collection))))
        return [row[0] for row in gone], [row[1] for row in come]

    def scan(self, collection: str, names: Names) -> Summary:
        """Read all Items of a Collection."""
        rows = self.connection.execute(_scan(collection, names)).fetchall()
        groups: list[Group] = [(words, count, [*ranges, *others]) for words, count, ranges, *others in rows]
        return Summary.of(names, groups)

    def store(self, collection: str, summary: Summary) -> None:
        """Keep what is true now; nothing has changed since."""
        self.forget(collection)
        kept = {"values": summary.values, "ends": summary.ends}
        self.connection.execute(
            "INSERT INTO tercet.summary (collection, items, names, summary) VALUES (%s, %s, %s, %s)",
            [collection, summary.items, Jsonb(summary.names), Jsonb(kept)],
        )

    def forget(self, collection: str) -> None:
        """Let all Items of a Collection be read next time."""
        self.connection.execute("DELETE FROM tercet.change WHERE collection = %s", [collection])
        self.connection.execute("DELETE FROM tercet.summary WHERE collection = %s", [collection])

    def _note(self, collection: str, names: Names, ids: Sequence[str]) -> None:
        these = sql.SQL("{}::text[]").format(sql.Literal(list(ids)))
        self.connection.execute(
            sql.SQL(
                "INSERT INTO tercet.change (collection, item_id, facts) SELECT {collection}, these.id, facts "
                "FROM unnest({these}) AS these (id) LEFT JOIN ({facts}) AS stored USING (id) ON CONFLICT DO NOTHING"
            ).format(collection=sql.Literal(collection), these=these, facts=_facts(collection, names, these))
        )


def _facts(collection: str, names: Names, ids: sql.Composable) -> sql.Composed:
    words, numbers = (_array(some) for some in names)
    return _FACTS.format(
        words=words, numbers=numbers, first=_FIRST, last=_LAST, collection=sql.Literal(collection), ids=ids
    )


def _scan(collection: str, names: Names) -> sql.Composed:
    ranges = sql.SQL(", ").join(
        sql.SQL("min((p->>{0})::float8), max((p->>{0})::float8)").format(sql.Literal(name)) for name in names[1]
    )
    return _SCAN.format(
        words=_array(names[0]), ranges=ranges, first=_FIRST, last=_LAST, collection=sql.Literal(collection)
    )


def _array(names: Sequence[str]) -> sql.Composed:
    members = sql.SQL(", ").join(sql.SQL("p->{}").format(sql.Literal(name)) for name in names)
    return sql.SQL("jsonb_build_array({})").format(members)
