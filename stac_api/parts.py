"""What several records say of one subject, joined: the freshest of each key, whatever came in whichever order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, Protocol

import psycopg

from stac_api.versions import CODE, Subject
from transforms.entry import Entry, KeptPart, Part

Assemble = Callable[[Sequence[Part]], list[Entry]]
"""Makes the Items of one subject of all that is known of it."""

_STORE: LiteralString = """
INSERT INTO tercet.part (collection, subject, key, rank, freshness, said, record)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[])
ON CONFLICT (collection, subject, key) DO UPDATE SET
    rank = EXCLUDED.rank, freshness = EXCLUDED.freshness, said = EXCLUDED.said, record = EXCLUDED.record
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A part, and what stands for the record that told it."""

    part: KeptPart
    record: bytes = b""


Parts = dict[str, Told]
"""The parts of one subject by their keys."""


class KnownParts(Protocol):
    """Where parts are kept."""

    def of(self, subjects: Iterable[Subject]) -> dict[Subject, Parts]:
        """All parts of the given subjects."""


def join(known: Mapping[str, Told], incoming: Iterable[Told]) -> tuple[Parts, Parts]:
    """Join what comes in with what is known: an older part never takes the place of a newer one.

    Returns:
        All parts, and those of them that must be stored.
    """
    joined, fresh = dict(known), Parts()
    for told in incoming:
        stored = joined.get(told.part.key)
        if stored and told.part.freshness < stored.part.freshness:
            continue
        # several records may say the very same: they do not take turns
        if stored and told.part.says_as(stored.part) and told.record[:CODE] == stored.record[:CODE]:
            continue
        joined[told.part.key] = fresh[told.part.key] = told
    return joined, fresh


@dataclass(frozen=True, slots=True)
class PartLedger:
    """The parts that one database keeps; every method is one statement on the given connection."""

    connection: psycopg.Connection

    def of(self, subjects: Iterable[Subject]) -> dict[Subject, Parts]:
        """All parts of the given subjects."""
        wanted = list(subjects)
        rows = self.connection.execute(
            "SELECT collection, subject, key, said, freshness, rank, record FROM tercet.part "
            "JOIN unnest(%b::text[], %b::text[]) AS wanted (collection, subject) USING (collection, subject)",
            [[at.collection for at in wanted], [at.name for at in wanted]],
            binary=True,
        )
        found: dict[Subject, Parts] = {}
        for collection, subject, key, said, freshness, rank, record in rows:
            part = KeptPart(key, said.encode(), freshness, rank)
            found.setdefault(Subject(collection, subject), {})[key] = Told(part, record)
        return found

    def store(self, parts: Mapping[Subject, Parts]) -> None:
        """Keep parts, over those of the same keys."""
        rows = [_row(at, told) for at, fresh in parts.items() for told in fresh.values()]
        if rows:
            self.connection.execute(_STORE, [list(column) for column in zip(*rows, strict=True)])

    def forget(self, versions: Sequence[tuple[str, str, str]]) -> None:
        """Drop what speaks of these versions, and all of the subjects of which no version is left."""
        columns = [list(column) for column in zip(*versions, strict=True)] or [[], [], []]
        self.connection.execute(
            "DELETE FROM tercet.part AS p USING unnest(%b::text[], %b::text[], %b::text[]) "
            "AS gone (collection, subject, rank) WHERE (p.collection, p.subject) = (gone.collection, gone.subject) "
            "AND (p.rank = gone.rank OR NOT EXISTS (SELECT FROM tercet.item AS i "
            "WHERE (i.collection, i.subject) = (p.collection, p.subject)))",
            columns,
        )


def _row(at: Subject, told: Told) -> tuple[Any, ...]:
    part = told.part
    return at.collection, at.name, part.key, part.rank, part.freshness, part.text.decode(), told.record
