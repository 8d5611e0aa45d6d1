"""What searches have to know of the catalog, kept for as long as nothing in the database has changed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any

import asyncpg
import orjson

from stac_api.reading.hydration import without_nulls
from transforms.catalog import is_superseded

_SNAPSHOT = "SELECT pg_current_snapshot()::text"
_LOAD = """
SELECT pg_current_snapshot()::text AS snapshot,
    (SELECT coalesce(json_agg(json_build_array(id, base_item) ORDER BY id), '[]')
        FROM pgstac.collections WHERE content->>'type' = 'Collection')::text AS collections,
    (SELECT coalesce(json_agg(json_build_array(collection, id, base_item) ORDER BY id), '[]')
        FROM pgstac.base_items)::text AS base_items,
    lower(pgstac.context()) AS context,
    pgstac.context_estimated_count() AS estimated_count,
    pgstac.context_estimated_cost() AS estimated_cost,
    (SELECT coalesce(sum(reltuples), 0) * 2 >= pgstac.context_estimated_count()
        FROM pg_partition_tree('pgstac.items') JOIN pg_class ON pg_class.oid = relid WHERE isleaf) AS is_large
"""
_OLDEST_S = 60.0
"""Filters may speak of "an hour ago", which moves although nothing is written."""
_LARGEST = 4096


class Memory(dict[Any, Any]):
    """Answers that hold as long as the catalog does not change; so many at most."""

    def __init__(self, largest: int = _LARGEST) -> None:
        super().__init__()
        self._largest = largest

    def keep(self, key: Any, value: Any) -> Any:  # noqa: ANN401 - of any kind
        """Keep an answer, and give it."""
        if len(self) >= self._largest:
            self.clear()
        self[key] = value
        return value


@dataclass(frozen=True, slots=True)
class BaseItem:
    """What Items of a Collection leave out because they share it."""

    document: dict[str, Any]
    has_nulls: bool

    @classmethod
    def of(cls, document: dict[str, Any] | None) -> "BaseItem":
        """Look once whether it has members without a value, deeper than the topmost."""
        members = {name: value for name, value in (document or {}).items() if value is not None}
        return cls(members, members != without_nulls(members))


@dataclass(frozen=True, slots=True)
class Catalog:
    """The catalog under one snapshot of the database.

    Attributes:
        snapshot: which transactions it has seen; equal snapshots see equal rows.
        base_items: by Collection, and by Collection and number where a Collection's was ever changed.
        context: pgSTAC's setting: whether matches are counted.
        counts: how many Items match, by condition.
        is_large: whether there can be as many Items as are estimated and not counted.
        filters: pgSTAC's SQL of filters.
        orders: pgSTAC's SQL of sort fields.
        answers: whole ones, about Collections, by URL.
    """

    snapshot: str
    loaded: float
    collections: tuple[str, ...]
    base_items: dict[tuple[str, int | None], BaseItem]
    context: str
    estimated_count: int
    estimated_cost: float
    is_large: bool
    counts: Memory = field(default_factory=Memory)
    filters: Memory = field(default_factory=Memory)
    orders: Memory = field(default_factory=Memory)
    answers: Memory = field(default_factory=partial(Memory, 64))

    @property
    def current(self) -> list[str]:
        """The Collections that a search means which names none."""
        return [one for one in self.collections if not is_superseded(one)]


@dataclass(slots=True)
class CatalogReader:
    """Knows the catalog, and notices at each request whether anything was written since."""

    clock: Callable[[], float] = monotonic
    _catalog: Catalog | None = None

    async def read(self, connection: asyncpg.Connection) -> Catalog:
        """Give the catalog as it is now. Costs a round trip; after a write, of anything, some milliseconds."""
        known = self._catalog
        if known and self.clock() - known.loaded < _OLDEST_S and await connection.fetchval(_SNAPSHOT) == known.snapshot:
            return known
        self._catalog = _catalog(await connection.fetchrow(_LOAD), self.clock())
        return self._catalog


def _catalog(row: asyncpg.Record, now: float) -> Catalog:
    collections = orjson.loads(row["collections"])
    base_items: dict[tuple[str, int | None], BaseItem] = {
        (collection, None): BaseItem.of(base) for collection, base in collections
    }
    first: dict[str, BaseItem] = {}
    for collection, number, base in orjson.loads(row["base_items"]):
        base_items[collection, number] = BaseItem.of(base)
        first.setdefault(collection, base_items[collection, number])
    # an Item without a number is older than any change of its Collection's base item
    base_items |= {(collection, None): base for collection, base in first.items()}
    return Catalog(
        row["snapshot"],
        now,
        tuple(collection for collection, _ in collections),
        base_items,
        row["context"],
        row["estimated_count"],
        row["estimated_cost"],
        row["is_large"],
    )
