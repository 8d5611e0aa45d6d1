"""pypgstac's loader on our own connection, so that Items and the ledger are written in one transaction."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import psycopg
import shapely
from pypgstac.db import PgstacDB
from pypgstac.hydration import DO_NOT_MERGE_MARKER
from pypgstac.load import Loader, Methods

from tercet.errors import SinkError
from transforms.entry import Item

_COLUMNS = frozenset({"id", "collection", "geometry", "assets"})
"""What pgSTAC keeps in columns, and what is looked at apart."""


class OneConnection(PgstacDB):
    """pypgstac's database on one connection only: no pool beside it, no reconnecting outside our transaction."""

    def connect(self) -> psycopg.Connection:
        """Give the connection, whatever state it is in.

        Raises:
            SinkError: there is none.
        """
        if self.connection is None:
            raise SinkError("the loader was made without a connection")
        return self.connection


class ItemLoader(Loader):
    """pypgstac's loader, given geometries that are already in PostGIS's form."""

    _wkb: str | None = None

    def load(self, items: Iterable[tuple[Item, str | None]]) -> None:
        """Write Items over whatever has their id; with each its geometry as hexadecimal EWKB, or None."""
        self.load_items(self._in_turn(items), Methods.delsert)

    def _in_turn(self, items: Iterable[tuple[Item, str | None]]) -> Iterator[Item]:
        for item, self._wkb in items:
            yield item

    def format_item(self, _item: Path | str | Item) -> dict[str, Any]:
        """Turn an Item into a row: like pypgstac's own, without parsing the geometry a second time."""
        if not isinstance(_item, dict):
            return super().format_item(_item)
        base_item, _, _, base_item_id = self.collection_json(_item["collection"])
        properties = _item["properties"]
        start = properties.get("start_datetime") or properties["datetime"]
        content = _content(base_item, _item)
        if base_item_id is not None:
            content["pgstac:base_item"] = base_item_id
        return {
            "id": _item["id"],
            "collection": _item["collection"],
            "datetime": start,
            "end_datetime": properties.get("end_datetime") or start,
            "geometry": self._wkb or _wkb(_item),
            "content": orjson.dumps(content).decode(),
            "private": None,
        }


def _content(base_item: Mapping[str, Any], item: Item) -> dict[str, Any]:
    """The part of an Item that pgSTAC keeps as JSON.

    pgSTAC merges the Collection's ``item_assets`` into every Item that it reads, so whatever an Item does not have
    of them is marked. What it has is stored as it is: leaving out what equals the Collection's own would cost more
    time in Python than it saves on disk.
    """
    content = {name: value for name, value in item.items() if name not in _COLUMNS and base_item.get(name) != value}
    common = base_item.get("assets") or {}
    assets = {key: _marked(common[key], asset) if key in common else asset for key, asset in item["assets"].items()}
    content["assets"] = assets | dict.fromkeys(common.keys() - assets.keys(), DO_NOT_MERGE_MARKER)
    return content


def _marked(common: Mapping[str, Any], asset: Mapping[str, Any]) -> Mapping[str, Any]:
    missing = common.keys() - asset.keys()
    return {**asset, **dict.fromkeys(missing, DO_NOT_MERGE_MARKER)} if missing else asset


def _wkb(item: Item) -> str:
    shape = shapely.from_geojson(orjson.dumps(item["geometry"]))
    return str(shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True))
