"""How far each of Carbon Mapper's two surfaces was read, in one word.

Neither follows the other: REST's publication times do not move when a plume is processed anew, STAC's times of change
do. So that one may fail while the other goes on, each has a moment of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from harvesters.base import Selection, iso
from tercet.errors import ConfigError, RecordError
from transforms.times import utc

LAG = timedelta(days=1)
"""How far before its cursor a walk starts: what is published is not always visible in the order of its times."""

SWEEP_EVERY = timedelta(days=1)
"""After this long all plumes are listed again: nothing else tells what vanished, or was processed anew."""

_OPEN = ".."


@dataclass(frozen=True, slots=True)
class Cursor:
    """A moment for each surface; None where it was not read yet.

    Attributes:
        rest: publication of the last plume, or acquisition of the last scene.
        stac: the last change of an Item.
    """

    rest: datetime | None = None
    stac: datetime | None = None

    @classmethod
    def parse(cls, value: str | None) -> "Cursor":
        """Read what `__str__` wrote.

        Raises:
            ConfigError: it is not one of ours.
        """
        rest, _, stac = (value or "").partition("/")
        try:
            return cls(_moment(rest), _moment(stac))
        except (RecordError, OverflowError) as error:
            raise ConfigError(f"{value!r} is no cursor of Carbon Mapper: harvest again with --full-refresh") from error

    def __str__(self) -> str:
        rest = iso(self.rest) if self.rest else _OPEN
        return f"{rest}/{iso(self.stac)}" if self.stac else rest

    @property
    def stored(self) -> str | None:
        """As a page carries it; None where nothing was read."""
        return str(self) if self.rest or self.stac else None


def is_due(selection: Selection, now: datetime, every: timedelta = SWEEP_EVERY) -> bool:
    """Whether all of a product is to be listed again."""
    if selection.cursor is None or selection.swept is None:
        return True
    return now - selection.swept >= every


def _moment(value: str) -> datetime | None:
    if value in ("", _OPEN):
        return None
    moment = datetime.fromisoformat(utc(value, name="cursor"))
    _ = moment - LAG  # the calendar's first day has no day before it
    return moment
