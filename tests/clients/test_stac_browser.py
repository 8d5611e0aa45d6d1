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
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.clients.pictures import SIZE
from tests.clients.programs import FOLDER, made, on_path

pytestmark = [pytest.mark.clients, pytest.mark.database]

PLUMES = "carbon-mapper-plumes"
WAIT_S = 30


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


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = on_path("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",  # it refuses to run as root with one
        "--window-size=1400,1600",
        "--lang=en",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nobody on the web is asked for a map
        *("--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # COGs are drawn by WebGL
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(on_path("chromedriver")), options=options)
    yield driver
    driver.quit()


class Page:
    """What a person sees."""

    def __init__(self, driver: webdriver.Chrome, site: str) -> None:
        self.driver, self._site = driver, site

    def go(self, path: str) -> None:
        self.driver.get("about:blank")  # else only the part after # changes
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # what it said of the page before is read
        self.driver.get(self._site + path)

    def wait(self, xpath: str) -> WebElement:
        """Give an element as soon as it can be seen."""

        def visible(driver: webdriver.Chrome) -> WebElement | None:
            return next((one for one in driver.find_elements(By.XPATH, xpath) if one.is_displayed()), None)

        found = WebDriverWait(self.driver, WAIT_S).until(visible, f"nothing to see of {xpath}")
        assert found is not None
        return found

    def shows(self, text: str) -> WebElement:
        return self.wait(f"//*[text()[contains(., '{text}')]]")

    def click(self, text: str) -> None:
        self.wait(f"//button[contains(., '{text}')] | //a[contains(., '{text}')]").click()

    def cards(self) -> list[str]:
        """The titles of the Items or Collections that are listed."""
        # in one go: it draws them anew while they are looked at
        titles = "[...document.querySelectorAll('.card-title a')].filter(one => one.offsetParent)"
        found: list[str] = self.driver.execute_script(f"return {titles}.map(one => one.textContent.trim())")
        return found

    def complaints(self, url: str) -> list[str]:
        """What its console has against us: errors that name our API, but for files of providers out of reach."""
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium is typed in part
        return [
            one["message"]
            for one in log
            if one["level"] == "SEVERE" and url in one["message"] and "/assets/" not in one["message"]
        ]


@pytest.fixture
def page(chromium: webdriver.Chrome, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    yield Page(chromium, site)
    folder = FOLDER / "screenshots"
    folder.mkdir(exist_ok=True)
    chromium.save_screenshot(str(folder / f"{request.node.name}.png"))


@pytest.fixture(scope="module")
def plumes(url: str) -> list[dict[str, Any]]:
    answer = httpx2.get(f"{url}/collections/{PLUMES}/items", params={"limit": 100})
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


def test_every_collection_has_a_card(page: Page, url: str) -> None:
    collections = httpx2.get(f"{url}/collections").json()["collections"]
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
