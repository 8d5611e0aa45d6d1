"""What can be asked of EarthCARE only: levels, instruments, baselines, orbits, frames, a radius around a point."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from harvesters.base import Option, Selection
from harvesters.earthcare_circle import Circle
from tercet.errors import ConfigError
from transforms.earthcare_names import ProductName, level
from transforms.earthcare_products import INSTRUMENTS

LEVELS = ("L0", "L1", "L1B", "L1C", "L1D", "L2", "L2A", "L2B")
FRAMES = "ABCDEFGH"

_PERIOD = timedelta(seconds=5552.7)
_ANCHORS = (
    # the orbits that recorded products name, and when those frames started
    (27, datetime.fromisoformat("2024-05-30T14:38:36Z")),
    (1101, datetime.fromisoformat("2024-08-07T17:38:55Z")),
    (4366, datetime.fromisoformat("2025-03-05T13:45:40Z")),
    (7820, datetime.fromisoformat("2025-10-13T13:14:44Z")),
)
_DOUBT = timedelta(days=1)
"""Far more than an orbit ever was away from where the nearest anchor puts it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a product type is wanted, as its name tells it.

    Attributes:
        baselines: any of these; none for all.
        orbits: the first and the last; None for all.
        frames: any of these; none for all.
    """

    baselines: tuple[str, ...] = ()
    orbits: tuple[int, int] | None = None
    frames: tuple[str, ...] = ()

    @classmethod
    def of(cls, selection: Selection) -> "Wanted":
        """What a selection's options ask for."""
        given = selection.options
        return cls(given.get("baseline", ()), given.get("orbit"), given.get("frame", ()))

    def has(self, name: ProductName) -> bool:
        """Whether a product is wanted; where one is asked for by its orbit, those without one are not."""
        return (
            (not self.baselines or name.baseline in self.baselines)
            and (not self.frames or name.frame in self.frames)
            and (self.orbits is None or (name.orbit is not None and self.orbits[0] <= name.orbit <= self.orbits[1]))
        )

    @property
    def span(self) -> tuple[datetime | None, datetime | None]:
        """When the wanted orbits were flown, with a day of doubt at either end; (None, None) for all."""
        if self.orbits is None:
            return None, None
        first, last = self.orbits
        return _flown(first) - _DOUBT, _flown(last + 1) + _DOUBT


def _flown(orbit: int) -> datetime:
    known, moment = min(_ANCHORS, key=lambda anchor: abs(anchor[0] - orbit))
    return moment + (orbit - known) * _PERIOD


def fits(product_type: str, options: Mapping[str, Any]) -> bool:
    """Whether a product type is of a wanted level and made from a wanted instrument."""
    levels, instruments = options.get("level", ()), options.get("instrument", ())
    has_level = not levels or (level(product_type) or "-").startswith(levels)
    return has_level and (not instruments or bool({*instruments} & {*INSTRUMENTS.get(product_type[:3], ())}))


def _level(text: str) -> str:
    value = "L" + text.strip().upper().removeprefix("L")
    return _one_of(value, LEVELS, text, "level")


def _instrument(text: str) -> str:
    return _one_of(text.strip().lower(), sorted({name for names in INSTRUMENTS.values() for name in names}), text)


def _one_of(value: str, known: Iterable[str], text: str, what: str = "instrument") -> str:
    if value not in known:
        raise ConfigError(f"{text!r} is no {what} of EarthCARE: it has {', '.join(known)}")
    return value


def _baseline(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text.strip()):
        raise ConfigError(f"{text!r} is no baseline: write two letters, BA")
    return text.strip().upper()


def _orbit(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text.strip(), re.ASCII)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise ConfigError(f"{text!r} is no orbit or range of orbits: write 4366, or 4366-4380")
    return first, last


def _frame(text: str) -> str:
    value = text.strip().upper()
    if len(value) != 1 or value not in FRAMES:
        raise ConfigError(f"{text!r} is no frame: write one letter, {FRAMES[0]} to {FRAMES[-1]}")
    return value


def _radius(text: str) -> Circle:
    try:
        longitude, latitude, km = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"{text!r} is not three numbers: longitude,latitude,kilometres") from None
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90 and 0 < km <= 2000):  # noqa: PLR2004 - the globe
        raise ConfigError(
            f"{text!r}: longitude is within ±180, latitude within ±90, and the radius above 0 and up to 2000 km"
        )
    return Circle(longitude, latitude, km)


OPTIONS: Mapping[str, Option] = {
    "level": Option(
        "Product types of this processing level: L0, L1 (all of it), L1B, L2A…; all that fit, where no --product "
        "is named.",
        _level, "LEVEL", multiple=True, narrows=False,
    ),
    "instrument": Option(
        "Product types made from this instrument, alone or with others: atlid, bbr, cpr or msi; all that fit, where "
        "no --product is named.",
        _instrument, "NAME", multiple=True, narrows=False,
    ),
    "baseline": Option("Only this processing baseline: BA.", _baseline, "XX", multiple=True),
    "orbit": Option("Only this absolute orbit, or those from the first to the last: 4366-4380.", _orbit, "N[-M]"),
    "frame": Option("Only this eighth of each orbit: A to H.", _frame, "LETTER", multiple=True),
    "radius": Option(
        "Only what comes so near to a point, measured on the ground track or swath (true to about a kilometre).",
        _radius, "LON,LAT,KM",
    ),
}  # fmt: skip
