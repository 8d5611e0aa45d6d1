"""Items of any origin as this catalog has them: the same asset keys, whoever named them first."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from tercet.errors import ReaderError, RecordError
from tercet.readers.locations import Location, is_remote
from transforms import carbon_mapper
from transforms.carbon_mapper_files import template
from transforms.carbon_mapper_names import ProductCollection
from transforms.catalog import SUPERSEDED

Item = Mapping[str, Any]

_PARTS = 3
"""Item, collection and key: neither of the latter two holds the underscore that stands between them."""
_OURS = ("carbon-mapper-", "icesat2-", "earthcare-")


def as_item(thing: Any) -> Item | None:  # noqa: ANN401 - a pystac.Item, or a mapping
    """A pystac Item, a mapping or one that can become a mapping as JSON values; None where it is something else."""
    if hasattr(thing, "to_dict") and hasattr(thing, "assets"):
        found = thing.to_dict(include_self_link=True, transform_hrefs=False)
        own = thing.get_self_href()
        return {**found, "links": [*found["links"], {"rel": "self", "href": own}]} if own else found
    return thing if isinstance(thing, Mapping) else None


def uniform(item: Item) -> Item:
    """The Item as this catalog has it; what its own source's transform cannot read is left as it is.

    Upstream's STAC Items and REST records of Carbon Mapper become Items of plumes, scenes and sources; files stay where
    the Item says that they are.
    """
    if is_ours(item) or not _is_carbon_mapper(item):
        return item
    try:
        made = carbon_mapper.entry(item).item
    except RecordError as error:
        if not item.get("assets"):
            raise ReaderError(f"the record cannot be read as an Item: {error}") from error
        return item
    stated = {key: one for key, one in made["assets"].items() if one.get("tercet:evidence") != "derived"}
    own = {key: {**stated.get(key, {}), **asset} for key, asset in renamed(item).items()}
    return {**made, "links": [*item.get("links", ()), *made["links"]], "assets": {**made["assets"], **own}}


def is_ours(item: Item) -> bool:
    """Whether it comes from a catalog of Tercet."""
    collection = str(item.get("collection") or "").removesuffix(SUPERSEDED)
    return collection.startswith(_OURS)


def _is_carbon_mapper(item: Item) -> bool:
    collection = item.get("collection")
    if isinstance(collection, str):
        return ProductCollection.parse(collection) is not None
    return "plume_id" in item or "source_name" in item or "source_name" in (item.get("properties") or {})


def renamed(item: Item) -> dict[str, Mapping[str, Any]]:
    """The assets of a STAC Item of Carbon Mapper under this catalog's keys."""
    assets = item.get("assets") or {}
    found: dict[str, Mapping[str, Any]] = {}
    for key, asset in assets.items():
        known = known_file(str(asset.get("href", "")).partition("?")[0].rpartition("/")[2])
        # theirs is but the file's name
        title = {"title": known[1]["title"]} if known else {}
        found[known[0] if known and known[0] not in found else key] = {**(known[1] if known else {}), **asset, **title}
    return found


def known_file(name: str) -> tuple[str, Mapping[str, Any]] | None:
    """Asset key, and what is known, of a file that is named as Carbon Mapper names it; None for others."""
    if product_of(name) is None:
        return None
    _, collection, key = _parts(name)
    return template(collection, key)


def product_of(file_name: str) -> ProductCollection | None:
    """The provider's collection that a file of Carbon Mapper is of, by its name."""
    parts = _parts(file_name)
    return ProductCollection.parse(parts[1]) if len(parts) == _PARTS else None


def subject_of(file_name: str) -> str | None:
    """The plume or scene that a file of Carbon Mapper is of, by its name."""
    return _parts(file_name)[0] if product_of(file_name) else None


def _parts(file_name: str) -> list[str]:
    return file_name.rsplit("_", _PARTS - 1)


def plain_file(name: str, *, beside: Sequence[str] = ()) -> tuple[str, Mapping[str, Any]]:
    """Asset key, and what is known, of a file that is named as its asset only: ``cmf.tif``, ``plume.tif``.

    Args:
        name: of the file.
        beside: the names of what lies beside it, since a plume and a scene both have an ``rgb.tif``.
    """
    kinds = ("l2b-v3", "l2b-rgb-v3") if "cmf.tif" in beside else ("l3a-vis-v3", "l3a-ime-v3", "l2b-v3", "l2b-rgb-v3")
    for kind in kinds:
        key, known = template(kind, name)
        if known["title"] != name:  # one that is new to the table keeps its name as its title
            return key, known
    return template(kinds[0], name)


def locations(item: Item, base: str | None = None, *, alternate: str | None = None) -> dict[str, Location]:
    """Where the files of an Item lie, by asset key.

    Args:
        item: as this catalog has it.
        base: path or URL that relative hrefs are relative to; the Item's own link where it has one.
        alternate: the name of the alternate address to take, where an asset has one.
    """
    base = base or self_href(item)
    return {
        key: Location(_absolute(_href(asset, alternate), base), item, key, asset)
        for key, asset in (item.get("assets") or {}).items()
        if isinstance(asset, Mapping) and asset.get("href")
    }


def _href(asset: Mapping[str, Any], alternate: str | None) -> str:
    others = asset.get("alternate") or {}
    return str(others[alternate]["href"] if alternate and alternate in others else asset["href"])


def self_href(item: Item) -> str | None:
    """Where the Item itself lies, as it says."""
    links = (link for link in item.get("links") or () if link.get("rel") == "self")
    return next((link.get("href") for link in links), None)


def _absolute(href: str, base: str | None) -> str:
    if is_remote(href) or href.startswith(("/", "file:")) or base is None:
        return href
    return urljoin(base, href) if is_remote(base) else str(Path(base.removeprefix("file://")).parent / href)


def item_of_file(path: Path) -> Item | None:
    """The Item or record in a JSON file; None where it holds neither.

    Raises:
        ReaderError: the file is not JSON.
    """
    return item_in(path.read_bytes(), str(path))


def item_in(content: bytes, name: str) -> Item | None:
    """The Item or record in JSON; None where it holds neither.

    Raises:
        ReaderError: it is not JSON, or a whole page of Items.
    """
    try:
        document = json.loads(content)
    except ValueError as error:
        raise ReaderError(f"{name} is not JSON: {error}") from error
    if not isinstance(document, Mapping):
        return None
    if document.get("type") == "FeatureCollection":
        raise ReaderError(f"{name} holds {len(document.get('features') or ())} Features: open one, or use open_many")
    is_item = document.get("type") == "Feature" and "assets" in document
    return document if is_item or "plume_id" in document or "source_name" in document else None
