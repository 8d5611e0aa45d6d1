"""What one record of the archive says of a product: short, repaired, in the words of the catalog.

It is what the ledger keeps of each record, as a granule lies in several collections of ESA's MAAP: the Item is made
of what all of them say. What the product name tells is not in it.
"""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.earthcare_assets import Facts, are_swapped, facts
from transforms.earthcare_geometry import footprint, stated_box
from transforms.earthcare_hrefs import permanent
from transforms.earthcare_names import ProductName
from transforms.earthcare_properties import contradictions, kept
from transforms.entry import Item

Sent = Mapping[str, Any]
Said = Mapping[str, Any]
"""``id``, ``surface`` (stac or file), ``properties``, ``assets``; where known ``geometry``, ``collection`` (upstream),
``via`` (the record's address), ``schemes`` (how to log in, where it is not as usual), ``remarks``."""

AUTH_SCHEMES: Mapping[str, Mapping[str, str]] = {
    # what the archive's Items say, for those that name a scheme without describing it
    "oidc": {
        "type": "openIdConnect",
        "openIdConnectUrl": "https://iam.ascend.icsgate.eu/realms/esa-maap/.well-known/openid-configuration",
    },
    "s3": {"type": "s3"},
}

_NEEDED: Mapping[str, str] = {"openIdConnect": "openIdConnectUrl", "oauth2": "flows", "http": "scheme"}
"""What a scheme of a type cannot do without, by the authentication extension."""

SWAPPED = "the archive's addresses of product and header are swapped; their endings are believed"
BOXED = "the record has no geometry; the box that it states as its bbox is taken"


def said_by_archive(record: Sent, name: ProductName) -> Said:
    """Read a record of the archive.

    Args:
        record: a STAC Item of ESA's MAAP; a part of one, too.
        name: its product name, parsed.

    Raises:
        RecordError: a time in it cannot be read, or its footprint is none.
    """
    product: str = record["id"]
    sent, files = record.get("properties") or {}, _described(record.get("assets"))
    said: dict[str, Any] = {
        "id": product,
        "surface": "stac",
        "properties": kept(product, name, sent),
        "assets": facts(files, product),
    }
    geometry = _geometry(record, name)
    if geometry:
        said["geometry"] = geometry
    via = _own_address(record.get("links"))
    collection = record.get("collection")
    if isinstance(via, str) and "://" in via:
        said["via"] = permanent(via)
        # a copy of a record may have lost the field, and has its address still
        collection = collection or via.partition("/collections/")[2].partition("/")[0]
    if isinstance(collection, str) and collection:
        said["collection"] = collection
    schemes = _schemes(said["assets"], sent.get("auth:schemes") or {})
    if schemes:
        said["schemes"] = schemes
    odd = _remarks(record, name, said, files)
    if odd:
        said["remarks"] = odd
    return said


def _described(assets: object) -> Mapping[str, Sent]:
    """The assets of a record, as far as they are such."""
    given = assets.items() if isinstance(assets, Mapping) else ()
    return {key: asset for key, asset in given if isinstance(asset, Mapping)}


def _own_address(links: object) -> object:
    """Where a record says that it lies; None where it does not."""
    given = links if isinstance(links, list) else ()
    return next((link.get("href") for link in given if isinstance(link, Mapping) and link.get("rel") == "self"), None)


def _remarks(record: Sent, name: ProductName, said: Said, files: Mapping[str, Sent]) -> list[str]:
    odd = contradictions(name, record.get("properties") or {})
    if are_swapped(files):
        odd.append(SWAPPED)
    if "geometry" in said and not record.get("geometry"):
        odd.append(BOXED)
    return odd


def _geometry(record: Sent, name: ProductName) -> Item | None:
    sent = record.get("geometry")
    try:
        if sent:
            return footprint(sent, name.frame)
        # the box of a frame is not what it covers, and the archive's other record or the file may say what is
        return stated_box(record.get("bbox")) if name.orbit is None else None
    except RecordError as error:
        raise RecordError(f"{name}: {error}") from error


def _schemes(assets: Facts, sent: Sent) -> dict[str, Any]:
    """The login schemes that some asset asks for, where they are not those that we know."""
    other = {ref: scheme for ref, scheme in sent.items() if scheme != AUTH_SCHEMES.get(ref) and _is_scheme(scheme)}
    return {ref: dict(other[ref]) for ref in refs(assets) if ref in other} if other else {}


def _is_scheme(scheme: object) -> bool:
    kind = scheme.get("type") if isinstance(scheme, dict) else None
    return isinstance(scheme, dict) and isinstance(kind, str) and bool(scheme.get(_NEEDED.get(kind, "type")))


def refs(assets: Mapping[str, Sent]) -> list[str]:
    """The login schemes that some asset asks for, sorted."""
    found: set[str] = set()
    for asset in assets.values():
        found.update(asset.get("auth:refs", ()))
        if "alternate" in asset:
            found.update(ref for place in asset["alternate"].values() for ref in place.get("auth:refs", ()))
    return sorted(found)
