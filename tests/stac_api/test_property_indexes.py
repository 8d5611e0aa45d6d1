"""Indexes on properties: there after a harvest, used by searches, and no harm to anybody."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.types.json import Jsonb

from stac_api import property_indexes
from stac_api.database import Database
from stac_api.property_indexes import make_indexes
from stac_api.queryables import write_queryables
from tests.stac_api.served import PLUMES, item, spec, store
from transforms.catalog import Queryable

pytestmark = pytest.mark.database

RATE = Queryable("Rate", "number", "Emission rate.", "kg/h", indexed=True)
DAY = Queryable("Day", "datetime", "When.", indexed=True)
PLAIN = Queryable("Kind", "string", "Not indexed.")
SPEC = spec(PLUMES, {"rate": RATE, "day": DAY, "kind": PLAIN})
COUNT = 50


@pytest.fixture
def connection(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """Give a session of a catalog with one Collection, large enough for indexes."""
    monkeypatch.setattr(property_indexes, "LEAST_ITEMS", COUNT)
    with database.connect() as connection:
        connection.execute("INSERT INTO pgstac.collections (content) VALUES (%s)", [Jsonb(SPEC.document())])
        write_queryables(connection, SPEC)
        store(database, [item(PLUMES, f"p-{number}", 0, 0, rate=number, kind="a") for number in range(COUNT)])
        connection.execute("INSERT INTO tercet.collection (id, source, items) VALUES (%s, 'x', %s)", [PLUMES, COUNT])
        yield connection


def indexes(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE '%%\\_tercet'")
    return {name for (name,) in rows}


def plan(connection: psycopg.Connection, question: str) -> str:
    connection.execute("SET enable_seqscan TO off")
    connection.execute("SET enable_sort TO off")
    where = connection.execute(
        "SELECT pgstac.stac_search_to_where(%s)",
        [Jsonb({"collections": [PLUMES], "filter": {"op": ">", "args": [{"property": "rate"}, 48]}})],
    ).fetchone()
    assert where is not None
    statement = question.replace("WHERE", f"WHERE {where[0]}" if "{}" in question else "WHERE").replace("{}", "")
    return "\n".join(row[0] for row in connection.execute(f"EXPLAIN {statement}".encode()))


def test_what_is_marked_is_indexed_once(connection: psycopg.Connection) -> None:
    assert make_indexes(connection, SPEC) == 2
    assert make_indexes(connection, SPEC) == 0
    assert len(indexes(connection)) == 2


def test_pgstacs_filters_and_orders_use_them(connection: psycopg.Connection) -> None:
    make_indexes(connection, SPEC)
    (rate,) = {name for name in indexes(connection) if name in plan(connection, "SELECT id FROM items WHERE {}")}
    by_rate = "SELECT id FROM items WHERE collection = 'plumes' ORDER BY to_float(content->'properties'->'rate') DESC"
    assert rate in plan(connection, by_rate)


def test_what_nobody_marks_any_more_goes(connection: psycopg.Connection) -> None:
    make_indexes(connection, SPEC)
    make_indexes(connection, spec(PLUMES, {"rate": RATE}))
    assert len(indexes(connection)) == 1


def test_a_small_collection_goes_without(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE tercet.collection SET items = items - 1")
    assert make_indexes(connection, SPEC) == 0


def test_what_an_operator_has_indexed_is_not_indexed_again(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE pgstac.queryables SET property_index_type = 'BTREE' WHERE name = 'rate'")
    assert make_indexes(connection, SPEC) == 1


def test_values_that_are_none_of_their_type_leave_their_property_without(
    connection: psycopg.Connection, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    store(database, [item(PLUMES, "odd", 0, 0, rate="much")])
    assert make_indexes(connection, SPEC) == 1
    assert "rate" in caplog.text


def test_who_may_not_make_indexes_goes_without(
    connection: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    connection.execute("SET SESSION AUTHORIZATION pgstac_read")
    assert make_indexes(connection, SPEC) == 0
    assert "goes without" in caplog.text
