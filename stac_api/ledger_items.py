"""The ledger's versions: which are known, which are gone. SQL and nothing else."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from stac_api.arrays import THESE_VERSIONS, columns
from stac_api.versions import Address, Known, Plan, Subject
from transforms.entry import Version
from transforms.listing import Withdrawn

_REMEMBER: LiteralString = """
INSERT INTO tercet.item (collection, subject, rank, archive_id, item_id, freshness, fingerprint, record, start, local,
    product, source)
SELECT *, %s FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[],
    %b::bytea[], %b::text[]::timestamptz[], %b::bool[], %b::text[])
ON CONFLICT (collection, subject, rank) DO UPDATE SET archive_id = EXCLUDED.archive_id, item_id = EXCLUDED.item_id,
    freshness = EXCLUDED.freshness, fingerprint = EXCLUDED.fingerprint, record = EXCLUDED.record,
    start = EXCLUDED.start, local = EXCLUDED.local
"""
_KNOWN: LiteralString = """
SELECT collection, subject, rank, archive_id, item_id, freshness, fingerprint, record FROM tercet.item
JOIN unnest(%b::text[], %b::text[]) AS wanted (collection, subject) USING (collection, subject)
"""


@dataclass(frozen=True, slots=True)
class ItemLedger:
    """What the ledger of one database knows of versions; every method is one statement on the given connection."""

    connection: psycopg.Connection

    def known(self, subjects: Iterable[Subject]) -> dict[Subject, list[Known]]:
        """All versions that are known of the given subjects."""
        rows = self.connection.execute(_KNOWN, columns(subjects, 2), binary=True)
        found: dict[Subject, list[Known]] = {}
        for collection, name, *version in rows:
            found.setdefault(Subject(collection, name), []).append(Known(*version))
        return found

    def recognised(self, records: Sequence[bytes]) -> set[bytes]:
        """Which of these stand for raw records that are stored as they are."""
        rows = self.connection.execute(
            "SELECT record FROM tercet.item WHERE record = ANY(%(records)b) "
            "UNION ALL SELECT record FROM tercet.part WHERE record = ANY(%(records)b) AND EXISTS (SELECT FROM "
            "tercet.item WHERE (item.collection, item.subject) = (part.collection, part.subject))",
            {"records": list(records)},
            binary=True,
        )
        return {row[0] for row in rows}

    def remember(self, changes: Plan, source: str) -> None:
        """Keep the versions of a batch."""
        rows = [(*at, one.rank, one.archive_id, one.item_id, *_remembered(one)) for at, one, _ in changes.rows]
        if rows:
            self.connection.execute(_REMEMBER, [source, *columns(rows, 10), [product for *_, product in changes.rows]])

    def bury(self, changes: Plan, items: Mapping[Address, Any], run: int) -> None:
        """Remember versions that are gone as tombstones, with the Items that they were as JSON text."""
        rows = [
            (at.collection, at.name, version.rank, version.archive_id, version.freshness, items.get(address))
            for at, version, address in changes.forgotten
        ]
        self.connection.execute(
            "INSERT INTO tercet.tombstone (collection, subject, rank, archive_id, freshness, item, run) "
            "SELECT *, %s FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[]::jsonb[]) "
            "ON CONFLICT (collection, subject, rank) DO UPDATE SET since = clock_timestamp(), run = EXCLUDED.run, "
            "archive_id = EXCLUDED.archive_id, freshness = EXCLUDED.freshness, item = EXCLUDED.item",
            [run, *columns(rows, 6)],
        )

    def forget(self, changes: Plan) -> None:
        """Drop the versions that are no more."""
        gone = [(at.collection, at.name, version.rank) for at, version, _ in changes.forgotten]
        self.connection.execute(
            f"DELETE FROM tercet.item USING {THESE_VERSIONS} WHERE "  # noqa: S608 - a constant
            "(item.collection, item.subject, item.rank) = (these.collection, these.subject, these.rank)",
            columns(gone, 3),
        )

    def claimed(self, addresses: Sequence[Address], subjects: Collection[Subject]) -> set[Address]:
        """Which of these addresses some other subject's current Item has."""
        rows = self.connection.execute(
            "SELECT collection, item_id, subject FROM tercet.item WHERE item_id = ANY(%s)",
            [[address.item_id for address in addresses]],
        )
        return {Address(row[0], row[1]) for row in rows if Subject(row[0], row[2]) not in subjects}.intersection(
            addresses
        )

    def buried(self, versions: Sequence[Version]) -> dict[Version, str]:
        """How fresh each of these versions was when it went, of those that did."""
        rows = self.connection.execute(
            f"SELECT collection, subject, rank, freshness FROM tercet.tombstone JOIN {THESE_VERSIONS} "  # noqa: S608 - a constant
            "USING (collection, subject, rank)",
            columns(versions, 3),
        )
        return {(row[0], row[1], row[2]): row[3] for row in rows}

    def raise_up(self, versions: Sequence[Version]) -> None:
        """Drop the tombstones of versions that are back."""
        self.connection.execute(
            f"DELETE FROM tercet.tombstone USING {THESE_VERSIONS} WHERE (tombstone.collection, tombstone.subject, "  # noqa: S608 - a constant
            "tombstone.rank) = (these.collection, these.subject, these.rank)",
            columns(versions, 3),
        )

    def withdrawn(self, deletions: Sequence[Withdrawn]) -> list[Version]:
        """The known versions that a delete feed means: not those that changed after their deletion."""
        rows = self.connection.execute(
            "SELECT item.collection, subject, rank FROM tercet.item JOIN unnest(%b::text[], %b::text[], %b::text[]) "
            "AS gone (collection, archive_id, freshness) USING (collection, archive_id) "
            'WHERE item.freshness <= gone.freshness COLLATE "C" AND NOT item.local',
            columns([(one.collection, one.archive_id, one.freshness) for one in deletions], 3),
        )
        return [(row[0], row[1], row[2]) for row in rows]


def _remembered(one: Known) -> tuple[Any, ...]:
    return one.freshness, one.fingerprint, one.record, one.start, one.local
