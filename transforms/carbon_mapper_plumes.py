"""What is known of a plume, put together: which versions it has, and what holds for each.

Emissions make the versions: those of REST, CSV and the collections l4a. Rasters (l3a) go with an emission: with the
one whose record names their collection, else with that of the same version, else with the nearest. What is said of
the plume holds for all of its versions, and what was changed last holds. Nothing here depends on the order in which
records came.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transforms.carbon_mapper_names import ProductCollection, usual_filter
from transforms.carbon_mapper_versions import emission_version, nearest, software_rank, version_rank

Said = Mapping[str, Any]
"""What one record says: `Part.said`."""

EMISSIONS = frozenset({"rest", "related", "csv", "l4a"})
RASTERS = frozenset({"vis", "ime", "l3a"})
# of those that say the same plume was changed at the same time by the same software, the first holds
_PRECEDENCE = {says: place for place, says in enumerate(("l2c", "l3a", "vis", "ime", "l4a", "csv", "related", "rest"))}
_SAME = 1e-6
"""Relative difference of numbers that mean the same."""


@dataclass(slots=True)
class Version:
    """One version of a plume.

    Attributes:
        rank: its place among the versions.
        label: as the provider spells it; None where nobody says.
        emissions: what is said of its emission, the newest first.
        rasters: STAC Items of its rasters, the best first.
    """

    rank: str
    label: str | None = None
    emissions: list[Said] = field(default_factory=list)
    rasters: list[Said] = field(default_factory=list)

    @property
    def named(self) -> list[str]:
        """The collections of its rasters that records of its emission name, those of the newest first."""
        return list(dict.fromkeys(name for one in self.emissions for name in one.get("files", ())))

    @property
    def is_archived(self) -> bool:
        """Whether the provider says that there is a newer emission."""
        return all(one.get("archived", False) for one in self.emissions)

    def has(self, slot: str) -> bool:
        """Whether it is known which its pictures (vis) or integrated rasters (ime) are."""
        names = [*self.named, *(one["collection"] for one in self.rasters)]
        return any(_slot(name) == slot for name in names)

    def rate(self) -> dict[str, Any]:
        """What holds for this version: the newest first, filled up by what does not contradict it."""
        if len(self.emissions) == 1 and not self.rasters:
            found = dict(self.emissions[0]["rate"])
        else:
            found = {}
            for one in [*_of_one_filter(self.emissions), *newest(self.rasters)]:
                if not _contradicts(one["rate"], found):
                    found = {**one["rate"], **found}
        if found.get("cm:hide_emission"):  # known but not said: even where an account or another surface may see it
            found.pop("cm:emission", None)
            found.pop("cm:emission_uncertainty", None)
        return found


def newest(said: Iterable[Said]) -> list[Said]:
    """What was said, what holds first."""
    return sorted(said, key=_order, reverse=True)


def _order(one: Said) -> tuple[str, str, int, bool, bool, str]:
    name = one.get("collection", "")
    collection = ProductCollection.parse(name)
    return (
        one["facts"].get("updated", ""),
        software_rank(one.get("software")),
        _PRECEDENCE[one["says"]],
        "archived" not in one,
        collection is not None and collection.filter == usual_filter(collection.gas, one["plume"]),
        name,
    )


def facts(said: Sequence[Said]) -> Said:
    """What holds for the plume in all its versions: for each property what was changed last."""
    if len(said) == 1:
        one: Said = said[0]["facts"]
        return one
    found: dict[str, Any] = {}
    for one in newest(said):
        found = {**one["facts"], **found}
    return found


def versions(said: Sequence[Said]) -> list[Version]:
    """The versions that a plume has by all that is said of it, the newest first."""
    if len(said) == 1 and said[0]["says"] in EMISSIONS:  # most are
        label = said[0].get("version")
        return [Version(version_rank(label), label, [said[0]])]
    found: dict[str, Version] = {}
    emissions, rasters = ([one for one in said if one["says"] in kinds] for kinds in (EMISSIONS, RASTERS))
    unversioned = [one for one in emissions if "version" not in one]
    for one in newest(emissions):
        if "version" in one:
            _version(found, one["version"]).emissions.append(one)
    if rasters:
        _place(found, rasters)
    if unversioned:  # REST and CSV show the newest only
        best = found[max(found)] if found else _version(found, None)
        best.emissions += newest(unversioned)
    return [found[rank] for rank in sorted(found, reverse=True)]


def _version(found: dict[str, Version], label: str | None) -> Version:
    rank = version_rank(label)
    version = found.setdefault(rank, Version(rank, label))
    if label and (version.label is None or (len(label), label) < (len(version.label), version.label)):
        version.label = label  # v2 and v002 are one
    return version


def _place(found: dict[str, Version], rasters: Sequence[Said]) -> None:
    """Give each raster to the versions that it goes with."""
    of_emissions = dict(found)
    naming: dict[str, list[Version]] = {}
    for version in of_emissions.values():
        for name in version.named:
            naming.setdefault(name, []).append(version)
    left: list[Said] = []
    for one in _best_first(rasters):
        own = of_emissions.get(version_rank(emission_version(one.get("version"))))
        takers = naming.get(one["collection"]) or ([own] if own else [])
        for version in takers:
            version.rasters.append(one)
        if not takers:
            left.append(one)
    for one, rank in [(one, _nearest(one, of_emissions)) for one in left]:
        version = found[rank] if rank else _version(found, emission_version(one.get("version")))
        version.rasters.append(one)


def _nearest(raster: Said, found: Mapping[str, Version]) -> str | None:
    """The rank of the emission that a raster goes with by visibility and order; None where there is none for it."""
    if not found:
        return None
    slot, newest_rank = _slot(raster["collection"]), max(found)
    archived = {rank for rank, version in found.items() if rank != newest_rank or version.is_archived}
    ranks = [rank for rank in found if (rank in archived) == ("archived" in raster) and not found[rank].has(slot)]
    if not ranks:
        return None
    return nearest(version_rank(raster.get("version")), ranks)


def _best_first(rasters: Iterable[Said]) -> list[Said]:
    """What is current first, then by version, the newest first."""
    ordered = sorted(rasters, key=lambda one: (version_rank(one.get("version")), one["collection"]), reverse=True)
    return sorted(ordered, key=lambda one: "archived" in one)


def _slot(name: str) -> str:
    """Pictures, or rasters of the integrated mass, as which those count that are older than that division."""
    collection = ProductCollection.parse(name)
    return "vis" if collection and collection.kind == "vis" else "ime"


def _of_one_filter(emissions: Sequence[Said]) -> list[Said]:
    """Emissions by the filter that REST or CSV names, where one does: others are other numbers."""
    stated = {one["rate"].get("cm:emission_cmf_type") for one in emissions if one["says"] != "l4a"} - {None}
    return [one for one in emissions if not stated or one["rate"].get("cm:emission_cmf_type") in (*stated, None)]


def _contradicts(rate: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether both state an emission, and another one."""
    one, other = rate.get("cm:emission"), found.get("cm:emission")
    return one is not None and other is not None and not math.isclose(one, other, rel_tol=_SAME)
