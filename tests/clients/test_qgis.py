"""QGIS 3.22, which knows no STAC, opens the Collections as OGC API Features and a search as GeoJSON."""

import json
import subprocess
from typing import Any

import httpx2
import pytest

from tests.clients.programs import FOLDER

pytestmark = [pytest.mark.qgis, pytest.mark.database]

SESSION = __file__.replace("test_qgis", "qgis_session")
COLLECTIONS = ("carbon-mapper-plumes", "icesat2-atl08-007", "earthcare-msi-cop-2a")
SYSTEM_PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def seen(url: str) -> dict[str, Any]:
    has_qgis = subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False)
    if has_qgis.returncode != 0:
        pytest.skip("no QGIS for the system's Python: `make test-qgis` installs it")
    folder = FOLDER / "screenshots" / "qgis"
    folder.mkdir(parents=True, exist_ok=True)
    search = f"{url}/search?collections=carbon-mapper-plumes&limit=100"
    command = [SYSTEM_PYTHON, SESSION, url, ",".join(COLLECTIONS), search, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # QGIS writes on standard output, too
    answers = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert answers, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(answers[-1])
    return found


def count(url: str, collection: str) -> int:
    matched: int = httpx2.get(f"{url}/collections/{collection}/items", timeout=60).json()["numberMatched"]
    return matched


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_item_of_a_collection_is_a_feature(seen: dict[str, Any], url: str, collection: str) -> None:
    layer = seen[collection]
    assert layer["valid"]
    assert layer["crs"] in ("OGC:CRS84", "EPSG:4326")
    assert layer["features"] == count(url, collection) > 0


def test_properties_are_typed(seen: dict[str, Any]) -> None:
    types = seen["carbon-mapper-plumes"]["types"]
    assert (types["cm:emission"], types["cm:gas"], types["datetime"]) == ("Real", "String", "DateTime")


def test_a_search_opens_as_geojson(seen: dict[str, Any], url: str) -> None:
    assert seen["search"]["valid"]
    assert seen["search"]["features"] == count(url, "carbon-mapper-plumes")
