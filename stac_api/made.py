"""What was made of versions, kept beside them: harvests give it back to the Items that they write. SQL only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg.types.json import Jsonb

from stac_api.arrays import THESE_VERSIONS, columns
from stac_api.versions import Plan
from transforms.entry import Version
from transforms.made import Made

_TURNS = 0x7465_7263_6D61
"""Who writes made assets, and who writes Items, take turns: neither overwrites what the other has just written."""

_STORE: LiteralString = """
INSERT INTO tercet.made (collection, subject, rank, key, kind, sources, asset, properties, links, extensions)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (collection, subject, rank, key) DO UPDATE SET kind = EXCLUDED.kind, sources = EXCLUDED.sources,
    asset = EXCLUDED.asset, properties = EXCLUDED.properties, links = EXCLUDED.links,
    extensions = EXCLUDED.extensions, since = clock_timestamp()
"""
_FAILED: LiteralString = """
INSERT INTO tercet.unmade (collection, subject, rank, key, kind, item_id, problem, reason)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (collection, subject, rank, key) DO UPDATE SET problem = EXCLUDED.problem, reason = EXCLUDED.reason,
    attempts = unmade.attempts + 1, since = clock_timestamp()
"""
_FORGET: LiteralString = (
    f"DELETE FROM tercet.made AS gone USING {THESE_VERSIONS} "  # noqa: S608 - a constant
    "WHERE (gone.collection, gone.subject, gone.rank) = (these.collection, these.subject, these.rank)"
)
_FORGET_FAILED: LiteralString = (
    f"DELETE FROM tercet.unmade AS gone USING {THESE_VERSIONS} "  # noqa: S608 - a constant
    "WHERE (gone.collection, gone.subject, gone.rank) = (these.collection, these.subject, these.rank)"
)


@dataclass(frozen=True, slots=True)
class Unmade:
    """An asset that could not be made.

    Attributes:
        version: of which Item.
        key: of the asset.
        kind: of which kind: ``cog``, ``table``, ``quicklook`` or ``index``.
        item_id: the Item's id.
        problem: ``forbidden`` (the provider does not let us), ``missing`` (it has no such file), or ``failed``.
        reason: one sentence.
    """

    version: Version
    key: str
    kind: str
    item_id: str
    problem: str
    reason: str


@dataclass(frozen=True, slots=True)
class MadeLedger:
    """Made assets of one database, on the given connection."""

    connection: psycopg.Connection

    def wait(self, *, to_store: bool) -> None:
        """Wait for one's turn, until the transaction ends: many harvests at once, or one that stores made assets."""
        name: LiteralString = "pg_advisory_xact_lock" if to_store else "pg_advisory_xact_lock_shared"
        self.connection.execute("SELECT " + name + "(%s)", [_TURNS])

    def of(self, versions: Sequence[Version]) -> Mapping[Version, list[Made]]:
        """What was made of each of these versions."""
        rows = self.connection.execute(
            f"SELECT * FROM (SELECT collection, subject, rank, key, sources, asset, properties, links, extensions "  # noqa: S608 - a constant
            f"FROM tercet.made JOIN {THESE_VERSIONS} USING (collection, subject, rank)) AS found ORDER BY key",
            columns(versions, 3),
        )
        found: dict[Version, list[Made]] = {}
        for collection, subject, rank, *made in rows:
            found.setdefault((collection, subject, rank), []).append(Made(*made))
        return found

    def remember(self, version: Version, kind: str, made: Made) -> None:
        """Keep one; that it once failed is forgotten."""
        described = [Jsonb(value) for value in (made.sources, made.asset, made.properties, made.links)]
        self.connection.execute(_STORE, [*version, made.key, kind, *described, list(made.extensions)])
        self.connection.execute(
            "DELETE FROM tercet.unmade WHERE (collection, subject, rank, key) = (%s, %s, %s, %s)",
            [*version, made.key],
        )

    def fail(self, unmade: Unmade) -> None:
        """Keep that one could not be made."""
        self.connection.execute(
            _FAILED, [*unmade.version, unmade.key, unmade.kind, unmade.item_id, unmade.problem, unmade.reason]
        )

    def failures(self, kind: str | None = None) -> list[Unmade]:
        """What could not be made so far, oldest first."""
        rows = self.connection.execute(
            "SELECT collection, subject, rank, key, kind, item_id, problem, reason FROM tercet.unmade "
            "WHERE %(kind)s::text IS NULL OR kind = %(kind)s ORDER BY since",
            {"kind": kind},
        )
        return [Unmade((row[0], row[1], row[2]), *row[3:]) for row in rows]

    def follow(self, changes: Plan) -> None:
        """Forget what was made of versions that are no more."""
        gone = [(at.collection, at.name, version.rank) for at, version, _ in changes.forgotten]
        if gone:
            for statement in (_FORGET, _FORGET_FAILED):
                self.connection.execute(statement, columns(gone, 3))
