"""The loader against a real pgSTAC: what is asked of the catalog is asked through pgSTAC's own functions."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any, LiteralString

import psycopg
import pytest

from harvesters.registry import SOURCES
from stac_api import loader, summaries
from stac_api.batch import Batch, Reject, Stored
from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.loader import CatalogSink
from tercet.errors import SinkError
from tests.items import Tracks, box, checked, entry
from tests.upstreams import carbon_mapper_archive, earthcare_archive, icesat2_archive
from transforms.entry import Entry

pytestmark = pytest.mark.database

_TABLES: tuple[LiteralString, ...] = (
    "pgstac.items",
    "pgstac.collections",
    "pgstac.queryables",
    "tercet.item",
    "tercet.collection",
    "tercet.cursor",
    "tercet.reject",
    "tercet.part",
    "tercet.kin",
)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


@pytest.fixture
def sink(connection: psycopg.Connection) -> CatalogSink:
    return begin(connection)


def begin(connection: psycopg.Connection, *, dry_run: bool = False) -> CatalogSink:
    run = Ledger(connection).begin("tracks", "tracks", {})
    return CatalogSink(connection, "tracks", "tracks", Tracks(), run, dry_run)


def store(sink: CatalogSink, *entries: Entry, cursor: str | None = None) -> Stored:
    return sink.store(Batch(checked(*entries), cursor=cursor))


def rows(connection: psycopg.Connection, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
    return connection.execute(query, values).fetchall()


def dump(connection: psycopg.Connection, columns: LiteralString = "t::text") -> dict[str, list[Any]]:
    return {table: sorted(rows(connection, "SELECT " + columns + " FROM " + table + " AS t")) for table in _TABLES}


def written(connection: psycopg.Connection) -> dict[str, list[Any]]:
    """Every row with the transaction that wrote it and where it lies: a row that is rewritten shows."""
    return dump(connection, "t.xmin::text, t.ctid::text, t::text")


def item(connection: psycopg.Connection, name: str, collection: str = "tracks") -> Any:
    return rows(connection, "SELECT pgstac.get_item(%s, %s)", name, collection)[0][0]


def count(connection: psycopg.Connection, table: LiteralString = "pgstac.items") -> int:
    return int(rows(connection, "SELECT count(*) FROM " + table)[0][0])


def test_a_first_store_is_new_and_an_item_comes_back_as_it_was(
    sink: CatalogSink, connection: psycopg.Connection
) -> None:
    assert store(sink, entry("a", gsd=1.5), entry("b")) == Stored(new=2)
    assert item(connection, "a") == entry("a", gsd=1.5).item


def test_a_second_harvest_of_the_same_is_all_same_and_rewrites_nothing(connection: psycopg.Connection) -> None:
    versions = [entry("a", 1), entry("a", 2), entry("b", freshness="1")]
    first = begin(connection)
    first.store(Batch(checked(*versions), [Reject("x", "RecordError", "broken", {"x": 1})], "2024"))
    first.finish()
    before = written(connection)
    second = begin(connection)
    again = second.store(Batch(checked(*versions), [Reject("x", "RecordError", "broken", {"x": 1})], "2024"))
    assert second.finish() == {"tracks": 2, "tracks-superseded": 1}
    assert again == Stored(same=3, rejected=1)
    assert written(connection) == before


def test_an_item_that_moves_in_time_is_there_once(connection: psycopg.Connection) -> None:
    sink = begin(connection)
    store(sink, entry("other"))
    connection.execute("UPDATE pgstac.collections SET partition_trunc = 'month' WHERE id = 'tracks'")
    mover = begin(connection)
    store(mover, entry("a"))
    assert store(mover, entry("a", moment="2021-01-01T00:00:00.000Z")) == Stored(changed=1)
    mover.finish()
    found = rows(connection, "SELECT datetime::date::text FROM pgstac.items WHERE id = 'a'")
    assert found == [("2021-01-01",)]


def test_what_a_batch_says_twice_is_stored_once(sink: CatalogSink, connection: psycopg.Connection) -> None:
    assert store(sink, entry("a", freshness="2", gsd=2), entry("a", freshness="1", gsd=1)) == Stored(new=1, same=1)
    assert count(connection) == 1
    assert item(connection, "a")["properties"]["gsd"] == 2


def test_what_is_replaced_moves_aside_deprecated_and_linked_both_ways(
    sink: CatalogSink, connection: psycopg.Connection
) -> None:
    store(sink, entry("a", 1))
    assert store(sink, entry("a", 2, gsd=2)) == Stored(new=1, superseded=1)
    current, old = item(connection, "a"), item(connection, "a_1", "tracks-superseded")
    assert count(connection) == 2
    assert current["properties"]["gsd"] == 2
    assert "deprecated" not in current["properties"]
    assert old["properties"]["deprecated"] is True
    links = [{link["rel"]: link["href"] for link in one["links"] if link["rel"] != "via"} for one in (current, old)]
    latest, archived = "collections/tracks/items/a", "collections/tracks-superseded/items/a_1"
    assert links == [{"predecessor-version": archived}, {"successor-version": latest, "latest-version": latest}]


def test_a_change_of_a_superseded_version_stays_aside(sink: CatalogSink, connection: psycopg.Connection) -> None:
    store(sink, entry("a", 1, freshness="1"), entry("a", 2))
    assert store(sink, entry("a", 1, freshness="2", gsd=7)) == Stored(changed=1)
    assert item(connection, "a_1", "tracks-superseded")["properties"]["gsd"] == 7
    assert "gsd" not in item(connection, "a")["properties"]


def test_an_old_version_that_comes_late_never_replaces_the_current_one(
    sink: CatalogSink, connection: psycopg.Connection
) -> None:
    store(sink, entry("a", 2, gsd=2))
    assert store(sink, entry("a", 1, gsd=1)) == Stored(new=1, superseded=1)
    assert item(connection, "a")["properties"]["gsd"] == 2


def test_versions_in_any_order_end_in_equal_catalogs(connection: psycopg.Connection) -> None:
    catalogs = []
    for index, order in enumerate(permutations((1, 2, 3))):
        sink, name = begin(connection), f"s{index}"
        for version in order:
            store(sink, entry(name, version, gsd=version))
        sink.finish()
        found = rows(
            connection,
            "SELECT collection, id, pgstac.get_item(id, collection)::text FROM pgstac.items "
            "WHERE content->'properties'->>'title' = %s ORDER BY 1, 2",
            f"Track {name}",
        )
        catalogs.append([tuple(part.replace(name, "s") for part in row) for row in found])
    assert len(catalogs[0]) == 3
    assert all(catalog == catalogs[0] for catalog in catalogs)


@pytest.mark.parametrize("record", [{"a": "\0"}, {"a": "\ud800"}, {"\0": [1, None]}, "not even an object"])
def test_rejects_are_kept_with_their_record_and_reason(sink: CatalogSink, record: Any) -> None:
    sink.store(Batch((), [Reject("n\0\ud800", "RecordError", "r\0\ud800", record)]))
    (kept,) = sink.ledger.rejects("tracks")
    assert json.loads(kept.record) == record
    assert (kept.name, kept.reason, kept.kind) == ("n\\0\\ud800", "r\\0\\ud800", "RecordError")


def test_nothing_is_stored_where_a_batch_fails_in_the_middle_and_the_same_sink_goes_on(
    sink: CatalogSink, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(connection)

    def full(*_: Any) -> None:
        raise psycopg.errors.DiskFull("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "move_cursor", full)
        with pytest.raises(SinkError, match=r"disk is full .*: make room and harvest again"):
            sink.store(Batch(checked(entry("a")), [Reject("x", "RecordError", "broken", {})], "2024"))
    assert dump(connection) == before
    assert store(sink, entry("a"), cursor="2024") == Stored(new=1)
    assert sink.ledger.cursor("tracks", "tracks") == "2024"
    assert sink.finish() == {"tracks": 1}
    assert item(connection, "a") == entry("a").item


def test_a_lost_connection_is_an_error_that_says_what_next(database: Database) -> None:
    with database.connect() as connection, database.connect() as other:
        sink = begin(connection)
        other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
        with pytest.raises(SinkError, match="harvest again; it goes on where it stopped"):
            store(sink, entry("a"))
        assert count(other) == 0


def test_a_dry_run_counts_and_stores_nothing(connection: psycopg.Connection) -> None:
    store(begin(connection), entry("a"))
    before = dump(connection)
    sink = begin(connection, dry_run=True)
    assert store(sink, entry("a", 2), entry("b"), cursor="x") == Stored(new=2, superseded=1)
    assert store(sink, entry("c", 1), entry("c", 2)) == Stored(new=2, superseded=1)
    sink.finish()
    assert dump(connection) == before


def test_an_item_that_was_deleted_by_hand_is_named(sink: CatalogSink, connection: psycopg.Connection) -> None:
    store(sink, entry("a", 1))
    connection.execute("DELETE FROM pgstac.items")
    with pytest.raises(SinkError, match="collections/tracks/items/a and pgSTAC does not"):
        store(sink, entry("a", 2))


@pytest.mark.parametrize(
    ("source", "records"),
    [
        ("carbon-mapper", carbon_mapper_archive.records),
        ("icesat2", icesat2_archive.records),
        ("earthcare", earthcare_archive.records),
    ],
)
def test_items_of_every_source_come_back_as_they_were(
    source: str, records: Callable[[int], Sequence[Any]], connection: psycopg.Connection
) -> None:
    entries = {one.archive_id: one for one in map(SOURCES[source].entry, records(40))}
    run = Ledger(connection).begin(source, "all", {})
    sink = CatalogSink(connection, source, "all", SOURCES[source], run)
    for one in entries.values():
        # each apart, and gone again, so that none is superseded by another
        sink.store(Batch(checked(one)))
        assert item(connection, one.item["id"], one.item["collection"]) == one.item
        connection.execute("DELETE FROM pgstac.items")
        connection.execute("DELETE FROM tercet.item")


def test_a_footprint_on_both_sides_of_the_antimeridian_comes_back_and_is_found(
    sink: CatalogSink, connection: psycopg.Connection
) -> None:
    one = entry("a")
    parts = [box(179, 0, 180, 1)["coordinates"], box(-180, 0, -179, 1)["coordinates"]]
    one.item["geometry"] = {"type": "MultiPolygon", "coordinates": parts}
    one.item["bbox"] = [179, 0, -179, 1]
    store(sink, one)
    sink.finish()
    assert item(connection, "a") == one.item
    found = rows(connection, """SELECT pgstac.search('{"bbox": [-179.5, 0.2, -179.4, 0.3]}')""")[0][0]
    assert [feature["id"] for feature in found["features"]] == ["a"]


def collection(connection: psycopg.Connection, name: str = "tracks") -> Any:
    return rows(connection, "SELECT content FROM pgstac.collections WHERE id = %s", name)[0][0]


def matched(connection: psycopg.Connection) -> int:
    query = """SELECT pgstac.search('{"collections": ["tracks"], "conf": {"context": "on"}}')"""
    return int(rows(connection, query)[0][0]["numberMatched"])


def fill(sink: CatalogSink) -> None:
    more: dict[str, Any] = {"platform": "p", "instruments": ["i", "j"], "gsd": 2.5, "track:count": 3}
    late: dict[str, Any] = {"platform": "q", "instruments": ["i"], "gsd": 1, "end_datetime": "2024-06-03T00:00:00.000Z"}
    one = entry("b", moment="2024-06-02T00:00:00.000Z", start_datetime="2024-06-02T00:00:00.000Z", **late)
    one.item["geometry"], one.item["bbox"] = box(-20, -5, -19, -4), [-20, -5, -19, -4]
    store(sink, entry("a", **more), one)


def assert_true(connection: psycopg.Connection) -> None:
    content = collection(connection)
    assert content["extent"] == {
        "spatial": {"bbox": [[-20, -5, 11, 51]]},
        "temporal": {"interval": [["2024-05-01T00:00:00.000Z", "2024-06-03T00:00:00.000Z"]]},
    }
    assert content["summaries"] == {
        "platform": ["p", "q"],
        "instruments": ["i", "j"],
        "gsd": {"minimum": 1, "maximum": 2.5},
        "track:count": {"minimum": 3, "maximum": 3},
    }
    assert matched(connection) == 2
    assert rows(connection, "SELECT items, stale FROM tercet.collection") == [(2, False)]
    assert count(connection, "pgstac.query_queue") == 0


def test_after_a_harvest_the_collection_says_the_truth(sink: CatalogSink, connection: psycopg.Connection) -> None:
    fill(sink)
    assert sink.finish() == {"tracks": 2}
    assert_true(connection)
    seen = rows(connection, "SELECT pgstac.get_queryables('tracks'::text)")[0][0]["properties"]
    assert {"platform", "instruments", "gsd", "track:count"} <= set(seen)


def test_counts_that_pgstac_keeps_are_dropped(sink: CatalogSink, connection: psycopg.Connection) -> None:
    store(sink, entry("a"))
    sink.finish()
    assert matched(connection) == 1
    store(sink, entry("b"))
    sink.finish()
    assert count(connection, "pgstac.search_wheres") == 0
    assert matched(connection) == 2


def test_what_a_killed_harvest_left_untrue_the_next_one_makes_true(connection: psycopg.Connection) -> None:
    fill(begin(connection))
    following = begin(connection)
    assert following.finish() == {"tracks": 2}
    assert_true(connection)


def test_a_kill_while_counts_are_made_true_leaves_no_false_one(
    sink: CatalogSink, connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(sink, entry("a"))
    sink.finish()
    matched(connection)
    fill(sink)

    class Killed(BaseException): ...

    real = summaries._make_one_true

    def last(*args: Any) -> None:
        real(*args)
        monkeypatch.setattr(psycopg.Connection, "execute", dead)

    execute = psycopg.Connection.execute

    def dead(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(summaries, "_make_one_true", last)
    # whatever comes after the last Collection never happens
    try:
        sink.finish()
    except Killed:
        pass
    finally:
        monkeypatch.setattr(psycopg.Connection, "execute", execute)
    begin(connection).finish()
    assert_true(connection)


def test_a_refusal_while_finishing_is_an_error_of_ours(sink: CatalogSink, monkeypatch: pytest.MonkeyPatch) -> None:
    store(sink, entry("a"))

    def refuse(*_: Any, **__: Any) -> None:
        raise psycopg.errors.DiskFull("no space")

    monkeypatch.setattr(loader, "make_true", refuse)
    with pytest.raises(SinkError, match="disk is full"):
        sink.finish()
    assert sink.ledger.stale_collections("tracks") == ["tracks"]
