"""Free text over Items and Collections, by every way to search: never ignored, and no sign has a meaning but ``,``."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tercet.settings import Settings
from tests.stac_api.served import CATALOG, GRANULES, PLUMES, PLUMES_BEFORE, found, item, served, shared_database, store

pytestmark = pytest.mark.database

TEXTS: dict[str, dict[str, Any]] = {
    "worded": {"title": "Methane plume over a Landfill", "description": "100% of it, 'quoted' (and bracketed)."},
    "tagged": {"keywords": ["Île-de-France", "night_pass"]},
    "slashed": {"description": r"C:\plumes & more | ! :*"},
}


@pytest.fixture(scope="module")
def texts(embedded: Settings) -> Any:
    """Give a client of a catalog with words in it."""
    with shared_database(embedded) as (settings, database), served(settings, database) as client:
        store(database, [item(PLUMES, name, 0, 0, **words) for name, words in TEXTS.items()])
        yield client


@pytest.fixture(params=["GET", "POST", "items"])
def search(texts: httpx2.Client, request: pytest.FixtureRequest) -> Callable[..., list[str]]:
    """Give a function that finds plumes by terms."""

    def by_get(*terms: str) -> list[str]:
        return found(texts.get("/search", params={"collections": PLUMES, "q": ",".join(terms)}))

    def by_post(*terms: str) -> list[str]:
        return found(texts.post("/search", json={"collections": [PLUMES], "q": terms}))

    def by_items(*terms: str) -> list[str]:
        return found(texts.get(f"/collections/{PLUMES}/items", params={"q": ",".join(terms)}))

    return {"GET": by_get, "POST": by_post, "items": by_items}[request.param]


@pytest.mark.parametrize(
    ("terms", "ids"),
    [
        (["methane"], ["worded"]),
        (["LANDFILL"], ["worded"]),
        (["over a landfill"], ["worded"]),
        (["landfill over a"], []),
        (["île-de-france"], ["tagged"]),
        (["nothing of that", "methane", " night_pass "], ["tagged", "worded"]),
        (["P-3"], ["p-3"]),
        (["100%"], ["worded"]),
        (["1%f"], []),
        (["night_pass"], ["tagged"]),
        (["night-pass"], []),
        (["nigh__pass"], []),
        (["'quoted' (and"], ["worded"]),
        ([r"c:\plumes"], ["slashed"]),
        (["| ! :*"], ["slashed"]),
        (["' OR true --"], []),
        (["\N{GRINNING FACE}"], []),
    ],
)
def test_terms_find_what_has_them(search: Callable[..., list[str]], terms: list[str], ids: list[str]) -> None:
    assert search(*terms) == ids


def test_free_text_joins_with_everything_else(texts: httpx2.Client) -> None:
    both = {"q": "p-", "filter": "cm:emission >= 20", "bbox": "0,0,35,90", "query": '{"platform": {"eq": "tanager-1"}}'}
    assert found(texts.get("/search", params=both)) == ["p-2", "p-3"]
    assert found(texts.get("/search", params={**both, "q": "methane"})) == []


def test_free_text_keeps_its_terms_from_page_to_page(texts: httpx2.Client) -> None:
    first = texts.get("/search", params={"q": "p-,methane", "limit": 4})
    following = next(link for link in first.json()["links"] if link["rel"] == "next")
    assert httpx2.URL(following["href"]).params["q"] == "p-,methane"
    second = texts.get(following["href"])
    assert sorted(found(first) + found(second)) == ["p-0", "p-1", "p-2", "p-3", "p-4", "worded"]
    assert first.json()["numberMatched"] == second.json()["numberMatched"] == 6


@pytest.mark.parametrize("q", ["", " ", ",", " , "])
def test_no_terms_are_no_condition(texts: httpx2.Client, q: str) -> None:
    plain = found(texts.get("/search", params={"collections": GRANULES}))
    assert found(texts.get("/search", params={"collections": GRANULES, "q": q})) == plain


def test_a_text_in_a_body_is_read_like_one_in_a_query(texts: httpx2.Client) -> None:
    assert found(texts.post("/search", json={"q": "methane,night_pass"})) == ["tagged", "worded"]


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        ("METHANE", set(CATALOG)),
        ("granul", {GRANULES}),
        ("items of plumes", {PLUMES, PLUMES_BEFORE}),
        ("superseded,granules", {GRANULES, PLUMES_BEFORE}),
        ("' ( ! :* \\", set()),
        ("%", set()),
    ],
)
def test_collections_are_found_by_their_words(texts: httpx2.Client, q: str, ids: set[str]) -> None:
    answer = texts.get("/collections", params={"q": q}).json()
    assert {one["id"] for one in answer["collections"]} == ids
    assert answer["numberMatched"] == len(ids)
