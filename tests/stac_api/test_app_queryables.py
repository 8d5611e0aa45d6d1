"""Queryables as clients see them: with the values that occur, the same in every Collection."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from psycopg.types.json import Jsonb

from tercet.settings import Settings
from tests.stac_api.served import GRANULES, PLUMES, served, shared_database

pytestmark = pytest.mark.database

SUMMARIES: dict[str, dict[str, Any]] = {
    PLUMES: {
        "platform": ["tanager-1"],
        "instruments": ["tanager"],
        "cm:emission": {"minimum": 9, "maximum": 1000},
        "version": [f"v{number:03}" for number in range(101)],
    },
    GRANULES: {"platform": ["icesat-2", "tanager-1"], "gsd": {"minimum": 0.7, "maximum": 20}},
}


@pytest.fixture(scope="module")
def summarised(embedded: Settings) -> Iterator[httpx2.Client]:
    with shared_database(embedded) as (settings, database), served(settings, database) as client:
        with database.connect() as connection:
            for collection, summaries in SUMMARIES.items():
                connection.execute(
                    "UPDATE collections SET content = content || %s WHERE id = %s",
                    [Jsonb({"summaries": summaries}), collection],
                )
        yield client


def properties(client: httpx2.Client, path: str) -> dict[str, dict[str, Any]]:
    answer = client.get(path)
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json()["additionalProperties"] is False
    found: dict[str, dict[str, Any]] = answer.json()["properties"]
    return found


def test_words_have_their_values_and_numbers_their_range(summarised: httpx2.Client) -> None:
    everywhere = properties(summarised, "/queryables")
    assert everywhere["platform"]["enum"] == ["icesat-2", "tanager-1"]
    assert everywhere["instruments"]["items"] == {"type": "string", "enum": ["tanager"]}
    emission = everywhere["cm:emission"]
    assert (emission["minimum"], emission["maximum"], emission["unit"]) == (9, 1000, "kg/h")
    assert {one.get("title") for one in everywhere.values()} >= {"Platform", "Emission", "Collection"}


def test_lists_too_long_to_choose_from_are_left_out(summarised: httpx2.Client) -> None:
    assert "enum" not in properties(summarised, "/queryables")["version"]


def test_every_collection_says_the_same_of_a_property_so_that_clients_can_merge_them(summarised: httpx2.Client) -> None:
    everywhere = properties(summarised, "/queryables")
    for collection in (PLUMES, GRANULES):
        own = properties(summarised, f"/collections/{collection}/queryables")
        assert {name: everywhere[name] for name in own} == own
    assert "cm:emission" not in properties(summarised, f"/collections/{GRANULES}/queryables")


def test_what_a_collection_can_be_sorted_by_is_what_has_an_order(summarised: httpx2.Client) -> None:
    sortables = properties(summarised, f"/collections/{PLUMES}/sortables")
    assert sortables["cm:emission"]["maximum"] == 1000
    assert {"collection", "id", "datetime"} <= sortables.keys()
    assert not {"instruments", "geometry"} & sortables.keys()


def test_links_lead_from_collections_to_their_queryables_and_sortables(summarised: httpx2.Client) -> None:
    links = {link["rel"]: link["href"] for link in summarised.get(f"/collections/{PLUMES}").json()["links"]}
    for relation in ("queryables", "sortables"):
        href = links[f"http://www.opengis.net/def/rel/ogc/1.0/{relation}"]
        assert href == f"{summarised.base_url}/collections/{PLUMES}/{relation}"
        assert summarised.get(href).status_code == 200
