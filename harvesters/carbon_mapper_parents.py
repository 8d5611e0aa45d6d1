"""Looking for the L2B rasters of scenes that STAC does not hold, where a rule says that they may be.

The version of a scene's rasters is not that of its plumes: first their own version is asked for, then the others that
are known, from the newest to the oldest, until one is there.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from harvesters.base import Page, Selection
from harvesters.carbon_mapper_verify import Prober, chosen, derived, tell, verified
from transforms.carbon_mapper_names import GATEWAY, ProductCollection
from transforms.carbon_mapper_versions import version_rank
from transforms.entry import Item

_FILE = "cmf.tif"


class Retrieval(NamedTuple):
    """How the gas of a plume was retrieved: gas and filter in lower case, and the version."""

    gas: str
    filter: str
    version: str


@dataclass(slots=True)
class Parents:
    """What the plumes of the catalog say of the scenes that they were seen in."""

    of_scene: dict[str, set[Retrieval]] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)

    @classmethod
    def told_by(cls, plumes: Iterable[Item]) -> "Parents":
        """Read the Items of plumes."""
        found = cls()
        for item in plumes:
            said = item["properties"]
            names = (said.get("cm:scene_id"), said.get("cm:gas"), said.get("cm:cmf_type"), said.get("version"))
            if all(isinstance(name, str) for name in names):
                scene, gas, kind, version = names
                found.of_scene.setdefault(scene, set()).add(Retrieval(gas.lower(), kind, version))
                found.versions.add(version)
        return found

    def candidates(self, scene: Item) -> list[list[str]]:
        """For each gas whose raster is not known, the addresses to ask for, in order."""
        return [
            self._addresses(scene["id"], retrieval)
            for retrieval in sorted(self.of_scene.get(scene["id"], ()))
            if f"cmf_{retrieval.gas}" not in scene["assets"]
        ]

    def _addresses(self, scene: str, retrieval: Retrieval) -> list[str]:
        others = sorted(self.versions - {retrieval.version}, key=version_rank, reverse=True)
        # CO2 is quantified with one filter and shown with another, and rasters of both were seen
        filters = dict.fromkeys((("mfal", "mfa") if retrieval.gas == "co2" else ()) + (retrieval.filter,))
        names = [
            f"l2b-{retrieval.gas}-{kind}-{version}" for version in (retrieval.version, *others) for kind in filters
        ]
        day = f"{scene[3:7]}/{scene[7:9]}/{scene[9:11]}"
        return [f"{GATEWAY}{name}/{day}/{scene}/{scene}_{name}_{_FILE}" for name in names]


async def scene_files(
    prober: Prober, selection: Selection, collection: str, plumes: str, homes: Iterable[str]
) -> AsyncIterator[Page]:
    """The derived files of stored scenes, and the rasters of those that have plumes and none; one scene a page.

    Args:
        prober: that asks.
        selection: which scenes.
        collection: of the catalog, that holds scenes.
        plumes: the one that holds plumes.
        homes: STAC's L2B collections, for the versions that there are.

    Raises:
        AuthError: the gateway does not know us.
        ConfigError: there is no catalog to take Items from.
        UpstreamError: the gateway is out of order.
    """
    parents = Parents.told_by(chosen(Selection(selection.product, stored=selection.stored), plumes))
    parsed = map(ProductCollection.parse, homes)
    parents.versions |= {home.version for home in parsed if home and home.version}
    for scene in chosen(selection, collection):
        assets = await prober.answers(derived(scene))
        for candidates in parents.candidates(scene):
            assets |= await _first(prober, candidates)
        if assets:
            yield verified("scene_name", scene["id"], assets)
    tell(prober)


async def _first(prober: Prober, candidates: Iterable[str]) -> dict[str, bool]:
    """What is known of addresses, asked for in order until one is there or one does not say."""
    found = {}
    for href in candidates:
        there = await prober.is_there(href)
        if there is None:
            break
        found[href] = there
        if there:
            break
    return found
