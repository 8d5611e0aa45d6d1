"""EarthCARE's assets under one name per meaning, whatever key the archive used that month.

The archive's keys changed in October 2025 (``enclosure_1``/``_2`` to ``enclosure_h5``/``_hdr``,
``quicklook`` to ``quicklook_jpeg``), and on some JAXA products the two enclosures are swapped
(MAAP-documentation issue 530). What an asset is, its href says.

`facts` reads a record, `assets` writes an Item; between them lies what a part of an Item is kept as: the product
name, which an address holds three times, stands there as ``{id}``, and what follows from the key is left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from transforms.earthcare_hrefs import ending, file_name, is_packed, permanent

Asset = dict[str, Any]
Facts = dict[str, Asset]
"""By our key: href, size, login and other places; and type, title and roles where the key does not tell."""
Sent = Mapping[str, Any]

HDF5: Final = "application/x-hdf5"
XML: Final = "application/xml"
ZIP: Final = "application/zip"

KINDS: Mapping[str, Mapping[str, Any]] = {
    "data": {"title": "Product (HDF5)", "type": HDF5, "roles": ["data"]},
    "header": {"title": "Product header (XML)", "type": XML, "roles": ["metadata"]},
    "archive": {"title": "Product and header (ZIP)", "type": ZIP, "roles": ["archive"]},
    "thumbnail": {"title": "Thumbnail", "type": "image/jpeg", "roles": ["thumbnail"]},
    "overview": {"title": "Browse image", "type": "image/jpeg", "roles": ["overview"]},
    "metadata_ogc_10_157r4": {
        "title": "OGC 10-157r4 metadata",
        "type": 'application/gml+xml;profile="http://www.opengis.net/spec/EOMPOM/1.1"',
        "roles": ["metadata"],
    },
    "metadata_ogc_17_003r2": {
        "title": "OGC 17-003r2 metadata",
        "type": 'application/geo+json;profile="http://www.opengis.net/spec/eo-geojson/1.0"',
        "roles": ["metadata"],
    },
    "metadata_iso_19139": {
        "title": "ISO 19139 metadata",
        "type": "application/vnd.iso.19139+xml",
        "roles": ["metadata"],
    },
}
"""What an asset is, by our key."""

ORBIT_FILE: Mapping[str, Any] = {"title": "Orbit file (XML)", "type": XML, "roles": ["data"]}
"""What `data` is on orbit and calibration files that are no HDF5."""

_BY_SUFFIX: Mapping[str, str] = {"h5": "data", "hdr": "header", "eof": "data", "zip": "archive"}
_FILES = frozenset({"data", "header"})
_METADATA = frozenset(key for key in KINDS if key.startswith("metadata"))
_REPAIRED = frozenset({"data", "header", "archive"})
_STATED = frozenset({"file:size", "file:local_path", "auth:refs", "alternate"})
_ID = "{id}"


def facts(sent: Mapping[str, Sent], product: str) -> Facts:
    """Name and repair the assets of a record of the archive.

    Args:
        sent: the record's ``assets``, under any historical naming.
        product: the product name.

    Returns:
        Under ``data`` the science file (or the orbit file), ``header``, ``archive``, ``thumbnail``, ``overview``,
        ``metadata_*`` under the archive's own key; what else there is keeps its key. Nothing that was not sent.
    """
    found: Facts = {}
    for key, asset in sent.items():
        href = asset.get("href")
        if not isinstance(href, str) or "://" not in href:
            continue
        href = permanent(href)
        kind = KINDS.get(key)
        if kind and key in _METADATA and asset.get("type") == kind["type"]:
            found[key] = {"href": href.replace(product, _ID)}
            continue
        suffix = ending(href)
        name = _BY_SUFFIX.get(suffix) or _packed(asset, href) or _picture(key, asset) or key
        fact: Asset = {"href": href.replace(product, _ID)}
        if suffix == "eof":
            fact.update(ORBIT_FILE)
        elif name not in _REPAIRED:
            fact.update(_unlike(KINDS.get(name), asset))
        if not _STATED.isdisjoint(asset):
            fact.update(_access(asset, _beside(sent, asset, href) if name in _FILES else asset, href, product))
        found[name if name not in found else _free(name, found)] = fact
    return found


def assets(found: Mapping[str, Asset], product: str) -> dict[str, Asset]:
    """Write the assets of an Item."""
    return {key: _written(key, fact, product) for key, fact in found.items()}


def are_swapped(sent: Mapping[str, Sent]) -> bool:
    """Whether the archive's key for the product has the address of the header."""
    href = (sent.get("enclosure_h5") or {}).get("href")
    return isinstance(href, str) and ending(href) == "hdr"


def _written(key: str, fact: Asset, product: str) -> Asset:
    kind = KINDS.get(key) or KINDS.get(key.rpartition("_")[0]) or {"title": key}
    asset: Asset = {**kind, **fact, "href": fact["href"].replace(_ID, product)}
    if "roles" in asset:
        asset["roles"] = list(asset["roles"])
    if "file:local_path" in fact:
        asset["file:local_path"] = fact["file:local_path"].replace(_ID, product)
    if "alternate" in fact:
        asset.setdefault("alternate:name", "HTTPS")
        places = fact["alternate"].items()
        asset["alternate"] = {name: {**place, "href": place["href"].replace(_ID, product)} for name, place in places}
    asset.setdefault("tercet:evidence", "recorded")
    return asset


def _packed(asset: Sent, href: str) -> str:
    return "archive" if asset.get("type") == ZIP or is_packed(href) else ""


def _picture(key: str, asset: Sent) -> str:
    """Our key of a picture, "" where it is none."""
    media_type, roles = asset.get("type"), asset.get("roles") or ()
    if not isinstance(media_type, str) or not media_type.startswith("image/"):
        return ""
    return "overview" if "overview" in roles or ("thumbnail" not in roles and "look" in key) else "thumbnail"


def _unlike(kind: Mapping[str, Any] | None, asset: Sent) -> Asset:
    """Type, title and roles where our key does not tell them."""
    told, fields = kind or {}, ("type",) if kind else ("type", "title")
    unlike = {field: asset[field] for field in fields if isinstance(asset.get(field), str)}
    unlike = {field: text for field, text in unlike.items() if text and text != told.get(field)}
    roles = () if kind else [role for role in asset.get("roles") or () if isinstance(role, str)]
    return {**unlike, "roles": roles} if roles else unlike


def _beside(sent: Mapping[str, Sent], asset: Sent, href: str) -> Sent:
    """The asset whose size and S3 place are those of the file behind an href.

    Where the archive swapped two hrefs, what stands beside them was not swapped along.
    """
    said = asset.get("file:local_path")
    if isinstance(said, str) and said and href.endswith(said):  # as nearly all are
        return asset
    suffix = ending(href)
    if _said_ending(asset) in ("", suffix):
        return asset
    return next((other for other in sent.values() if _said_ending(other) == suffix), {})


def _said_ending(asset: Sent) -> str:
    """The ending of the file that what stands beside an href speaks of; "" where it does not say."""
    names = (asset.get("file:local_path"), asset.get("title"))
    return next((said for name in names if isinstance(name, str) and (said := ending(name)) in _BY_SUFFIX), "")


def _access(asset: Sent, beside: Sent, href: str, product: str) -> Asset:
    """Size, local name, login and other places of a file."""
    fields: Asset = {}
    size, local_path, places = beside.get("file:size"), beside.get("file:local_path"), beside.get("alternate")
    if isinstance(size, int) and size > 1:  # True is an int, too
        fields["file:size"] = size
    if local_path and isinstance(local_path, str):
        fields["file:local_path"] = local_path.replace(product, _ID)
    login = [ref for ref in asset.get("auth:refs") or () if isinstance(ref, str)]
    if login:
        fields["auth:refs"] = login
    alternate = _alternate(places, href, product) if isinstance(places, Mapping) else None
    if alternate:
        fields["alternate"] = alternate
        if asset.get("alternate:name") not in (None, "", "HTTPS"):
            fields["alternate:name"] = asset["alternate:name"]
    return fields


def _alternate(places: Mapping[str, Sent], href: str, product: str) -> Asset:
    """Other places of the same file; S3 works inside the platform only.

    The storage extension would want the endpoint of the bucket, which the archive does not say.
    """
    found: Asset = {}
    for name, place in places.items():
        other = place.get("href") if isinstance(place, Mapping) else None
        if isinstance(other, str) and permanent(other).endswith(file_name(href)):
            found[name] = {key: value for key, value in place.items() if value}
            found[name]["href"] = permanent(other).replace(product, _ID)
    return found


def _free(name: str, taken: Mapping[str, Asset]) -> str:
    """The name, or with a number where the record holds two of a kind."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
