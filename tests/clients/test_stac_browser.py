"""STAC Browser, built from its package, shows the catalog in a headless Chromium. Screenshots are left behind."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import numpy as np
import pytest
from PIL import Image
from selenium import webdriver
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.clients.browser import WAIT_S, Page
from tests.clients.pictures import SIZE
from tests.clients.programs import FOLDER, made

pytestmark = [pytest.mark.clients, pytest.mark.database]

PLUMES = "carbon-mapper-plumes"


class Site(http.server.SimpleHTTPRequestHandler):
    """STAC Browser's files, and the configuration that it asks for."""

    def __init__(self, *args: Any, catalog: str, **kwargs: Any) -> None:
        self._config = {"catalogUrl": f"{catalog}/", "catalogTitle": "Tercet", "displayGeoTiffByDefault": True}
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/config.js":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.end_headers()
        self.wfile.write(f"window.STAC_BROWSER_CONFIG = {json.dumps(self._config)}".encode())
        return None

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def site(url: str) -> Iterator[str]:
    handler = functools.partial(Site, catalog=url, directory=str(made("stac-browser")))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/#"
        server.shutdown()


@pytest.fixture
def page(chromium: webdriver.Chrome, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    page = Page(chromium, site)
    yield page
    page.keep(request.node.name)


@pytest.fixture(scope="module")
def plumes(url: str) -> list[dict[str, Any]]:
    answer = httpx2.get(f"{url}/collections/{PLUMES}/items", params={"limit": 100}, timeout=60)
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


def test_every_collection_has_a_card(page: Page, url: str) -> None:
    collections = httpx2.get(f"{url}/collections", timeout=60).json()["collections"]
    page.go("/")
    page.shows(collections[-1]["title"])
    assert set(page.cards()) == {one["title"] for one in collections}
    assert page.complaints(url) == []


def test_a_collection_says_what_it_is_and_lists_its_items(page: Page, url: str, plumes: list[dict[str, Any]]) -> None:
    page.go(f"/collections/{PLUMES}")
    page.shows(plumes[0]["properties"]["title"])
    for words in ("Carbon Mapper: methane and CO2 plumes", "Temporal Extent", "Providers", "terms of use"):
        page.shows(words)
    assert set(page.cards()) <= {one["properties"]["title"] for one in plumes}
    assert len(page.cards()) == 10
    assert page.complaints(url) == []


def test_thumbnails_come_through_the_gateway(page: Page, url: str) -> None:
    page.go(f"/collections/{PLUMES}")
    picture = page.wait("//img[contains(@class, 'thumbnail')]")
    assert str(picture.get_attribute("src")).startswith(f"{url}/assets/{PLUMES}/")
    wide = WebDriverWait(page.driver, WAIT_S).until(lambda _: int(picture.get_property("naturalWidth") or 0))  # type: ignore[arg-type]  # a number
    assert wide == SIZE


def test_an_item_lists_its_assets_and_properties(page: Page, url: str, plumes: list[dict[str, Any]]) -> None:
    plume = next(one for one in plumes if "cm:emission" in one["properties"])
    page.go(f"/collections/{PLUMES}/items/{plume['id']}")
    page.shows(plume["properties"]["title"])
    for asset in plume["assets"].values():
        if "thumbnail" not in asset["roles"] and "overview" not in asset["roles"]:
            page.shows(asset["title"])
    page.shows(str(plume["properties"]["cm:emission"]))
    page.shows("Record of Carbon Mapper")
    assert page.complaints(url) == []


def test_the_map_shows_the_footprint_and_shades_of_the_raster(page: Page, plumes: list[dict[str, Any]]) -> None:
    page.go(f"/collections/{PLUMES}/items/{plumes[0]['id']}")
    canvas = page.wait("//div[contains(@class, 'ol-viewport')]")
    target = FOLDER / "screenshots" / "map.png"
    target.parent.mkdir(exist_ok=True)

    def drawn(_: webdriver.Chrome) -> bool:
        canvas.screenshot(str(target))
        with Image.open(target) as image:
            pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
        is_line = (pixels[:, 0] < 100) & (pixels[:, 2] > 180)
        # without the statistics of its asset a raster of floats would be all black
        greys = np.unique(pixels[np.ptp(pixels, axis=1) < 3, 0])
        return bool(is_line.any()) and len(greys) > 100

    WebDriverWait(page.driver, WAIT_S).until(drawn, "no footprint, or no raster on the map")


def test_a_filter_on_a_property_leaves_what_fulfils_it(page: Page, url: str, plumes: list[dict[str, Any]]) -> None:
    expected = {one["properties"]["title"] for one in plumes if one["properties"]["cm:gas"] == "CO2"}
    assert 0 < len(expected) < len(plumes)
    page.go(f"/collections/{PLUMES}")
    page.click("Show Filters")
    page.click("Add filter")
    page.wait("//*[contains(@class, 'dropdown-item')][contains(., 'cm:gas')]").click()
    Select(page.wait("//select[option[contains(., 'CH4')]]")).select_by_visible_text("CO2")
    page.click("Submit")
    WebDriverWait(page.driver, WAIT_S).until(lambda _: set(page.cards()) == expected, f"{page.cards()}")
    assert page.complaints(url) == []


def test_items_of_all_collections_are_found_by_time(page: Page, url: str) -> None:
    page.go("/search")
    page.click("Search for Items")
    page.click("Submit")
    page.shows("CH4 plume")
    assert len(page.cards()) == 10
    assert page.complaints(url) == []
