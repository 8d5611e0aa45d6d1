"""EarthCARE products over HTTP: the same Datasets, with few requests."""

from pathlib import Path

import pytest
from pydantic import AnyHttpUrl

import tercet.readers
from benchmarks.range_server import range_server
from tercet.settings import Settings
from tests.tercet.readers import earthcare_products as products

HERE = Settings(api_url=AnyHttpUrl("http://127.0.0.1:9"))


@pytest.mark.parametrize("kind", ["ACM_CAP_2B", "CPR_NOM_1B", "MSI_RGR_1C", "BBR_NOM_1B"])
def test_a_product_over_http_is_the_same_as_on_disk(tmp_path: Path, kind: str) -> None:
    path = products.write(tmp_path, kind, chunked=True)
    with range_server(tmp_path) as server, tercet.readers.open(f"{server.url}/{path.name}", settings=HERE) as far:
        whole, part = far.dataset(), far.dataset(bbox=(-180, 0, 180, 5))
        requests = server.counted().requests
    with tercet.readers.open(path, settings=HERE) as near:
        assert whole.equals(near.dataset())
        assert part.equals(near.dataset(bbox=(-180, 0, 180, 5)))
        assert list(whole.attrs) == list(near.dataset().attrs)
    assert requests <= 2, "a small product is fetched whole"


def test_a_part_of_a_large_swath_over_http(tmp_path: Path) -> None:
    path = products.write(tmp_path, "MSI_COP_2A", shape=products.Shape(along=5000, across=160), chunked=True)
    assert path.stat().st_size > 9e6
    box = (-180, 0, 180, 2)
    with range_server(tmp_path) as server, tercet.readers.open(f"{server.url}/{path.name}", settings=HERE) as far:
        part = far.dataset("cloud_water_path", bbox=box)
        counted = server.counted()
    with tercet.readers.open(path, settings=HERE) as near:
        assert part.equals(near.dataset("cloud_water_path", bbox=box))
    assert counted.bytes < path.stat().st_size, "of ten rows of chunks the places are looked at in eight"
