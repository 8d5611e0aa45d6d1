"""How far a release has been read: what a later walk continues from."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from harvesters.base import Record, iso
from tercet.errors import ConfigError

LAG: Final = timedelta(hours=1)
"""How far a walk goes back before its cursor: CMR may show records a little after their revision date."""

FEED_REACHES: Final = timedelta(days=360)
"""CMR tells deletions of one year. A cursor that is older cannot learn of them all."""

_MOMENT: Final = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"
_STORED: Final = re.compile(rf"(\d{{3}}) {_MOMENT}(?: deletions {_MOMENT})?(?: and {_MOMENT} to {_MOMENT})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a release has been read, by the revision dates of its records.

    A long walk reads from both ends: what is left then lies between `reached` and `down_to`.

    Attributes:
        release: three digits.
        reached: all up to here is read; None before the first record.
        checked: CMR's deletions are known up to here; None before the first walk.
        down_to: all from here to `top` is read, too; None where a walk reads from one end.
        top: where the walk downwards began.
    """

    release: str
    reached: datetime | None = None
    checked: datetime | None = None
    down_to: datetime | None = None
    top: datetime | None = None

    @classmethod
    def read(cls, stored: str | None, release: str) -> Self:
        """Continue from a stored cursor; one of another release is no place to start in this one.

        Raises:
            ConfigError: it is not a cursor of ours.
        """
        match = _STORED.fullmatch(stored or "")
        if stored and not match:
            raise ConfigError(f"the stored cursor {stored!r} is not one of icesat2: harvest with --full-refresh")
        if match is None or match[1] != release:
            return cls(release)
        reached, checked, *ends = (datetime.fromisoformat(text) if text else None for text in match.groups()[1:])
        return cls(release, reached, checked or reached, *ends)

    @property
    def stored(self) -> str | None:
        """The cursor as it is kept; it grows as a string, too, while one end is read.

        ``007 2026-01-02T03:04:05.678Z deletions 2026-01-02T04:00:00.000Z``, and where both ends are being read
        `` and 2026-02-02T03:04:05.678Z to 2026-03-01T00:00:00.000Z`` behind it.
        """
        if not self.reached:
            return None
        deletions = f" deletions {iso(self.checked)}" if self.checked else ""
        ends = f" and {iso(self.down_to)} to {iso(self.top)}" if self.down_to and self.top else ""
        return f"{self.release} {iso(self.reached)}{deletions}{ends}"

    @property
    def since(self) -> datetime | None:
        """The revision date at which the next walk upwards starts."""
        if not self.reached:
            return None
        # what lies far below the top had settled when the walk began
        return min(self.reached, self.top - LAG) if self.top else self.reached - LAG

    def is_too_old(self, now: datetime) -> bool:
        """Whether there may have been deletions that CMR does not tell any more."""
        return self.checked is not None and now - self.checked > FEED_REACHES

    def upwards(self, records: Iterable[Record]) -> Self:
        """The cursor once these records, the next ones from below, are stored, too."""
        dates = revision_dates(records)
        return replace(self, reached=max([*dates, *([self.reached] if self.reached else [])])) if dates else self

    def downwards(self, records: Iterable[Record]) -> Self:
        """The cursor once these records, the next ones from above, are stored, too."""
        dates = revision_dates(records)
        if not dates:
            return self
        return replace(self, down_to=min(dates), top=self.top or max(dates))

    def joined(self) -> Self:
        """The cursor once nothing is left between the ends."""
        return replace(self, reached=self.top or self.reached, down_to=None, top=None)


def revision_dates(records: Iterable[Record]) -> list[datetime]:
    """When each record last changed, of those that say so."""
    return [moment for record in records if (moment := revision_date(record))]


def revision_date(record: Record) -> datetime | None:
    """When a record last changed, by CMR's clock."""
    try:
        moment = datetime.fromisoformat(record["meta"]["revision-date"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
