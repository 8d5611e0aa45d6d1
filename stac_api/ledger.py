"""The ledger's tables but for versions and parts: runs, cursors, Collections, rejects. SQL and nothing else."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from stac_api.batch import Reject, storable
from stac_api.versions import Subject
from tercet.errors import ConfigError, SinkError, did_you_mean
from transforms.catalog import SUPERSEDED

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StoredReject:
    """A reject as the ledger keeps it."""

    id: int
    source: str
    product: str
    name: str
    kind: str
    reason: str
    record: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next harvest of a product goes on."""

    source: str
    product: str
    value: str
    moved: datetime
    swept: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One harvest of one product."""

    id: int
    source: str
    product: str
    started: datetime
    ended: datetime | None
    outcome: str
    report: Mapping[str, Any] | None
    message: str | None


class Ledger:
    """The ledger of one database; every method is one statement on the given connection."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def lock(self, source: str) -> None:
        """Be the only harvest of a source; the lock ends with the connection, however that ends.

        A harvest that has just ended, or was killed, may hold it for a moment: until the server notices.

        Raises:
            SinkError: another harvest of the source is under way.
        """
        try:
            with self._connection.transaction():
                self._execute("SET LOCAL lock_timeout TO '2s'", [])
                self._execute("SELECT pg_advisory_lock(hashtext('tercet'), hashtext(%s))", [source])
        except psycopg.errors.LockNotAvailable as error:
            raise SinkError(
                f"another harvest of {source} is under way in this database: wait until it has ended"
            ) from error

    def begin(self, source: str, product: str, asked: Mapping[str, Any]) -> int:
        """Open a run. Whoever holds the lock knows that older open runs were killed."""
        self._execute(
            "UPDATE tercet.run SET outcome = 'stopped', ended = clock_timestamp(), message = 'did not end by itself' "
            "WHERE source = %s AND outcome = 'running'",
            [source],
        )
        row = self._one(
            "INSERT INTO tercet.run (source, product, asked) VALUES (%s, %s, %s) RETURNING id",
            [source, product, Jsonb(asked)],
        )
        return int(row[0])

    def end(self, run: int, outcome: str, report: Mapping[str, Any], message: str | None = None) -> None:
        """Close a run with its report."""
        self._execute(
            "UPDATE tercet.run SET ended = clock_timestamp(), outcome = %s, report = %s, message = %s WHERE id = %s",
            [outcome, Jsonb(report), message, run],
        )

    def withdraw(self, run: int, *, of_a_part: bool) -> None:
        """Forget a run that asked for what cannot be, and would stand as the product's failure.

        Of a run that asked for all of a product, only the first: later ones worked once, and say that it is broken.
        """
        self._execute(
            "DELETE FROM tercet.run AS run WHERE id = %s AND (%s OR NOT EXISTS (SELECT FROM tercet.run AS other "
            "WHERE (other.source, other.product) = (run.source, run.product) AND other.id <> run.id))",
            [run, of_a_part],
        )

    def latest_runs(self) -> list[Run]:
        """The last run of each source and product, newest first."""
        return self._many(
            Run,
            "SELECT * FROM (SELECT DISTINCT ON (source, product) id, source, product, started, ended, outcome, report, "
            "message FROM tercet.run ORDER BY source, product, started DESC) AS latest ORDER BY started DESC",
        )

    def cursor(self, source: str, product: str) -> str | None:
        """Where to go on, or None for a first harvest."""
        row = self._connection.execute(
            "SELECT value FROM tercet.cursor WHERE source = %s AND product = %s", [source, product]
        ).fetchone()
        return row[0] if row else None

    def cursors(self) -> list[Cursor]:
        """All cursors, and when all of their product was last listed."""
        return self._many(
            Cursor,
            "SELECT source, product, value, moved, swept FROM tercet.cursor LEFT JOIN tercet.sweep "
            "USING (source, product) ORDER BY source, product",
        )

    def move_cursor(self, source: str, product: str, value: str) -> None:
        """Go on there next time; where nothing moves nothing is written."""
        self._execute(
            "INSERT INTO tercet.cursor AS c (source, product, value) VALUES (%s, %s, %s) "
            "ON CONFLICT (source, product) DO UPDATE SET value = EXCLUDED.value, moved = clock_timestamp() "
            "WHERE c.value <> EXCLUDED.value",
            [source, product, value],
        )

    def forget_cursor(self, source: str, product: str) -> bool:
        """Start from the beginning next time."""
        done = self._connection.execute(
            "DELETE FROM tercet.cursor WHERE source = %s AND product = %s", [source, product]
        )
        return done.rowcount > 0

    def mark_stale(self, collections: Iterable[str], source: str) -> None:
        """Remember that the extent, summaries and counts of these Collections are not true any more."""
        self._execute(
            "INSERT INTO tercet.collection AS c (id, source) SELECT unnest(%b::text[]), %s "
            "ON CONFLICT (id) DO UPDATE SET stale = true WHERE NOT c.stale",
            [sorted(collections), source],
        )

    def describe(self, described: Mapping[str, Mapping[str, Any]], source: str) -> None:
        """Keep what a provider says of Collections; where it says something else than before they are stale."""
        with self._connection.cursor() as cursor:
            for collection, said in described.items():
                cursor.execute(
                    "INSERT INTO tercet.description AS d (collection, source, said) VALUES (%s, %s, %s) "
                    "ON CONFLICT (collection) DO UPDATE SET said = EXCLUDED.said WHERE d.said <> EXCLUDED.said",
                    [collection, source, Jsonb(said)],
                )
                if cursor.rowcount:
                    cursor.execute(
                        "UPDATE tercet.collection SET stale = true WHERE id = ANY(%s)",
                        [[collection, collection + SUPERSEDED]],
                    )

    def description(self, collection: str) -> Mapping[str, Any] | None:
        """What the provider last said of a Collection."""
        row = self._connection.execute(
            "SELECT said FROM tercet.description WHERE collection = %s", [collection]
        ).fetchone()
        return row[0] if row else None

    def mark_swept(self, source: str, product: str) -> None:
        """Remember that all of a product was listed just now."""
        self._execute(
            "INSERT INTO tercet.sweep (source, product) VALUES (%s, %s) "
            "ON CONFLICT (source, product) DO UPDATE SET swept = clock_timestamp()",
            [source, product],
        )

    def swept(self, source: str, product: str) -> datetime | None:
        """When all of a product was last listed."""
        row = self._connection.execute(
            "SELECT swept FROM tercet.sweep WHERE source = %s AND product = %s", [source, product]
        ).fetchone()
        return row[0] if row else None

    def collections(self, source: str | None = None) -> dict[str, int]:
        """The Collections we made, of one source or all, and how many Items each had after the last harvest."""
        rows = self._connection.execute(
            "SELECT id, items FROM tercet.collection WHERE %s::text IS NULL OR source = %s ORDER BY id",
            [source, source],
        )
        return {row[0]: row[1] for row in rows}

    def collections_named(self, names: Sequence[str]) -> list[str]:
        """The Collections of some names; all that we made where none is named.

        Raises:
            ConfigError: there is none of a name.
        """
        there = self.collections()
        for name in names:
            if name not in there:
                near = [one for one in there if name in one][:2] or get_close_matches(name, there, n=2)
                advice = f"{did_you_mean(near)}`tercet status` lists all {len(there)}"
                raise ConfigError(f"there is no Collection {name}: {advice}")
        return list(names) or list(there)

    def stale_collections(self, source: str) -> list[str]:
        """Collections of a source whose Items changed since their extent was last made true."""
        rows = self._connection.execute(
            "SELECT id FROM tercet.collection WHERE stale AND source = %s ORDER BY id", [source]
        )
        return [row[0] for row in rows]

    def mark_true(self, collection: str, items: int) -> None:
        """Remember that a Collection says the truth again, and its count."""
        self._execute("UPDATE tercet.collection SET stale = false, items = %s WHERE id = %s", [items, collection])

    def reject(self, source: str, product: str, run: int, rejects: Sequence[Reject]) -> None:
        """Keep rejected records; the same record rejected for the same reason again changes nothing."""
        with self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO tercet.reject AS r "
                "(key, source, product, name, kind, reason, record, run, collection, subject) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO UPDATE SET kind = EXCLUDED.kind, "
                "reason = EXCLUDED.reason, run = EXCLUDED.run WHERE r.reason <> EXCLUDED.reason",
                [_reject_row(source, product, run, reject) for reject in rejects],
            )

    def rejects(self, source: str | None = None) -> list[StoredReject]:
        """Rejected records, oldest first."""
        return self._many(
            StoredReject,
            "SELECT id, source, product, name, kind, reason, record, since FROM tercet.reject "
            "WHERE %s::text IS NULL OR source = %s ORDER BY id",
            [source, source],
        )

    def drop_rejects(self, ids: Sequence[int]) -> None:
        """Forget rejects that have become Items."""
        self._execute("DELETE FROM tercet.reject WHERE id = ANY(%s)", [list(ids)])

    def drop_fragments(self, subjects: Iterable[Subject]) -> None:
        """Forget rejects that say something of these subjects: they have become parts of Items."""
        wanted = list(subjects)
        if wanted:
            self._execute(
                "DELETE FROM tercet.reject USING unnest(%b::text[], %b::text[]) AS whole (collection, subject) "
                "WHERE (reject.collection, reject.subject) = (whole.collection, whole.subject)",
                [[subject.collection for subject in wanted], [subject.name for subject in wanted]],
            )

    def _execute(self, query: LiteralString, values: Sequence[Any]) -> None:
        self._connection.execute(query, values)

    def _one(self, query: LiteralString, values: Sequence[Any]) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        if row is None:
            raise SinkError("the ledger answered nothing where it always answers: is its schema damaged?")
        return row

    def _many(self, kind: type[_T], query: LiteralString, values: Sequence[Any] = ()) -> list[_T]:
        with self._connection.cursor(row_factory=class_row(kind)) as cursor:
            return cursor.execute(query, values).fetchall()


def _reject_row(source: str, product: str, run: int, reject: Reject) -> tuple[Any, ...]:
    # ASCII only: what PostgreSQL cannot store as text, NUL and lone surrogates, stays an escape
    record = json.dumps(reject.record, ensure_ascii=True, default=str)
    key = hashlib.blake2b(f"{source}\0{record}".encode(), digest_size=16).digest()
    whose = (reject.fragment.collection, reject.fragment.subject) if reject.fragment else (None, None)
    return key, source, product, storable(reject.name), reject.kind, storable(reject.reason), record, run, *whose
