"""EarthCARE: a STAC Item of ESA's MAAP into an Item of the catalog.

The archive's Items are close to ours and unsteady: keys, media types and names changed four times in a
year. What a product is, its name says; what the archive adds is kept where it has a meaning.
"""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.catalog import EXTENSIONS, STAC_VERSION
from transforms.earthcare_assets import Asset, assets
from transforms.earthcare_collections import collection
from transforms.earthcare_names import ProductName, collection_id
from transforms.earthcare_properties import properties_of
from transforms.entry import Entry, Item
from transforms.geometry import bbox, repaired

__all__ = ["collection", "entry", "is_product_name"]

Sent = Mapping[str, Any]

AUTH_SCHEMES: Mapping[str, Mapping[str, str]] = {
    # what the archive's Items say, for those that name a scheme without describing it
    "oidc": {
        "type": "openIdConnect",
        "openIdConnectUrl": "https://iam.ascend.icsgate.eu/realms/esa-maap/.well-known/openid-configuration",
    },
    "s3": {"type": "s3"},
}

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


def entry(record: Sent) -> Entry:
    """Build the Item of one product.

    Args:
        record: a STAC Item of ESA's MAAP, as its search answers.

    Returns:
        An Item whose geometry is the archive's coarse footprint (degrees, WGS 84; the ground track of nadir
        instruments, the swath of the imager), valid and split at the antimeridian. ``datetime`` is the start of
        the frame, or of the validity of an orbit file.

    Raises:
        RecordError: it is no EarthCARE product, has no footprint, or a time in it cannot be read.

    Source: recorded Items of https://catalog.maap.eo.esa.int/catalogue/, 2025 to 2026.
    """
    name = ProductName.parse(str(record.get("id")))
    try:
        return _entry(name, record)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecordError(f"{name} is not shaped like an Item of the archive: {error!r}") from error


def _entry(name: ProductName, record: Sent) -> Entry:
    item_id: str = record["id"]
    sent = record.get("properties") or {}
    geometry = _footprint(record)
    described = assets(record.get("assets") or {})
    properties = properties_of(item_id, name, sent)
    properties.update(_upstream(record, described, sent))
    item: Item = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": _extensions(properties, described),
        "id": item_id,
        "collection": collection_id(name.type),
        "geometry": geometry,
        "bbox": bbox(geometry),
        "properties": properties,
        "links": _links(record, properties),
        "assets": described,
    }
    return Entry(item, name.type, name.subject, name.rank, item_id, properties.get("updated", ""))


def is_product_name(text: object) -> bool:
    """Whether this is the name of an EarthCARE product."""
    try:
        return isinstance(text, str) and bool(ProductName.parse(text))
    except RecordError:
        return False


def _footprint(record: Sent) -> dict[str, Any]:
    geometry = record.get("geometry")
    if not geometry:
        raise RecordError(
            f"{record['id']} has no geometry: orbit and calibration files have none, and a part of a record leaves "
            "it out; ask the archive for the whole Item, or leave it"
        )
    try:
        return repaired(geometry)
    except RecordError as error:
        raise RecordError(f"{record['id']}: {error}") from error


def _upstream(record: Sent, described: Mapping[str, Asset], sent: Sent) -> dict[str, Any]:
    """Where it came from and who may read it."""
    properties: dict[str, Any] = {}
    said = {**AUTH_SCHEMES, **(sent.get("auth:schemes") or {})}
    schemes = {ref: dict(said[ref]) for ref in _refs(described) if ref in said}
    if schemes:
        properties["auth:schemes"] = schemes
    if record.get("collection"):
        properties["earthcare:collections"] = [record["collection"]]
    properties["tercet:source"] = "earthcare"
    properties["tercet:surface"] = "stac"
    return properties


def _refs(described: Mapping[str, Asset]) -> list[str]:
    """The login schemes that some asset asks for, sorted."""
    refs: set[str] = set()
    for asset in described.values():
        refs.update(asset.get("auth:refs", ()))
        if "alternate" in asset:
            refs.update(ref for place in asset["alternate"].values() for ref in place.get("auth:refs", ()))
    return sorted(refs)


def _extensions(properties: Mapping[str, Any], described: Mapping[str, Asset]) -> list[str]:
    keys = set(properties).union(*described.values())
    return sorted({url for key, url in _WHERE_USED.items() if key in keys}.union(_ALWAYS))


def _links(record: Sent, properties: Mapping[str, Any]) -> list[dict[str, str]]:
    links = [
        {
            "rel": "via",
            "href": link["href"],
            "type": "application/geo+json",
            "title": "The record at ESA's MAAP",
        }
        for link in record.get("links") or ()
        if link.get("rel") == "self" and link.get("href")
    ]
    doi = properties.get("sci:doi")
    if doi:
        links.append({"rel": "cite-as", "href": f"https://doi.org/{doi}", "type": "text/html", "title": "Product DOI"})
    return links
