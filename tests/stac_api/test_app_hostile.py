"""Requests that mean harm: an answer in time, a sentence where they are refused, and the catalog as it was."""

import socket
import time
from typing import Any
from urllib.parse import quote

import httpx2
import psycopg
import pytest

from stac_api.database import Database
from stac_api.filters import FILTER_NODES
from tests.stac_api.served import EMISSIONS, GRANULES, PLUMES, found

pytestmark = pytest.mark.database

JSON = {"content-type": "application/json"}
INJECTIONS = (
    "'; DROP TABLE pgstac.items; --",
    "' OR '1'='1",
    "1); DELETE FROM pgstac.collections; --",
    "$$; SELECT pg_sleep(30); $$",
    "%s %I %L {} {0} $1 :id",
    "\\'; SELECT 1; --",
    "x' UNION SELECT record FROM tercet.reject --",
    '"}}, {"op": "=", "args": [1, 1]}',
    "a\nb\tc\u2028d\u202ee",
    "\x00",
    "\ufffd\uffff",
    "🛰" * 100,
)
PARAMETERS = (
    *("collections", "ids", "bbox", "intersects", "datetime", "limit", "query", "sortby", "fields"),
    *("filter", "filter-crs", "filter-lang", "token", "q", "offset", "f", "conf", "nothing"),
)


def answered(answer: httpx2.Response) -> httpx2.Response:
    assert answer.status_code in (200, 400, 404), (answer.request.url, answer.status_code, answer.text)
    if answer.status_code != 200:
        assert set(answer.json()) == {"code", "description"}
        assert len(answer.text) < 1500
    return answer


@pytest.fixture(autouse=True)
def _in_time_and_unharmed(api: httpx2.Client) -> Any:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 60
    assert len(found(api.get("/search", params={"collections": PLUMES}))) == len(EMISSIONS)


@pytest.mark.parametrize("injection", INJECTIONS)
def test_no_parameter_reaches_the_database_as_sql(api: httpx2.Client, injection: str) -> None:
    for name in PARAMETERS:
        answered(api.get("/search", params={name: injection}))
        answered(api.get("/collections", params={name: injection}))
    for name in ("q", "filter", "sortby", "ids"):
        answered(api.get(f"/collections/{PLUMES}/items", params={name: injection}))


@pytest.mark.parametrize("injection", INJECTIONS)
def test_no_path_reaches_the_database_as_sql(api: httpx2.Client, injection: str) -> None:
    part = quote(injection, safe="")
    for path in (f"/collections/{part}", f"/collections/{part}/items", f"/collections/{PLUMES}/items/{part}"):
        assert answered(api.get(path)).status_code in (400, 404)
    assert answered(api.get(f"/collections/{part}/queryables")).status_code in (400, 404)


@pytest.mark.parametrize("injection", INJECTIONS)
def test_no_value_in_a_filter_reaches_the_database_as_sql(api: httpx2.Client, injection: str) -> None:
    text = injection.replace("'", "''")
    for filter_ in (f"platform = '{text}'", f"platform LIKE '{text}%'", f"platform IN ('{text}', 'b')"):
        answer = answered(api.get("/search", params={"filter": filter_}))
        assert answer.status_code == 400 or answer.json()["features"] == [], filter_
    for body in (
        {"filter": {"op": "=", "args": [{"property": "platform"}, injection]}},
        {"filter": {"op": "=", "args": [{"property": injection}, 1]}},
        {"filter": {"op": injection, "args": [1, 2]}},
        {"filter": {"op": "a_contains", "args": [{"property": "instruments"}, [injection]]}},
        {"filter": {"op": "t_after", "args": [{"property": "datetime"}, {"timestamp": injection}]}},
        {"filter": {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": injection, "coordinates": [0]}]}},
        {"query": {"platform": {"eq": injection}}},
        {"query": {injection: {"eq": 1}}},
        {"sortby": [{"field": injection, "direction": "asc"}]},
        {"fields": {"include": [injection], "exclude": [f"properties.{injection}"]}},
        {"ids": [injection], "collections": [injection]},
        {"token": f"next:{injection}"},
        {"q": [injection]},
        {"datetime": injection},
    ):
        answered(api.post("/search", json=body))


def test_the_ledger_cannot_be_read_through_a_property(api: httpx2.Client) -> None:
    for name in ("private", "content", "tercet.reject", "properties", "properties.", "id'", "collection->>'x'", ""):
        answer = api.get("/search", params={"filter-lang": "cql2-json", "filter": _equal(name)})
        assert answer.status_code == 400, (name, answer.text)


def _equal(name: str) -> str:
    escaped = name.replace('"', '\\"')
    return f'{{"op": "=", "args": [{{"property": "{escaped}"}}, 1]}}'


def test_a_long_filter_is_answered(api: httpx2.Client) -> None:
    one = {"op": ">", "args": [{"property": "cm:emission"}, 20]}
    body = {"filter": {"op": "and", "args": [one] * (FILTER_NODES - 1)}, "collections": [PLUMES]}
    assert found(api.post("/search", json=body)) == ["p-2", "p-3"]


def test_a_filter_of_ten_thousand_clauses_is_refused_at_once(api: httpx2.Client) -> None:
    one = {"op": ">", "args": [{"property": "cm:emission"}, 20]}
    began = time.monotonic()
    answer = api.post("/search", json={"filter": {"op": "or", "args": [one] * 10_000}})
    assert time.monotonic() - began < 30
    assert (answer.status_code, str(FILTER_NODES) in answer.json()["description"]) == (400, True)


ENDLESS = {
    "power": "cm:emission = 2" + "^2" * 9900,
    "sum": "cm:emission = 1" + "+1" * 9900,
    "product": "cm:emission = 1" + "*1" * 9900,
    "equals": "cm:emission" + "=1" * 9900,
    "division": "cm:emission = 1" + " div 1" * 3000,
    "not": "NOT " * 4900 + "cm:emission = 1",
    "odd blanks": "NOT\u00a0" * 4900 + "cm:emission = 1",
    "minus": "cm:emission = 1" + "- " * 9900 + "1",
    "lines": "cm:emission = " + "-\n" * 9900 + "1",
    "brackets": "(" * 9900 + "cm:emission = 1" + ")" * 9900,
    "chains in brackets": "cm:emission = " + "(" * 300 + "1" + "+1+1+1+1+1+1+1+1+1+1)" * 300,
    "names that are operators": "cm:emission = 1" + " + and" * 3300,
    "operators in a row": "platform" + " LIKE 'x'" * 2200,
    "no blanks": "cm:emission = 1" + "like2" * 3900,
    "betweens": "cm:emission" + " between in and OR <= 1" * 850,
    "functions": "casei(" * 1600 + "platform" + ")" * 1600 + " = 'x'",
    "arrays": "cm:emission IN " + "(" * 5000 + ")" * 5000,
}
"""The parser of CQL2 recurses: each of these ended the process, or would with a longer limit."""


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("path", ["/search", f"/collections/{PLUMES}/items", "/collections"])
def test_no_filter_ends_the_process(api: httpx2.Client, path: str, text: str) -> None:
    answer = answered(api.get(path, params={"filter": text}))
    assert answer.status_code == 400
    assert "deeper" in answer.json()["description"]


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"filter":' * 50_000,
        '{"filter": ' + '{"op": "not", "args": [' * 5000 + "true" + "]}" * 5000 + "}",
        '{"intersects": ' + '{"type": "GeometryCollection", "geometries": [' * 300 + "]}" * 300 + "}",
        '{"intersects": {"type": "Polygon", "coordinates": ' + "[" * 300 + "]" * 300 + "}}",
        '{"ids": ["\\ud800"]}',
        '{"q": ["\\udfff"]}',
        '{"filter": {"op": "=", "args": [{"property": "platform"}, "\\ud800"]}}',
        '{"q": ["\\u0000"]}',
        '{"limit": 1e400}',
        '{"limit": 99999999999999999999999999}',
        '{"limit": Infinity}',
        '{"bbox": [-Infinity, 0, Infinity, 1]}',
        '{"bbox": [1e308, 0, 1e309, 1]}',
        '{"datetime": "0001-01-01T00:00:00+14:00"}',
        '{"datetime": "9999-12-31T23:59:59-14:00/.."}',
        '{"filter": {"op": "=", "args": [{"property": "cm:emission"}, 1e999]}}',
        '{"filter": {"op": "t_after", "args": [{"property": "datetime"}, {"timestamp": "0001-01-01T00:00:00+14:00"}]}}',
        '{"intersects": {"type": "Point", "coordinates": [1e300, 1e300]}}',
        '{"intersects": {"type": "Point", "coordinates": ["a", "b"]}}',
        '{"fields": {"include": [7]}}',
        '{"fields": "id"}',
        '{"sortby": "-datetime"}',
        '{"filter-lang": "sql"}',
        '{"filter-crs": "EPSG:3857"}',
        '{"a": 1, "a": 2',
        "\xff\xfe",
        "\ufeff{}",
        "{}garbage",
    ],
    ids=range(29),
)
def test_a_malformed_body_is_refused(api: httpx2.Client, body: str) -> None:
    answer = api.post("/search", content=body.encode("utf-8"), headers=JSON)
    assert answered(answer).status_code in (200, 400)


def test_where_a_body_is_no_json_is_said(api: httpx2.Client) -> None:
    answer = api.post("/search", content=b'{"limit": 1,}', headers=JSON)
    assert answered(answer).json()["description"].startswith("the body is not JSON: character 1")


def test_bytes_that_are_no_text_are_refused(api: httpx2.Client) -> None:
    for content in (b"\xff\xff\xff", b'{"ids": ["\xed\xa0\x80"]}', b'{"ids": ["\xff"]}', b"\x00" * 100):
        assert answered(api.post("/search", content=content, headers=JSON)).status_code == 400
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x", ""):
        answered(api.post("/search", content=b"{}", headers={"content-type": kind}))


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2025-05-01T00:00:00Z/9999-12-31T23:59:59.999999999999Z",
        "2025-02-30T00:00:00Z",
        "2025-05-01T24:00:00Z",
        "2025-05-01T23:59:60Z",
        "-2025-05-01T00:00:00Z",
        "/",
        "../",
        "٢٠٢٥-05-01T00:00:00Z",
    ],
)
@pytest.mark.parametrize("path", ["/search", f"/collections/{GRANULES}/items", "/collections"])
def test_odd_moments_are_answered_or_refused(api: httpx2.Client, path: str, value: str) -> None:
    answered(api.get(path, params={"datetime": value}))


@pytest.mark.parametrize(
    "limit", ["-1", "0", "10001", "99999999999999999999", "1e3", "0x10", "\N{FULLWIDTH DIGIT ONE}0", " ", "1.5"]
)
@pytest.mark.parametrize("path", ["/search", f"/collections/{GRANULES}/items", "/collections"])
def test_odd_limits_are_answered_or_refused(api: httpx2.Client, path: str, limit: str) -> None:
    answer = answered(api.get(path, params={"limit": limit}))
    if limit in {"-1", "0", "1e3", " ", "1.5"}:
        assert answer.status_code == 400


def test_pages_far_beyond_the_end_are_empty_or_refused(api: httpx2.Client) -> None:
    for offset in ("1000000", str(2**31), str(2**63), "9" * 40, "-5", "many"):
        answer = answered(api.get("/collections", params={"offset": offset}))
        assert answer.status_code == 400 or answer.json()["collections"] == []
    for token in ("next:", "next:::", f"next:{PLUMES}:p-0", "prev:x:y", "next:" + "a" * 5000, "offset:1e9"):
        answered(api.get("/search", params={"token": token}))


@pytest.mark.parametrize(
    "path",
    [
        "/collections/../../etc/passwd",
        "/collections/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        f"/collections/{PLUMES}/items/..%2f..%2f",
        f"/collections/{PLUMES}/items/%00",
        "/collections/%ed%a0%80",
        "/collections/%ff",
        "//evil.example/",
        "/collections//items",
        "/collections/" + "a" * 5000,
        "/%2e%2e/",
        "/collections/{collection_id}",
        f"/collections/{PLUMES};x=1/items",
    ],
)
def test_paths_lead_nowhere_else(api: httpx2.Client, path: str) -> None:
    with socket.create_connection((api.base_url.host, api.base_url.port or 80), timeout=30) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        status = raw.makefile("rb").readline().split()[1]
    assert status in (b"200", b"307", b"400", b"404"), (path, status)


def test_thousands_of_fields_and_sorts_are_refused_or_answered(api: httpx2.Client) -> None:
    many = [{"field": "cm:emission", "direction": "asc"}] * 1000
    assert answered(api.post("/search", json={"sortby": many})).status_code == 400
    names = [f"properties.x{number}" for number in range(5000)]
    answered(api.post("/search", json={"fields": {"include": names}, "collections": [PLUMES]}))
    tests = {f"x{number}": {"eq": 1} for number in range(10_000)}
    assert answered(api.post("/search", json={"query": tests})).status_code == 400
    answered(api.post("/search", json={"ids": [f"p-{number}" for number in range(50_000)]}))
    answered(api.post("/search", json={"collections": [f"c-{number}" for number in range(50_000)]}))


def test_a_polygon_of_many_corners_is_answered(api: httpx2.Client) -> None:
    ring = [[-10 + 30 * step / 20_000, -20 + (step % 2) * 1e-6] for step in range(20_000)]
    shape = {"type": "Polygon", "coordinates": [[*ring, [20, 10], [-10, 10], ring[0]]]}
    answered(api.post("/search", json={"intersects": shape}))


def test_the_role_that_serves_cannot_write(database: Database) -> None:
    with psycopg.connect(database.read_conninfo, autocommit=True) as reader:
        for statement in ("DELETE FROM pgstac.items", "UPDATE tercet.run SET outcome = 'done'", "CREATE TABLE x ()"):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                reader.execute(statement)
