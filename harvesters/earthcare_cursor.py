"""How far the walks through a product type have come: the cursor, as the ledger keeps it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from harvesters.base import iso
from tercet.errors import ConfigError

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the walks have come.

    Attributes:
        sensed: all that was sensed before was read.
        changes: all that the catalogue changed before was read, of what was sensed before `sensed`; None where
            nobody knows.
        types: the product types that were walked, where a product stands for several.
        doubtful: windows in which the service counted more than it sent: asked once more by the next walk.
    """

    sensed: datetime
    changes: datetime | None = None
    types: tuple[str, ...] = ()
    doubtful: tuple[Span, ...] = ()

    @classmethod
    def read(cls, text: str | None) -> "Cursor | None":
        """Read what the ledger kept.

        Raises:
            ConfigError: it is not ours.
        """
        if text is None:
            return None
        try:
            said: dict[str, Any] = orjson.loads(text) if text.startswith("{") else {"sensed": text}
            changes = said.get("changes")
            return cls(
                _moment(said["sensed"]),
                _moment(changes) if changes else None,
                tuple(said.get("types", ())),
                tuple((_moment(start), _moment(end)) for start, end in said.get("doubtful", ())),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{text!r} is no cursor of EarthCARE: harvest again with --full-refresh") from error

    def __str__(self) -> str:
        said = {
            "sensed": iso(self.sensed),
            "changes": iso(self.changes) if self.changes else None,
            "types": list(self.types),
            "doubtful": [[iso(start), iso(end)] for start, end in self.doubtful],
        }
        return orjson.dumps({key: value for key, value in said.items() if value}).decode()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
