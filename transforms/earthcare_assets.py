"""EarthCARE's assets under one name per meaning, whatever key the archive used that month.

The archive's keys changed in October 2025 (``enclosure_1``/``_2`` to ``enclosure_h5``/``_hdr``,
``quicklook`` to ``quicklook_jpeg``), and on some JAXA products the two enclosures are swapped
(MAAP-documentation issue 530). What an asset is, its href says.
"""

from collections.abc import Mapping
from typing import Any

Asset = dict[str, Any]
Sent = Mapping[str, Any]

HDF5 = "application/x-hdf5"
XML = "application/xml"

_BY_SUFFIX: Mapping[str, tuple[str, str, str, str]] = {
    # suffix of the href: our key, media type, role, title
    "h5": ("data", HDF5, "data", "Product (HDF5)"),
    "hdr": ("header", XML, "metadata", "Product header (XML)"),
    "eof": ("data", XML, "data", "Orbit file (XML)"),
    "zip": ("archive", "application/zip", "archive", "Product and header (ZIP)"),
}
_FILES = frozenset({"data", "header"})
_PICTURES = {"thumbnail": "Thumbnail", "overview": "Browse image"}


def assets(sent: Mapping[str, Sent]) -> dict[str, Asset]:
    """Name, describe and repair the assets of a record.

    Args:
        sent: the record's ``assets``, under any historical naming.

    Returns:
        Under ``data`` the science file (or the orbit file), ``header``, ``archive``, ``thumbnail``, ``overview``,
        ``metadata_*`` under the archive's own key; what else there is keeps its key. Nothing that was not sent.
    """
    ours: dict[str, Asset] = {}
    for key, asset in sent.items():
        href = asset.get("href")
        if not isinstance(href, str) or not href:
            continue
        name, media_type, roles, title = _meaning(key, asset, href)
        described: Asset = {"href": href, "type": media_type, "title": title, "roles": roles}
        if not media_type:
            del described["type"]
        facts = _facts(sent, asset, href) if name in _FILES else asset
        described.update(_access(asset, facts, href))
        described["tercet:evidence"] = "recorded"
        ours[_free(name, ours)] = described
    return ours


def _meaning(key: str, asset: Sent, href: str) -> tuple[str, str, list[str], str]:
    """Our key, media type, roles and title."""
    media_type, roles = asset.get("type") or "", asset.get("roles") or []
    suffix = "zip" if media_type == "application/zip" else href.partition("?")[0].rpartition(".")[2].lower()
    known = _BY_SUFFIX.get(suffix)
    if known:
        name, kind, role, title = known
        return name, kind, [role], title
    if media_type.startswith("image/"):
        name = "overview" if "overview" in roles or ("thumbnail" not in roles and "look" in key) else "thumbnail"
        return name, media_type, [name], _PICTURES[name]
    return key, media_type, list(roles), asset.get("title") or key


def _facts(sent: Mapping[str, Sent], asset: Sent, href: str) -> Sent:
    """The asset whose size and S3 place are those of the file behind an href.

    Where the archive swapped two hrefs, what stands beside them was not swapped along.
    """
    file_name = href.rpartition("/")[2]
    said = asset.get("file:local_path")
    if said is None or said == file_name:
        return asset
    return next((other for other in sent.values() if other.get("file:local_path") == file_name), {})


def _access(asset: Sent, facts: Sent, href: str) -> Asset:
    """Size, local name, login and other places of a file."""
    fields: Asset = {}
    size, local_path = facts.get("file:size"), facts.get("file:local_path")
    if isinstance(size, int) and size > 0:
        fields["file:size"] = size
    if local_path:
        fields["file:local_path"] = local_path
    if asset.get("auth:refs"):
        fields["auth:refs"] = list(asset["auth:refs"])
    places = facts.get("alternate")
    alternate = _alternate(places, href) if places else None
    if alternate:
        fields["alternate:name"] = asset.get("alternate:name") or "HTTPS"
        fields["alternate"] = alternate
    return fields


def _alternate(places: Mapping[str, Sent], href: str) -> Asset:
    """Other places of the same file; S3 works inside the platform only.

    The storage extension would want the endpoint of the bucket, which the archive does not say.
    """
    file_name = href.rpartition("/")[2]
    return {
        name: {key: value for key, value in place.items() if value}
        for name, place in places.items()
        if str(place.get("href", "")).endswith(file_name)
    }


def _free(name: str, taken: Mapping[str, Asset]) -> str:
    """The name, or with a number where the record holds two of a kind."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
