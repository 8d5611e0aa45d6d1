"""Carbon Mapper's names, each taken apart once: scenes, plumes, sources, product collections and asset URLs.

Source: the names in the provider's public answers.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from tercet.errors import RecordError

GATEWAY = "https://api.carbonmapper.org/api/v1/catalog/asset/"
"""Permanent asset addresses; they want a bearer token."""
CDN = "https://catalog.carbonmapper.org/"
"""Where the signed addresses of REST answers point; their queries expire and are secrets."""

# a scene name is an instrument, a moment and a suffix that differs by instrument; a plume adds its part
_SCENE = r"(?P<instrument>[A-Za-z][A-Za-z0-9]*?)(?P<date>\d{8})t(?P<time>\d{6})(?P<suffix>[A-Za-z0-9._]*)"
_SCENE_NAME = re.compile(_SCENE, re.ASCII)
_PLUME = re.compile(rf"(?P<scene>{_SCENE})-(?:[A-Z]{{1,3}}|\d{{1,3}})", re.ASCII)
_SOURCE_QUERY = re.compile(r"\?|%3F", re.IGNORECASE)
_CENTISECONDS = re.compile(r"c(\d\d)(?!\d)", re.ASCII)

_COLLECTION = re.compile(r"l[234][a-c]?(?:-[A-Za-z0-9._]+)+", re.ASCII)
_VERSION_TOKEN = re.compile(r"v\d+[a-z]?|j\d{3}|jpl", re.ASCII)
_SHA1_MULTIHASH = re.compile(r"1114[0-9a-f]{40}", re.ASCII)
_GASES = frozenset({"ch4", "co2"})
_KINDS = frozenset({"vis", "ime", "rgb"})
_FILTERS = frozenset({"mf", "mfa", "mfal", "mfm", "mfma"})
_FILTER_OF = {"GAO": "mf", "ang": "mf"}
_DEPTH = 6
"""Collection, year, month, day, item, file."""


@dataclass(frozen=True, slots=True)
class SceneName:
    """A scene's name such as ``tan20260331t181625c77s4001``.

    Attributes:
        scene: the whole name.
        instrument: the provider's code, case kept: ``tan``, ``emi``, ``av3``, ``ang``, ``GAO``.
        second: start of the scene, UTC, to the second: ``2026-03-31T18:16:25``.
        fraction: its hundredths as milliseconds, ``770``; "000" where the name has none (all but Tanager).
    """

    scene: str
    instrument: str
    second: str
    fraction: str

    @classmethod
    def parse(cls, value: str) -> Self:
        """Take a scene's name apart; suffixes that nobody has seen yet are let through.

        Raises:
            RecordError: it is no such name.
        """
        match = _SCENE_NAME.fullmatch(value)
        if match is None:
            raise RecordError(f"{value!r} is not the name of a scene (instrument, yyyymmddtHHMMSS, suffix)")
        return cls(value, *_start(match))


@dataclass(frozen=True, slots=True)
class PlumeId(SceneName):
    """A plume id such as ``tan20260331t181625c77s4001-D``: its scene's name, a hyphen and a part."""

    @classmethod
    def parse(cls, value: str) -> Self:
        """Take a plume id apart; suffixes that nobody has seen yet are let through.

        Raises:
            RecordError: it does not begin like a scene name, or does not end with a part.
        """
        return cls(*_plume_id(value))


@lru_cache(maxsize=16)  # each is asked for several times in a row
def _plume_id(value: str) -> tuple[str, str, str, str]:
    match = _PLUME.fullmatch(value)
    if match is None:
        raise RecordError(
            f"{value!r} is not a plume id (instrument, yyyymmddtHHMMSS, suffix, hyphen, part): was it cut short?"
        )
    return match["scene"], *_start(match)


def _start(match: re.Match[str]) -> tuple[str, str, str]:
    """Instrument, second and fraction of a scene's name."""
    instrument, day, clock, suffix = match.group("instrument", "date", "time", "suffix")
    hundredths = _CENTISECONDS.match(suffix)
    second = f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}"
    return instrument, second, f"{hundredths[1]}0" if hundredths else "000"


def is_scene_name(value: str) -> bool:
    """Whether a text reads like the name of a scene: ``emi20240420t101448p07050``."""
    return _SCENE_NAME.fullmatch(value) is not None


def source_name(value: str) -> str:
    """The name of a source without the query that some answers leave on it, %3F or ?."""
    return _SOURCE_QUERY.split(value, maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class ProductCollection:
    """One of the provider's collections, such as ``l3a-vis-ch4-mfa-v3``; what its id does not say is None.

    Attributes:
        id: the whole id.
        level: ``l2b`` scene raster, ``l2c`` detection, ``l3a`` plume crop, ``l3c`` attribution, ``l4a`` emission.
        kind: ``vis`` pictures, ``ime`` integrated mass, ``rgb``; None also for l3a before that split.
        gas: ``ch4`` or ``co2``.
        filter: the matched filter: ``mfa``, ``mf``…
        version: ``v3e``, ``v002``, ``jpl``…
    """

    id: str
    level: str
    kind: str | None
    gas: str | None
    filter: str | None
    version: str | None

    @classmethod
    def parse(cls, value: str) -> "ProductCollection | None":
        """Take a collection id apart; None where it is no such id."""
        return _product_collection(value)


@lru_cache(maxsize=1024)
def _product_collection(value: str) -> ProductCollection | None:
    if not _COLLECTION.fullmatch(value):
        return None
    level, *tokens = value.split("-")
    version = tokens.pop() if _VERSION_TOKEN.fullmatch(tokens[-1]) else None
    return ProductCollection(
        value,
        level,
        kind=next((token for token in tokens if token in _KINDS), None),
        gas=next((token for token in tokens if token in _GASES), None),
        filter=next((token for token in tokens if token in _FILTERS), None),
        version=version,
    )


def usual_filter(gas: str | None, name: str) -> str:
    """The matched filter by which the provider quantifies a gas (either case) in a scene or plume of this name."""
    return "mfal" if gas and gas.upper() == "CO2" else _FILTER_OF.get(name[:3], "mfa")


def address_parts(url: str) -> tuple[ProductCollection, str, str, str | None] | None:
    """What `AssetUrl` holds, without one: it is asked for many times a record."""
    path, _, query = url.partition("#")[0].partition("?")
    origin = CDN if path.startswith(CDN) else GATEWAY
    parts = path.removeprefix(origin).split("/")
    if len(parts) != _DEPTH or not path.startswith(origin):
        return None
    name, year, month, day, item, file = parts
    key = file.removeprefix(f"{item}_{name}_")
    collection = _product_collection(name)
    # the folders repeat the date in the item: where they do not, the address is somebody else's
    if collection is None or key == file or not key or item[3:11] != year + month + day:
        return None
    return collection, item, key, _checksum(query) if query else None


@dataclass(frozen=True, slots=True)
class AssetUrl:
    """The address of one file, without host and signature.

    Attributes:
        collection: the provider's collection.
        item: plume id for l3a, scene name for l2b.
        key: the file's name after item and collection: ``plume.tif``.
        checksum: multihash (hex) of the bytes, where a signed address carried it.
    """

    collection: ProductCollection
    item: str
    key: str
    checksum: str | None = None

    @classmethod
    def parse(cls, url: str) -> "AssetUrl | None":
        """Take the address of either host apart; None where it is not one of theirs or breaks their rule."""
        found = address_parts(url)
        return cls(*found) if found else None

    @property
    def href(self) -> str:
        """The permanent address of the file."""
        return href(self.collection.id, self.item, self.key)


def href(collection_id: str, item: str, key: str) -> str:
    """The permanent address of a file of a plume or scene."""
    day = f"{item[3:7]}/{item[7:9]}/{item[9:11]}"
    return f"{GATEWAY}{collection_id}/{day}/{item}/{item}_{collection_id}_{key}"


def _checksum(query: str) -> str | None:
    for part in query.split("&"):
        if part.startswith("c=") and _SHA1_MULTIHASH.fullmatch(part, 2):
            return part[2:]
    return None
