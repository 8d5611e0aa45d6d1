"""What a granule's record says, whichever of CMR's formats it came in."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from tercet.errors import RecordError
from transforms.icesat2_footprint import Footprint, Shapes, footprint

Surface = Literal["umm", "echo10", "json", "stac", "file"]
"""What spoke: UMM-G, ECHO10, ``granules.json``, CMR-STAC, or a file here."""

Facts = Mapping[str, Any]
"""Fields of the file extension that are known of one file: ``file:size``, ``file:checksum``."""

DATA_FILE = ""
"""The key in `Granule.files` of facts that name no file: they are of the data file."""

# what says more of a granule wins, whichever came last
_RANKS: Final[Mapping[Surface, str]] = MappingProxyType(
    {"umm": "4", "echo10": "3", "json": "2", "stac": "1", "file": "0"}
)
# multihash codes (as varint) and digest lengths, https://github.com/multiformats/multicodec
_MULTIHASH: Final[Mapping[str, str]] = MappingProxyType(
    {"MD5": "d50110", "SHA-1": "1114", "SHA-256": "1220", "SHA-384": "2030", "SHA-512": "1340"}
)
_HEX: Final = frozenset("0123456789abcdef")
_BYTES_IN_MB = 2**20
_ROUNDING = 1e-3


class Granule(NamedTuple):
    """One granule.

    Attributes:
        surface: what spoke.
        granule_ur: CMR's name of it, unique at its provider, where stated.
        producer_id: the producer's file name, where stated.
        concept_id: CMR's id of the record, where stated.
        start: first moment as sent, where stated.
        end: last moment as sent, where stated.
        updated: when the record last changed, as sent, where stated.
        produced: when the file was made, as sent, where stated.
        orbit: orbits since launch at the start, where stated.
        urls: of files, pictures and services; not those that belong to the whole Collection.
        files: what is known of files, by name.
        footprint: where it lies.
        doi: of its release, where stated; else it follows from the release.
    """

    surface: Surface
    granule_ur: str | None
    producer_id: str | None
    concept_id: str | None
    start: str | None
    end: str | None
    updated: str | None
    produced: str | None
    orbit: int | None
    urls: Sequence[str]
    files: Mapping[str, Facts]
    footprint: Footprint
    doi: str | None = None


def placed(shapes: Shapes, name: str) -> Footprint:
    """The footprint of a granule.

    Raises:
        RecordError: it has none, or one that cannot be used.
    """
    try:
        made = footprint(shapes)
    except RecordError as error:
        raise RecordError(f"{name} has a footprint that cannot be read: {error}") from error
    if made is None:
        raise RecordError(
            f"{name} has no footprint: its record holds neither shapes nor an orbit, so it cannot be placed"
        )
    return made


def freshness(surface: Surface, updated: str) -> str:
    """Orders records of one granule: what CMR says in UMM-G wins over its thinner formats, the later over the earlier.

    Args:
        surface: what spoke.
        updated: when the record last changed, 2026-01-02T03:04:05.678Z, or "" where it does not say.
    """
    return _RANKS[surface] + updated


def size_in_bytes(megabytes: float) -> int | None:
    """The exact size behind a number of MB (2**20 bytes), or None where it was rounded.

    CMR's ten decimals and more leave whole bytes where the provider divided the exact size.
    """
    size = megabytes * _BYTES_IN_MB
    whole = round(size)
    return whole if whole > 0 and abs(size - whole) < _ROUNDING else None


def checksum(said: Mapping[str, Any]) -> Facts:
    """A file's checksum as a multihash, of CMR's Value and Algorithm; nothing where it is none that there is."""
    code, digest = _MULTIHASH.get(said.get("Algorithm", "")), str(said.get("Value")).lower()
    is_whole = code and len(digest) == 2 * int(code[-2:], 16) and _HEX.issuperset(digest)
    return {"file:checksum": f"{code}{digest}"} if is_whole else {}
