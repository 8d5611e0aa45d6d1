"""Bad requests: a 400 that says what is wrong, never a 500; and a database that does not answer is a 503."""

import threading
from typing import Any

import httpx2
import psycopg
import pytest

from stac_api import database as databases
from stac_api.app import create_app
from stac_api.database import Database
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.stac_api.served import GRANULES, PLUMES, found, served

pytestmark = pytest.mark.database


def refused(answer: httpx2.Response) -> str:
    """The sentence of a refusal, in the form that STAC API asks for."""
    assert answer.status_code == 400, (answer.status_code, answer.text)
    assert set(answer.json()) == {"code", "description"}
    return str(answer.json()["description"])


@pytest.mark.parametrize(
    ("bbox", "words"),
    [
        ("0,0,nan,10", "numbers"),
        ("0,0,inf,10", "numbers"),
        ("0,20,10,10", "south above its north"),
        ("0,20,5,10,10,6", "south above its north"),
        ("0,0,10", "4 numbers"),
        ("0,0,1,1,1,1,1", "4 numbers"),
        ("a,b,c,d", "4 numbers"),
        ("0,0,190,10", "within -180, -90, 180, 90"),
    ],
)
@pytest.mark.parametrize("path", ["/search", f"/collections/{GRANULES}/items", "/collections"])
def test_a_bad_box_is_refused_and_named(api: httpx2.Client, path: str, bbox: str, words: str) -> None:
    sentence = refused(api.get(path, params={"bbox": bbox}))
    assert "bbox" in sentence
    assert words in sentence
    assert "pydantic" not in sentence


@pytest.mark.parametrize(
    "bbox", ["[0, 0, NaN, 10]", "[0, 20, 10, 10]", "[0, 0, 10]", '["a", 0, 1, 1]', '"0,0,1,1"', "{}"]
)
def test_a_bad_box_in_a_body_is_refused_and_named(api: httpx2.Client, bbox: str) -> None:
    headers = {"content-type": "application/json"}
    assert "bbox" in refused(api.post("/search", content=f'{{"bbox": {bbox}}}', headers=headers))


@pytest.mark.parametrize(
    "value", ["yesterday", "2025-13-01T00:00:00Z", "2025-05-02T00:00:00Z/2025-05-01T00:00:00Z", "../..", "a/b/c"]
)
def test_a_bad_datetime_is_refused_and_named(api: httpx2.Client, value: str) -> None:
    for path in ("/search", f"/collections/{GRANULES}/items", "/collections"):
        assert "datetime" in refused(api.get(path, params={"datetime": value}))
    assert "RFC 3339" in refused(api.post("/search", json={"datetime": value}))


@pytest.mark.parametrize(
    "parameters",
    [
        {"token": "next:nowhere"},
        {"token": "nonsense"},
        {"filter": "cm:emission >"},
        {"filter": "{", "filter-lang": "cql2-json"},
        {"filter": '{"op": "nonsense", "args": [1]}', "filter-lang": "cql2-json"},
        {"filter": "(" * 2000 + "cm:emission > 1" + ")" * 2000},
        {"filter": " AND ".join(["cm:emission > 1"] * 1200)},
        {"filter": "NOT " * 4500 + "(cm:emission > 1)"},
        {"filter": "cm:emission = " + "-" * 4500 + "1"},
        {"filter": "cm:emission = 1" + "+1" * 2000},
        {"filter": "platform"},
        {"filter": "1"},
        {"filter": "cm:emission = 'much'"},
        {"filter": "datetime > TIMESTAMP('yesterday')"},
        {"filter": "s_intersects(geometry, POLYGON((0 0, 1 1)))"},
        {"intersects": "{"},
        {"intersects": '{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}'},
        {"intersects": '{"type": "Point", "coordinates": [0, 0]}', "bbox": "0,0,1,1"},
        {"query": "{"},
        {"query": '{"gsd": {"nonsense": 1}}'},
        {"limit": "0"},
        {"limit": "many"},
        {"fields": "id,,"},
        {"ids": "a\0b"},
        {"q": "x" * 201},
        {"q": ",".join(map(str, range(21)))},
    ],
)
def test_what_makes_no_sense_is_refused(api: httpx2.Client, parameters: dict[str, str]) -> None:
    assert refused(api.get("/search", params=parameters))


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        '"text"',
        "null",
        "{",
        "",
        '{"limit": NaN}',
        '{"limit": -1}',
        '{"collections": "plumes"}',
        '{"ids": ["a\\u0000b"]}',
        '{"filter": {"op": "nonsense", "args": []}}',
        '{"filter": {"op": "=", "args": [{"property": "cm:emission"}]}}',
        '{"filter": {"op": "=", "args": [{"property": "cm:emission"}, "much"]}}',
        '{"filter": [1]}',
        '{"q": [7]}',
        '{"q": {"any": "methane"}}',
        '{"query": {"gsd": {"near": 1}}}',
        '{"query": {"gsd": {"in": 1}}}',
        '{"filter": ' + '{"op": "not", "args": [' * 200 + "true" + "]}" * 200 + "}",
        '{"sortby": [{"field": "id", "direction": "sideways"}]}',
        '{"token": 7}',
        '{"intersects": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}',
        '{"intersects": {"type": "Nonsense"}}',
    ],
)
def test_a_body_that_makes_no_sense_is_refused(api: httpx2.Client, body: str) -> None:
    assert refused(api.post("/search", content=body, headers={"content-type": "application/json"}))


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ({"filter": "emission > 1"}, "cm:emission"),
        ({"filter": "CM:Emission > 1"}, "cm:emission"),
        ({"filter": "plattform = 'tanager-1'"}, "platform"),
        ({"filter": "platform = tanager"}, "'tanager'"),
        ({"query": '{"properties.instrument": {"eq": "atlas"}}'}, "instruments"),
        ({"sortby": "-properties.cm:emision"}, "cm:emission"),
        ({"filter": "zzz = 1"}, "GET /queryables"),
    ],
)
@pytest.mark.parametrize("path", ["/search", f"/collections/{PLUMES}/items"])
def test_a_property_that_no_item_has_is_refused_with_the_nearest(
    api: httpx2.Client, path: str, asked: dict[str, str], nearest: str
) -> None:
    sentence = refused(api.get(path, params=asked))
    assert nearest in sentence


def test_a_property_that_no_item_has_is_refused_in_a_body_too(api: httpx2.Client) -> None:
    for body in (
        {"filter": {"op": "=", "args": [{"property": "emission"}, 1]}},
        {"query": {"emission": {"gt": 1}}},
        {"sortby": [{"field": "emission", "direction": "asc"}]},
    ):
        assert "did you mean cm:emission?" in refused(api.post("/search", json=body))


def test_a_property_that_came_after_the_start_is_known(own_api: httpx2.Client, database: Database) -> None:
    assert refused(own_api.get("/search", params={"filter": "lidar:rate > 1"}))
    with database.connect() as connection:
        connection.execute("SELECT upsert_queryable('lidar:rate', '{}', NULL, NULL, ARRAY[%s])", [GRANULES])
    assert found(own_api.get("/search", params={"filter": "lidar:rate > 1"})) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cm:emission >", "character 14"),
        ("cm:emission > 1 AND\n platform == 'x'", "line 2, character 12"),
        ("platform", "compare platform with something"),
        ("casei(platform)", "compare the value of casei"),
        ("cm:emission > 1 AND platform", "each side must compare something"),
        ("cm:emission ^ 2 = 4", "operator '^'"),
        ("datetime > TIMESTAMP('yesterday')", "2025-05-01T00:00:00Z"),
        ("s_intersects(geometry, POLYGON((0 0, 1 1)))", "geometry"),
        ("s_intersects(geometry, BBOX(0, 20, 10, 10))", "south above its north"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_with_the_place(api: httpx2.Client, text: str, words: str) -> None:
    for path in ("/search", f"/collections/{PLUMES}/items", "/collections"):
        assert words in refused(api.get(path, params={"filter": text}))


def test_a_filter_that_is_no_json_is_refused_with_the_place(api: httpx2.Client) -> None:
    sentence = refused(api.get("/search", params={"filter": '{"op": "=", args: []}', "filter-lang": "cql2-json"}))
    assert "character 13" in sentence


def test_collections_by_fields_that_none_has_are_refused_with_the_nearest(api: httpx2.Client) -> None:
    assert "did you mean title?" in refused(api.get("/collections", params={"filter": "titel = 'Plumes'"}))
    assert "did you mean title?" in refused(api.get("/collections", params={"sortby": "-titel"}))


@pytest.mark.parametrize(
    "parameters",
    [{"offset": "-1"}, {"q": "x" * 201}, {"q": ",".join(map(str, range(21)))}, {"filter": "id ="}, {"query": "[]"}],
)
def test_searches_for_collections_that_make_no_sense_are_refused(
    api: httpx2.Client, parameters: dict[str, str]
) -> None:
    assert refused(api.get("/collections", params=parameters))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/collections/granule", "no Collection granule: did you mean granules? GET /collections lists all 3"),
        ("/collections/nowhere/items", "no Collection nowhere: GET /collections lists all 3"),
        ("/collections/nowhere/items/p-0", "no Collection nowhere"),
        (f"/collections/{PLUMES}/items/x", f"{PLUMES} has no Item x: GET /collections/{PLUMES}/items lists"),
        ("/collections/nowhere/queryables", "no Collection nowhere"),
        ("/nowhere", "GET /nowhere is nothing that is answered here: GET / lists what is"),
    ],
)
def test_what_is_not_there_is_a_404_that_says_what_is(api: httpx2.Client, path: str, words: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "NotFound"
    assert words in answer.json()["description"]


def test_a_search_that_takes_too_long_ends_with_a_sentence(settings: Settings, database: Database) -> None:
    with served(settings, database) as api, psycopg.connect(database.conninfo) as blocker:
        blocker.execute("LOCK TABLE pgstac.items IN ACCESS EXCLUSIVE MODE")
        answer: Any = None
        with psycopg.connect(database.conninfo, autocommit=True) as killer:

            def ask() -> None:
                nonlocal answer
                answer = api.get("/search", params={"collections": PLUMES})

            thread = threading.Thread(target=ask)
            thread.start()
            waiting = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> %s"
            while thread.is_alive():
                killer.execute(waiting, [killer.info.backend_pid])
                thread.join(0.05)
    assert answer.status_code == 503
    assert "narrow" in answer.json()["description"]


def test_a_broken_connection_is_a_503_and_the_next_request_works(own_api: httpx2.Client, database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'tercet serve' "
            "AND datname = current_database()"
        )
    first = own_api.get("/search", params={"collections": PLUMES})
    assert first.status_code in (200, 503), first.text
    assert len(found(own_api.get("/search", params={"collections": PLUMES}))) == 5


def test_a_database_that_went_away_is_a_503(own: Settings) -> None:
    with serve_in_background(create_app(own, databases.open_database(own))) as url:
        assert httpx2.get(f"{url}/search", timeout=60).status_code == 200
        databases.stop(own)
        answer = httpx2.get(f"{url}/search", timeout=60)
        assert answer.status_code == 503, answer.text
        assert "try again" in answer.json()["description"]
