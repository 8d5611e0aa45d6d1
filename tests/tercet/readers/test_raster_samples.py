"""Real files of the provider, where the optional folder of samples is: equal to what rasterio and shapely read."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely.geometry
from affine import Affine
from pyproj import Geod
from rasterio.crs import CRS

import tercet.readers
from tercet.readers.carbon_mapper.outlines import polygons
from tercet.readers.rasters.grids import Grid
from tercet.readers.rasters.reader import RasterReader
from tests.samples_table import SAMPLES

ASSETS = SAMPLES / "carbon-mapper" / "samples" / "assets"
RASTERS = sorted(path.name for path in ASSETS.glob("*.tif"))
OUTLINES = sorted(path.name for path in ASSETS.glob("*outline.geojson"))


def sample(name: str) -> Path:
    path = ASSETS / name
    if not path.is_file():
        pytest.skip(f"the real sample {name} is not beside this checkout")
    return path


@pytest.mark.parametrize("name", RASTERS or ["any.tif"])
def test_a_real_raster_is_what_rasterio_reads(name: str) -> None:
    path = sample(name)
    with tercet.readers.open(path) as reader, rasterio.open(path) as file:
        assert isinstance(reader, RasterReader)
        (key,) = reader.variables()
        np.testing.assert_array_equal(reader.raster(key).read(), file.read())
        assert reader.grid(key).transform == file.transform
        assert reader.plot().axes
        if file.crs is not None:
            west, south, east, north = rasterio.warp.transform_bounds(file.crs, 4326, *file.bounds)
            middle = ((west + east) / 2, (south + north) / 2, east, north)
            assert 0 < reader.read(key, bbox=middle).size < file.read().size


@pytest.mark.parametrize("name", OUTLINES or ["any outline"])
def test_a_real_outline_has_the_area_that_it_says(name: str) -> None:
    path = sample(name)
    drawn = json.loads(path.read_text())
    found = polygons(drawn, name)
    said = drawn["features"][0]["properties"]["plume_area_sqm"]
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(found)
    assert abs(area) == pytest.approx(said, rel=0.02)
    origin = drawn["features"][0]["properties"]
    assert found.distance(shapely.geometry.Point(origin["plume_lon"], origin["plume_lat"])) < 0.01


def test_the_real_crops_of_a_plume_lie_on_one_lattice_in_spite_of_their_rounding() -> None:
    looked_at = json.loads(sample("raster-inspection.json").read_text())
    grids: dict[str, list[Grid]] = {}
    for one in looked_at:
        move = Affine(*one["transform"][:6])
        grid = Grid(CRS.from_string(one["crs"]), move, *one["shape"])
        grids.setdefault(one["file"].partition("_")[0], []).append(grid)
    for first, *others in grids.values():
        assert len(others) == 3
        assert all(one.is_on(first) and first.is_on(one) for one in others)
        assert {one.transform for one in others} != {first.transform}
        joined = first.joined(others)
        assert (joined.height, joined.width) < (140, 150)
