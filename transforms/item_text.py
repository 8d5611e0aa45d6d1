"""Items as JSON text: dumped once, for the fingerprint, the checks, pgSTAC's row and the way between processes."""

from bisect import bisect
from collections.abc import Sequence
from typing import Any

import orjson

from transforms.entry import Item

ItemText = tuple[bytes, ...]
"""The members of an Item in the order of their names, cut at those of `APART`: runs of others at even places, ``APART``
at odd ones, each as ``"name":value,"name":value``, or empty where there is none."""

APART = ("collection", "geometry", "id", "stac_version", "type")
"""Members that pgSTAC keeps elsewhere than in an Item's content, sorted."""

GEOMETRY = 2 * APART.index("geometry") + 1
_ORDER = (
    "type",
    "stac_version",
    "stac_extensions",
    "id",
    "collection",
    "geometry",
    "bbox",
    "properties",
    "links",
    "assets",
)
"""As people read an Item."""


def item_text(item: Item) -> ItemText:
    """Dump an Item.

    Raises:
        TypeError: it holds what is not JSON.
    """
    runs: list[dict[str, Any]] = [{} for _ in range(len(APART) + 1)]
    for name, value in item.items():
        if name not in APART:
            runs[bisect(APART, name)][name] = value
    pieces = [b""] * (2 * len(APART) + 1)
    pieces[::2] = [members(run) if run else b"" for run in runs]
    pieces[1::2] = [members({name: item[name]}) if name in item else b"" for name in APART]
    return tuple(pieces)


def members(some: Item) -> bytes:
    """Members of an object as text, without its braces."""
    return orjson.dumps(some, option=orjson.OPT_SORT_KEYS)[1:-1]


def braced(pieces: Sequence[bytes]) -> bytes:
    """The object of some members."""
    return b"{" + b",".join(filter(None, pieces)) + b"}"


def geometry_text(text: ItemText) -> bytes:
    """The Item's geometry, ``null`` where it has none."""
    return text[GEOMETRY].removeprefix(b'"geometry":') or b"null"


def item_of(text: ItemText) -> Item:
    """The Item again, its members as people read them."""
    item: Item = orjson.loads(braced(text))
    return {name: item.pop(name) for name in _ORDER if name in item} | item
