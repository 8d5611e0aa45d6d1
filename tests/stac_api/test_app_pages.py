"""Pages for people: a browser gets HTML, everybody else JSON, and nothing that a record says can run there."""

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest

from stac_api.ledger import Ledger
from stac_api.pages.negotiation import wants_html
from stac_api.pages.rendering import age, safe_href, size
from stac_api.pages.world import outline
from tercet.settings import Settings
from tests.stac_api.served import GRANULES, PLUMES, item, served, shared_database, store

pytestmark = pytest.mark.database

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
EVIL = "<script>alert('x')</script>\"onerror='x"


class Page(HTMLParser):
    """What a browser would make of a page: its tags, its links, its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.hrefs: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.hrefs += [value or "" for name, value in attrs if name in {"href", "src", "action"}]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(embedded: Settings) -> Iterator[httpx2.Client]:
    """Give a browser on a catalog that holds what an attacker would write."""
    evil = item(PLUMES, "evil", 5, 5, title=EVIL, description=EVIL, homepage="javascript:alert(1)")
    evil["assets"] = {
        EVIL: {"href": "javascript:alert(1)", "title": EVIL, "type": EVIL},
        "thumbnail": {"href": "https://example.com/t.png?a=1&b=2", "type": "image/png"},
        "overview": {"href": "https://example.com/o.png", "auth:refs": ["somebody"]},
    }
    evil["links"] = [{"rel": EVIL, "href": "javascript:alert(1)", "title": EVIL}]
    with shared_database(embedded) as (settings, database), served(settings, database) as client:
        store(database, [evil])
        with database.connect() as connection:
            ledger = Ledger(connection)
            ledger.end(ledger.begin("carbon-mapper", "plumes", {}), "done", {"new": 1})
            ledger.mark_stale([PLUMES], "carbon-mapper")
            ledger.mark_true(PLUMES, 1234)
        client.headers["accept"] = BROWSER
        yield client


def page(client: httpx2.Client, path: str, status: int = 200) -> Page:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), answer.text
    assert "accept" in answer.headers["vary"].lower()
    return Page(answer.text)


ITEM = f"/collections/{PLUMES}/items/evil"
PAGES = ["/", "/collections", f"/collections/{PLUMES}", f"/collections/{PLUMES}/items", ITEM, "/search", "/api.html"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_runs_anything_or_fetches_from_elsewhere(site: httpx2.Client, path: str) -> None:
    answer = site.get(path)
    seen = Page(answer.text)
    assert not {"script", "iframe", "object", "link", "base"} & seen.tags
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}
    assert not [href for href in seen.hrefs if "script:" in href]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    assert base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() in policy


@pytest.mark.parametrize("path", [*PAGES[:-1], "/search?limit=1&collections=granules"])
@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/geo+json, application/json;q=0.9", None])
def test_programs_get_json(site: httpx2.Client, path: str, accept: str | None) -> None:
    answer = site.get(path, headers={"accept": accept or ""})
    assert "json" in answer.headers["content-type"]
    assert "accept" in answer.headers["vary"].lower()
    assert answer.json()["links"]


@pytest.mark.parametrize("path", PAGES[:-1])
def test_f_says_what_no_header_can(site: httpx2.Client, path: str) -> None:
    by_f = site.get(path, params={"f": "json"})
    assert by_f.json() == site.get(path, headers={"accept": "application/json"}).json()
    assert site.get(path, params={"f": "html"}, headers={"accept": "*/*"}).text.startswith("<!doctype html>")
    refusal = site.get(path, params={"f": "xml"})
    assert (refusal.status_code, refusal.json()["description"]) == (400, "f is 'xml' and may be html or json")


def test_the_landing_page_shows_what_there_is_and_how_fresh_it_is(site: httpx2.Client) -> None:
    seen = page(site, "/")
    for words in ("Plumes", "The Items of granules.", "1\N{NARROW NO-BREAK SPACE}234 Items", "just now"):
        assert words in seen.text, words
    assert {f"{site.base_url}/collections/{PLUMES}", f"{site.base_url}/api.html"} <= set(seen.hrefs)
    assert f'Client.open("{site.base_url}/")' in seen.text
    assert not any("browser" in href for href in seen.hrefs)


def test_the_landing_page_leads_to_the_browser_that_the_operator_named(embedded: Settings) -> None:
    with shared_database(embedded) as (settings, database):
        named = Settings(**{**settings.model_dump(), "browser_url": "https://browser.example/#/tercet"})
        with served(named, database) as client:
            assert "https://browser.example/#/tercet" in page(client, "/?f=html").hrefs


@pytest.mark.parametrize("path", PAGES[:-1])
def test_every_link_of_a_page_to_this_api_is_answered(site: httpx2.Client, path: str) -> None:
    own = {href for href in page(site, path).hrefs if href.startswith(str(site.base_url))}
    assert own
    assert {site.get(href).status_code for href in own} == {200}


def test_an_item_shows_its_files_and_a_preview_that_needs_no_login(site: httpx2.Client) -> None:
    seen = page(site, ITEM)
    assert EVIL in seen.text
    assert "https://example.com/t.png?a=1&b=2" in seen.hrefs
    assert "login: somebody" in seen.text


def test_the_form_finds_items_and_remembers_what_was_asked(site: httpx2.Client) -> None:
    answer = site.get("/search", params={"q": "", "bbox": "-1,-30,2,0", "datetime": "", "filter": "", "limit": 1})
    assert "zero" in Page(answer.text).text
    assert 'value="-1,-30,2,0"' in answer.text
    assert "Nothing was found" in page(site, "/search?bbox=60,60,61,61").text


def test_pages_of_items_follow_each_other(site: httpx2.Client) -> None:
    first = site.get(f"/collections/{GRANULES}/items?limit=2")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = page(site, following[1].replace("&amp;", "&"))
    assert "Page before" in second.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/search?bbox=1,2", 400, "bbox"),
        ("/collections/granule", 404, "did you mean granules?"),
        (f"/collections/{PLUMES}/items/<script>x", 404, "has no Item <script>"),
    ],
)
def test_a_refusal_is_a_page_too(site: httpx2.Client, path: str, status: int, words: str) -> None:
    assert words in page(site, path, status).text


def test_a_page_below_a_proxys_path_links_below_it(embedded: Settings) -> None:
    with shared_database(embedded) as (settings, database), served(settings, database, root_path="/stac") as client:
        hrefs = page(client, "/?f=html").hrefs
        own = [href for href in hrefs if href.startswith(str(client.base_url))]
        assert own
        assert all(href.startswith(f"{client.base_url}/stac/") for href in own)


@pytest.mark.parametrize(
    ("accept", "is_html"),
    [
        (BROWSER, True),
        ("text/html;q=0.5, application/json", False),
        ("application/json;q=0.5, text/html;q=0.9", True),
        ("text/html;q=0", False),
        ("text/html;q=many", False),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        (",;,;;q=,", False),
    ],
)
def test_who_names_html_and_likes_it_better_gets_it(accept: str, is_html: bool) -> None:  # noqa: FBT001 - a column
    assert wants_html(accept) is is_html


def test_an_outline_crosses_the_antimeridian_on_both_sides() -> None:
    both = outline([170, -10, -170, 10])
    assert both["path"].count("M") == 2
    assert outline([0, 0, 0.01, 0.01]) == {"path": "", "points": [(0.005, -0.005)]}
    assert outline([-10, -5, 0, 10, 5, 9])["path"] == outline([-10, -5, 10, 5])["path"]


def test_an_outline_of_every_geometry() -> None:
    shapes: list[dict[str, Any]] = [
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]},
        {"type": "LineString", "coordinates": [[0, 0], [10, 10]]},
        {"type": "MultiPolygon", "coordinates": [[[[0, 0], [10, 0], [10, 10], [0, 0]]]]},
    ]
    drawn = outline({"type": "GeometryCollection", "geometries": shapes})
    assert drawn["path"].count("M") == 2
    assert drawn["points"][0] == (1.0, -2.0)
    many = [[x / 100, 0] for x in range(10_000)]
    assert len(outline({"type": "LineString", "coordinates": many})["path"].split()) <= 2000


def test_words_for_ages_sizes_and_addresses() -> None:
    assert [age(seconds) for seconds in (None, 5, 60, 7300, 86_400 * 3)] == [
        *("never", "just now", "1 minute ago", "2 hours ago", "3 days ago")
    ]
    assert [size(count) for count in (5, 1500, 2_000_000, 7_000_000_000)] == ["5 B", "2 kB", "2 MB", "7.0 GB"]
    assert [safe_href(href) for href in ("https://a.example", "javascript:x", "JAVASCRIPT:x", "data:x", "../a")] == [
        *("https://a.example", "", "", "", "../a")
    ]
