"""One GeoTIFF, compared with rasterio: windows, nodata of all kinds, masks, how it is stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.windows import Window

from tercet.errors import ReaderError
from tercet.readers.locations import Location
from tercet.readers.rasters.grids import Grid
from tercet.readers.rasters.raster import Raster
from tercet.settings import Settings
from tests.tercet.readers.carbon_mapper_rasters import CRS_CODE, lattice, write

SETTINGS = Settings()


def opened(path: Path) -> Raster:
    return Raster(Location(str(path)), SETTINGS)


@pytest.mark.parametrize("nodata", [None, 0.0, float("nan"), -9999.0, 3.4028235e38], ids=str)
def test_floats_are_nan_where_the_file_says_nodata_and_nowhere_else(tmp_path: Path, nodata: float | None) -> None:
    values = np.array([[0.0, 1.5, -9999.0], [np.nan, 3.4028235e38, 7.0]], dtype=np.float32)
    write(tmp_path / "a.tif", values, lattice(0, 0), nodata=nodata)
    found = opened(tmp_path / "a.tif").values()
    expected = values.copy()
    if nodata is not None:
        expected[values == np.float32(nodata)] = np.nan
    np.testing.assert_array_equal(found[0], expected)
    assert found.dtype == np.float32


def test_pictures_stay_whole_numbers(tmp_path: Path) -> None:
    colours = np.arange(36, dtype=np.uint8).reshape(3, 3, 4)
    write(tmp_path / "a.tif", colours, lattice(0, 0), nodata=0, photometric="RGB")
    raster = opened(tmp_path / "a.tif")
    np.testing.assert_array_equal(raster.values(), colours)
    assert raster.header.bands == ("red", "green", "blue")


@pytest.mark.parametrize("options", [{"photometric": "RGB", "ALPHA": "YES"}, {}], ids=["said", "unsaid"])
def test_a_mask_is_where_alpha_is_above_zero(tmp_path: Path, options: dict[str, Any]) -> None:
    shown = np.zeros((4, 3, 3), dtype=np.uint8)
    shown[:3] = 90
    shown[3, 1, 1:] = (255, 1)
    write(tmp_path / "a.tif", shown, lattice(0, 0), **options)
    raster = opened(tmp_path / "a.tif")
    assert raster.header.alpha == 4
    assert raster.valid().tolist() == [[False] * 3, [False, True, True], [False] * 3]
    assert raster.values().shape == (3, 3, 3)


@pytest.mark.parametrize(
    ("values", "nodata"),
    [
        (np.array([[0, 1, 255]], np.uint8), 255),
        (np.array([[0.0, 2.5, np.nan]], np.float32), None),
        (np.array([[0, 1, -9999]], np.int16), -9999),
    ],
    ids=["bytes", "floats", "integers"],
)
def test_a_mask_without_alpha_is_where_there_is_a_value(tmp_path: Path, values: np.ndarray, nodata: Any) -> None:
    write(tmp_path / "a.tif", values, lattice(0, 0), nodata=nodata)
    assert opened(tmp_path / "a.tif").valid().tolist() == [[False, True, False]]


def test_a_mask_beside_the_bands_hides_values(tmp_path: Path) -> None:
    values = np.ones((4, 4), dtype=np.float32)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write(tmp_path / "a.tif", values, lattice(0, 0))
        with rasterio.open(tmp_path / "a.tif", "r+") as file:
            file.write_mask(np.eye(4, dtype=bool))
    found = opened(tmp_path / "a.tif").values()[0]
    np.testing.assert_array_equal(~np.isnan(found), np.eye(4, dtype=bool))


@settings(max_examples=50)
@given(st.data())
def test_any_window_is_what_rasterio_reads(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.getbasetemp() / "windows.tif"
    if not path.exists():
        values = np.random.default_rng(0).normal(size=(90, 70)).astype(np.float32)
        write(path, values, lattice(0, 0), tiled=True, blockxsize=16, blockysize=32, nodata=-9999.0)
    top, left = data.draw(st.integers(0, 89)), data.draw(st.integers(0, 69))
    bottom, right = data.draw(st.integers(top, 90)), data.draw(st.integers(left, 70))
    raster = opened(path)
    found = raster.read((slice(top, bottom), slice(left, right)))
    raster.close()
    assert found.shape == (1, bottom - top, right - left)
    if found.size:
        with rasterio.open(path) as file:
            np.testing.assert_array_equal(found, file.read(window=Window(left, top, right - left, bottom - top)))


@settings(max_examples=25)
@given(
    st.tuples(st.floats(45.95, 46.02), st.floats(15.52, 15.57)),
    st.tuples(st.floats(1e-4, 0.1), st.floats(1e-4, 0.1)),
)
def test_a_box_in_degrees_takes_every_pixel_whose_centre_lies_in_it(
    corner: tuple[float, float], size: tuple[float, float]
) -> None:
    grid = Grid(rasterio.crs.CRS.from_string(CRS_CODE), lattice(150, 130), 100, 90)
    west, south, east, north = (*corner, corner[0] + size[0], corner[1] + size[1])
    rows, columns = grid.covering_degrees([(west, south, east, north)])
    x, y = grid.all_centres()
    longitude, latitude = rasterio.warp.transform(CRS_CODE, "EPSG:4326", x.ravel(), y.ravel())
    longitude, latitude = np.array(longitude).reshape(x.shape), np.array(latitude).reshape(x.shape)
    inside = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    left_out = inside.copy()
    left_out[rows, columns] = False
    assert not left_out.any()
    assert not (inside.any() and rows.stop == rows.start)


def test_what_overlaps_nothing_is_empty_and_of_the_right_shape(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", np.ones((3, 5, 5), np.uint8), lattice(0, 0))
    assert opened(tmp_path / "a.tif").values((slice(0, 0), slice(0, 0))).shape == (3, 0, 0)


def test_rows_and_columns_of_a_sensor_have_no_crs_and_no_warning(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", np.ones((5, 5), np.float32), Affine.identity(), crs=None)
    assert opened(tmp_path / "a.tif").grid.crs is None


def test_a_file_that_is_none_says_what_it_begins_with(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"<html>no</html>")
    with pytest.raises(ReaderError, match=r"a\.tif is no GeoTIFF: at byte 0 stands b'<htm'"):
        opened(tmp_path / "a.tif").grid  # noqa: B018 - it opens the file


def test_a_file_that_is_cut_off_says_at_which_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write(path, np.random.default_rng(0).normal(size=(200, 200)).astype(np.float32), lattice(0, 0))
    path.write_bytes(path.read_bytes()[:60_000])
    with pytest.raises(ReaderError, match=r"it ends at byte 60000, but pixels lie up to byte 1\d{5}; fetch it again"):
        opened(path).values()


def test_a_header_that_is_cut_off_is_told_from_no_geotiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write(path, np.ones((20, 20), np.float32), lattice(0, 0))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(ReaderError, match=r"begins as a GeoTIFF but is cut off or broken \(40 bytes\)"):
        opened(path).grid  # noqa: B018 - it opens the file


def test_how_a_raster_is_stored_is_told(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", np.ones((64, 64), np.float32), lattice(0, 0), tiled=True, blockxsize=16, blockysize=32)
    stored = opened(tmp_path / "a.tif").header
    assert (stored.dtype, stored.chunks, stored.compression) == ("float32", (32, 16), "DEFLATE")
