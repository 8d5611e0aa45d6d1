"""Parts of Items where there is no database: in a temporary file, so that memory stays flat."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stac_api.parts import Parts, Told
from stac_api.versions import Subject
from transforms.entry import KeptPart


def _opened() -> sqlite3.Connection:
    # "" is a file that goes with the connection; a sink is used by one thread at a time, though not always the same
    connection = sqlite3.connect("", check_same_thread=False, isolation_level=None)
    connection.execute(
        "CREATE TABLE part (collection, subject, key, said, freshness, rank, PRIMARY KEY (collection, subject, key))"
    )
    return connection


@dataclass(slots=True)
class SpooledParts:
    """What one harvest was told of each subject."""

    _connection: sqlite3.Connection = field(default_factory=_opened)

    def of(self, subjects: Iterable[Subject]) -> dict[Subject, Parts]:
        """All parts of the given subjects."""
        found: dict[Subject, Parts] = {}
        for subject in subjects:
            rows = self._connection.execute(
                "SELECT key, said, freshness, rank FROM part WHERE collection = ? AND subject = ?", subject
            )
            parts = {key: Told(KeptPart(key, said, freshness, rank)) for key, said, freshness, rank in rows}
            if parts:
                found[subject] = parts
        return found

    def store(self, parts: Mapping[Subject, Parts]) -> None:
        """Keep parts, over those of the same keys."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?)",
            (
                (*subject, told.part.key, told.part.text, told.part.freshness, told.part.rank)
                for subject, fresh in parts.items()
                for told in fresh.values()
            ),
        )
