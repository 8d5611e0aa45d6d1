"""The Items of a scene, one for each version of its rasters, of all that is known of it.

Rasters of different gases are made at different times: what is current of each, by visibility and version, makes
the current Item, and its version is the newest of theirs. What is older makes the superseded Items.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from transforms.carbon_mapper_assets import Home, assets
from transforms.carbon_mapper_collections import SCENES
from transforms.carbon_mapper_files import AUTH_SCHEMES
from transforms.carbon_mapper_items import API, SOURCE, archive_id, checked_files, extensions, scene_key
from transforms.carbon_mapper_names import AssetUrl, ProductCollection, usual_filter
from transforms.carbon_mapper_versions import nearest, software_rank, version_rank
from transforms.catalog import EXTENSIONS, STAC_VERSION
from transforms.entry import Entry, Item, Kin, Part
from transforms.geometry import Geometry, bbox

Said = Mapping[str, Any]

_EO = f"{EXTENSIONS}/eo/v2.0.0/schema.json"


@dataclass(slots=True)
class _Version:
    """Rasters of one version, the best first."""

    rank: str
    label: str | None
    products: list[Said] = field(default_factory=list)


def scene_entries(parts: Sequence[Part]) -> list[Entry]:
    """The versions of one scene; none where nothing says which area it covers."""
    scene = parts[0].said["scene"]
    checked = checked_files(parts)
    said = [part.said for part in parts if part.said["says"] != "verified"]
    said += _found_only(scene, checked, said)
    chain = _versions([one for one in said if one["says"] == "l2b"]) or [_Version(version_rank(None), None)]
    known = [one for one in said if one["says"] == "annotated"]
    freshness = max(part.freshness for part in parts)
    return [
        _entry(scene, version, geometry, said, checked, freshness, parts)
        for version in chain
        if (geometry := _geometry(version, chain, known)) is not None
    ]


def _found_only(scene: str, checked: Mapping[str, bool], said: Sequence[Said]) -> list[Said]:
    """Collections whose files were asked for and found, and of which nothing else is known."""
    known = {one.get("collection") for one in said}
    urls = [AssetUrl.parse(address) for address, found in checked.items() if found]
    new = {url.collection.id: url.collection for url in urls if url and url.item == scene}
    return [
        {
            "scene": scene,
            "says": "l2b",
            "collection": collection.id,
            "facts": {},
            "rate": {},
            **({"version": collection.version} if collection.version else {}),
        }
        for name, collection in sorted(new.items())
        if name not in known and collection.level == "l2b"
    ]


def _versions(products: Sequence[Said]) -> list[_Version]:
    """The versions of a scene's rasters, the newest first."""
    found: dict[str, _Version] = {}
    of_gas: dict[str, list[Said]] = {}
    for one in _best_first(products):
        of_gas.setdefault(_gas(one) or "", []).append(one)
    pictures = of_gas.pop("", [])
    current = [one for listed in of_gas.values() for one in _current(listed)]
    label = max((one.get("version") for one in current), key=version_rank, default=None)
    for one in (one for listed in of_gas.values() for one in listed):
        _version(found, label if one in current else one.get("version")).products.append(one)
    shown = _current(pictures)
    for one in pictures:
        rank = version_rank(one.get("version"))
        if one in shown and current:
            rank = version_rank(label)
        elif found and rank not in found:
            rank = nearest(rank, list(found))
        (found.get(rank) or _version(found, one.get("version"))).products.append(one)
    return [found[rank] for rank in sorted(found, reverse=True)]


def _version(found: dict[str, _Version], label: str | None) -> _Version:
    return found.setdefault(version_rank(label), _Version(version_rank(label), label))


def _current(products: Sequence[Said]) -> list[Said]:
    """What is current of one gas: of what the provider shows as current, the newest version."""
    shown = [one for one in products if "archived" not in one]
    return [one for one in shown if version_rank(one.get("version")) == version_rank(shown[0].get("version"))]


def _best_first(products: Iterable[Said]) -> list[Said]:
    """By version, the newest first, then by what is usual for the instrument."""
    ordered = sorted(products, key=lambda one: one["collection"])
    return sorted(ordered, key=lambda one: (version_rank(one.get("version")), _is_usual(one)), reverse=True)


def _is_usual(one: Said) -> bool:
    collection = ProductCollection.parse(one["collection"])
    return collection is not None and collection.filter == usual_filter(collection.gas, one["scene"])


def _gas(one: Said) -> str | None:
    collection = ProductCollection.parse(one["collection"])
    return collection.gas if collection else None


def _geometry(version: _Version, chain: Sequence[_Version], known: Sequence[Said]) -> Geometry | None:
    """The footprint of its rasters, else of the scene, else of other versions."""
    others = [one for other in chain for one in other.products]
    for one in (*version.products, *known, *others):
        if "geometry" in one:
            return dict(one["geometry"])
    return None


def _entry(  # noqa: PLR0913, PLR0917 - what a version is made of
    scene: str,
    version: _Version,
    geometry: Geometry,
    said: Sequence[Said],
    checked: Mapping[str, bool],
    freshness: str,
    parts: Sequence[Part],
) -> Entry:
    files = assets(scene, _homes(version), checked, has_emission=False)
    properties = _properties(scene, version, said)
    if files:
        properties["auth:schemes"] = AUTH_SCHEMES
    declared = extensions(properties, files)
    bands = (band for asset in files.values() for band in asset.get("bands", ()))
    if "eo:cloud_cover" in properties or any("eo:center_wavelength" in band for band in bands):
        declared.append(_EO)
    item: Item = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": declared,
        "id": scene,
        "collection": SCENES.id,
        "geometry": geometry,
        "bbox": bbox(geometry),
        "properties": properties,
        "links": [_via(scene, version, properties)],
        "assets": files,
    }
    return Entry(
        item,
        "scenes",
        subject=scene,
        rank=version.rank,
        archive_id=archive_id(scene, version.label),
        freshness=freshness,
        part=parts[0] if len(parts) == 1 else None,
        kin=(Kin(scene_key(scene)),),
        remarks=_remarks(said),
    )


def _homes(version: _Version) -> list[Home]:
    return [
        Home(collection, one.get("files", {}).get(one["collection"], {}), is_complete="files" in one)
        for one in version.products
        if (collection := ProductCollection.parse(one["collection"]))
    ]


def _properties(scene: str, version: _Version, said: Sequence[Said]) -> Item:
    newest = sorted(said, key=_order, reverse=True)
    found: Item = {}
    for told in (*(one["rate"] for one in version.products), *(one["facts"] for one in newest)):
        found = {**told, **found}
    properties: Item = {
        "title": f"Scene {scene}",
        **found,
        "product:type": "scene",
        "processing:level": "L2",
        "cm:scene_id": scene,
        "tercet:source": SOURCE,
        "tercet:surface": "stac" if version.products else "rest",
    }
    gases = sorted({gas.upper() for one in version.products if (gas := _gas(one))})
    if gases:
        properties["cm:gases"] = gases
    software = max((one.get("software") for one in version.products), key=software_rank, default=None)
    if software:
        properties["processing:software"] = {"cmpro": software}
    if version.label:
        properties["version"] = version.label
    return properties


def _order(one: Said) -> tuple[str, bool, str]:
    return one["facts"].get("updated", ""), one["says"] == "l2b", one.get("collection", "")


def _via(scene: str, version: _Version, properties: Item) -> dict[str, str]:
    """Where the provider says the same: the STAC Item of its first raster, or the scene's record."""
    if version.products:
        address = f"{API}/stac/collections/{version.products[0]['collection']}/items/{scene}"
        return {"rel": "via", "href": address, "type": "application/geo+json", "title": "STAC Item of Carbon Mapper"}
    address = f"{API}/catalog/scene/{quote(properties.get('cm:scene_uuid', scene))}"
    return {"rel": "via", "href": address, "type": "application/json", "title": "Record of Carbon Mapper"}


def _remarks(said: Sequence[Said]) -> tuple[str, ...]:
    new = [
        f"records of scenes ({one['says']}) have {name!r}, which is new to Tercet and left out"
        for one in said
        for name in one.get("new", ())
    ]
    return tuple(sorted(set(new)))
