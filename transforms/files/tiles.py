"""Links that lead from an Item to the tiles that a tiler draws of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from transforms.catalog import EXTENSIONS

WEB_MAP_LINKS = f"{EXTENSIONS}/web-map-links/v1.2.0/schema.json"
_MATRIX = "WebMercatorQuad"
_REPEATED = ("assets", "bidx")


def tile_links(tiler: str, collection: str, item_id: str, render: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the ``xyz`` and ``tilejson`` links of one render.

    Args:
        tiler: root of a titiler-pgstac 2 or newer on the same database.
        collection: the Item's Collection.
        item_id: its id.
        render: as in ``renders`` of the Item; ``assets``, ``rescale``, ``colormap_name`` and such become parameters.
    """
    root = f"{tiler.rstrip('/')}/collections/{quote(collection)}/items/{quote(item_id)}"
    asked = _query(render)
    common = {"title": render.get("title", "Tiles")}
    return [
        {"rel": "xyz", "href": f"{root}/tiles/{_MATRIX}/{{z}}/{{x}}/{{y}}.png?{asked}", "type": "image/png", **common},
        {"rel": "tilejson", "href": f"{root}/{_MATRIX}/tilejson.json?{asked}", "type": "application/json", **common},
    ]


def _query(render: Mapping[str, Any]) -> str:
    pairs: list[tuple[str, Any]] = []
    for name, value in render.items():
        if name == "title":
            continue
        if name == "rescale":
            pairs += [(name, ",".join(f"{edge:g}" for edge in span)) for span in value]
        elif name in _REPEATED:
            pairs += [(name, one) for one in value]
        else:
            pairs.append((name, value))
    return urlencode(pairs)
