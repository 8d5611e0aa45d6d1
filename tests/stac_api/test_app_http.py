"""HTTP as browsers, proxies and caches expect it of the served API."""

import gzip
from collections.abc import Mapping

import brotli  # type: ignore[import-untyped]  # it ships no types
import httpx2
import pytest
import zstandard

from stac_api.database import Database
from stac_api.limits import BODY_LIMIT
from tercet.settings import Settings
from tests.stac_api.served import PLUMES, served

pytestmark = pytest.mark.database

PATHS = ("/", "/conformance", "/collections", f"/collections/{PLUMES}", f"/collections/{PLUMES}/items", "/search")


@pytest.mark.parametrize("path", [*PATHS, "/queryables", "/_mgmt/ping", "/api", "/collections/nowhere", "/nowhere"])
def test_head_says_what_get_says_without_the_body(api: httpx2.Client, path: str) -> None:
    headers = {"accept-encoding": "identity"}
    head, get = api.head(path, headers=headers), api.get(path, headers=headers)
    assert head.content == b""
    assert (head.status_code, head.headers["content-type"]) == (get.status_code, get.headers["content-type"])
    assert head.headers["content-length"] == str(len(get.content))


def test_what_has_no_get_has_no_head(api: httpx2.Client) -> None:
    assert api.delete("/collections").status_code == 405
    assert "GET" in api.delete("/collections").headers["allow"]


@pytest.mark.parametrize(
    ("encoding", "read"),
    [
        ("gzip", gzip.decompress),
        ("br", brotli.decompress),
        ("zstd", lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body)),
    ],
)
@pytest.mark.parametrize("path", ["/search", "/queryables", "/api"])
def test_answers_are_compressed_as_the_client_asks(api: httpx2.Client, path: str, encoding: str, read: object) -> None:
    with api.stream("GET", path, headers={"accept-encoding": encoding}) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == encoding
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert callable(read)
    assert read(body) == api.get(path, headers={"accept-encoding": "identity"}).content


def test_a_page_of_another_origin_may_search_and_read_ranges(api: httpx2.Client) -> None:
    origin = {"Origin": "https://browser.example"}
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,range,x-api-key"}
    preflight = api.options("/search", headers=origin | asked)
    assert preflight.status_code == 200
    assert "HEAD" in preflight.headers["access-control-allow-methods"]
    for path in ("/search", "/nowhere", "/search?bbox=1"):
        answer = api.get(path, headers=origin)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert {"Content-Range", "ETag"} <= set(answer.headers["access-control-expose-headers"].split(", "))


def root_seen(api: httpx2.Client, headers: Mapping[str, str | bytes]) -> str:
    answer = api.get("/collections?limit=1", headers=headers)  # type: ignore[arg-type]  # bytes are what is tested
    assert answer.status_code == 200, answer.text
    return next(str(link["href"]) for link in answer.json()["links"] if link["rel"] == "root")


@pytest.mark.parametrize(
    ("headers", "root"),
    [
        ({"Forwarded": "proto=https;host=stac.example"}, "https://stac.example/"),
        ({"Forwarded": 'for=10.0.0.1;host="stac.example:8443";proto=https'}, "https://stac.example:8443/"),
        ({"Forwarded": "host=stac.example;proto=https, host=inner;proto=http"}, "https://stac.example/"),
        ({"X-Forwarded-Proto": "https", "X-Forwarded-Host": "stac.example"}, "https://stac.example/"),
        ({"X-Forwarded-Host": "stac.example, inner", "X-Forwarded-Port": "8080"}, "http://stac.example:8080/"),
        ({"X-Forwarded-Host": "[::1]:9000"}, "http://[::1]:9000/"),
        ({"Host": "[::1]:9000"}, "http://[::1]:9000/"),
        ({"Host": "stac.example:80"}, "http://stac.example/"),
    ],
)
def test_links_lead_where_the_client_came_from(api: httpx2.Client, headers: dict[str, str], root: str) -> None:
    assert root_seen(api, headers) == root


@pytest.mark.parametrize(
    "headers",
    [
        {"Forwarded": "nonsense;;;=,"},
        {"Forwarded": 'host="evil.example/<script>";proto=javascript'},
        {"Forwarded": b"host=\xff\xfe"},
        {"X-Forwarded-Host": "evil.example/path?x"},
        {"X-Forwarded-Host": b"\xc3\xa4\xff", "X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "999999"},
        {"X-Forwarded-Port": "-1"},
        {"X-Forwarded-Port": "\N{SUPERSCRIPT TWO}".encode("latin-1")},
    ],
)
def test_forwarding_that_makes_no_sense_is_left_out(api: httpx2.Client, headers: dict[str, str | bytes]) -> None:
    assert root_seen(api, headers) == root_seen(api, {})


@pytest.mark.parametrize("host", ["evil.example/<script>", "a b", "x" * 300, ""])
def test_a_host_that_is_none_is_not_repeated(api: httpx2.Client, host: str) -> None:
    answer = api.get("/", headers={"Host": host})
    assert answer.status_code in (200, 400)
    assert "<script" not in answer.text


def test_a_body_that_is_too_large_is_refused_before_it_is_read(api: httpx2.Client) -> None:
    body = b'{"ids": ["' + b"x" * BODY_LIMIT + b'"]}'
    answer = api.post("/search", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert str(BODY_LIMIT) in answer.json()["description"]


def test_a_body_without_a_length_is_counted(api: httpx2.Client) -> None:
    chunks = (b" " * 100_000 for _ in range(BODY_LIMIT // 100_000 + 2))
    answer = api.post("/search", content=chunks, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_body_just_below_the_limit_is_a_search(api: httpx2.Client) -> None:
    body = b'{"collections": ["plumes"], "limit": 1}'.ljust(BODY_LIMIT)
    assert api.post("/search", content=body, headers={"content-type": "application/json"}).status_code == 200


def test_the_path_that_a_proxy_cuts_off_and_its_host_meet_in_links(settings: Settings, database: Database) -> None:
    with served(settings, database, root_path="/stac") as api:
        assert root_seen(api, {"Forwarded": "proto=https;host=data.example"}) == "https://data.example/stac/"


def test_a_client_that_takes_any_encoding_gets_one_that_all_can_read(api: httpx2.Client) -> None:
    answer = api.get("/search", headers={"Accept-Encoding": "*"})
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("path", ["/search", f"/collections/{PLUMES}/items"])
def test_no_fields_are_all_fields(api: httpx2.Client, path: str) -> None:
    [some], [everything] = (api.get(f"{path}?limit=1{more}").json()["features"] for more in ("&fields=", ""))
    assert some == everything
