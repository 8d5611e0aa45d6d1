"""The scene that a plume was found in: beside its files, by its Item's link, in the catalog, or at the provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tercet.errors import ReaderError, UpstreamError
from tercet.readers.carbon_mapper.scenes import SceneReader
from tercet.readers.documents import document, first_that_exists, item_of_catalog
from tercet.readers.items import known_file, locations, renamed, subject_of, uniform
from tercet.readers.locations import Location, is_remote
from tercet.settings import Settings
from transforms.carbon_mapper_collections import SCENES
from transforms.carbon_mapper_files import ON_THE_GRID, template
from transforms.carbon_mapper_names import ProductCollection, href, usual_filter
from transforms.carbon_mapper_versions import version_rank

Item = Mapping[str, Any]

_KNOWN_VERSIONS = ("v3e", "v3d", "v3c", "v3b", "v3a", "v3", "v1")
"""Of scenes, the newest first: what to try at the provider's files where its STAC has nothing."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A plume whose scene is looked for.

    Attributes:
        name: of the plume, for messages.
        scene_id: of the scene.
        gas: of the plume, ``CH4`` or ``CO2``; None where it is not known.
        item: of the plume; {} where there is none.
        files: of the plume.
        settings: where catalog and provider are, and credentials.
    """

    name: str
    scene_id: str
    gas: str | None
    item: Item
    files: Mapping[str, Location]
    settings: Settings

    @property
    def version(self) -> str | None:
        """Of the plume."""
        version = (self.item.get("properties") or {}).get("version")
        return str(version) if version else None


def scene_of(plume: Sought) -> SceneReader:
    """Find and open the scene of a plume.

    Raises:
        ReaderError: it is nowhere; the message says where it was looked for.
    """
    asked = []
    for where, find in _WAYS:
        try:
            found = find(plume)
        except UpstreamError as error:
            asked.append(f"{where}: {error}")
            continue
        if found is not None:
            return found
        asked.append(f"{where}: nothing")
    raise ReaderError(
        f"the scene {plume.scene_id} of {plume.name} was not found ({'; '.join(asked)}): open it, give it as scene="
    )


def _beside(plume: Sought) -> SceneReader | None:
    """Its files in the folder that the plume's are in."""
    folders = {at.path.parent for at in plume.files.values() if at.is_local}
    files = [one for folder in folders for one in sorted(folder.glob(f"{plume.scene_id}_*")) if one.is_file()]
    found: dict[str, Location] = {}
    for one in files:
        known = known_file(one.name)
        if known and subject_of(one.name) == plume.scene_id:
            key, said = known
            found.setdefault(key, Location(str(one), None, key, said))
    return SceneReader(plume.scene_id, found, item=None, settings=plume.settings) if found else None


def _linked(plume: Sought) -> SceneReader | None:
    links = [link for link in plume.item.get("links") or () if link.get("rel") == "derived_from"]
    href = next((str(link["href"]) for link in links if is_remote(str(link.get("href")))), None)
    return _reader(document(href, plume.settings), plume, href) if href else None


def _in_catalog(plume: Sought) -> SceneReader | None:
    found, href = item_of_catalog(f"{SCENES.id}/{plume.scene_id}", plume.settings)
    return _reader(found, plume, href)


def _at_provider(plume: Sought) -> SceneReader | None:
    """What the provider's STAC has of the scene: of each gas the plume's version, else the newest."""
    query = urlencode({"ids": plume.scene_id, "limit": 100})
    answer = document(f"{str(plume.settings.carbon_mapper_url).rstrip('/')}/stac/search?{query}", plume.settings)
    features = [one for one in answer.get("features") or () if _product(one) is not None]
    if not features:
        return None
    ordered = sorted(features, key=lambda one: _preference(one, plume.version, plume.scene_id), reverse=True)
    assets: dict[str, Any] = {}
    for feature in ordered:
        for key, asset in renamed(feature).items():
            assets.setdefault(key, asset)
    first = ordered[0]
    said = {**first["properties"], "product:type": "scene", "version": _version(first)}
    return _reader({**first, "id": plume.scene_id, "properties": said, "assets": assets}, plume)


def _by_rule(plume: Sought) -> SceneReader | None:
    """Files at the addresses that the provider's rule gives them, of the first version that is there."""
    gas = (plume.gas or "CH4").lower()
    kinds = dict.fromkeys([usual_filter(gas, plume.scene_id), "mfa", *(("mfal",) if gas == "co2" else ())])
    versions = dict.fromkeys([*([plume.version] if plume.version else []), *_KNOWN_VERSIONS])
    names = [f"l2b-{gas}-{kind}-{version}" for version in versions for kind in kinds]
    addresses = {name: href(name, plume.scene_id, "cmf.tif") for name in names}
    found = first_that_exists(addresses, plume.settings)
    if found is None:
        return None
    picture = f"l2b-rgb-{found.rpartition('-')[2]}"
    files = [(found, name) for name in sorted(ON_THE_GRID - {"rgb.tif"})] + [(picture, "rgb.tif")]
    assets = {}
    for collection, name in files:
        key, known = template(collection, name)
        assets[key] = {"href": href(collection, plume.scene_id, name), **known, "tercet:evidence": "derived"}
    said = {"product:type": "scene", "version": found.rpartition("-")[2]}
    return _reader({"type": "Feature", "id": plume.scene_id, "properties": said, "assets": assets}, plume)


_WAYS = (
    ("beside the plume's files", _beside),
    ("linked by the Item", _linked),
    ("in the catalog", _in_catalog),
    ("in the provider's STAC", _at_provider),
    ("at the provider's addresses", _by_rule),
)


def _reader(item: Item, plume: Sought, base: str | None = None) -> SceneReader:
    made = uniform(item)
    return SceneReader(plume.scene_id, locations(made, base), item=made, settings=plume.settings)


def _product(feature: Item) -> ProductCollection | None:
    collection = feature.get("collection")
    product = ProductCollection.parse(collection) if isinstance(collection, str) else None
    return product if product is not None and product.level == "l2b" else None


def _version(feature: Item) -> str | None:
    product = _product(feature)
    return product.version if product else None


def _preference(feature: Item, version: str | None, scene: str) -> tuple[bool, str, bool]:
    product = _product(feature)
    usual = product is not None and product.filter == usual_filter(product.gas, scene)
    return _version(feature) == version, version_rank(_version(feature)), usual
