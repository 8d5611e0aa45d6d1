"""What a granule's record says, whichever of CMR's formats it came in."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Facts = Mapping[str, Any]
"""Fields of the file extension that are known of one file: ``file:size``, ``file:checksum``."""

DATA_FILE = ""
"""The key in `Granule.files` of facts that name no file: they are of the data file."""

_BYTES_IN_MB = 2**20
_ROUNDING = 1e-3


class Granule(NamedTuple):
    """One granule.

    Attributes:
        surface: which of CMR's formats spoke: ``umm`` or ``json``.
        granule_ur: CMR's name of it, unique at its provider.
        producer_id: the producer's file name, where stated.
        concept_id: CMR's id of the record, where stated.
        start: first moment as sent, where stated.
        end: last moment as sent, where stated.
        updated: when the record last changed, as sent, where stated.
        produced: when the file was made, as sent, where stated.
        orbit: orbits since launch at the start, where stated.
        urls: of files, pictures and services; not those that belong to the whole Collection.
        files: what is known of files, by name.
        geometry: GeoJSON, repaired.
    """

    surface: str
    granule_ur: str
    producer_id: str | None
    concept_id: str | None
    start: str | None
    end: str | None
    updated: str | None
    produced: str | None
    orbit: int | None
    urls: Sequence[str]
    files: Mapping[str, Facts]
    geometry: dict[str, Any]


def size_in_bytes(megabytes: float) -> int | None:
    """The exact size behind a number of MB (2**20 bytes), or None where it was rounded.

    CMR's ten decimals and more leave whole bytes where the provider divided the exact size.
    """
    size = megabytes * _BYTES_IN_MB
    whole = round(size)
    return whole if whole > 0 and abs(size - whole) < _ROUNDING else None
