"""What can be asked of Carbon Mapper only: its options, how they are sent, and whether an answer is about them.

The provider's filters tell `GAO` from `gao`, ignore parameters that they do not know, and answer a value that they do
not know with nothing: what a user writes is spelled as the provider does, and every answer is held against it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from harvesters.base import Option, Record, Selection
from tercet.errors import ConfigError, RecordError
from transforms.times import utc

log = logging.getLogger(__name__)

_INSTRUMENTS = {
    "gao": "GAO",
    "global airborne observatory": "GAO",
    "ang": "ang",
    "aviris-ng": "ang",
    "av3": "av3",
    "aviris-3": "av3",
    "emi": "emi",
    "emit": "emi",
    "tan": "tan",
    "tanager": "tan",
    "tanager-1": "tan",
    "ssc": "ssc",
}
_GASES = ("CH4", "CO2")
_SURFACES = ("rest", "stac")
_UNATTRIBUTED = frozenset({"", "NA", "NULL"})


def _instrument(value: str) -> str:
    # codes that are new to us go as they were written
    return _INSTRUMENTS.get(value.strip().lower(), value.strip())


def _one_of(values: tuple[str, ...], what: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        found = next((known for known in values if known.lower() == value.strip().lower()), None)
        if found is None:
            raise ConfigError(f"{value} is no {what} of Carbon Mapper: write {' or '.join(values)}")
        return found

    return parse


def _moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise ConfigError(f"{value} is no date: write 2026-01-31 or 2026-01-31T12:00:00Z") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def source_name(value: str) -> str:
    """The name of a source without the query that the provider's own links append, however it is encoded."""
    return unquote(value).strip().partition("?")[0]


OPTIONS: Mapping[str, Option] = {
    "gas": Option("Only this gas: CH4 or CO2.", _one_of(_GASES, "gas"), "GAS"),
    "instrument": Option("Only this instrument: tan, emi, av3, ang, GAO.", _instrument, "CODE", multiple=True),
    "sector": Option("Only this sector: 1B2, 6A, 1B1a…; NA where none is known.", str.strip, "CODE", multiple=True),
    "published-since": Option("Only what was published since a date.", _moment, "DATE"),
    "source": Option(
        "Only a source and its plumes, by its name or by the id of one of its plumes.",
        source_name,
        "NAME",
        multiple=True,
    ),
    "surface": Option("Ask one of the provider's APIs only: rest or stac.", _one_of(_SURFACES, "surface"), "NAME"),
    "verify-assets": Option("Ask for each file of stored Items that nobody has seen yet, instead of harvesting."),
}


_FITS = {
    "gas": ("plumes", "sources"),
    "sector": ("plumes", "sources"),
    "source": ("plumes", "sources"),
    "surface": ("plumes", "scenes"),
    "verify-assets": ("plumes", "scenes"),
}
"""The products that an option is about, where it is not about all of them."""


def fitting(products: Sequence[str], options: Mapping[str, Any]) -> tuple[str, ...]:
    """Those of some products that all options are about.

    Raises:
        ConfigError: there is none.
    """
    found = tuple(product for product in products if all(product in _FITS.get(name, products) for name in options))
    if not found:
        given = " and ".join(f"--{name}" for name in options if name in _FITS)
        raise ConfigError(f"{given} cannot be asked of {' and '.join(products)}: ask for another --product")
    if left_out := [product for product in products if product not in found]:
        log.warning("%s cannot be chosen so, and are left out", " and ".join(left_out))
    return found


@dataclass(frozen=True, slots=True)
class Filters:
    """What a harvest wants of plumes and scenes beside place and time; what is None or empty wants all."""

    gas: str | None = None
    instruments: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    published_since: datetime | None = None

    @classmethod
    def of(cls, selection: Selection) -> "Filters":
        """The options of a harvest."""
        options = selection.options
        return cls(
            options.get("gas"),
            frozenset(options.get("instrument", ())),
            frozenset(options.get("sector", ())),
            options.get("published-since"),
        )

    @property
    def params(self) -> dict[str, Any]:
        """The query parameters of REST; a list repeats its key."""
        params: dict[str, Any] = {}
        if self.gas:
            params["plume_gas"] = self.gas
        if self.instruments:
            params["instruments"] = sorted(self.instruments)
        if self.sectors:
            # what is not attributed has the one code, or the other, or none
            unknown = set() if self.sectors.isdisjoint(_UNATTRIBUTED) else {"NA", "NULL"}
            params["sectors"] = sorted(self.sectors | unknown)
        return params

    def ignored(self, record: Record) -> str | None:
        """The parameter that a REST record does not meet: the provider must have ignored it."""
        if self.gas and record.get("gas") not in (self.gas, None):
            return "plume_gas"
        if self.instruments and record.get("instrument") not in (*self.instruments, None):
            return "instruments"
        return None if self._in_sectors(record.get("sector")) else "sectors"

    def wants_feature(self, feature: Record) -> bool:
        """Whether a STAC Item is wanted: STAC is not asked for any of this, so it is filtered here."""
        said = feature.get("properties") or {}
        gas = str(said.get("cm:plume:gas") or said.get("cm:gas") or self.gas)
        code = str(feature.get("id"))[:3]
        if (self.gas and gas.upper() != self.gas) or (self.instruments and code not in self.instruments):
            return False
        sector = next((said[name] for name in ("cm:plume:sector", "cm:sector") if name in said), _UNSAID)
        return (sector is _UNSAID or self._in_sectors(sector)) and self.wants_published(said.get("cm:modified"))

    def wants_published(self, value: Any) -> bool:  # noqa: ANN401 - any JSON value
        """Whether something was published, or changed, late enough."""
        if self.published_since is None:
            return True
        moment = moment_of(value)
        return moment is None or moment >= self.published_since

    def _in_sectors(self, sector: Any) -> bool:  # noqa: ANN401 - any JSON value
        if not self.sectors or sector in self.sectors:
            return True
        return (sector is None or sector in _UNATTRIBUTED) and not self.sectors.isdisjoint(_UNATTRIBUTED)


_UNSAID = object()


def moment_of(value: Any) -> datetime | None:  # noqa: ANN401 - any JSON value
    """A provider's timestamp, None where it is none: the record is rejected later, with its reason."""
    try:
        return datetime.fromisoformat(utc(value)) if value else None
    except RecordError:
        return None
