"""What a walk has named, and what it has not though it listed everything: that is gone from its provider."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg

from stac_api.batch import storable
from tercet.errors import SinkError
from transforms.entry import Version
from transforms.listing import Listed

MOST = 0.1
"""The share of a Collection that a harvest takes away without being told to."""

_TABLES: LiteralString = """
CREATE TEMPORARY TABLE IF NOT EXISTS tercet_named
    (collection text, subject text, rank text COLLATE "C", PRIMARY KEY (collection, subject, rank));
CREATE TEMPORARY TABLE IF NOT EXISTS tercet_named_otherwise (name text PRIMARY KEY);
TRUNCATE tercet_named, tercet_named_otherwise;
"""
_GONE: LiteralString = """
SELECT i.collection, i.subject, i.rank FROM tercet.item AS i
WHERE i.collection = %(collection)s AND i.source = %(source)s AND NOT i.local
AND (%(start)s::timestamptz IS NULL OR i.start >= %(start)s) AND (%(end)s::timestamptz IS NULL OR i.start < %(end)s)
AND NOT EXISTS (SELECT FROM tercet_named AS n WHERE (n.collection, n.subject) = (i.collection, i.subject)
    AND (n.rank IN (i.rank, '') OR (n.rank > i.rank AND NOT %(every_version)s)))
AND NOT EXISTS (SELECT FROM tercet_named_otherwise WHERE name IN (i.subject, i.item_id, i.archive_id))
"""


class SweepRefusedError(SinkError):
    """A sweep would take away more than is likely; what was stored stays."""


@dataclass(slots=True)
class Sweep:
    """The sweep of one walk on one connection: the ledger of what was named is temporary.

    Attributes:
        allow_deletes: take away however much is gone.
    """

    connection: psycopg.Connection
    source: str
    allow_deletes: bool = False
    _gone: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """Forget what an earlier walk on this connection named."""
        self.connection.execute(_TABLES)

    def name(self, versions: Iterable[Version], records: Sequence[bytes], others: Iterable[str]) -> None:
        """Remember what a batch named: versions, records that were recognised, and rejects by their names.

        A version without a rank stands for all of its subject.
        """
        columns = [list(column) for column in zip(*versions, strict=True)] or [[], [], []]
        self.connection.execute(
            "INSERT INTO tercet_named SELECT * FROM unnest(%b::text[], %b::text[], %b::text[]) ON CONFLICT DO NOTHING",
            columns,
        )
        self.connection.execute(
            "INSERT INTO tercet_named "
            "SELECT collection, subject, rank FROM tercet.item WHERE record = ANY(%(records)b) "
            "UNION SELECT collection, subject, rank FROM tercet.part WHERE record = ANY(%(records)b) "
            "ON CONFLICT DO NOTHING",
            {"records": list(records)},
        )
        self.connection.execute(
            "INSERT INTO tercet_named_otherwise SELECT DISTINCT unnest(%b::text[]) ON CONFLICT DO NOTHING",
            [list(map(storable, others))],
        )

    def gone(self, listed: Listed) -> list[Version]:
        """What lies in a Collection and was not named.

        Raises:
            SweepRefusedError: it is more than `MOST` of the Collection, with what this walk took away before.
        """
        values: Mapping[str, Any] = {
            "collection": listed.collection,
            "source": self.source,
            "start": listed.window.start,
            "end": listed.window.end,
            "every_version": listed.every_version,
        }
        if listed.window.is_open:
            self.connection.execute("ANALYZE tercet_named, tercet_named_otherwise")  # temporary, so nobody else does
        found = [(row[0], row[1], row[2]) for row in self.connection.execute(_GONE, values)]
        if found and not self.allow_deletes:
            self._refuse_many(listed.collection, len(found))
        self._gone[listed.collection] += len(found)
        return found

    def _refuse_many(self, collection: str, more: int) -> None:
        row = self.connection.execute("SELECT count(*) FROM tercet.item WHERE collection = %s", [collection]).fetchone()
        before = (row[0] if row else 0) + self._gone[collection]
        count = self._gone[collection] + more
        if count > MOST * before:
            raise SweepRefusedError(
                f"{self.source} does not list {count} of the {before} Items of {collection} any more; that is more "
                f"than {MOST:.0%}, so they stay. If it is right, harvest again with --allow-deletes"
            )
