"""Sensing time in windows: what to ask of the service, and which answers are whose."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harvesters.base import Record, iso

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""What stands for open ends, of which the service takes one only."""
LAUNCH = datetime(2024, 5, 28, tzinfo=UTC)
"""No frame starts before; what is valid may."""
DAY = timedelta(days=1)
LONGEST = timedelta(days=32)
"""Windows with few records grow up to this; the first one with many makes them a day again."""
FEW = 62
"""Half of what a day brings of one product type."""
TICK = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class SensingWindow:
    """A half-open interval of a walk.

    Attributes:
        takes_earlier: whether it also takes what started before and reaches into it.
    """

    start: datetime
    end: datetime
    takes_earlier: bool = False

    @property
    def interval(self) -> str:
        """As the service takes it: both ends are included, and what overlaps matches."""
        return f"{iso(self.start)}/{iso(max(self.start, self.end - TICK))}"

    def owns(self, record: Record) -> bool:
        """Whether a record starts here; what cannot be read is kept, to be rejected."""
        properties = record.get("properties")
        said = isinstance(properties, dict) and (properties.get("start_datetime") or properties.get("datetime"))
        start = moment_of(said)
        return start is None or ((self.takes_earlier or start >= self.start) and start < self.end)


@dataclass(slots=True)
class Windows:
    """An interval cut into windows, as wide as what the last one brought allows."""

    start: datetime
    end: datetime
    takes_earlier: bool = True
    received: int = FEW

    def __iter__(self) -> Iterator[SensingWindow]:
        start, width, takes_earlier = self.start, DAY, self.takes_earlier
        while start < self.end:
            stop = min(start + width, self.end)
            yield SensingWindow(start, stop, takes_earlier)
            # whoever walks has said meanwhile what came
            width = min(2 * width, LONGEST) if self.received < FEW else DAY
            start, takes_earlier = stop, False


def moment_of(text: object) -> datetime | None:
    """A moment as the service spells it, in UTC where it does not say; None where it is none."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
