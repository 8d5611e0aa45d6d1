"""From a file to a map: COGs that `tercet transform` made, drawn by titiler-pgstac as the Item's renders say."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import morecantile
import numpy as np
import psycopg
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image
from rasterio.warp import transform_bounds

from stac_api.database import Database
from stac_api.database.addresses import parameters_of
from tercet.cli import main
from tests.catalogs import harvested
from tests.items import entry
from tests.tercet.readers import earthcare_products
from tests.transforms.files import rasters
from transforms.entry import Entry

pytestmark = pytest.mark.database

TILES = morecantile.tms.get("WebMercatorQuad")


@pytest.fixture
def tiler(database: Database) -> Iterator[str]:
    """Give the address of titiler-pgstac on the test's database: a process of its own, as it reads PG* once."""
    known = parameters_of(database.read_conninfo, variable="DATABASE_READ_URL")
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname", "PGPASSWORD": "password"}
    environment = {**os.environ, **{name: str(known.get(part, "none")) for name, part in names.items()}}
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        descriptor = str(listener.fileno())
        words = [sys.executable, "-m", "uvicorn", "--factory", "stac_api.tiler:create_app", "--fd", descriptor]
        with subprocess.Popen(words, env=environment, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL) as one:
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                one.terminate()


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


def plume(folder: Path) -> Entry:
    made = entry("plume")
    path = rasters.concentrations(folder / "source.tif")
    made.item["assets"] = {"concentrations": {"href": path.as_uri(), "type": "image/tiff", "roles": ["data"]}}
    return made


def swath(folder: Path) -> Entry:
    kind: dict[str, Any] = {"product:type": "MSI_COP_2A"}
    made = entry("swath", **kind)
    made.item["assets"]["data"]["href"] = earthcare_products.write(folder, "MSI_COP_2A").as_uri()
    return made


def item(connection: psycopg.Connection, name: str) -> dict[str, Any]:
    row = connection.execute("SELECT pgstac.get_item(%s, 'tracks')", [name]).fetchone()
    assert row is not None
    return dict(row[0])


def tile(shown: dict[str, Any], key: str) -> NDArray[np.uint8]:
    """The tile over the middle of an asset that the Item's own link leads to."""
    west, south, east, north = degrees(shown["assets"][key])
    middle = TILES.tile((west + east) / 2, (south + north) / 2, ZOOM[key])
    [link] = [link for link in shown["links"] if link["rel"] == "xyz" and f"assets={key}" in link["href"]]
    href = link["href"].format(z=middle.z, x=middle.x, y=middle.y)
    answer = patiently(href)
    assert answer.status_code == 200, answer.text
    with Image.open(BytesIO(answer.content)) as picture:
        return np.moveaxis(np.asarray(picture.convert("RGBA")), 2, 0)


def patiently(href: str) -> httpx2.Response:
    """A tiler that has just been started takes a while."""
    for _ in range(300):
        try:
            return httpx2.get(href, timeout=60)
        except httpx2.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the tiler did not start")


def degrees(asset: dict[str, Any]) -> tuple[float, float, float, float]:
    bounds: tuple[float, float, float, float] = transform_bounds(asset["proj:code"], "EPSG:4326", *asset["proj:bbox"])
    return bounds


ZOOM = {"concentrations_cog": 11, "cloud_top_height_cog": 7}


def test_an_items_renders_and_links_lead_to_its_pictures(
    connection: psycopg.Connection, tiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERCET_TILER_URL", tiler)
    harvested(connection, plume(tmp_path), swath(tmp_path))
    words = ["transform", "cog", "--collection", "tracks", "--to", str(tmp_path / "files"), "--jobs", "1", "--json"]
    done = CliRunner().invoke(main, [*words, "--variable", "cloud_top_height"])
    assert json.loads(done.stdout)["made"] == 2, done.output
    for name, key in (("plume", "concentrations_cog"), ("swath", "cloud_top_height_cog")):
        shown = item(connection, name)
        assert shown["properties"]["renders"][key]["assets"] == [key]
        picture = tile(shown, key)
        colours, alpha = picture[:-1], picture[-1]
        assert 0.02 < (alpha == 0).mean() < 0.98, "nodata is transparent, the rest is not"
        assert len(np.unique(colours[:, alpha > 0], axis=1).T) > 10, "values have colours"
