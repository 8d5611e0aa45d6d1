"""Searches that pgSTAC or stac-fastapi alone would answer wrongly; each by every way to search."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from stac_api.database import Database
from tests.stac_api.served import CATALOG, GRANULES, PLUMES, PLUMES_BEFORE, found, item, store

pytestmark = pytest.mark.database

Search = Callable[..., httpx2.Response]


@pytest.fixture(params=["GET", "POST", "items"])
def search(api: httpx2.Client, request: pytest.FixtureRequest) -> Search:
    """Give a function that searches the granules."""

    def by_get(**parameters: Any) -> httpx2.Response:
        return api.get("/search", params={"collections": GRANULES, **_as_text(parameters)})

    def by_post(**parameters: Any) -> httpx2.Response:
        return api.post("/search", json={"collections": [GRANULES], **parameters})

    def by_items(**parameters: Any) -> httpx2.Response:
        return api.get(f"/collections/{GRANULES}/items", params=_as_text(parameters))

    return {"GET": by_get, "POST": by_post, "items": by_items}[request.param]


def _as_text(parameters: dict[str, Any]) -> dict[str, str]:
    return {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in parameters.items()
    }


def test_a_box_with_heights_finds_what_the_flat_one_finds(search: Search) -> None:
    assert found(search(bbox=[-1, -30, 0, 2, 0, 500])) == ["zero"]
    assert found(search(bbox=[-1, -30, 2, 0])) == ["zero"]


@pytest.mark.parametrize("bbox", [[170, -30, -170, 0], [170, -30, 0, -170, 0, 500], [178.5, -30, -178.5, 0]])
def test_a_box_across_the_antimeridian_is_not_its_complement(search: Search, bbox: list[float]) -> None:
    answer = search(bbox=bbox)
    assert found(answer) == ["east", "west"]
    assert answer.json()["numberMatched"] == 2


@pytest.mark.parametrize(
    ("bbox", "ids"),
    [
        ([180, -30, -170, 0], ["west"]),
        ([170, -30, -180, 0], ["east"]),
        ([-180, -90, 180, 90], ["east", "west", "zero"]),
    ],
)
def test_a_box_that_ends_at_the_antimeridian(search: Search, bbox: list[float], ids: list[str]) -> None:
    assert found(search(bbox=bbox)) == ids


@pytest.mark.parametrize(
    ("bbox", "ids"),
    [
        ([0.5, -19.5, 0.5, -19.5], ["zero"]),
        ([0.5, -30, 0.5, 0], ["zero"]),
        ([170, -19.5, -170, -19.5], ["east", "west"]),
        ([180, -30, -180, 0], []),
    ],
)
def test_a_box_without_area_is_a_point_or_a_line(search: Search, bbox: list[float], ids: list[str]) -> None:
    assert found(search(bbox=bbox)) == ids


def test_a_box_of_one_point_finds_a_point(own_api: httpx2.Client, database: Database) -> None:
    point = {**item(GRANULES, "point", 5, 5), "geometry": {"type": "Point", "coordinates": [5, 5]}}
    store(database, [point])
    assert found(own_api.get("/search", params={"bbox": "5,5,5,5"})) == ["point"]


def test_a_plus_in_a_json_parameter_is_a_plus(api: httpx2.Client) -> None:
    later = '{"datetime": {"gte": "2025-05-01T02:00:00+02:00"}}'
    assert len(found(api.get("/search", params={"query": later, "collections": GRANULES}))) == 3
    shape = '{"type": "Point", "coordinates": [5e-1, -1.95e+1]}'
    assert found(api.get("/search", params={"intersects": shape})) == ["zero"]


def test_pages_keep_the_users_box(search: Search, api: httpx2.Client) -> None:
    first = search(bbox=[170, -30, -170, 0], limit=1)
    following = next(link for link in first.json()["links"] if link["rel"] == "next")
    if following["method"] == "POST":
        assert following["body"]["bbox"] == [170, -30, -170, 0]
        assert "intersects" not in following["body"]
        second = api.post(following["href"], json=following["body"])
    else:
        assert httpx2.URL(following["href"]).params["bbox"] == "170,-30,-170,0"
        second = api.get(following["href"])
    assert sorted(found(first) + found(second)) == ["east", "west"]


def test_collections_are_searched_by_the_same_boxes(api: httpx2.Client) -> None:
    for bbox in ("170,-30,-170,0", "-1,-30,0,2,0,500"):
        answer = api.get("/collections", params={"bbox": bbox})
        assert {one["id"] for one in answer.json()["collections"]} == set(CATALOG), answer.text
    assert api.get("/collections", params={"bbox": "0,0,nan,10"}).status_code == 400


ALL_CURRENT = sorted(one["id"] for name, items in CATALOG.items() if name != PLUMES_BEFORE for one in items)


@pytest.mark.parametrize("parameters", [{}, {"bbox": [-180, -90, 180, 90]}, {"datetime": "2025-05-01T00:00:00Z/.."}])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_plain_search_leaves_out_what_was_superseded(
    api: httpx2.Client, method: str, parameters: dict[str, Any]
) -> None:
    ask = {"params": _as_text(parameters)} if method == "GET" else {"json": parameters}
    answer = api.request(method, "/search", **ask)
    assert found(answer) == ALL_CURRENT
    assert answer.json()["numberMatched"] == len(ALL_CURRENT)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_a_plain_search_leave_it_out_too(api: httpx2.Client, method: str) -> None:
    ask = {"params": {"limit": "3"}} if method == "GET" else {"json": {"limit": 3, "collections": []}}
    page = api.request(method, "/search", **ask)
    ids = found(page)
    while following := [link for link in page.json()["links"] if link["rel"] == "next"]:
        body = {"json": following[0]["body"]} if method == "POST" else {}
        page = api.request(method, following[0]["href"], **body)
        assert page.json()["numberMatched"] == len(ALL_CURRENT)
        ids += found(page)
    assert sorted(ids) == ALL_CURRENT


def test_what_was_superseded_is_found_by_name(api: httpx2.Client) -> None:
    assert found(api.get("/search", params={"collections": PLUMES_BEFORE})) == ["p-0_v1"]
    assert found(api.post("/search", json={"collections": [PLUMES, PLUMES_BEFORE], "limit": 20}))[0:2] == [
        "p-0",
        "p-0_v1",
    ]
    assert found(api.get("/search", params={"ids": "p-0_v1"})) == ["p-0_v1"]
    assert found(api.get(f"/collections/{PLUMES_BEFORE}/items")) == ["p-0_v1"]


def test_a_filter_on_collection_names_it(api: httpx2.Client) -> None:
    text = {"filter": f"cm:emission < 9 AND collection = '{PLUMES_BEFORE}'"}
    assert found(api.get("/search", params=text)) == ["p-0_v1"]
    assert found(api.get("/search", params={"filter": "cm:emission < 9"})) == []
    equal = {"op": "=", "args": [{"property": "collection"}, PLUMES_BEFORE]}
    assert found(api.post("/search", json={"filter": equal})) == ["p-0_v1"]
    assert found(api.post("/search", json={"query": {"collection": {"eq": PLUMES_BEFORE}}})) == ["p-0_v1"]


def test_an_empty_catalog_answers_empty(own_api: httpx2.Client, database: Database) -> None:
    with database.connect() as connection:
        connection.execute("DELETE FROM pgstac.collections WHERE id <> %s", [PLUMES_BEFORE])
    answer = own_api.get("/search")
    assert found(answer) == []
    assert answer.json()["numberMatched"] == 0


def test_a_collection_that_came_after_the_start_is_searched(own_api: httpx2.Client, database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO pgstac.collections (content) "
            'SELECT content || \'{"id": "new"}\' FROM pgstac.collections WHERE id = %s',
            [GRANULES],
        )
    store(database, [item("new", "n-0", 5, 5)])
    assert "n-0" in found(own_api.get("/search", params={"limit": 20}))


def test_the_client_cannot_reach_pgstacs_settings(api: httpx2.Client) -> None:
    answer = api.post("/search", json={"conf": {"context": "off", "base_url": "https://evil.example"}})
    assert answer.json()["numberMatched"] == len(ALL_CURRENT)
    assert "evil" not in answer.text
