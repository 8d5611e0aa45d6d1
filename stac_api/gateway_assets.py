"""Assets as the catalog holds them: the only addresses that the gateway asks."""

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from fastapi import HTTPException, Request

_ASSET = "SELECT pgstac.get_item($1, $2) -> 'assets' -> $3"
_KEPT_S = 30.0
"""A tiler asks for one file in dozens of ranges; a harvest may change it in between."""
_MOST = 10_000
_LONGEST = 1024
_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:\s*;\s*[A-Za-z0-9_.-]+=(?:[\w.+/:-]+|\"[^\"\\\r\n]*\"))*", re.ASCII
)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_SHOWN = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""What browsers may show: all of it is pixels."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What the catalog says of a file.

    Attributes:
        href: where it is.
        media_type: as its Item says; of unknown bytes where that is none.
        name: for whoever saves it: letters, digits, dots, dashes and underlines.
    """

    href: str
    media_type: str
    name: str

    @classmethod
    def of(cls, asset: dict[str, Any], key: str) -> "Asset":
        """Read an asset of an Item."""
        href, kind = str(asset.get("href", "")), str(asset.get("type", ""))
        media_type = kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"
        last = unquote(urlsplit(href).path).rstrip("/").rpartition("/")[2] if "://" in href else href.rpartition("/")[2]
        return cls(href, media_type, _UNSAFE.sub("_", last).strip("._")[-120:] or _UNSAFE.sub("_", key) or "file")

    @property
    def disposition(self) -> str:
        """What a browser does with it."""
        kind = "inline" if self.media_type in _SHOWN else "attachment"
        return f'{kind}; filename="{self.name}"'


class Assets:
    """The catalog's assets, remembered for moments."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], tuple[Asset, float]] = OrderedDict()

    async def find(self, request: Request, collection: str, item: str, key: str) -> Asset:
        """Look an asset up.

        Raises:
            HTTPException: 404, the catalog has none of these names.
        """
        place = (collection, item, key)
        known, ends = self._known.get(place, (None, 0.0))
        if known is None or ends < time.monotonic():
            known = await _read(request, place)
            self._known[place] = (known, time.monotonic() + _KEPT_S)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return known


async def _read(request: Request, place: tuple[str, str, str]) -> Asset:
    collection, item, key = place
    found = None
    if all(len(name) <= _LONGEST and name.isprintable() for name in place):
        async with request.app.state.get_connection(request, "r") as connection:
            found = await connection.fetchval(_ASSET, item, collection, key)
    if not isinstance(found, dict):
        raise HTTPException(404, f"the catalog has no asset {key!a:.100} of Item {item!a:.100} in {collection!a:.100}")
    return Asset.of(found, key)
