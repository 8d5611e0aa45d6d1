"""What a granule says of itself: product, track, cycle, which way the spacecraft flew, and its epoch."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.errors import RecordError
from tercet.readers.hdf5 import Hdf5, Wanted
from tercet.readers.icesat2.times import EPOCH_GPS
from transforms.icesat2_names import GranuleName, file_name

_EPOCH: Final = "ancillary_data/atlas_sdp_gps_epoch"
_ORIENTATION: Final = "orbit_info/sc_orient"
_NUMBERS: Final = {
    "rgt": ("orbit_info/rgt", "ancillary_data/start_rgt"),
    "cycle": ("orbit_info/cycle_number", "ancillary_data/start_cycle"),
    "region": ("ancillary_data/start_region",),
}
_RELEASE: Final = "ancillary_data/release"
FACTS: Final = (_EPOCH, _ORIENTATION, _RELEASE, *(path for paths in _NUMBERS.values() for path in paths))
"""Paths of all that is read for them."""

TRANSITION: Final = "transition"
ORIENTATIONS: Final = ("backward", "forward", TRANSITION)
"""What ``sc_orient`` counts."""
_PRODUCT: Final = re.compile(r"ATL\d\d(?:QL)?", re.ASCII)
"""EarthCARE's ATL_NOM_1B is none."""
_STATED: Final = (
    ("", "short_name"),
    ("", "identifier_product_type"),
    ("METADATA/DatasetIdentification", "shortName"),
)
"""Where a file says what product it is; the root first, for it is read in any case."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one granule; what it does not say is None.

    Attributes:
        epoch_gps: GPS seconds from which ``delta_time`` counts.
        orientation: forward or backward; transition where it changed, or says so.
        rgt: reference ground track, 1 to 1387.
        cycle: repeat cycle of 91 days.
        region: fourteenth of the orbit.
        release: three digits.
    """

    epoch_gps: float = EPOCH_GPS
    orientation: str | None = None
    rgt: int | None = None
    cycle: int | None = None
    region: int | None = None
    release: str | None = None

    @classmethod
    def of(cls, read: Mapping[str, NDArray[Any]], name: GranuleName | None) -> "Facts":
        """Take them from arrays by path, and from the granule's name where those are missing.

        Args:
            read: those of `FACTS` that the file holds.
            name: the granule's own; None where nobody knows it.
        """
        epoch = _numbers(read.get(_EPOCH))
        said = {key: _same(read, paths) for key, paths in _NUMBERS.items()}
        of_name = {key: getattr(name, key) for key in said} if name else {}
        return cls(
            epoch_gps=epoch[0] if epoch and 0 < epoch[0] < 1e10 else EPOCH_GPS,  # noqa: PLR2004 - seconds of 300 years
            orientation=_orientation(read.get(_ORIENTATION)),
            release=_text(read.get(_RELEASE)) or (name.release if name else None),
            **{key: said[key] if said[key] is not None else of_name.get(key) for key in said},
        )


def wanted_facts(arrays: Mapping[str, Any]) -> list[Wanted]:
    """What to read for them: small, and asked for together with something else."""
    return [Wanted(path) for path in FACTS if path in arrays]


def granule_name(file: Hdf5) -> GranuleName | None:
    """The granule's own name: that of the file, else what a renamed one says of itself in its METADATA."""
    named = _parsed(file.name.replace("\\", "/").rsplit("/", 1)[-1])
    return named or _parsed(_attribute(file, "METADATA/DatasetIdentification", "fileName"))


def _parsed(name: str) -> GranuleName | None:
    try:
        return GranuleName.parse(file_name(name))
    except RecordError:
        return None


def product_named(file: Hdf5) -> str | None:
    """The short name of its product, as the file or its name says; None where neither does."""
    for place in _STATED:
        found = _PRODUCT.match(_attribute(file, *place))
        if found:
            return found[0]
    name = granule_name(file)
    return name.product if name else None


def text(value: Any) -> str:  # noqa: ANN401 - attributes are of any type
    """An attribute as text; R and xarray write arrays of one."""
    if isinstance(value, np.ndarray):
        value = value.flat[0] if value.size == 1 else ""
    return "" if value is None else str(value).strip()


def _text(values: NDArray[Any] | None) -> str:
    return str(values.flat[0]).strip() if values is not None and values.size else ""


def _attribute(file: Hdf5, group: str, name: str) -> str:
    return text(file.attributes(group).get(name)) if file.look([group]) else ""


def _numbers(values: NDArray[Any] | None) -> list[float]:
    if values is None or values.dtype.kind not in "iuf":
        return []
    limit = np.iinfo(values.dtype).max if values.dtype.kind in "iu" else np.inf
    return [float(value) for value in values.ravel() if value < limit]


def _same(read: Mapping[str, NDArray[Any]], paths: Sequence[str]) -> int | None:
    """The one number that they say; several cycles of one track have none."""
    for path in paths:
        found = set(_numbers(read.get(path)))
        if len(found) == 1:
            return int(found.pop())
    return None


def _orientation(values: NDArray[Any] | None) -> str | None:
    found = {int(value) for value in _numbers(values)}
    if not found <= set(range(len(ORIENTATIONS))):
        return None
    return one_of(ORIENTATIONS[value] for value in found)


def one_of(orientations: Iterable[str]) -> str | None:
    """The orientation of all; transition where there are several."""
    found = set(orientations)
    return (found.pop() if len(found) == 1 else TRANSITION) if found else None
