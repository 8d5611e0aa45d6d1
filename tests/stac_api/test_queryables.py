from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stac_api.database import Database
from stac_api.queryables import write_queryables
from transforms.catalog import COMMON_QUERYABLES, CollectionSpec, Queryable

SPEC = CollectionSpec(
    id="lidar-a",
    title="Lidar A",
    description="Tracks.",
    license="CC0-1.0",
    providers=({"name": "Somebody"},),
    keywords=("lidar",),
    item_assets={},
    queryables={
        **COMMON_QUERYABLES,
        "start_datetime": Queryable("Start", "datetime", "First moment."),
        "lidar:rate": Queryable("Rate", "number", "Shots in a second.", "Hz"),
        "lidar:flag": Queryable("Flag", "boolean", "Whether it is flagged."),
    },
)
OTHER = replace(SPEC, id="lidar-b", title="Lidar B")


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        for spec in (SPEC, OTHER):
            connection.execute("INSERT INTO collections (content) VALUES (%s)", [Jsonb(spec.document())])
        yield connection


def properties(connection: psycopg.Connection, collection: str | None) -> dict[str, Any]:
    row = connection.execute("SELECT get_queryables(%s::text)", [collection]).fetchone()
    assert row is not None
    found: dict[str, Any] = row[0]["properties"]
    return found


def stored(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT xmin, q.* FROM queryables q ORDER BY id").fetchall()


def test_clients_see_title_description_type_and_unit(connection: psycopg.Connection) -> None:
    assert write_queryables(connection, SPEC)
    seen = properties(connection, "lidar-a")
    assert seen["lidar:rate"] == {
        "title": "Rate",
        "description": "Shots in a second.",
        "type": "number",
        "unit": "Hz",
    }
    assert set(SPEC.queryables) <= set(seen)
    assert {"id", "datetime", "geometry"} <= set(seen)


def test_the_second_time_writes_nothing(connection: psycopg.Connection) -> None:
    write_queryables(connection, SPEC)
    before = stored(connection)
    assert not write_queryables(connection, SPEC)
    assert stored(connection) == before


def test_common_properties_are_shared_by_collections_that_come_one_by_one(connection: psycopg.Connection) -> None:
    write_queryables(connection, SPEC)
    first = stored(connection)
    assert write_queryables(connection, OTHER)
    assert properties(connection, "lidar-a") == properties(connection, "lidar-b")
    assert [row for row in stored(connection) if row in first] == first
    assert not write_queryables(connection, SPEC)


def test_a_property_of_one_collection_is_not_one_of_another_but_of_the_catalog(connection: psycopg.Connection) -> None:
    more = replace(OTHER, queryables={"lidar:depth": Queryable("Depth", "number", "How deep.", "m")})
    write_queryables(connection, SPEC)
    write_queryables(connection, more)
    assert "lidar:depth" not in properties(connection, "lidar-a")
    assert {"lidar:depth", "lidar:rate"} <= set(properties(connection, None))


def test_a_changed_description_is_written_and_an_index_that_somebody_chose_is_kept(
    connection: psycopg.Connection,
) -> None:
    write_queryables(connection, SPEC)
    connection.execute("UPDATE queryables SET property_index_type = 'BTREE' WHERE name = 'lidar:rate'")
    renamed = replace(SPEC, queryables={"lidar:rate": Queryable("Shot rate", "number", "Shots in a second.", "Hz")})
    assert write_queryables(connection, renamed)
    assert properties(connection, "lidar-a")["lidar:rate"]["title"] == "Shot rate"
    row = connection.execute("SELECT property_index_type FROM queryables WHERE name = 'lidar:rate'").fetchone()
    assert row == ("BTREE",)


def test_no_property_gets_an_index_by_itself(connection: psycopg.Connection) -> None:
    write_queryables(connection, SPEC)
    assert connection.execute("SELECT FROM queryables WHERE property_index_type IS NOT NULL").fetchall() == []


def test_what_others_registered_stays(connection: psycopg.Connection) -> None:
    for_all = {"title": "Platform of all", "type": "string"}
    connection.execute("SELECT upsert_queryable('platform', %s)", [Jsonb(for_all)])
    shared = {"title": "Rate of both", "type": "number"}
    connection.execute("SELECT upsert_queryable('lidar:rate', %s, NULL, NULL, '{lidar-a,lidar-b}')", [Jsonb(shared)])
    connection.execute("SELECT upsert_queryable('own:note', NULL, NULL, NULL, '{lidar-a}')")
    assert write_queryables(connection, SPEC)
    assert properties(connection, "lidar-a")["platform"] == for_all
    assert properties(connection, "lidar-a")["lidar:rate"]["title"] == "Rate"
    assert properties(connection, "lidar-b")["lidar:rate"] == shared
    assert "own:note" in properties(connection, "lidar-a")
    assert not write_queryables(connection, SPEC)


def test_a_collection_that_is_not_there_is_refused(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        write_queryables(connection, replace(SPEC, id="nowhere"))
    assert connection.execute("SELECT FROM queryables WHERE name = 'lidar:rate'").fetchall() == []


def test_it_is_part_of_the_open_transaction(connection: psycopg.Connection) -> None:
    with connection.transaction(force_rollback=True):
        assert write_queryables(connection, SPEC)
    assert "lidar:rate" not in properties(connection, "lidar-a")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("number", [9.5, 10, 100.25]),
        ("integer", [9, 10, 3_000_000_000]),
        ("string", ["10", "100", "9"]),
        ("datetime", ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.500Z", "2024-01-01T00:00:01Z"]),
        ("boolean", [False, True]),
    ],
)
def test_values_sort_and_compare_as_what_they_are(connection: psycopg.Connection, kind: Any, values: list[Any]) -> None:
    store(connection, kind, values)
    assert found(connection, sortby=[{"field": "properties.lidar:value", "direction": "asc"}]) == values
    assert found(connection, filter={"op": "=", "args": [{"property": "lidar:value"}, values[-1]]}) == values[-1:]


def test_a_whole_number_is_below_one_with_a_fraction(connection: psycopg.Connection) -> None:
    store(connection, "integer", [3, 4])
    assert found(connection, filter={"op": "<", "args": [{"property": "lidar:value"}, 3.5]}) == [3]


def store(connection: psycopg.Connection, kind: Any, values: list[Any]) -> None:
    write_queryables(connection, replace(SPEC, queryables={"lidar:value": Queryable("Value", kind, "A value.")}))
    items = [
        {
            "type": "Feature",
            "stac_version": "1.1.0",
            "id": f"item-{at}",
            "collection": "lidar-a",
            "geometry": {"type": "Point", "coordinates": [1, 2]},
            "links": [],
            "assets": {},
            "properties": {"datetime": "2024-01-01T00:00:00Z", "lidar:value": value},
        }
        for at, value in enumerate(values)
    ]
    connection.execute("SELECT create_items(%s)", [Jsonb(items[::-1])])


def found(connection: psycopg.Connection, **search: Any) -> list[Any]:
    row = connection.execute("SELECT search(%s)", [Jsonb(search)]).fetchone()
    assert row is not None
    return [feature["properties"]["lidar:value"] for feature in row[0]["features"]]
