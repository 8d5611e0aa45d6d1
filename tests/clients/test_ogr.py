"""The catalog as GDAL sees it: OGC API Features, every Collection a layer, its properties typed columns."""

import re
import shutil
import subprocess

import httpx2
import pyogrio
import pytest

pytestmark = pytest.mark.database

PLUMES = "carbon-mapper-plumes"


def counts(url: str) -> dict[str, int]:
    """How many Items each Collection has, as the API counts them."""
    collections = httpx2.get(f"{url}/collections", timeout=60).json()["collections"]
    return {
        one["id"]: httpx2.get(f"{url}/collections/{one['id']}/items", timeout=60).json()["numberMatched"]
        for one in collections
    }


def test_every_collection_is_a_layer(url: str) -> None:
    layers = pyogrio.list_layers(f"OAPIF:{url}")[:, 0]
    assert sorted(layers) == sorted(counts(url))


def test_every_item_is_a_feature_of_its_layer_however_small_the_pages(url: str) -> None:
    for layer, count in counts(url).items():
        frame = pyogrio.read_dataframe(f"OAPIF:{url}", layer=layer, PAGE_SIZE="2")
        assert len(frame) == count, layer
        assert frame.geometry.is_valid.all(), layer


def test_properties_are_columns_of_their_type(url: str) -> None:
    layer = pyogrio.read_info(f"OAPIF:{url}", layer=PLUMES)
    types = dict(zip(layer["fields"], zip(layer["ogr_types"], layer["ogr_subtypes"], strict=True), strict=True))
    assert layer["crs"] == "EPSG:4326"
    assert types["cm:emission"][0] == "OFTReal"
    assert types["cm:is_offshore"] == ("OFTInteger", "OFSTBoolean")
    assert types["datetime"][0] == "OFTDateTime"
    assert types["instruments"][0] == "OFTStringList"


def test_a_box_is_asked_of_the_api(url: str) -> None:
    box = (-104.5, 31.0, -102.0, 33.5)
    frame = pyogrio.read_dataframe(f"OAPIF:{url}", layer=PLUMES, bbox=box)
    asked = httpx2.get(f"{url}/collections/{PLUMES}/items", params={"bbox": ",".join(map(str, box))}, timeout=60).json()
    assert len(frame) == asked["numberMatched"] > 0


@pytest.mark.clients
def test_debians_gdal_counts_and_types_the_same(url: str) -> None:
    ogrinfo = shutil.which("ogrinfo")
    if ogrinfo is None:
        pytest.skip("no ogrinfo: tools/make-clients installs it")
    said = subprocess.run([ogrinfo, "-ro", "-so", f"OAPIF:{url}", PLUMES], capture_output=True, text=True, check=True)
    types = dict(re.findall(r"^([\w:]+): (\S+) \(", said.stdout, re.MULTILINE))
    assert f"Feature Count: {counts(url)[PLUMES]}" in said.stdout.splitlines()
    assert (types["cm:emission"], types["datetime"], types["cm:gas"]) == ("Real", "DateTime", "String")
