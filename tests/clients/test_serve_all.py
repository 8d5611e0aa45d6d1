"""``tools/serve-all``: what docker/compose.yaml starts, without an engine, behind one port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import numpy as np
import psutil
import pytest
from PIL import Image
from selenium.webdriver.support.ui import WebDriverWait

from tercet.settings import Settings
from tests.clients.browser import WAIT_S, Page
from tests.clients.conftest import give_pictures, harvest_bundled, named
from tests.clients.programs import made
from tests.commands import TERCET
from tests.stac_api.served import shared_database

pytestmark = [pytest.mark.clients, pytest.mark.database]

if TYPE_CHECKING:
    from selenium import webdriver

PLUMES, PLUME = "carbon-mapper-plumes", "tan20260730t110204c40s4001-A"
ROOT = Path(__file__).parents[2]
START_S = 90


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of made files."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def catalog(embedded: Settings, pictures: Path) -> Iterator[Settings]:
    """Give the settings of a catalog that these tests may change."""
    with shared_database(embedded) as (settings, database):
        harvest_bundled(settings, database)
        give_pictures(database, pictures)
        yield settings


@pytest.fixture(scope="module")
def services(catalog: Settings, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    """Give a client of the one port."""
    made("stac-browser")
    if not any((Path(folder) / "nginx").exists() for folder in ("/usr/sbin", "/usr/local/sbin", "/usr/bin")):
        pytest.skip("no nginx: apt-get install nginx-light")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("serve-all") / "log"
    environment = {"HARVESTS": "", "VENV": str(Path(sys.prefix)), "TERCET_FILES": str(files)}
    with log.open("w") as said:
        process = subprocess.Popen(
            ["bash", "tools/serve-all", str(port)],
            cwd=ROOT,
            env=os.environ | named(catalog) | environment,
            stderr=said,
        )
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        try:
            _wait_for(client, process, log)
            yield client
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert psutil.wait_procs(children, timeout=30)[1] == []


def _wait_for(client: httpx2.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(START_S * 4):
        assert process.poll() is None, log.read_text()
        try:
            answers = [client.get(path).status_code for path in ("/", "/stac/_mgmt/ready", "/tiles/healthz")]
        except httpx2.TransportError:
            answers = []
        if answers == [200, 200, 200]:
            return
        time.sleep(0.25)
    pytest.fail(f"not all of it came up: {log.read_text()}")


def test_stac_browser_is_told_where_the_catalog_is(services: httpx2.Client) -> None:
    assert "<title>STAC Browser</title>" in services.get("/").text
    assert "stac/" in services.get("/config.js").text


def test_every_link_of_the_api_leads_through_the_proxy(services: httpx2.Client) -> None:
    page = services.get("/stac/").json()
    hrefs = [link["href"] for link in page["links"]]
    assert all(href.startswith(f"{str(services.base_url).rstrip('/')}/stac/") for href in hrefs), hrefs
    assert services.get("/stac/collections").json()["numberMatched"] > 10


def test_the_tiler_reads_the_same_catalog(services: httpx2.Client) -> None:
    bounds = services.get("/tiles/collections/carbon-mapper-plumes/info").json()
    assert bounds["search"]["metadata"]["type"] == "mosaic"


def test_files_may_be_read_by_range_from_any_page(services: httpx2.Client, files: Path) -> None:
    (files / "made.tif").write_bytes(bytes(range(100)))
    answer = services.get("/files/made.tif", headers={"Origin": "https://example.com", "Range": "bytes=10-12"})
    assert (answer.status_code, answer.content) == (206, bytes([10, 11, 12]))
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "image/tiff"


def test_from_a_harvest_to_a_map(
    services: httpx2.Client, catalog: Settings, files: Path, chromium: "webdriver.Chrome"
) -> None:
    url = str(services.base_url).rstrip("/")
    environment = {"TERCET_FILES": str(files), "TERCET_FILES_URL": f"{url}/files", "TERCET_TILER_URL": f"{url}/tiles"}
    words = ["transform", "cog", "--collection", PLUMES, "--item", PLUME, "--web-optimized", "--jobs", "1"]
    subprocess.run([*TERCET, *words], env=os.environ | named(catalog) | environment, check=True, capture_output=True)
    item = services.get(f"/stac/collections/{PLUMES}/items/{PLUME}").json()
    assert item["assets"]["concentrations_cog"]["href"].startswith(f"{url}/files/")
    preview = f"{url}/tiles/collections/{PLUMES}/items/{PLUME}/preview.png"
    render = item["properties"]["renders"]["concentrations_cog"]
    asked = {"assets": "concentrations_cog", "colormap_name": render["colormap_name"], "rescale": "0,1500"}
    with Image.open(BytesIO(services.get(preview, params=asked).content)) as picture:
        alpha = np.asarray(picture.convert("RGBA"))[:, :, 3]
    assert 0.02 < (alpha == 0).mean() < 0.98
    page = Page(chromium, f"{url}/#")
    page.go(f"/collections/{PLUMES}/items/{PLUME}")
    page.shows(item["properties"]["title"])
    page.shows("Enhancement (cloud-optimized)")
    tiles = f"return performance.getEntriesByType('resource').filter(one => one.name.startsWith('{url}/tiles/')).length"
    try:
        WebDriverWait(chromium, WAIT_S).until(lambda driver: driver.execute_script(tiles), "no tile was asked for")
    finally:
        page.keep("tiles")
