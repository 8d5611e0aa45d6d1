"""What pystac-client's users do with the catalog. It warns of what an API does not claim: here that is an error."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain, pairwise
from typing import Any

import pytest
from pystac_client import Client, CollectionClient
from shapely.geometry import box, shape

pytestmark = pytest.mark.database

PERMIAN = (-104.5, 31.0, -102.0, 33.5)
JUNE = "2025-06-01/2025-06-30"
PLUMES, LAND = "carbon-mapper-plumes", "icesat2-atl08-007"


@pytest.fixture(scope="module")
def catalog(url: str) -> Client:
    return Client.open(url)


@pytest.fixture(scope="module")
def items(catalog: Client) -> list[dict[str, Any]]:
    return list(catalog.search(limit=500).items_as_dicts())


def test_one_search_finds_what_lies_in_a_box_and_a_month(catalog: Client, items: list[dict[str, Any]]) -> None:
    june = (datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC))

    def is_wanted(item: dict[str, Any]) -> bool:
        times = [item["properties"].get(name) for name in ("start_datetime", "end_datetime")]
        start, end = (datetime.fromisoformat(time or item["properties"]["datetime"]) for time in times)
        return start < june[1] and end >= june[0] and bool(shape(item["geometry"]).intersects(box(*PERMIAN)))

    found = catalog.search(bbox=PERMIAN, datetime=JUNE)
    assert sorted(one.id for one in found.items()) == sorted(one["id"] for one in items if is_wanted(one))
    assert {one["properties"]["tercet:source"] for one in found.items_as_dicts()} == {
        "carbon-mapper",
        "icesat2",
        "earthcare",
    }


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_end_and_hold_every_item_once(catalog: Client, items: list[dict[str, Any]], limit: int) -> None:
    search = catalog.search(limit=limit)
    pages = [[one.id for one in page.items] for page in search.pages()]
    assert sorted(chain.from_iterable(pages)) == sorted(one["id"] for one in items)
    assert search.matched() == len(items)
    assert all(len(page) == limit for page in pages[:-1])


FILTERS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "cm:gas = 'CH4' AND cm:emission BETWEEN 10 AND 1000": lambda said: (
        said.get("cm:gas") == "CH4" and 10 <= said.get("cm:emission", 0) <= 1000
    ),
    "casei(platform) = casei('ICESat-2')": lambda said: said["platform"] == "icesat-2",
    "title LIKE 'CH4%'": lambda said: said["title"].startswith("CH4"),
    "cm:gas IN ('CO2', 'N2O')": lambda said: said.get("cm:gas") in ("CO2", "N2O"),
    "cm:sector IS NULL": lambda said: "cm:sector" not in said,
    "NOT (tercet:source = 'earthcare' OR tercet:source = 'icesat2')": lambda said: (
        said["tercet:source"] == "carbon-mapper"
    ),
    "A_CONTAINS(instruments, ('atlas'))": lambda said: "atlas" in said["instruments"],
    "T_AFTER(datetime, TIMESTAMP('2026-01-01T00:00:00Z'))": lambda said: said["datetime"] > "2026-01-01",
}


@pytest.mark.parametrize("language", ["cql2-text", "cql2-json"])
@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_finds_what_it_says(catalog: Client, items: list[dict[str, Any]], text: str, language: str) -> None:
    search = catalog.search(filter=text, method="GET" if language == "cql2-text" else "POST")
    expected = [one["id"] for one in items if FILTERS[text](one["properties"])]
    assert 0 < len(expected) < len(items)
    assert sorted(one.id for one in search.items()) == sorted(expected)


def test_a_geometry_in_a_filter_means_the_same_as_a_box(catalog: Client) -> None:
    west, south, east, north = PERMIAN
    ring = f"{west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}"
    by_filter = catalog.search(filter=f"S_INTERSECTS(geometry, POLYGON(({ring})))")
    by_geometry = catalog.search(intersects=box(*PERMIAN))
    ids = sorted(one.id for one in catalog.search(bbox=PERMIAN).items())
    assert ids
    assert sorted(one.id for one in by_filter.items()) == ids == sorted(one.id for one in by_geometry.items())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_items_come_in_the_order_that_is_asked_for_over_all_pages(catalog: Client, method: str) -> None:
    search = catalog.search(
        collections=[PLUMES], filter="cm:emission > 0", sortby="-properties.cm:emission", limit=2, method=method
    )
    rates = [one.properties["cm:emission"] for one in search.items()]
    assert len(rates) > 4
    assert all(one >= following for one, following in pairwise(rates))


def test_queryables_have_titles_and_units_and_are_merged_over_collections(catalog: Client) -> None:
    plumes, land = (catalog.get_collection(name) for name in (PLUMES, LAND))
    assert isinstance(plumes, CollectionClient)
    assert isinstance(land, CollectionClient)
    mine, theirs = plumes.get_queryables()["properties"], land.get_queryables()["properties"]
    assert (mine["cm:emission"]["unit"], mine["cm:emission"]["type"]) == ("kg/h", "number")
    merged = catalog.get_merged_queryables([PLUMES, LAND])["properties"]
    assert merged.keys() == mine.keys() | theirs.keys()
    assert merged.keys() <= catalog.get_queryables()["properties"].keys()
    assert all(one.get("title") for name, one in merged.items() if name not in ("id", "geometry"))


def test_collections_are_found_by_words_box_and_time(catalog: Client) -> None:
    named = catalog.collection_search(q="lidar")
    ids = {one.id for one in named.collections()}
    assert named.matched() == len(ids)
    assert LAND in ids
    assert PLUMES not in ids
    there = catalog.collection_search(bbox=PERMIAN, datetime=JUNE)
    assert PLUMES in {one.id for one in there.collections()}
    assert list(catalog.collection_search(bbox=PERMIAN, datetime="1999-01-01/1999-12-31").collections()) == []


@pytest.mark.filterwarnings("ignore:The item .* is deprecated")
def test_every_collection_and_its_items_are_reached_by_links(catalog: Client) -> None:
    for collection in catalog.get_collections():
        item = next(collection.get_items(), None)
        assert item is not None, collection.id
        assert item.get_collection() is not None
        assert collection.get_item(item.id) is not None
        assert item.get_self_href() == f"{catalog.self_href.rstrip('/')}/collections/{collection.id}/items/{item.id}"


@pytest.mark.filterwarnings("ignore:The item .* is deprecated")
def test_what_was_replaced_is_reached_from_what_is_current(catalog: Client, items: list[dict[str, Any]]) -> None:
    replaced = next(one for one in items if any(link["rel"] == "predecessor-version" for link in one["links"]))
    (item,) = catalog.search(collections=[replaced["collection"]], ids=[replaced["id"]]).items()
    before = next(iter(item.get_stac_objects("predecessor-version")))
    assert before.properties["deprecated"] is True  # type: ignore[attr-defined]  # a link may lead to a Collection too
    assert next(iter(before.get_stac_objects("latest-version"))).id == item.id
