"""The scene that a plume was found in: beside its files, by its Item's link, in the catalog, or at the provider."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tercet.errors import ReaderError, UpstreamError
from tercet.readers.documents import document, first_that_exists, item_of_catalog
from tercet.readers.items import locations, renamed, subject_of
from tercet.readers.locations import Location, is_remote
from tercet.readers.scenes import SceneReader
from transforms.carbon_mapper_collections import SCENES
from transforms.carbon_mapper_files import ON_THE_GRID, template
from transforms.carbon_mapper_names import ProductCollection, href, usual_filter
from transforms.carbon_mapper_versions import version_rank

if TYPE_CHECKING:
    from tercet.readers.plumes import PlumeReader

Item = Mapping[str, Any]

_KNOWN_VERSIONS = ("v3e", "v3d", "v3c", "v3b", "v3a", "v3", "v1")
"""Of scenes, the newest first: what to try at the provider's files where its STAC has nothing."""


def scene_of(plume: "PlumeReader") -> SceneReader:
    """Find and open the scene of a plume.

    Raises:
        ReaderError: it is nowhere; the message says where it was looked for.
    """
    from tercet.readers.opening import open as open_reader  # noqa: PLC0415 - it opens plumes, too

    asked = []
    for where, find in _WAYS:
        try:
            found = find(plume)
        except UpstreamError as error:
            asked.append(f"{where}: {error}")
            continue
        if found is None:
            asked.append(f"{where}: nothing")
            continue
        opened = open_reader(found, settings=plume.settings) if isinstance(found, str) else found
        if isinstance(opened, SceneReader):
            return opened
        asked.append(f"{where}: no scene")
    raise ReaderError(
        f"the scene {plume.scene_id} of {plume.name} was not found ({'; '.join(asked)}): give it as scene="
    )


def _beside(plume: "PlumeReader") -> SceneReader | None:
    """Its files in the folder that the plume's are in."""
    folders = {at.path.parent for at in plume.files.values() if at.is_local}
    files = [one for folder in folders for one in sorted(folder.glob(f"{plume.scene_id}_*")) if one.is_file()]
    found: dict[str, Location] = {}
    for one in files:
        name = one.name
        if subject_of(name) == plume.scene_id:
            key, said = template(name.split("_")[1], name.split("_")[2])
            found.setdefault(key, Location(str(one), None, key, said))
    return SceneReader(plume.scene_id, found, item=None, settings=plume.settings) if found else None


def _linked(plume: "PlumeReader") -> str | None:
    links = (plume.item or {}).get("links") or ()
    found = (link.get("href") for link in links if link.get("rel") == "derived_from" and link.get("href"))
    return next((href for href in found if is_remote(href)), None)


def _in_catalog(plume: "PlumeReader") -> SceneReader | None:
    return _reader(item_of_catalog(f"{SCENES.id}/{plume.scene_id}", plume.settings)[0], plume)


def _at_provider(plume: "PlumeReader") -> SceneReader | None:
    """What the provider's STAC has of the scene: of each gas the plume's version, else the newest."""
    query = urlencode({"ids": plume.scene_id, "limit": 100})
    answer = document(f"{str(plume.settings.carbon_mapper_url).rstrip('/')}/stac/search?{query}", plume.settings)
    features = [one for one in answer.get("features") or () if _product(one) is not None]
    if not features:
        return None
    version = (plume.item or {}).get("properties", {}).get("version")
    ordered = sorted(features, key=lambda one: _preference(one, version, plume.scene_id), reverse=True)
    assets: dict[str, Any] = {}
    for feature in ordered:
        for key, asset in renamed(feature).items():
            assets.setdefault(key, asset)
    first = ordered[0]
    said = {**first["properties"], "product:type": "scene", "version": _version(first)}
    return _reader({**first, "id": plume.scene_id, "properties": said, "assets": assets}, plume)


def _by_rule(plume: "PlumeReader") -> SceneReader | None:
    """Files at the addresses that the provider's rule gives them, of the first version that is there."""
    gas = (plume.gas or "CH4").lower()
    kinds = dict.fromkeys([usual_filter(gas, plume.scene_id), "mfa", *(("mfal",) if gas == "co2" else ())])
    own = (plume.item or {}).get("properties", {}).get("version")
    versions = dict.fromkeys([*([own] if own else []), *_KNOWN_VERSIONS])
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


def _reader(item: Item, plume: "PlumeReader") -> SceneReader:
    return SceneReader(str(item["id"]), locations(item), item=item, settings=plume.settings)


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
