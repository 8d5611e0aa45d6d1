"""ICESat-2's file names: parsed once into a value that can write itself back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Self

from tercet.errors import RecordError

# orbits that were flown before the first one that counts as reference ground track 1 of cycle 1: the same in
# every record and file at hand that names its orbit (cycles 1 to 17)
ORBITS_BEFORE_CYCLE_1 = 201
TRACKS = 1387

HEMISPHERES: Mapping[str, str] = MappingProxyType({"01": "north", "02": "south"})
"""What a hemisphere's number means."""

OrbitState = Literal["ascending", "descending", "crossing"]

_END = r"_(?P<release>\d{3})_(?P<revision>\d\d)(?:_(?P<tag>[A-Za-z]\w*))?(?P<suffix>\.[a-z]\w*)"
_PRODUCT = r"(?P<prefix>processed_)?(?P<product>ATL\d\d(?:QL)?)"
_CYCLES = r"(?P<first_cycle>\d\d)(?P<last_cycle>\d\d)"

GRAMMARS = tuple(
    re.compile(grammar, re.ASCII)
    for grammar in (
        # ATL08_20191211143520_11560506_006_01.h5; ATL07-01_…; ATL24_…_006_02_002_01.h5 names its source's, too
        _PRODUCT
        + r"(?:-(?P<hemisphere>\d\d))?_(?P<start>\d{14})_(?P<rgt>\d{4})(?P<cycle>\d\d)(?P<region>\d\d)"
        + r"(?:_(?P<source_release>\d{3})_(?P<source_revision>\d\d))?"
        + _END,
        # ATL11_135803_0311_004_01.h5
        _PRODUCT + r"_(?P<rgt>\d{4})(?P<region>\d\d)_" + _CYCLES + _END,
        # ATL14_IS_0311_100m_001_01.nc
        _PRODUCT + r"_(?P<area>[A-Z][A-Z0-9]?)_" + _CYCLES + r"_(?P<resolution>\d+k?m)" + _END,
    )
)
_NUMBERS = frozenset({"rgt", "cycle", "region", "first_cycle", "last_cycle", "revision", "source_revision"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GranuleName:
    """A file name of ICESat-2; what its grammar does not hold is None, or "" at the ends.

    Attributes:
        product: short name: ATL08.
        start: fourteen digits of date and time, UTC.
        rgt: reference ground track, 1 to 1387.
        cycle: repeat cycle of 91 days; grids name the one that they start in.
        region: fourteenth of the orbit, 1 to 14; 1 where granules are not cut so.
        first_cycle: first of several cycles.
        last_cycle: last of several cycles.
        hemisphere: 01 north, 02 south.
        area: area of a grid: IS is Iceland.
        resolution: of a grid: 100m.
        source_release: release of the granule that it was made from.
        source_revision: revision of the granule that it was made from.
        release: three digits.
        revision: counts up when a granule is made again.
        prefix: what a subsetter put before.
        tag: what a subsetter put behind.
        suffix: with its dot; of a GranuleUR with what CMR put behind it: ".h5_dpyQXxz6".
    """

    product: str
    release: str
    revision: int
    start: str | None = None
    rgt: int | None = None
    cycle: int | None = None
    region: int | None = None
    first_cycle: int | None = None
    last_cycle: int | None = None
    hemisphere: str | None = None
    area: str | None = None
    resolution: str | None = None
    source_release: str | None = None
    source_revision: int | None = None
    prefix: str = ""
    tag: str = ""
    suffix: str = ".h5"

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read a file name.

        Raises:
            RecordError: it follows no grammar of ICESat-2.
        """
        for grammar in GRAMMARS:
            match = grammar.fullmatch(name)
            if match:
                fields: dict[str, Any] = {
                    key: int(text) if key in _NUMBERS else text
                    for key, text in match.groupdict().items()
                    if text is not None
                }
                return cls(**fields)
        raise RecordError(
            f"{name!r} is not the name of an ICESat-2 granule, such as ATL08_20191211143520_11560506_006_01.h5; "
            "Tercet takes granules of ATLAS/ICESat-2 only"
        )

    def __str__(self) -> str:
        hemisphere = f"-{self.hemisphere}" if self.hemisphere else ""
        parts = [f"{self.prefix}{self.product}{hemisphere}", *self._middle()]
        if self.source_release:
            parts += [self.source_release, f"{self.source_revision:02d}"]
        parts += [self.release, f"{self.revision:02d}"]
        return "_".join([*parts, self.tag] if self.tag else parts) + self.suffix

    def _middle(self) -> list[str]:
        cycles = f"{self.first_cycle:02d}{self.last_cycle:02d}" if self.first_cycle is not None else ""
        if self.area:
            return [self.area, cycles, str(self.resolution)]
        if cycles:
            return [f"{self.rgt:04d}{self.region:02d}", cycles]
        return [str(self.start), f"{self.rgt:04d}{self.cycle:02d}{self.region:02d}"]

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return str(self).removesuffix(self.suffix)

    @property
    def subject(self) -> str:
        """What revisions replace each other of: the stem without revision, and without what it was made from."""
        hemisphere = f"-{self.hemisphere}" if self.hemisphere else ""
        return "_".join([f"{self.prefix}{self.product}{hemisphere}", *self._middle(), self.release])

    @property
    def rank(self) -> str:
        """Orders revisions byte by byte; between equal ones the newer source wins."""
        source = f".{self.source_release}.{self.source_revision:02d}" if self.source_release else ""
        return f"{self.revision:02d}{source}"

    @property
    def absolute_orbit(self) -> int | None:
        """Orbits since launch at the start, where track and cycle tell."""
        if not self.cycle or not self.rgt:
            return None
        return TRACKS * (self.cycle - 1) + self.rgt + ORBITS_BEFORE_CYCLE_1


def orbit_state(region: int) -> OrbitState:
    """Where a region's fourteenth of the orbit leads: regions 4 and 11 turn beside the poles."""
    if region in (4, 11):
        return "crossing"
    return "descending" if 4 < region < 11 else "ascending"  # noqa: PLR2004 - the two turns, as above


def file_name(granule_ur: str) -> str:
    """The file's name in CMR's name of a granule, which may have an ending of its own."""
    stem, dot, suffix = granule_ur.rpartition(".")
    return stem + dot + suffix.partition("_")[0] if dot else granule_ur
