"""Queryables in a real pgSTAC: typed, per Collection, written once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stac_api.database import Database
from stac_api.queryables import write_queryables
from transforms.catalog import COMMON_QUERYABLES, CollectionSpec, Queryable

pytestmark = pytest.mark.database

KINDS: Mapping[str, tuple[str, list[Any]]] = {
    "string": ("to_text", ["10", "9"]),
    "strings": ("to_text_array", [["a"], ["b"]]),
    "number": ("to_float", [9.5, 10.25, 100]),
    "integer": ("to_int", [9, 10, 100]),
    "boolean": ("", [False, True]),
    "datetime": ("to_tstz", ["2024-01-01T01:00:00+02:00", "2024-01-01T00:00:00Z"]),
}
"""A type of queryable, the wrapper it gets, and values in rising order."""


def spec_of(collection: str, queryables: Mapping[str, Queryable]) -> CollectionSpec:
    return CollectionSpec(
        id=collection,
        title=collection,
        description=f"The Items of {collection}.",
        license="other",
        providers=(),
        keywords=(),
        item_assets={},
        queryables=queryables,
    )


def stored_with(collection: str, queryables: Mapping[str, Queryable], connection: psycopg.Connection) -> CollectionSpec:
    spec = spec_of(collection, queryables)
    connection.execute("INSERT INTO pgstac.collections (content) VALUES (%s)", [Jsonb(spec.document())])
    return spec


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


def snapshot(connection: psycopg.Connection) -> list[Any]:
    return connection.execute("SELECT xmin::text, * FROM pgstac.queryables ORDER BY id").fetchall()


def registered(connection: psycopg.Connection, collection: str) -> dict[str, Any]:
    row = connection.execute("SELECT pgstac.get_queryables(%s)", [collection]).fetchone()
    assert row is not None
    found: dict[str, Any] = row[0]["properties"]
    return found


def test_a_second_call_changes_nothing(connection: psycopg.Connection) -> None:
    spec = stored_with("one", COMMON_QUERYABLES, connection)
    assert write_queryables(connection, spec)
    before = snapshot(connection)
    assert not write_queryables(connection, spec)
    assert snapshot(connection) == before


def test_title_description_and_unit_reach_the_client(connection: psycopg.Connection) -> None:
    write_queryables(connection, stored_with("one", COMMON_QUERYABLES, connection))
    assert registered(connection, "one")["gsd"] == {
        "title": "Ground sample distance",
        "description": "Size of a pixel on the ground.",
        "type": "number",
        "unit": "m",
    }


def test_many_collections_share_names_and_keep_their_own_definitions(connection: psycopg.Connection) -> None:
    text, number = Queryable("Version", "string", "As text."), Queryable("Version", "number", "As number.")
    for collection, queryable in {"one": text, "two": text, "three": number}.items():
        spec = stored_with(collection, {**COMMON_QUERYABLES, "version": queryable}, connection)
        assert write_queryables(connection, spec)
    assert registered(connection, "two")["version"] == text.schema()
    assert registered(connection, "three")["version"] == number.schema()
    assert registered(connection, "one")["created"] == COMMON_QUERYABLES["created"].schema()


def test_no_property_gets_an_index(connection: psycopg.Connection) -> None:
    before = connection.execute("SELECT count(*) FROM pg_indexes WHERE schemaname = 'pgstac'").fetchone()
    write_queryables(connection, stored_with("one", COMMON_QUERYABLES, connection))
    indexes = connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'pgstac'").fetchall()
    assert not [index for (index,) in indexes if "->'properties'" in index]
    # the Collection's own partition brings three, whatever its queryables
    assert before is not None
    assert len(indexes) <= before[0] + 3
    assert connection.execute("SELECT 1 FROM pgstac.queryables WHERE property_index_type IS NOT NULL").fetchall() == []


def test_what_changed_is_written_what_is_gone_is_removed_and_an_index_asked_for_stays(
    connection: psycopg.Connection,
) -> None:
    spec = stored_with("one", COMMON_QUERYABLES, connection)
    write_queryables(connection, spec)
    connection.execute("UPDATE pgstac.queryables SET property_index_type = 'BTREE' WHERE name = 'gsd'")
    gsd = Queryable("Pixel", "number", "Size of a pixel.", "m")
    changed = {name: one for name, one in COMMON_QUERYABLES.items() if name != "platform"} | {"gsd": gsd}
    assert write_queryables(connection, replace(spec, queryables=changed))
    after = registered(connection, "one")
    assert after["gsd"] == gsd.schema()
    assert "platform" not in after
    index = connection.execute("SELECT property_index_type FROM pgstac.queryables WHERE name = 'gsd'").fetchone()
    assert index == ("BTREE",)


@pytest.mark.parametrize("collections", [None, ["one", "two"]])
def test_what_the_operator_registered_for_several_collections_stands(
    connection: psycopg.Connection, collections: list[str] | None
) -> None:
    spec = stored_with("one", COMMON_QUERYABLES, connection)
    stored_with("two", {}, connection)
    connection.execute(
        "SELECT pgstac.upsert_queryable('gsd', '{\"type\": \"string\"}', collection_ids => %s)", [collections]
    )
    assert write_queryables(connection, spec)
    assert registered(connection, "one")["gsd"] == {"type": "string"}
    assert not write_queryables(connection, spec)


def test_a_rollback_takes_them_back(connection: psycopg.Connection) -> None:
    spec = stored_with("one", COMMON_QUERYABLES, connection)
    before = snapshot(connection)
    with connection.transaction(force_rollback=True):
        assert write_queryables(connection, spec)
    assert snapshot(connection) == before


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_sorts_and_compares_as_what_it_is(connection: psycopg.Connection, kind: Any) -> None:
    wrapper, values = KINDS[kind]
    write_queryables(connection, stored_with("one", {"x:value": Queryable("Value", kind, "A value.")}, connection))
    row = connection.execute("SELECT coalesce(property_wrapper, '') FROM pgstac.queryables WHERE name = 'x:value'")
    assert row.fetchone() == (wrapper,)
    for index, value in reversed(list(enumerate(values))):
        connection.execute("SELECT pgstac.create_item(%s)", [Jsonb(item_with(str(index), value))])
    sort = {"collections": ["one"], "sortby": [{"field": "x:value", "direction": "asc"}]}
    assert found(connection, sort) == [str(index) for index in range(len(values))]
    if kind != "strings":
        # RFC 3339 offsets are for pgSTAC to understand: every value is compared with itself
        literal = {"timestamp": values[-1]} if kind == "datetime" else values[-1]
        equal = {"op": "=", "args": [{"property": "x:value"}, literal]}
        assert found(connection, {"filter-lang": "cql2-json", "filter": equal}) == [str(len(values) - 1)]


def found(connection: psycopg.Connection, search: Mapping[str, Any]) -> list[str]:
    row = connection.execute("SELECT pgstac.search(%s)", [Jsonb(search)]).fetchone()
    assert row is not None
    return [feature["id"] for feature in row[0]["features"]]


def item_with(item_id: str, value: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": item_id,
        "collection": "one",
        "geometry": {"type": "Point", "coordinates": [1, 2]},
        "bbox": [1, 2, 1, 2],
        "properties": {"datetime": "2024-01-01T00:00:00.000Z", "x:value": value},
        "links": [],
        "assets": {},
    }
