"""The search for Collections: every way to ask, alone and together, page by page."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from psycopg.types.json import Jsonb

from tercet.settings import Settings
from tests.stac_api.served import CATALOG, GRANULES, PLUMES, PLUMES_BEFORE, served, shared_database

pytestmark = pytest.mark.database

EXTENTS = {
    PLUMES: ([-104, 31, 12, 45], ["2023-01-01T00:00:00Z", "2024-12-31T00:00:00Z"]),
    PLUMES_BEFORE: ([0, 40, 1, 41], ["2023-01-01T00:00:00Z", "2023-12-31T00:00:00Z"]),
    GRANULES: ([178, -20, -178, -19], ["2025-05-01T00:00:00Z", None]),
}


@pytest.fixture(scope="module")
def placed(embedded: Settings) -> Iterator[httpx2.Client]:
    """Give a client of a catalog whose Collections lie apart in space and time."""
    with shared_database(embedded) as (settings, database), served(settings, database) as client:
        with database.connect() as connection:
            for collection, (bbox, interval) in EXTENTS.items():
                extent = {"spatial": {"bbox": [bbox]}, "temporal": {"interval": [interval]}}
                connection.execute(
                    "UPDATE collections SET content = content || %s WHERE id = %s",
                    [Jsonb({"extent": extent}), collection],
                )
        yield client


def ids(client: httpx2.Client, **asked: Any) -> list[str]:
    answer = client.get("/collections", params=asked)
    assert answer.status_code == 200, answer.text
    found = [one["id"] for one in answer.json()["collections"]]
    assert answer.json()["numberReturned"] == len(found)
    return found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [GRANULES, PLUMES, PLUMES_BEFORE]),
        ({"sortby": "-id"}, [PLUMES_BEFORE, PLUMES, GRANULES]),
        ({"sortby": "-title"}, [PLUMES_BEFORE, PLUMES, GRANULES]),
        ({"bbox": "-103,32,-102,33"}, [PLUMES]),
        ({"bbox": "-103,32,0,-102,33,100"}, [PLUMES]),
        ({"datetime": "2023-06-01T00:00:00Z"}, [PLUMES, PLUMES_BEFORE]),
        ({"datetime": "2030-01-01T00:00:00Z/.."}, [GRANULES]),
        ({"datetime": "../2022-12-31T00:00:00Z"}, []),
        ({"q": "granules,superseded"}, [GRANULES, PLUMES_BEFORE]),
        ({"filter": "id LIKE 'plumes%' AND title <> 'Plumes'"}, [PLUMES_BEFORE]),
        ({"filter": '{"op": "=", "args": [{"property": "title"}, "Plumes"]}', "filter-lang": "cql2-json"}, [PLUMES]),
        ({"query": '{"title": {"startsWith": "Plumes"}}'}, [PLUMES, PLUMES_BEFORE]),
        ({"query": '{"id": {"in": ["plumes", "granules"]}}', "q": "items of plumes", "bbox": "0,40,1,41"}, [PLUMES]),
        ({"filter": "id = 'plumes'", "query": '{"title": {"eq": "Granules"}}'}, []),
        ({"q": "plumes", "datetime": "2024-06-01T00:00:00Z", "filter": "license = 'CC-BY-4.0'"}, [PLUMES]),
    ],
)
def test_collections_are_found_by_every_condition_at_once(
    placed: httpx2.Client, asked: dict[str, str], found: list[str]
) -> None:
    assert ids(placed, **asked) == found


def test_pages_lead_on_and_back_and_keep_what_was_asked(placed: httpx2.Client) -> None:
    asked: dict[str, str | int] = {"q": "plumes,granules", "limit": 1, "sortby": "id"}
    page = placed.get("/collections", params=asked)
    seen = []
    while True:
        document = page.json()
        assert (document["numberMatched"], document["numberReturned"]) == (3, 1)
        seen += [one["id"] for one in document["collections"]]
        links = {link["rel"]: link for link in document["links"]}
        assert all(link["type"] == "application/json" for link in links.values())
        if "next" not in links:
            break
        page = placed.get(links["next"]["href"])
    assert seen == [GRANULES, PLUMES, PLUMES_BEFORE]
    back = placed.get(links["previous"]["href"]).json()
    assert [one["id"] for one in back["collections"]] == [PLUMES]


def test_chosen_fields_are_all_there_is(placed: httpx2.Client) -> None:
    one = placed.get("/collections", params={"fields": "id,title", "limit": 1}).json()["collections"][0]
    assert (one["id"], one["title"]) == (GRANULES, "Granules")
    assert not {"description", "extent", "providers"} & one.keys()
    rest = placed.get("/collections", params={"fields": "-description"}).json()["collections"][0]
    assert "description" not in rest
    assert "extent" in rest


@pytest.mark.parametrize(
    "path", ["/", "/collections", f"/collections/{PLUMES}", "/search", f"/collections/{PLUMES}/items"]
)
def test_the_version_of_stac_is_the_same_everywhere(placed: httpx2.Client, path: str) -> None:
    document = placed.get(path).json()
    parts = [document, *document.get("collections", ()), *document.get("features", ())]
    said = {
        part["stac_version"] for part in parts if part.get("type") != "FeatureCollection" and "stac_version" in part
    }
    assert said == {"1.1.0"}
    assert all("stac_version" in part for part in parts[1:])


def test_every_collection_is_reached_from_the_landing_page(placed: httpx2.Client) -> None:
    links = placed.get("/").json()["links"]
    listed = next(link["href"] for link in links if link["rel"] == "data")
    assert {one["id"] for one in placed.get(listed).json()["collections"]} == set(CATALOG)
