"""Swaths on regular grids, against the nearest pixel found by comparing all."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import xarray
from rio_cogeo.cogeo import cog_validate

from tercet.errors import ReaderError
from tercet.readers import earthcare
from tercet.readers.base import Reader
from tercet.readers.hdf5.local import open_local
from tests.tercet.readers import earthcare_products as products
from tests.upstreams.earthcare_orbit import Frame
from transforms.files.swath_grids import gridded, projected
from transforms.files.swaths import Swaths
from transforms.files.task import Output

SHAPE = products.Shape(along=120, across=30, margin_deg=-22.4)
"""Some 75 km along the track and 150 across it: pixels of 5 by 0.6 km, so that they differ as no grid's cells do."""


def swath(tmp_path: Path, frame: Frame = products.FRAME_E, shape: products.Shape = SHAPE) -> xarray.DataArray:
    """Pixels that hold their own numbers."""
    with earthcare.reader(open_local(products.write(tmp_path, "MSI_COP_2A", frame, shape))) as reader:
        places = reader.dataset("cloud_top_height").cloud_top_height
    numbers = np.arange(places.size, dtype=np.float64).reshape(places.shape)
    numbered: xarray.DataArray = places.copy(data=numbers)
    return numbered


def polar(tmp_path: Path) -> xarray.DataArray:
    return swath(tmp_path, Frame(4366, 2), products.Shape(along=120, across=30, margin_deg=-20))


def across_the_line(tmp_path: Path) -> xarray.DataArray:
    found = swath(tmp_path, Frame(4405, 4))
    assert np.ptp(found.longitude.values) > 180
    return found


@pytest.mark.parametrize(
    ("make", "crs"), [(swath, "EPSG:4326"), (polar, "EPSG:3995"), (across_the_line, "EPSG:3832")],
    ids=["tropics", "pole", "antimeridian"],
)  # fmt: skip
def test_each_cell_has_the_nearest_pixel_and_none_is_missed(tmp_path: Path, make: Any, crs: str) -> None:
    pixels = make(tmp_path)
    grid = gridded(pixels, spacing_m=1500)
    assert grid.crs == crs
    found = np.isfinite(grid.values)
    rows, columns = np.nonzero(found)
    east = grid.transform.c + (columns + 0.5) * grid.transform.a
    north = grid.transform.f + (rows + 0.5) * grid.transform.e
    x, y = (one.reshape(-1) for one in projected(pixels.longitude.values, pixels.latitude.values, grid.crs))
    for row, column, at_x, at_y in list(zip(rows, columns, east, north, strict=True))[:: max(1, len(rows) // 300)]:
        squared = ((x - at_x) / grid.transform.a) ** 2 + ((y - at_y) / grid.transform.e) ** 2
        assert squared[int(grid.values[row, column])] <= squared.min() + 1e-4
    for line in found:
        inside = np.flatnonzero(line)
        assert not inside.size or np.diff(inside).max(initial=1) == 1, "there is a hole within the swath"
    assert np.unique(grid.values[found]).size > 0.5 * min(found.sum(), pixels.size)


def test_codes_stay_codes_and_have_a_nodata_of_their_own(tmp_path: Path) -> None:
    pixels = swath(tmp_path)
    codes = pixels.copy(data=(pixels.values % 4).astype(np.int8))
    grid = gridded(codes, spacing_m=2000)
    assert grid.values.dtype == np.int8
    assert grid.nodata == -128
    assert set(np.unique(grid.values)) == {-128, 0, 1, 2, 3}
    assert gridded(codes.assign_attrs(missing_value=np.int8(-127)), spacing_m=2000).nodata == -127


def test_pixels_without_a_place_are_left_out(tmp_path: Path) -> None:
    pixels = swath(tmp_path)
    latitude = pixels.latitude.values.copy()
    latitude[:, 25:] = np.nan
    grid = gridded(pixels.assign_coords(latitude=(pixels.dims, latitude)), spacing_m=2000)
    shown = grid.values[np.isfinite(grid.values)].astype(int) % pixels.shape[1]
    assert shown.max() < 25


def test_lines_that_are_missing_leave_a_gap(tmp_path: Path) -> None:
    pixels = swath(tmp_path)
    torn = pixels[np.r_[0:40, 80:120]]
    grid = gridded(torn, spacing_m=2000)
    whole = gridded(pixels, spacing_m=2000)
    share = np.isfinite(grid.values).sum() / np.isfinite(whole.values).sum()
    assert share == pytest.approx(80 / 120, abs=0.05)


def test_what_is_no_swath_is_refused(tmp_path: Path) -> None:
    pixels = swath(tmp_path)
    with pytest.raises(ReaderError, match="no two-dimensional swath"):
        gridded(pixels[0])
    with pytest.raises(ReaderError, match="no two-dimensional swath"):
        gridded(pixels.assign_coords(latitude=pixels.latitude * np.nan))
    with pytest.raises(ReaderError, match="choose a wider spacing"):
        gridded(pixels, spacing_m=1)


class Local:
    """The science file of an Item that lies here."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def local(self, key: str) -> Path:
        raise AssertionError(f"a swath is read by its reader, not as {key}")

    def reader(self) -> Reader:
        return earthcare.reader(open_local(self.path))


def item(kind: str) -> dict[str, Any]:
    return {"id": "a", "properties": {"product:type": kind}, "assets": {"data": {"href": "https://example.org/a.h5"}}}


def made(tmp_path: Path, kind: str, key: str) -> Output:
    folder = tmp_path / "made"
    folder.mkdir()
    path = products.write(tmp_path, kind, shape=SHAPE)
    kinds = Swaths(spacing_m=2000)
    [task] = [one for one in kinds.tasks(item(kind)) if one.key == key]
    return kinds.make(task, item(kind), Local(path), folder)


def test_a_cog_of_a_variable_is_valid_and_says_how_it_is_drawn(tmp_path: Path) -> None:
    output = made(tmp_path, "MSI_COP_2A", "cloud_top_height_cog")
    assert output.path is not None
    assert cog_validate(output.path)[0]
    with rasterio.open(output.path) as raster:
        assert raster.crs == "EPSG:4326"
        assert np.isnan(raster.nodata)
        assert raster.units == ("m",)
        assert raster.descriptions == ("cloud_top_height",)
    render = output.properties["renders"]["cloud_top_height_cog"]
    assert render["nodata"] == "nan"
    assert render["rescale"][0][0] < render["rescale"][0][1]
    assert output.asset["bands"][0]["unit"] == "m"


def test_a_band_of_the_imager_is_a_cog_of_its_own(tmp_path: Path) -> None:
    output = made(tmp_path, "MSI_RGR_1C", "pixel_values_TIR2_cog")
    with rasterio.open(output.path) as raster:
        values = raster.read(1, masked=True)
    assert values.min() >= 50, "the sixth band of the generated product starts at 50"


def test_overviews_of_codes_hold_no_new_values(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    path = products.write(tmp_path, "MSI_CM__2A", shape=products.Shape(along=900, across=200, margin_deg=-20))
    kinds = Swaths(("surface_classification",))
    [task] = kinds.tasks(item("MSI_CM__2A"))
    output = kinds.make(task, item("MSI_CM__2A"), Local(path), folder)
    with rasterio.open(output.path) as raster:
        whole = set(np.unique(raster.read(1)))
        assert raster.overviews(1)
    with rasterio.open(output.path, overview_level=0) as raster:
        assert set(np.unique(raster.read(1))) <= whole


def test_only_swaths_become_grids() -> None:
    assert not Swaths().tasks(item("AC__TC__2B"))
    assert not Swaths().tasks({**item("MSI_COP_2A"), "assets": {}})
    assert "cloud_water_path_cog" in [one.key for one in Swaths().tasks(item("MSI_COP_2A"))]
