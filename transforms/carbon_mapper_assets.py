"""The assets of a plume or scene, each by its evidence.

What the provider stated is ``recorded``; what is known to lie beside that is ``derived``; what was asked for and
found is ``verified``, and what was not found is left out.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transforms.carbon_mapper_files import plain_key, template
from transforms.carbon_mapper_names import AssetUrl, ProductCollection, address_parts, href
from transforms.carbon_mapper_versions import version_number

Json = dict[str, Any]
Files = dict[str, dict[str, Json]]
"""Collection, file, and what was stated of the file."""

_MULTIHASH = re.compile(r"[0-9a-f]+", re.ASCII)
_PROVEN = 3
"""Of this version, with whichever letter, every file was there that the rules name."""
# found beside the stated files of every plume of ch4-mfa that was asked for; of other gases and filters nobody knows
_SIBLINGS: Mapping[str | None, tuple[str, ...]] = {
    "vis": ("plume-concentrations.tif", "rgb.tif", "plume-outline.geojson"),
    "ime": ("ime-cmf-mask.tif", "ime-cmf-outline.geojson"),
}
_INTEGRATED = ("ime-cmf-concentrations.tif", *_SIBLINGS["ime"])


@dataclass(frozen=True, slots=True)
class Home:
    """What is known of the files that a plume or scene has in one of the provider's collections.

    Attributes:
        collection: theirs.
        files: what was stated of each: media type, size, checksum, grid.
        is_complete: whether the provider listed all there are.
    """

    collection: ProductCollection
    files: Mapping[str, Json]
    is_complete: bool = False

    @property
    def has_siblings(self) -> bool:
        """Whether it is known what lies beside a stated file."""
        known = self.collection
        return (known.level, known.gas, known.filter) == ("l3a", "ch4", "mfa") and version_number(
            known.version
        ) == _PROVEN


def stated_files(item: str, record: Mapping[str, Any], fields: Sequence[str]) -> Files:
    """The files that a record states by address; addresses of other hosts or other items are left out.

    Args:
        item: the plume or scene.
        record: holds addresses.
        fields: where.
    """
    found: Files = {}
    for name in fields:
        value = record.get(name)
        parts = address_parts(value) if isinstance(value, str) and value else None
        if parts is not None and parts[1] == item:
            collection, _, key, checksum = parts
            stated = {"file:checksum": checksum} if checksum else {}
            found.setdefault(collection.id, {}).setdefault(key, stated)
    return found


def listed_files(item: str, record: Mapping[str, Any]) -> Files:
    """The files that a STAC Item lists."""
    found: Files = {}
    assets = record.get("assets")
    for asset in assets.values() if isinstance(assets, Mapping) else ():
        address = asset.get("href") if isinstance(asset, Mapping) else None
        url = AssetUrl.parse(address) if isinstance(address, str) else None
        if url is not None and url.item == item:
            found.setdefault(url.collection.id, {})[url.key] = _stated(url, asset)
    return found


def _stated(url: AssetUrl, asset: Mapping[str, Any]) -> Json:
    stated: Json = {}
    kind, size, checksum = asset.get("type"), asset.get("file:size"), asset.get("file:checksum") or url.checksum
    if isinstance(kind, str) and kind and kind != template(url.collection.id, url.key)[1].get("type"):
        stated["type"] = kind
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        stated["file:size"] = size
    if isinstance(checksum, str) and _MULTIHASH.fullmatch(checksum):
        stated["file:checksum"] = checksum
    return stated


def assets(item: str, homes: Sequence[Home], checked: Mapping[str, bool], *, has_emission: bool) -> Json:
    """The assets of one version of a plume or scene.

    Args:
        item: plume id or scene name.
        homes: where its files lie; where two have the same asset, the first counts.
        checked: addresses that were asked for, and whether they were there.
        has_emission: whether a rate is known, which no plume has without the raster that it was integrated from.
    """
    result: Json = {}
    for home in homes:
        _add_recorded(result, item, home)
    for collection_id, name in _derived(homes, has_emission=has_emission):
        key, known = template(collection_id, name)
        address = href(collection_id, item, name)
        was_found = checked.get(address)
        if key not in result and was_found is not False:
            result[key] = {"href": address, **known, "tercet:evidence": "verified" if was_found else "derived"}
    if checked:
        _add_found(result, item, homes, checked)
    return result


def _add_recorded(result: Json, item: str, home: Home) -> None:
    own: set[str] = set()
    for name in sorted(home.files):
        key, known = template(home.collection.id, name)
        if key in own:  # of two rasters that are one asset, both are listed
            key = plain_key(name)
        elif key in result and home.collection.level == "l2b":  # another filter's, of the same gas
            key = f"{key}_{home.collection.filter}"
        if key not in result:
            own.add(key)
            address = href(home.collection.id, item, name)
            result[key] = {"href": address, **known, **home.files[name], "tercet:evidence": "recorded"}


def _derived(homes: Sequence[Home], *, has_emission: bool) -> list[tuple[str, str]]:
    """Collection and name of files that are known to lie beside those that were stated."""
    proven = [home for home in homes if home.has_siblings]
    found = [
        (home.collection.id, name)
        for home in proven
        if not home.is_complete
        for name in _SIBLINGS.get(home.collection.kind, ())
    ]
    if has_emission and len(proven) == len(homes) and all(home.collection.kind == "vis" for home in proven):
        # pictures of this gas, filter and version have an integrated twin; of others nobody knows
        found += [(home.collection.id.replace("l3a-vis-", "l3a-ime-"), name) for home in proven for name in _INTEGRATED]
    return found


def _add_found(result: Json, item: str, homes: Sequence[Home], checked: Mapping[str, bool]) -> None:
    """Files that nobody stated and that were there when they were asked for."""
    ours = {home.collection.id for home in homes}
    for address in sorted(address for address, was_found in checked.items() if was_found):
        url = AssetUrl.parse(address)
        if url is not None and url.item == item and url.collection.id in ours:
            key, known = template(url.collection.id, url.key)
            result.setdefault(key, {"href": url.href, **known, "tercet:evidence": "verified"})


def has_checksums(found: Mapping[str, Json]) -> bool:
    """Whether any asset carries what the file extension defines."""
    return any("file:checksum" in asset or "file:size" in asset for asset in found.values())
