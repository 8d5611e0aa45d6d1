"""Versions in order of age: of emissions, of the rasters that go with them, and of the software behind both.

Source: the provider's log (github.com/carbon-mapper/platform-public, CHANGELOG.md), and its public answers.
"""

import re
from functools import lru_cache

_VERSION = re.compile(r"v(\d+)(.*)", re.ASCII)
_SOFTWARE = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?(.*)", re.ASCII)
_RASTERS_ONLY = frozenset({1, 2})


@lru_cache(maxsize=256)
def version_rank(version: str | None) -> str:
    """Spell a version so that sorting by bytes sorts by age.

    Number, then letter: v3 < v3a < v3e < v10; v002 is v2; what NASA JPL made (jpl, j001) comes before v0, and what
    has no version before that.
    """
    match = _VERSION.fullmatch(version or "")
    return f"1{int(match[1]):05d}{match[2]}" if match else f"0{version or ''}"


@lru_cache(maxsize=1024)
def software_rank(version: str | None) -> str:
    """Spell the version of the provider's software so that sorting by bytes sorts by age; "" where it is not known."""
    match = _SOFTWARE.fullmatch(version or "")
    if match is None:
        return ""
    numbers = ".".join(f"{int(number or 0):04d}" for number in match.group(1, 2, 3))
    return numbers + (match[4] or "~")  # 3.8.1-alpha.2 comes before 3.8.1


def version_number(version: str | None) -> int | None:
    """The number in a version, 3 of v3e; None where it has none."""
    match = _VERSION.fullmatch(version or "")
    return int(match[1]) if match else None


def emission_version(rasters: str | None) -> str | None:
    """The version of the emission that rasters of a version are taken to go with, where nobody says.

    There are no emissions of v2: its rasters (v2, v002) and those of v1 go with the emissions of v1.
    """
    return "v1" if version_number(rasters) in _RASTERS_ONLY else rasters


def nearest(rank: str, ranks: list[str]) -> str:
    """The last of some ranks that is not later than a given one; the first where all are later."""
    earlier = [other for other in ranks if other <= rank]
    return max(earlier) if earlier else min(ranks)
