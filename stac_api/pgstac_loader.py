"""pypgstac's loader on our own connection, so that Items and the ledger are written in one transaction."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg
import shapely
from pypgstac.db import PgstacDB
from pypgstac.hydration import dehydrate
from pypgstac.load import Loader, Methods

from tercet.errors import SinkError
from transforms.entry import Item


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
        content = dehydrate(base_item, _item)
        for column in ("id", "collection", "geometry"):
            content.pop(column, None)
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


def _wkb(item: Item) -> str:
    shape = shapely.from_geojson(orjson.dumps(item["geometry"]))
    return str(shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True))
