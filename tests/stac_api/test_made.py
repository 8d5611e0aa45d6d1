"""Assets that were made of an Item's files, through all that happens to the Item afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from stac_api.database import Database
from stac_api.made import MadeLedger, Unmade
from stac_api.made_selection import AT_ONCE, Selection, chosen
from stac_api.made_sink import MadeSink
from tests.catalogs import harvested
from tests.items import box, entry
from transforms.entry import Entry, Version
from transforms.listing import Withdrawn
from transforms.made import Made, signature, with_made

pytestmark = pytest.mark.database

RENDER = "https://stac-extensions.github.io/render/v2.0.0/schema.json"


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


def made(of: Entry, key: str = "data_cog", **more: Any) -> tuple[Version, Made]:
    asset = {"href": f"https://files.example.org/{of.archive_id}/{key}.tif", "type": "image/tiff", "roles": ["data"]}
    return of.version, Made(key, {"data": signature(of.item["assets"]["data"])}, asset, **more)


def store(connection: psycopg.Connection, *these: tuple[Version, Made]) -> int:
    sink = MadeSink(connection)
    stored = sink.store("cog", these)
    sink.finish()
    return stored


def item(connection: psycopg.Connection, name: str, collection: str = "tracks") -> Any:
    row = connection.execute("SELECT pgstac.get_item(%s, %s)", [name, collection]).fetchone()
    assert row is not None
    return row[0]


def test_an_item_gains_an_asset_and_nothing_else_about_it_changes(connection: psycopg.Connection) -> None:
    harvested(connection, entry("a"), entry("b"))
    before = item(connection, "b")
    assert store(connection, made(entry("a"))) == 1
    gained = item(connection, "a")
    assert gained["assets"].pop("data_cog") == {**made(entry("a"))[1].asset, "tercet:evidence": "made"}
    assert gained == entry("a").item
    assert item(connection, "b") == before


def test_what_comes_along_is_there_once_however_often_it_is_stored(connection: psycopg.Connection) -> None:
    harvested(connection, entry("a"))
    link = {"rel": "xyz", "href": "https://tiles.example.org/{z}/{x}/{y}", "type": "image/png"}
    whole = made(
        entry("a"), properties={"renders": {"data": {"assets": ["data_cog"]}}}, links=[link], extensions=[RENDER]
    )
    other = made(
        entry("a"), "more_cog", properties={"renders": {"more": {"assets": ["more_cog"]}}}, extensions=[RENDER]
    )
    for _ in range(2):
        assert store(connection, whole, other) == 2
    found = item(connection, "a")
    assert found["properties"]["renders"] == {"data": {"assets": ["data_cog"]}, "more": {"assets": ["more_cog"]}}
    assert [one for one in found["links"] if one["rel"] == "xyz"] == [link]
    assert found["stac_extensions"] == [RENDER]


def test_a_harvest_that_changes_an_item_leaves_it_what_was_made_of_it(connection: psycopg.Connection) -> None:
    harvested(connection, entry("a", freshness="1"))
    store(connection, made(entry("a")))
    harvested(connection, entry("a", freshness="2", gsd=7))
    found = item(connection, "a")
    assert found["properties"]["gsd"] == 7
    assert set(found["assets"]) == {"data", "data_cog"}


def test_a_file_that_took_the_place_of_another_takes_away_what_was_made_of_it(connection: psycopg.Connection) -> None:
    harvested(connection, entry("a", freshness="1"))
    store(connection, made(entry("a")))
    renewed = entry("a", freshness="2")
    renewed.item["assets"]["data"]["file:size"] = 4711
    harvested(connection, renewed)
    assert set(item(connection, "a")["assets"]) == {"data"}


def test_a_version_that_is_superseded_takes_along_what_was_made_of_it(connection: psycopg.Connection) -> None:
    harvested(connection, entry("a", 1))
    store(connection, made(entry("a", 1)))
    harvested(connection, entry("a", 2))
    assert set(item(connection, "a")["assets"]) == {"data"}
    assert set(item(connection, "a_1", "tracks-superseded")["assets"]) == {"data", "data_cog"}
    assert store(connection, made(entry("a", 1), "late_cog")) == 0, "what was superseded meanwhile gains nothing"


def test_what_was_made_of_a_version_that_its_provider_withdrew_is_forgotten(connection: psycopg.Connection) -> None:
    harvested(connection, entry("a", freshness="1"))
    store(connection, made(entry("a")))
    harvested(connection, withdrawn=[Withdrawn("tracks", "a_1", "2")])
    assert not MadeLedger(connection).of([entry("a").version])
    harvested(connection, entry("a", freshness="3"))
    assert set(item(connection, "a")["assets"]) == {"data"}


def test_the_providers_own_asset_stays_under_its_key() -> None:
    one = entry("a").item
    own = with_made(one, [Made("data", {"data": signature(one["assets"]["data"])}, {"href": "other"})])
    assert own == one


def test_what_failed_is_remembered_until_it_is_made(connection: psycopg.Connection) -> None:
    harvested(connection, entry("a"))
    ledger = MadeLedger(connection)
    unmade = Unmade(entry("a").version, "data_cog", "cog", "a", "missing", "there is no such file")
    ledger.fail(unmade)
    ledger.fail(unmade)
    assert ledger.failures("cog") == [unmade]
    assert ledger.failures("table") == []
    store(connection, made(entry("a")))
    assert ledger.failures() == []


def names(connection: psycopg.Connection, **asked: Any) -> list[str]:
    return [one.archive_id for one in chosen(connection, Selection(["tracks"], **asked))]


def test_items_are_chosen_by_id_time_place_and_number_and_only_those_that_are_current(
    connection: psycopg.Connection,
) -> None:
    harvested(connection, entry("a", 1), entry("a", 2), entry("b", moment="2025-05-01T00:00:00.000Z"), entry("c"))
    assert names(connection) == ["a_2", "b_1", "c_1"]
    assert names(connection, ids=["c", "nobody"]) == ["c_1"]
    assert names(connection, since=datetime(2025, 1, 1, tzinfo=UTC)) == ["b_1"]
    assert names(connection, until=datetime(2025, 1, 1, tzinfo=UTC)) == ["a_2", "c_1"]
    assert names(connection, area=box(10, 50, 12, 52), limit=2) == ["a_2", "b_1"]
    assert names(connection, area=box(-10, 50, -9, 52)) == []


def test_more_items_than_a_page_holds_are_chosen_once_each(connection: psycopg.Connection) -> None:
    harvested(connection, *(entry(f"{number:04}") for number in range(2 * AT_ONCE + 3)))
    assert len(set(names(connection))) == len(names(connection)) == 2 * AT_ONCE + 3
    assert len(names(connection, limit=AT_ONCE)) == AT_ONCE
    assert len(names(connection, limit=AT_ONCE + 1)) == AT_ONCE + 1
