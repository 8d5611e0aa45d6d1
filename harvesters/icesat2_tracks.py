"""Granules by reference ground track, cycle, region or orbit: what their names say, for CMR and for us.

CMR knows none of these of a granule, but finds names by pattern; every product has a grammar of its own.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product as combinations
from math import prod
from typing import Any, Final

from harvesters.base import Record
from tercet.errors import ConfigError, RecordError
from transforms.icesat2_names import ORBITS_BEFORE_CYCLE_1, TRACKS, GranuleName, file_name
from transforms.icesat2_products import PRODUCTS, Cut

log = logging.getLogger(__name__)

MOST_PATTERNS: Final = 100
"""Names that one search asks for; beyond it asks wider, and what comes is looked through."""

_WIDTHS: Final = {"rgt": 4, "cycle": 2, "region": 2}
_ALL_THERE_ARE: Final = {"rgt": TRACKS, "cycle": 40, "region": 14}
_HEMISPHERES: Final = ("ATL07", "ATL10")
_KNOWN_BY: Final[Mapping[Cut, tuple[str, ...]]] = {
    "region": ("rgt", "cycle", "region", "orbit"),
    "pass": ("rgt", "cycle", "orbit"),
    "track": ("rgt", "cycle", "region"),
    "grid": (),
}


@dataclass(frozen=True, slots=True)
class Tracks:
    """What was asked of the tracks.

    Attributes:
        short_name: of the product.
        rgts: reference ground tracks, 1 to 1387; empty for any.
        cycles: of 91 days; empty for any.
        regions: 1 to 14; empty for any.
        orbits: (track, cycle) of each orbit since launch that was asked for; empty for any.
    """

    short_name: str
    rgts: frozenset[int] = frozenset()
    cycles: frozenset[int] = frozenset()
    regions: frozenset[int] = frozenset()
    orbits: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def of(cls, short_name: str, options: Mapping[str, Any]) -> "Tracks":
        """Read the options of a harvest.

        Raises:
            ConfigError: granules of this product are not known by one of them, or an orbit flew no such track.
        """
        cut = PRODUCTS[short_name].cut
        for name in ("rgt", "cycle", "region", "orbit"):
            if name in options and name not in _KNOWN_BY[cut]:
                known = ", ".join(f"--{other}" for other in _KNOWN_BY[cut])
                instead = f"it has {known}" if known else "it is a grid: choose by --since, --until and --granule"
                raise ConfigError(f"granules of {short_name} are not told apart by --{name}: {instead}")
        wanted = {name: frozenset(options.get(name, ())) for name in ("rgt", "cycle", "region", "orbit")}
        orbits = frozenset(_track_of(orbit) for orbit in wanted["orbit"])
        return cls(short_name, wanted["rgt"], wanted["cycle"], wanted["region"], orbits)

    @property
    def patterns(self) -> list[str]:
        """Patterns of granule names, for CMR: none where any name will do."""
        asked = {"rgt": self.rgts, "cycle": self.cycles, "region": self.regions}
        if PRODUCTS[self.short_name].cut == "track":  # their names have the first and the last cycle only
            asked["cycle"] = frozenset()
        while prod(len(numbers) or 1 for numbers in asked.values()) > MOST_PATTERNS:
            asked[max(asked, key=lambda kind: len(asked[kind]) / _ALL_THERE_ARE[kind])] = frozenset()
        rgts, cycles, regions = (_spelled(kind, numbers) for kind, numbers in asked.items())
        tracks: Iterable[tuple[str, str]] = combinations(rgts, cycles)
        if 0 < len(self.orbits) * len(regions) <= MOST_PATTERNS:
            tracks = [(f"{rgt:04d}", f"{cycle:02d}") for rgt, cycle in sorted(self.orbits)]
        names = [(*track, region) for track, region in combinations(tracks, regions)]
        return [self._pattern(*name) for name in names if any(part.isdecimal() for part in name)]

    def has(self, record: Record) -> bool:
        """Whether a granule is one of those that were asked for; what has no readable name is."""
        if not (self.rgts or self.cycles or self.regions or self.orbits):
            return True
        try:
            name = GranuleName.parse(file_name(record["umm"]["GranuleUR"]))
        except (KeyError, TypeError, RecordError):
            return True
        return (
            (not self.rgts or name.rgt in self.rgts)
            and (not self.cycles or not self.cycles.isdisjoint(_cycles(name)))
            and (not self.regions or name.region in self.regions)
            and (not self.orbits or (name.rgt, name.cycle) in self.orbits)
        )

    def _pattern(self, rgt: str, cycle: str, region: str) -> str:
        if PRODUCTS[self.short_name].cut == "track":
            return f"{self.short_name}_{rgt}{region}_*"
        hemisphere = "-??" if self.short_name.startswith(_HEMISPHERES) else ""
        return f"{self.short_name}{hemisphere}_{'?' * 14}_{rgt}{cycle}{region}_*"


def told_apart(products: Sequence[str], options: Mapping[str, Any]) -> tuple[str, ...]:
    """The products whose granules can be chosen so; of several, the others are left out and named.

    Raises:
        ConfigError: there is none.
    """
    refused: dict[str, ConfigError] = {}
    for product in products:
        try:
            Tracks.of(product.partition(".")[0], options)
        except ConfigError as error:
            refused[product] = error
    fitting = tuple(product for product in products if product not in refused)
    if not fitting:
        raise next(iter(refused.values()))
    if refused:
        log.warning("left out, for their granules are not told apart so: %s", ", ".join(refused))
    return fitting


def _spelled(kind: str, numbers: Iterable[int]) -> Sequence[str]:
    width = _WIDTHS[kind]
    return [f"{number:0{width}d}" for number in sorted(numbers)] or ["?" * width]


def _cycles(name: GranuleName) -> Iterable[int]:
    if name.first_cycle is not None and name.last_cycle is not None:
        return range(name.first_cycle, name.last_cycle + 1)
    return [] if name.cycle is None else [name.cycle]


def _track_of(orbit: int) -> tuple[int, int]:
    flown = orbit - ORBITS_BEFORE_CYCLE_1 - 1
    if flown < 0:
        raise ConfigError(
            f"--orbit {orbit} is before the first reference ground track: ICESat-2 counts them from orbit "
            f"{ORBITS_BEFORE_CYCLE_1 + 1} on"
        )
    return flown % TRACKS + 1, flown // TRACKS + 1
