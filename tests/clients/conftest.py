"""The catalog that clients are pointed at: the bundled records of all three sources, harvested and served."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb

from harvesters.registry import SOURCES
from stac_api.database import Database
from tercet.pipeline.jobs import Job, harvest_into_catalog
from tercet.pipeline.report import Report
from tercet.settings import Settings
from tests.clients.pictures import write_cog, write_picture
from tests.commands import TERCET
from tests.stac_api.served import shared_database

if TYPE_CHECKING:
    from selenium import webdriver

START_S = 60
COG = "image/tiff; application=geotiff; profile=cloud-optimized"


class Unwatched:
    """Nobody watches these harvests."""

    def progress(self, report: Report, total: int | None) -> None: ...


@pytest.fixture(scope="session")
def chromium() -> Iterator["webdriver.Chrome"]:
    from tests.clients.browser import started_chromium  # noqa: PLC0415 - most tests need no browser

    with started_chromium() as driver:
        yield driver


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the files that plumes have."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session")
def harvested(embedded: Settings, pictures: Path) -> Iterator[Settings]:
    """Give the settings of a catalog that no test changes."""
    with shared_database(embedded) as (settings, database):
        harvest_bundled(settings, database)
        give_pictures(database, pictures)
        yield settings


def harvest_bundled(settings: Settings, database: Database) -> None:
    for name, source in SOURCES.items():
        folder = Path(str(files("tercet") / "bundled" / name.replace("-", "_")))
        harvest_into_catalog(Job(source, records=(str(folder),)), settings, database, Unwatched())


def give_pictures(database: Database, folder: Path) -> None:
    """Let pictures and rasters of plumes be files of ours: their provider is out of reach."""
    picture = write_picture(folder / "thumbnail.png")
    with database.connect() as connection:
        items = connection.execute(
            "SELECT pgstac.get_item(id, collection) FROM pgstac.items WHERE collection = 'carbon-mapper-plumes'"
        )
        for (item,) in items.fetchall():
            raster = write_cog(folder / f"{item['id']}.tif", item["bbox"])
            outline = folder / f"{item['id']}.geojson"
            outline.write_text(json.dumps(item["geometry"]))
            for asset in item["assets"].values():
                asset.pop("auth:refs", None)
                if asset["type"] == "image/png":
                    asset["href"] = picture.as_uri()
                if asset["type"] == "application/geo+json":
                    asset["href"] = outline.as_uri()
                if asset["type"].startswith("image/tiff"):
                    asset |= {"href": raster.as_uri(), "type": COG, "statistics": {"minimum": 0, "maximum": 1500}}
            connection.execute("SELECT pgstac.update_item(%s)", [Jsonb(item)])


@pytest.fixture(scope="session")
def url(harvested: Settings, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the API of that catalog; files of plumes come through its gateway."""
    through_gateway = {"TERCET_ASSET_HREFS": "gateway", "TERCET_GATEWAY_ROOTS": str(pictures)}
    with serving(harvested, tmp_path_factory.mktemp("serve"), **through_gateway) as address:
        yield address


@contextmanager
def serving(settings: Settings, folder: Path, **environment: str) -> Iterator[str]:
    """Run ``tercet serve``: a process of its own, since GDAL in this one would keep a thread from answering it."""
    log = folder / "serve.log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [*TERCET, "serve", "--port", "0"], env=os.environ | named(settings) | environment, stderr=said
        )
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        process.wait()


def named(settings: Settings) -> Mapping[str, str]:
    """The environment in which ``tercet`` uses these settings' database."""
    assert settings.database_url is not None
    assert settings.database_read_url is not None
    return {
        "TERCET_DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "DATABASE_READ_URL": settings.database_read_url.get_secret_value(),
    }


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(START_S * 20):
        said = log.read_text()
        if "startup complete" in said:
            found = re.search(r"http://[\d.:]+", said)
            assert found, said
            return found[0]
        assert process.poll() is None, said
        time.sleep(0.05)
    pytest.fail(f"tercet serve did not start within {START_S} s: {log.read_text()}")
