"""One EarthCARE product as an Item, of all that its records and files say."""

from collections.abc import Mapping, Sequence
from typing import Any

from transforms.catalog import EXTENSIONS, STAC_VERSION
from transforms.earthcare_access import most_open, openness
from transforms.earthcare_assets import Facts, assets
from transforms.earthcare_names import ProductName, collection_id
from transforms.earthcare_properties import properties
from transforms.earthcare_said import AUTH_SCHEMES, Said, refs
from transforms.entry import Item
from transforms.geometry import bbox

_ALWAYS = tuple(f"{EXTENSIONS}/{name}/schema.json" for name in ("product/v1.0.0", "version/v1.2.0"))
_WHERE_USED: Mapping[str, str] = {
    key: f"{EXTENSIONS}/{name}/schema.json"
    for key, name in {
        "alternate": "alternate-assets/v1.2.0",
        "auth:schemes": "authentication/v1.1.0",
        "file:size": "file/v2.1.0",
        "file:local_path": "file/v2.1.0",
        "grid:code": "grid/v1.1.0",
        "processing:datetime": "processing/v1.2.0",
        "processing:facility": "processing/v1.2.0",
        "processing:level": "processing/v1.2.0",
        "processing:software": "processing/v1.2.0",
        "published": "timestamps/v1.1.0",
        "sat:absolute_orbit": "sat/v1.2.0",
        "sat:anx_datetime": "sat/v1.2.0",
        "sat:orbit_state": "sat/v1.2.0",
        "sci:doi": "scientific/v1.0.0",
    }.items()
}
_NEWEST = ("updated",)
"""Of times that several records state, the latest is told; of all others, that of the most open collection."""


def item(name: ProductName, told: Sequence[Said]) -> Item | None:
    """Make an Item of what was said of one product.

    Args:
        name: the product's.
        told: as `transforms.earthcare_said` has it; where two are of one kind, the earlier one is believed.

    Returns:
        The Item: what records of the archive disagree on is told as the most open collection has it, files fill in
        what they leave out. None where nobody says where the product lies.
    """
    ordered = sorted(told, key=_precedence) if len(told) > 1 else told
    geometry = next((said["geometry"] for said in ordered if "geometry" in said), None)
    if geometry is None:
        return None
    product: str = ordered[0]["id"]
    described = assets(_merged_assets(ordered), product)
    written = properties(product, name, _merged(ordered, "properties"))
    written.update(_upstream(ordered, described))
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": _extensions(written, described),
        "id": product,
        "collection": collection_id(name.type),
        "geometry": geometry,
        "bbox": bbox(geometry),
        "properties": written,
        "links": _links(ordered, written),
        "assets": described,
    }


def _precedence(said: Said) -> tuple[bool, bool, int, str]:
    """Whole records of the archive first, parts of one after them, then files; the most open collection first."""
    collection = said.get("collection", "")
    return said["surface"] != "stac", "geometry" not in said, openness(collection), collection


def _merged(ordered: Sequence[Said], key: str) -> dict[str, Any]:
    if len(ordered) == 1:
        return dict(ordered[0][key])
    merged: dict[str, Any] = {}
    for said in reversed(ordered):
        merged.update(said[key])
    for time in _NEWEST:
        if time in merged:
            merged[time] = max(said[key].get(time, "") for said in ordered)
    return merged


def _merged_assets(ordered: Sequence[Said]) -> Facts:
    """The assets under their first addresses; a file on this machine is another place of what the archive has."""
    merged: Facts = dict(ordered[0]["assets"])
    for said in ordered[1:]:
        for key, fact in said["assets"].items():
            known = merged.setdefault(key, fact)
            if said["surface"] == "file" and known is not fact:
                local = {"local": {"href": fact["href"], "alternate:name": "Local file"}}
                merged[key] = {**known, "alternate": {**known.get("alternate", {}), **local}}
    return merged


def _upstream(ordered: Sequence[Said], described: Mapping[str, Any]) -> dict[str, Any]:
    """Where it came from and who may read it."""
    stated: dict[str, Any] = {}
    said_of = {ref: scheme for said in reversed(ordered) for ref, scheme in said.get("schemes", {}).items()}
    known = {**AUTH_SCHEMES, **said_of}
    schemes = {ref: dict(known[ref]) for ref in refs(described) if ref in known}
    if schemes:
        stated["auth:schemes"] = schemes
    collections = sorted({said["collection"] for said in ordered if "collection" in said})
    if collections:
        stated["earthcare:collections"] = collections
        access = most_open(tuple(collections))
        if access:
            stated["earthcare:access"] = access
    stated["tercet:source"] = "earthcare"
    stated["tercet:surface"] = ordered[0]["surface"]
    return stated


def _extensions(written: Mapping[str, Any], described: Mapping[str, Any]) -> list[str]:
    keys = set(written).union(*described.values())
    return sorted({url for key, url in _WHERE_USED.items() if key in keys}.union(_ALWAYS))


def _links(ordered: Sequence[Said], written: Mapping[str, Any]) -> list[dict[str, str]]:
    links = [
        {"rel": "via", "href": via, "type": "application/geo+json", "title": "The record at ESA's MAAP"}
        for via in dict.fromkeys(said["via"] for said in ordered if "via" in said)
    ]
    doi = written.get("sci:doi")
    if doi:
        links.append({"rel": "cite-as", "href": f"https://doi.org/{doi}", "type": "text/html", "title": "Product DOI"})
    return links
