"""Who may download what from which collection of ESA's MAAP; all of them can be searched without a login.

One granule lies in several of them under one id. Source: the access classes that the mission's readers list and
ESA's data access pages; a collection's login is checked at download only.
"""

import functools
from collections.abc import Mapping
from typing import Final

REGISTERED: Final = "registered"
CAL_VAL: Final = "cal-val"
SPECIAL: Final = "special"

CLASSES: Mapping[str, str] = {
    REGISTERED: "everyone with an account",
    CAL_VAL: "the commissioning and calibration-validation teams",
    SPECIAL: "special users, or on request",
}
"""What `earthcare:access` says, the most open first."""

ACCESS: Mapping[str, str] = {
    "EarthCAREL1Validated": REGISTERED,
    "EarthCAREL2Validated": REGISTERED,
    "JAXAL2Validated": REGISTERED,
    "EarthCAREL0L1Products": CAL_VAL,
    "EarthCAREL2Products": CAL_VAL,
    "JAXAL2Products": CAL_VAL,
    "EarthCAREAuxiliary": CAL_VAL,
    "EarthCAREL1InstChecked": SPECIAL,
    "EarthCAREL2InstChecked": SPECIAL,
    "JAXAL2InstChecked": SPECIAL,
    "EarthCAREXMETL1DProducts10": SPECIAL,
    "EarthCAREOrbitData": SPECIAL,
}
"""Access class by collection id, without the suffix ``_MAAP`` that predecessors of the service did not have."""

_OPENNESS = {name: place for place, name in enumerate(CLASSES)}


def access(collection: str) -> str | None:
    """The access class of an upstream collection, None where it is not known."""
    return ACCESS.get(collection.removesuffix("_MAAP"))


def openness(collection: str) -> int:
    """Sorts upstream collections: the smaller, the more people may download from it; unknown ones last."""
    return _OPENNESS.get(access(collection) or "", len(_OPENNESS))


@functools.lru_cache(maxsize=256)
def most_open(collections: tuple[str, ...]) -> str | None:
    """The access class of a granule that lies in several collections, None where none of them is known."""
    return next((name for name in map(access, sorted(collections, key=openness)) if name), None)
