"""``tools/serve-all``: what docker/compose.yaml starts, without an engine, behind one port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import pytest

from tercet.settings import Settings
from tests.clients.conftest import named
from tests.clients.programs import made

pytestmark = [pytest.mark.clients, pytest.mark.database]

ROOT = Path(__file__).parents[2]
START_S = 90


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of made files."""
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def services(harvested: Settings, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
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
            env=os.environ | named(harvested) | environment,
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
