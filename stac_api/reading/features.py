"""Items as they are served: put together, linked, and written as JSON once."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urljoin

import asyncpg
import orjson
from stac_fastapi.pgstac.models.links import INFERRED_LINK_RELS

from stac_api.reading.catalog import Catalog
from stac_api.reading.hydration import Fields, hydrated, without_nulls

Item = dict[str, Any]

ItemView = Callable[[Item, str], None]
"""Changes an Item as it is served, in place; gets the API's base URL."""

_TAG = "pgstac:base_item"
_PLAIN = re.compile(r"https?://[^?#;\s]+(\?[^?#;\s]+)?(#[^?#;\s]+)?")
"""Addresses that stay as they are when they are joined to another."""


def read_items(rows: Iterable[asyncpg.Record], catalog: Catalog, fields: Fields) -> list[Item]:
    """Put Items together from rows of a page.

    Raises:
        KeyError: a Collection or base item is not known; the catalog has changed since it was read.
    """
    chosen: dict[int, dict[str, Any]] = {}
    return [_item(row, catalog, fields, chosen) for row in rows]


def _item(row: asyncpg.Record, catalog: Catalog, fields: Fields, chosen: dict[int, dict[str, Any]]) -> Item:
    collection, item_id, text, geometry = row[:4]
    content = orjson.loads(text)
    base = catalog.base_items[collection, content.pop(_TAG, None)]
    item = {
        "type": "Feature",
        "id": item_id,
        "collection": collection,
        "geometry": _geometry(geometry, fields),
        **content,
    }
    document = base.document
    if fields:
        item = fields.chosen(item)
        document = chosen.get(id(base)) or chosen.setdefault(id(base), fields.chosen(document))
    merged = hydrated(item, document)
    # what SQL calls null stands in the text as such, mostly as part of some word or not at all
    return without_nulls(merged) if base.has_nulls or fields or "null" in text else merged


def _geometry(text: str | None, fields: Fields) -> Any:  # noqa: ANN401 - JSON, or a piece of it
    if text is None or not fields.geometry:
        return None
    return orjson.loads(text) if fields.into_geometry else orjson.Fragment(text)


def link(items: Iterable[Item], root: str, fields: Fields) -> None:
    """Add the links that stac-fastapi makes; where chosen fields leave an Item without a name there are none.

    Args:
        items: put together; changed in place.
        root: the API's base URL.
        fields: that the client chose.
    """
    ends = {"type": "application/json", "href": root}
    for item in items:
        collection, item_id = item.get("collection"), item.get("id")
        if fields.exclude and not (fields.links and collection and item_id):
            continue
        place = f"{root}collections/{collection}"
        item["links"] = [
            {"rel": "collection", "type": "application/json", "href": place},
            {"rel": "parent", "type": "application/json", "href": place},
            {"rel": "root", **ends},
            {"rel": "self", "type": "application/geo+json", "href": f"{place}/items/{item_id}"},
            *_kept(item.get("links"), root),
        ]


def _kept(links: Any, root: str) -> list[dict[str, Any]]:  # noqa: ANN401 - as it is stored
    if not isinstance(links, list):
        return []
    return [
        one if _PLAIN.fullmatch(one["href"]) else {**one, "href": urljoin(root, one["href"])}
        for one in links
        if one["rel"] not in INFERRED_LINK_RELS
    ]


def written(items: Iterable[Item], views: Sequence[ItemView], root: str) -> list[orjson.Fragment]:
    """Write Items as JSON, after all who want to change them."""
    fragments = []
    for item in items:
        for view in views:
            view(item, root)
        fragments.append(orjson.Fragment(orjson.dumps(item)))
    return fragments
