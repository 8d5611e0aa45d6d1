"""What a provider does not list any more: taken away, remembered, and back when it is listed again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from stac_api.batch import Batch, Reject
from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.loader import CatalogSink
from stac_api.sweeps import SweepRefusedError
from tests.items import Tracks, checked, entry, told
from transforms.entry import Entry
from transforms.listing import Listed, Window, Withdrawn

pytestmark = pytest.mark.database

ALL = Listed("tracks")
MANY = [entry(f"t{number:02}", moment=f"2024-05-{number + 1:02}T00:00:00.000Z") for number in range(20)]
MAY_10 = datetime(2024, 5, 10, tzinfo=UTC)


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


def begin(connection: psycopg.Connection, **how: Any) -> CatalogSink:
    run = Ledger(connection).begin("tracks", "tracks", {})
    return CatalogSink(connection, "tracks", "tracks", Tracks(), run, **how)


def batch(*entries: Entry, listed: Listed | None = None, **more: Any) -> Batch:
    return Batch(checked(*entries), listed=[listed] if listed else [], **more)


def names(connection: psycopg.Connection) -> set[str]:
    found = connection.execute("SELECT collection || '/' || id FROM pgstac.items").fetchall()
    return {row[0] for row in found}


def tombs(connection: psycopg.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT archive_id FROM tercet.tombstone ORDER BY 1")]


def test_what_a_full_walk_does_not_name_is_taken_away_and_remembered(connection: psycopg.Connection) -> None:
    begin(connection).store(batch(*MANY))
    sink = begin(connection)
    sink.store(batch(*MANY[:10]))
    stored = sink.store(batch(*MANY[10:19], listed=ALL, cursor="c"))
    assert (stored.same, stored.deleted) == (9, 1)
    assert names(connection) == {f"tracks/{one.item['id']}" for one in MANY[:19]}
    assert tombs(connection) == ["t19_1"]
    kept = connection.execute("SELECT item->'properties'->>'title' FROM tercet.tombstone").fetchone()
    assert kept == ("Track t19",)
    assert Ledger(connection).swept("tracks", "tracks") is not None
    assert sink.finish() == {"tracks": 19}


def test_what_is_recognised_or_rejected_was_named(connection: psycopg.Connection) -> None:
    known = batch(*MANY).checked
    keyed = [one._replace(record=one.version[1].encode()) for one in known]
    begin(connection).store(Batch(keyed))
    rejects = [Reject("t19", "RecordError", "it is broken now", {})]
    stored = begin(connection).store(
        Batch(keyed[:5], rejects, recognised=[one.record for one in keyed[5:19]], listed=[ALL])
    )
    assert (stored.deleted, len(names(connection))) == (0, 20)


def test_a_part_that_speaks_of_all_versions_names_them_all(connection: psycopg.Connection) -> None:
    first, second = told("rest", version=1), told("rest", version=2)
    assert second.part is not None
    of_all = replace(second, part=replace(second.part, key="list", rank=""))
    keyed = [one._replace(record=b"list") for one in checked(of_all)]
    begin(connection).store(batch(*MANY, first, second))
    begin(connection).store(Batch(keyed))
    assert begin(connection).store(Batch(checked(*MANY), recognised=[b"list"], listed=[ALL])).deleted == 0


def test_a_sweep_of_a_window_leaves_the_rest_alone(connection: psycopg.Connection) -> None:
    begin(connection).store(batch(*MANY))
    window = Window(datetime(2024, 5, 9, tzinfo=UTC), MAY_10)
    assert begin(connection).store(batch(listed=Listed("tracks", window))).deleted == 1
    assert tombs(connection) == ["t08_1"]
    assert Ledger(connection).swept("tracks", "tracks") is None


def test_a_sweep_that_would_take_much_away_stops_and_keeps_what_came(connection: psycopg.Connection) -> None:
    begin(connection).store(batch(*MANY))
    sink = begin(connection)
    before_june = Listed("tracks", Window(None, datetime(2024, 6, 1, tzinfo=UTC)))
    words = r"tracks does not list 3 of the 21 Items of tracks .*--allow-deletes"
    sink.store(batch(*MANY[:17], entry("new"), listed=before_june, cursor="c"))
    sink.store(batch(entry("newer"), cursor="d"))
    with pytest.raises(SweepRefusedError, match=words):
        sink.finish()
    assert Ledger(connection).collections() == {"tracks": 22}
    assert len(names(connection)) == 22
    assert Ledger(connection).cursor("tracks", "tracks") is None
    allowed = begin(connection, allow_deletes=True)
    assert allowed.store(batch(*MANY[:17], entry("new"), entry("newer"), listed=ALL, cursor="c")).deleted == 3
    assert Ledger(connection).cursor("tracks", "tracks") == "c"


def test_many_small_windows_do_not_get_past_what_one_large_may_not(connection: psycopg.Connection) -> None:
    begin(connection).store(batch(*MANY))
    sink = begin(connection)
    days = [datetime(2024, 5, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    sink.store(batch(listed=Listed("tracks", Window(days[0], days[1]))))
    sink.store(batch(listed=Listed("tracks", Window(days[1], days[2]))))
    sink.store(batch(listed=Listed("tracks", Window(days[2], days[3]))))
    with pytest.raises(SweepRefusedError, match="does not list 3 of the 20"):
        sink.finish()
    assert len(names(connection)) == 18


def test_what_replaced_something_and_is_gone_gives_its_place_back(connection: psycopg.Connection) -> None:
    begin(connection).store(batch(*MANY, entry("a", 1), entry("a", 2)))
    before = connection.execute("SELECT pgstac.get_item('t00', 'tracks')").fetchone()
    assert begin(connection).store(batch(*MANY, entry("a", 1), listed=ALL)).deleted == 1
    row = connection.execute("SELECT pgstac.get_item('a', 'tracks')").fetchone()
    assert row is not None
    assert "deprecated" not in row[0]["properties"]
    assert [link["rel"] for link in row[0]["links"]] == ["via"]
    assert "tracks-superseded/a_1" not in names(connection)
    assert connection.execute("SELECT pgstac.get_item('t00', 'tracks')").fetchone() == before
    begin(connection).store(batch(entry("a", 2)))
    assert {"tracks/a", "tracks-superseded/a_1"} <= names(connection)
    assert tombs(connection) == []


@pytest.mark.parametrize(("every_version", "deleted"), [(True, 1), (False, 0)])
def test_superseded_versions_stay_where_the_provider_lists_only_the_newest(
    connection: psycopg.Connection,
    every_version: bool,  # noqa: FBT001 - a parameter of the test
    deleted: int,
) -> None:
    begin(connection).store(batch(*MANY, entry("a", 1), entry("a", 2)))
    sink = begin(connection)
    assert (
        sink.store(batch(*MANY, entry("a", 2), listed=Listed("tracks", every_version=every_version))).deleted == deleted
    )


def test_a_delete_feed_takes_away_what_did_not_change_since(connection: psycopg.Connection) -> None:
    begin(connection).store(batch(entry("a", freshness="2024-05"), entry("b", freshness="2024-07")))
    gone = [Withdrawn("tracks", f"{name}_1", "2024-06") for name in ("a", "b", "never-there")]
    assert begin(connection).store(batch(withdrawn=gone)).deleted == 1
    assert names(connection) == {"tracks/b"}
    assert begin(connection).store(batch(withdrawn=gone)).deleted == 0


def test_an_old_recording_does_not_bring_back_what_is_gone_and_the_provider_does(
    connection: psycopg.Connection,
) -> None:
    begin(connection).store(batch(entry("a", freshness="1")))
    begin(connection).store(batch(withdrawn=[Withdrawn("tracks", "a_1", "2")]))
    stored = begin(connection, recorded=True).store(batch(entry("a", freshness="1")))
    assert (stored.same, names(connection)) == (1, set())
    assert begin(connection, recorded=True).store(batch(entry("a", freshness="3"))).new == 1
    begin(connection).store(batch(withdrawn=[Withdrawn("tracks", "a_1", "4")]))
    assert begin(connection).store(batch(entry("a", freshness="1"))).new == 1


def test_parts_go_with_their_version(connection: psycopg.Connection) -> None:
    begin(connection).store(batch(*MANY, told("rest", version=1), told("rest", version=2), told("csv", version=2)))
    begin(connection).store(batch(*MANY, told("rest", version=1), listed=ALL))
    assert connection.execute("SELECT key FROM tercet.part").fetchall() == [("rest:1",)]
    begin(connection).store(batch(*MANY, listed=ALL))
    assert connection.execute("SELECT count(*) FROM tercet.part").fetchone() == (0,)


def test_what_is_made_of_a_file_here_is_never_swept(connection: psycopg.Connection) -> None:
    local = entry("mine")
    begin(connection, recorded=True).store(batch(replace(local, local=True)))
    assert begin(connection, allow_deletes=True).store(batch(listed=ALL)).deleted == 0


def test_a_recording_sweeps_nothing(connection: psycopg.Connection) -> None:
    begin(connection).store(batch(*MANY))
    assert begin(connection, recorded=True, allow_deletes=True).store(batch(listed=ALL)).deleted == 0
    assert begin(connection, dry_run=True, allow_deletes=True).store(batch(listed=ALL)).deleted == 0
