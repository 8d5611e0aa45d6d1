"""Items that several records tell: the same whatever came first."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import psycopg
import pytest

from stac_api.batch import Batch, Reject, Stored
from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.ledger_items import ItemLedger
from stac_api.loader import CatalogSink
from tests.items import Tracks, checked, fragment, told
from transforms.entry import Entry, Fragment, Part
from transforms.listing import Listed

pytestmark = pytest.mark.database

REST = told("rest", gsd=30, freshness="2")
CSV = told("csv", platform="iss", freshness="1")
OLDER = told("rest", gsd=60, freshness="1")
FIRST = told("rest", version=0, gsd=90)
ADDED = fragment("stac", count=7)
SEVERAL: list[Entry | Fragment] = [REST, CSV, OLDER, FIRST, ADDED]


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


def begin(connection: psycopg.Connection, **how: bool) -> CatalogSink:
    run = Ledger(connection).begin("tracks", "tracks", {})
    return CatalogSink(connection, "tracks", "tracks", Tracks(), run, **how)


def batch_of(*said: Entry | Fragment) -> Batch:
    entries = checked(*(one for one in said if isinstance(one, Entry)))
    rejects = [
        Reject("a", "IncompleteError", "it has no footprint yet", {"said": str(one)}, one, str(one).encode()[:20])
        for one in said
        if isinstance(one, Fragment)
    ]
    return Batch(entries, rejects)


def items(connection: psycopg.Connection) -> dict[str, Any]:
    found = connection.execute("SELECT collection || '/' || id, pgstac.get_item(id, collection) FROM pgstac.items")
    return dict(found.fetchall())


def test_an_item_is_the_same_whatever_part_of_it_came_first(connection: psycopg.Connection) -> None:
    outcomes = []
    for order in list(permutations(SEVERAL))[::7]:
        sink = begin(connection)
        for said in order:
            sink.store(batch_of(said))
        outcomes.append(items(connection))
        assert connection.execute("SELECT count(*) FROM tercet.reject").fetchone() == (0,)
        connection.execute("TRUNCATE pgstac.items, tercet.item, tercet.part, tercet.reject")
    assert all(outcome == outcomes[0] for outcome in outcomes)
    said = outcomes[0]["tracks/a"]["properties"]
    assert (said["gsd"], said["platform"], said["count"]) == (30, "iss", 7)
    assert outcomes[0]["tracks-superseded/a_0"]["properties"]["gsd"] == 90


def test_parts_in_one_batch_make_one_item_and_each_record_is_counted(connection: psycopg.Connection) -> None:
    stored = begin(connection).store(batch_of(*SEVERAL))
    assert stored == Stored(new=2, same=3, superseded=1)
    assert begin(connection).store(batch_of(*SEVERAL)) == Stored(same=5)


def test_a_fragment_is_a_reject_until_the_rest_comes(connection: psycopg.Connection) -> None:
    assert begin(connection).store(batch_of(ADDED)) == Stored(rejected=1)
    assert begin(connection).store(batch_of(ADDED)) == Stored(rejected=1)
    assert [reject.name for reject in Ledger(connection).rejects()] == ["a"]
    assert ItemLedger(connection).recognised([str(ADDED).encode()[:20]]) == set()
    assert begin(connection).store(batch_of(REST)) == Stored(new=1)
    assert Ledger(connection).rejects() == []
    assert items(connection)["tracks/a"]["properties"]["count"] == 7
    assert ItemLedger(connection).recognised([str(ADDED).encode()[:20]]) != set()


def test_what_comes_in_an_earlier_batch_than_the_rest_is_no_reject_in_the_end(connection: psycopg.Connection) -> None:
    sink = begin(connection)
    assert sink.store(batch_of(ADDED)).rejected == 1
    assert sink.store(batch_of(REST)) == Stored(new=1, same=1, rejected=-1)


def test_a_part_that_an_older_one_follows_stays(connection: psycopg.Connection) -> None:
    begin(connection).store(batch_of(REST, CSV))
    assert begin(connection).store(batch_of(OLDER)) == Stored(same=1)
    assert items(connection)["tracks/a"]["properties"]["gsd"] == 30


class Guessing(Tracks):
    """Pictures alone are a version of their own, until somebody says of which version they are."""

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        return super().assemble([one for one in parts if one.key != "picture:3" or len(parts) == 1])


def test_a_version_that_the_rest_contradicts_is_no_more(connection: psycopg.Connection) -> None:
    run = Ledger(connection).begin("tracks", "tracks", {})
    sink = CatalogSink(connection, "tracks", "tracks", Guessing(), run)
    sink.store(batch_of(told("picture", version=3)))
    assert set(items(connection)) == {"tracks/a"}
    sink.store(batch_of(told("rest", version=1)))
    assert {path: item["properties"].get("deprecated") for path, item in items(connection).items()} == {
        "tracks/a": None
    }
    assert connection.execute("SELECT rank FROM tercet.item").fetchall() == [("001",)]
    assert connection.execute("SELECT count(*) FROM tercet.tombstone").fetchone() == (0,)


def test_an_id_that_passed_to_another_subject_stays_when_its_first_one_goes(connection: psycopg.Connection) -> None:
    first, second = (replace(told("rest"), subject=subject) for subject in ("one", "two"))
    begin(connection).store(batch_of(first))
    begin(connection).store(batch_of(second))
    gone = Batch(checked(replace(told("rest"), subject="two")), listed=[Listed("tracks")])
    assert begin(connection, allow_deletes=True).store(gone).deleted == 1
    assert set(items(connection)) == {"tracks/a"}
