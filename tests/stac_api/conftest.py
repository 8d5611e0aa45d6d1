"""Embedded databases that a test may stop, kill and damage; and served catalogs."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from stac_api import database as databases
from stac_api.database import Database
from tercet.settings import Settings
from tests.data_dirs import temporary_data_dir
from tests.stac_api.served import served, served_to_many


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    """Make one database and stop it: tests get copies, which takes a fraction of the time."""
    with temporary_data_dir() as folder:
        with databases.open_database(Settings(data_dir=folder)).connect() as connection:
            connection.execute("CREATE TABLE tercet.kept AS SELECT 42 AS answer")
        databases.stop(Settings(data_dir=folder))
        yield folder


@pytest.fixture
def own(data_dir: Path) -> Settings:
    """Give settings of an embedded database of this test's own, not made yet."""
    return Settings(data_dir=data_dir)


@pytest.fixture
def stopped(own: Settings, made_once: Path) -> Settings:
    """Give an embedded database of this test's own that does not run."""
    copy = shutil.which("cp")
    assert copy is not None
    subprocess.run([copy, "-a", made_once / "database", own.data_dir], check=True)
    return own


@pytest.fixture
def made(stopped: Settings) -> Settings:
    """Give an embedded database of this test's own that runs."""
    databases.open_database(stopped)
    return stopped


@pytest.fixture(scope="module")
def api(embedded: Settings) -> Iterator[httpx2.Client]:
    """Give a client of a catalog that no test changes."""
    with served_to_many(embedded) as client:
        yield client


@pytest.fixture
def own_api(settings: Settings, database: Database) -> Iterator[httpx2.Client]:
    """Give a client of a catalog that the test may change."""
    with served(settings, database) as client:
        yield client
