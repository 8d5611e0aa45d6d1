"""What a provider has and has no more: time windows, and claims about what lies in them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from tercet.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open interval of acquisition time, in UTC; an end that is None is open.

    Raises:
        ConfigError: an end carries no time zone, or the window ends before it starts.
    """

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None and moment.tzinfo is None:
                raise ConfigError(f"{moment.isoformat()} has no time zone: write it in UTC, with a Z")
        if self.start and self.end and self.start >= self.end:
            raise ConfigError(
                f"--since {iso(self.start)} is not before --until {iso(self.end)}: swap them, or leave one out"
            )

    @property
    def is_open(self) -> bool:
        """Whether nothing was asked of the acquisition time."""
        return self.start is None and self.end is None


def iso(moment: datetime) -> str:
    """Spell a moment as RFC 3339 in UTC with milliseconds: 2026-01-02T03:04:05.678Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A version that the provider says it has deleted.

    Attributes:
        collection: the Collection that holds it while it is current.
        archive_id: its `Entry.archive_id`.
        freshness: when it was deleted, as `Entry.freshness` spells it: what is known to be newer stays.
    """

    collection: str
    archive_id: str
    freshness: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The walk has now named all that the provider has of a Collection: what it did not name is gone.

    Only a walk that began at the start of the window, in this very run, and lost nothing on the way may say so.

    Attributes:
        collection: the Collection that holds the current ones.
        window: of the acquisition time that was listed, by the time at which each Item starts.
        every_version: whether superseded versions are listed, too. Where they are not, those below a version that
            was named stay.
    """

    collection: str
    window: Window = field(default_factory=Window)
    every_version: bool = True
