"""pypgstac's loader on our own connection, so that Items and the ledger are written in one transaction."""

from collections.abc import Iterable
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
import psycopg
import shapely
from pypgstac.db import PgstacDB
from pypgstac.load import Loader, Methods

from stac_api.rows import Common, ready_content
from tercet.errors import SinkError
from transforms.check import Checked, end_of, start_of
from transforms.entry import Item

Row = dict[str, Any]
"""A row of pgSTAC's table of Items, as pypgstac copies it."""
_DIGITS = {"year": 4, "month": 6}
"""How many digits of its start say in which partition of its Collection an Item lies."""


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
    """pypgstac's loader of rows that are made here: a batch at a time, geometries already in PostGIS's form.

    It looks at its database's Collections once: where they may have changed a new one is due.
    """

    def __init__(self, db: OneConnection) -> None:
        super().__init__(db)
        self.common = cache(self._common)

    def load(self, rows: Iterable[Row]) -> None:
        """Write rows over whatever has their ids."""
        self.check_version()
        self._partition_cache = {}
        by_partition: dict[str, list[Row]] = {}
        for row in rows:
            by_partition.setdefault(self._partition(row["collection"], row["datetime"]), []).append(row)
        for name, group in sorted(by_partition.items()):
            for column in map(itemgetter, ("datetime", "end_datetime")):
                for extreme in (min(group, key=column), max(group, key=column)):
                    self._partition_update({**extreme, "partition": name})
            self.load_partition(self._partition_cache[name], group, Methods.delsert)

    def row(self, item: Item, wkb: bytes | None = None) -> Row:
        """The row of an Item; ``wkb`` is its geometry as EWKB, where that is known."""
        start, content = start_of(item), self.common(item["collection"])[0].content(item)
        return self._row((item["collection"], item["id"]), (start, end_of(item)), wkb or _wkb(item), content)

    def ready_row(self, one: Checked) -> Row | None:
        """The row of an Item that lies in the catalog as it came, where it was prepared for this one."""
        collection, *_ = one.version
        if self.common(collection)[0].token != one.common:
            return None
        return self._row((collection, one.item_id), (one.start, one.end), one.wkb, ready_content(one))

    def _row(self, at: tuple[str, str], time: tuple[str, str], wkb: bytes, content: bytes) -> Row:
        collection, item_id = at
        number = self.common(collection)[1]
        if number is not None:
            content = b'{"pgstac:base_item":%d,' % number + content.removeprefix(b"{")
        return {
            "id": item_id,
            "collection": collection,
            "datetime": time[0],
            "end_datetime": time[1],
            "geometry": wkb.hex(),
            "content": content.decode(),
        }

    def _common(self, collection: str) -> tuple[Common, int | None, str, int]:
        """What pgSTAC adds to a Collection's Items, its number where that was ever edited, and where they lie."""
        base_item, key, truncated, number = self.collection_json(collection)
        return Common(base_item), number, f"_items_{key}", _DIGITS.get(truncated, 0)

    def _partition(self, collection: str, start: str) -> str:
        *_, name, digits = self.common(collection)
        return f"{name}_{start.replace('-', '')[:digits]}" if digits else name


def _wkb(item: Item) -> bytes:
    shape = shapely.from_geojson(orjson.dumps(item["geometry"]))
    return bytes(shapely.to_wkb(shapely.set_srid(shape, 4326), include_srid=True))
