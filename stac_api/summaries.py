"""After a harvest: extents, summaries, queryables and counts. One scan of each Collection that changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from stac_api.ledger import Ledger
from stac_api.property_indexes import make_indexes
from stac_api.queryables import write_queryables
from transforms.catalog import CollectionSpec

# the inner query keeps PostgreSQL from reading an Item's JSON once per summarised property
_SCAN = sql.SQL(
    "SELECT {combination} AS combination, {ranges} AS ranges, count(*) AS items, min(datetime) AS first, "
    "max(end_datetime) AS last, ST_XMin(ST_Extent(geometry)), ST_YMin(ST_Extent(geometry)), "
    "ST_XMax(ST_Extent(geometry)), ST_YMax(ST_Extent(geometry)) FROM "
    "(SELECT content->'properties' AS p, datetime, end_datetime, geometry FROM pgstac.items "
    "WHERE collection = {collection} OFFSET 0) AS items GROUP BY 1"
)


def make_true(connection: psycopg.Connection, ledger: Ledger, specs: Iterable[CollectionSpec]) -> None:
    """Write the extent, summaries and count of Collections as their Items say, drop cached counts, and make indexes.

    Each Collection is one transaction: whoever is killed here leaves the others stale for the next harvest.
    """
    # pgSTAC keeps a count for a day: after a harvest it would be wrong. First, because whoever is killed after the
    # last Collection leaves nothing stale that would bring the next harvest here
    connection.execute("DELETE FROM pgstac.search_wheres")
    for spec in specs:
        with connection.transaction():
            write_queryables(connection, spec)
            _make_one_true(connection, ledger, spec)
        make_indexes(connection, spec)


def _make_one_true(connection: psycopg.Connection, ledger: Ledger, spec: CollectionSpec) -> None:
    words, numbers = _summarised(spec)
    groups = connection.execute(_scan(spec.id, words, numbers)).fetchall()
    content = spec.document()
    if groups:
        content["extent"] = _extent(groups)
    summaries = {**_values(words, groups), **_ranges(numbers, groups)}
    if summaries:
        content["summaries"] = summaries
    connection.execute(
        "UPDATE pgstac.collections SET content = %s WHERE id = %s AND content <> %s",
        [Jsonb(content), spec.id, Jsonb(content)],
    )
    ledger.mark_true(spec.id, sum(group[2] for group in groups))


def _summarised(spec: CollectionSpec) -> tuple[list[str], list[str]]:
    """The names of the properties whose values, and of those whose ranges, the Collection lists."""
    listed = {name: queryable.type for name, queryable in spec.queryables.items() if queryable.summarise}
    numbers = [name for name, kind in listed.items() if kind in ("number", "integer")]
    return [name for name in listed if name not in numbers], numbers


def _scan(collection: str, words: Sequence[str], numbers: Sequence[str]) -> sql.Composed:
    combination = sql.SQL(", ").join(sql.SQL("p->{}").format(sql.Literal(name)) for name in words)
    ranges = sql.SQL(", ").join(
        sql.SQL("min((p->>{0})::float8), max((p->>{0})::float8)").format(sql.Literal(name)) for name in numbers
    )
    return _SCAN.format(
        combination=sql.SQL("jsonb_build_array({})").format(combination),
        ranges=sql.SQL("ARRAY[{}]::float8[]").format(ranges),
        collection=sql.Literal(collection),
    )


def _extent(groups: Sequence[Sequence[Any]]) -> dict[str, Any]:
    west, south = (min(group[index] for group in groups) for index in (5, 6))
    east, north = (max(group[index] for group in groups) for index in (7, 8))
    first, last = min(group[3] for group in groups), max(group[4] for group in groups)
    return {
        "spatial": {"bbox": [[west, south, east, north]]},
        "temporal": {"interval": [[_spelled(first), _spelled(last)]]},
    }


def _values(names: Sequence[str], groups: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    found: Mapping[str, set[Any]] = {name: set() for name in names}
    for group in groups:
        for name, value in zip(names, group[0], strict=True):
            found[name].update(value if isinstance(value, list) else () if value is None else (value,))
    return {name: sorted(values) for name, values in found.items() if values}


def _ranges(names: Sequence[str], groups: Sequence[Sequence[Any]]) -> dict[str, dict[str, float]]:
    ranges = {}
    for index, name in enumerate(names):
        least = [group[1][2 * index] for group in groups if group[1][2 * index] is not None]
        most = [group[1][2 * index + 1] for group in groups if group[1][2 * index + 1] is not None]
        if least:
            ranges[name] = {"minimum": _number(min(least)), "maximum": _number(max(most))}
    return ranges


def _number(value: float) -> float:
    return int(value) if value.is_integer() else value


def _spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
