"""What readers share beside selections: fills, variables by name, tables, many at once, rasters under points."""

import logging
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given
from hypothesis import strategies as st

import tercet.readers
from tercet.errors import ReaderError
from tercet.readers.masking import is_fill, masked
from tercet.readers.tables import attributes, geodataframe
from tercet.readers.variables import Variable, Variables
from tests.tercet.readers.carbon_mapper_rasters import (
    CRS_CODE,
    Files,
    enhancement,
    item,
    lattice,
    plume_mask,
    write,
)

HEIGHT = Variable("h_canopy", "gt1l/land_segments/canopy/h_canopy", ("segment",), (3,), "float32", "m", "Height")
FLAG = Variable("layer_flag", "gt1l/land_segments/layer_flag", ("segment",), None, "int8")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("files"), "v3").write_plume().write_scene()


@pytest.mark.parametrize(
    ("values", "fill", "expected", "dtype"),
    [
        (np.array([1, 3.4028235e38], np.float32), 3.4028235e38, [1, np.nan], "float32"),
        (np.array([1, 3.4028235e38], np.float32), np.float64(3.4028234663852886e38), [1, np.nan], "float32"),
        (np.array([1.0, np.nan]), np.nan, [1, np.nan], "float64"),
        (np.array([1, 127], np.int8), 127, [1, np.nan], "float32"),
        (np.array([1, 2**31 - 1], np.int32), 2147483647, [1, np.nan], "float64"),
        (np.array([1, 2], np.int32), 2147483647, [1, 2], "int32"),
        (np.array([1, 255], np.uint8), -1, [1, 255], "uint8"),
        (np.array([1, 2], np.int16), np.nan, [1, 2], "int16"),
        (np.array([1, 2], np.int16), "none", [1, 2], "int16"),
        (np.array([1, 2], np.int16), None, [1, 2], "int16"),
    ],
    ids=str,
)
def test_fills_become_nan_and_whole_numbers_stay_whole_without_one(
    values: np.ndarray, fill: Any, expected: list[float], dtype: str
) -> None:
    before = values.copy()
    found = masked(values, fill)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == dtype
    np.testing.assert_array_equal(values, before)


def test_text_and_truth_have_no_fill() -> None:
    for values in (np.array(["a", ""], dtype=object), np.array([True, False])):
        assert masked(values, "").tolist() == values.tolist()
    assert is_fill(np.array(["a", ""], dtype=object), "").tolist() == [False, True]


@given(st.lists(st.floats(width=32, allow_nan=True), max_size=20), st.floats(width=32))
def test_no_value_but_the_fill_is_touched(values: list[float], fill: float) -> None:
    given_values = np.array(values, dtype=np.float32)
    found = masked(given_values, fill)
    kept = ~((given_values == np.float32(fill)) | (np.isnan(given_values) & np.isnan(fill)))
    np.testing.assert_array_equal(found[kept], given_values[kept])
    assert np.isnan(found[~kept]).all()


def test_variables_are_found_by_name_path_and_word() -> None:
    known = Variables([HEIGHT, FLAG])
    assert known.choose(["layer_flag", "gt1l/land_segments/canopy/h_canopy"], where="x") == [FLAG, HEIGHT]
    assert list(known.search("HEIGHT")) == ["h_canopy"]
    assert list(known.search("gt1l", "flag")) == ["layer_flag"]
    assert "float32" in repr(known)
    assert "<td" in known._repr_html_()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("h_canpy", "did you mean 'h_canopy'"),
        ("canopy", "did you mean 'h_canopy'"),
        ("zz", "it has h_canopy, layer_flag"),
    ],
    ids=["misspelled", "a part", "unlike any"],
)
def test_a_wrong_name_proposes_the_nearest(asked: str, says: str) -> None:
    with pytest.raises(ReaderError, match=f"ATL08.h5 has no variable '{asked}': {says}"):
        Variables([HEIGHT, FLAG]).choose(asked, where="ATL08.h5")


def test_a_wrong_name_among_many_says_how_to_find_one() -> None:
    many = Variables([Variable(f"v{number}", f"g/v{number}", (), (), "int8") for number in range(20)])
    with pytest.raises(ReaderError, match=r"variables\(\) lists the 20"):
        many.choose("canopy", where="x")


def test_a_table_knows_its_units_and_has_an_empty_point_where_there_is_no_position() -> None:
    rows = geodataframe(
        {"h_canopy": np.array([1.0, 2.0])}, np.array([5.0, np.nan]), np.array([6.0, 7.0]), variables=[HEIGHT, FLAG]
    )
    assert rows.attrs == {"units": {"h_canopy": "m"}, "long_names": {"h_canopy": "Height"}}
    assert rows.geometry.is_empty.tolist() == [False, True]
    assert attributes(FLAG, flag_values=[0, 1]) == {"source_path": FLAG.path, "flag_values": [0, 1]}


def test_many_items_come_in_their_order_with_progress(files: Files) -> None:
    told: list[tuple[int, int]] = []
    found = list(
        tercet.readers.open_many(
            [item(files)] * 5,
            lambda reader: int(reader.dataset("mask")["mask"].sum()),
            progress=lambda done, of: told.append((done, of)),
        )
    )
    assert found == [int(plume_mask().sum())] * 5
    assert told == [(number, 5) for number in range(1, 6)]


def test_of_many_one_that_fails_is_raised_or_left_out(files: Files, caplog: pytest.LogCaptureFixture) -> None:
    items = [item(files), "no/such.tif", item(files)]
    with pytest.raises(ReaderError, match=r"no/such\.tif does not exist"):
        list(tercet.readers.open_many(items, lambda reader: reader.name))
    with caplog.at_level(logging.WARNING):
        assert len(list(tercet.readers.open_many(items, lambda reader: reader.name, skip_errors=True))) == 2
    assert "no/such.tif does not exist" in caplog.text
    for reader in tercet.readers.open_many([item(files)]):
        reader.close()


def at_pixels(rows: np.ndarray, columns: np.ndarray) -> geopandas.GeoDataFrame:
    move = lattice(0, 0)
    points = shapely.points(move.c + move.a * columns, move.f + move.e * rows)
    return geopandas.GeoDataFrame({"id": range(len(points))}, geometry=points, crs=CRS_CODE).to_crs(4326)


def test_a_raster_is_read_under_the_points_of_a_table_as_rasterio_samples_it(files: Files) -> None:
    random = np.random.default_rng(2)
    table = at_pixels(random.uniform(-20, 420, 300), random.uniform(-20, 380, 300))
    table.index = pd.Index(range(1000, 1300))
    path = files.path(files.scene, "cmf.tif")
    found = tercet.readers.sample(table, str(path), "cmf_ch4")
    with rasterio.open(path) as file:
        placed = table.geometry.to_crs(file.crs)
        sampled = file.sample(list(zip(placed.x, placed.y, strict=True)))
        expected = np.array([np.nan if one[0] == -9999 else one[0] for one in sampled])
        left, bottom, right, top = file.bounds
    outside = ~placed.x.between(left, right) | ~placed.y.between(bottom, top)
    assert outside.sum() > 5
    np.testing.assert_array_equal(found["cmf_ch4"], np.where(outside, np.nan, expected))
    assert found.index.equals(table.index)
    assert found.attrs["units"]["cmf_ch4"] == "ppm.m"


def test_between_pixels_values_are_linear(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:50, :60].astype(np.float32)
    write(tmp_path / "slope.tif", 3 * rows + 2 * columns, lattice(0, 0))
    random = np.random.default_rng(4)
    places = random.uniform(1, 49, 50), random.uniform(1, 59, 50)
    found = tercet.readers.sample(at_pixels(*places), str(tmp_path / "slope.tif"), method="linear")["slope"]
    np.testing.assert_allclose(found, 3 * (places[0] - 0.5) + 2 * (places[1] - 0.5), atol=1e-2)


def test_colours_get_a_column_each_and_masks_are_true_or_false(files: Files) -> None:
    with tercet.readers.open(item(files)) as reader:
        found = tercet.readers.sample(
            at_pixels(np.array([197.5, 5.0]), np.array([172.5, 5.0])), reader, ["mask", "rgb"]
        )
    assert found["mask"].tolist() == [True, False]
    assert {"rgb_red", "rgb_green", "rgb_blue"} <= set(found.columns)
    assert np.isnan(found["rgb_red"].iloc[1])


def test_what_is_no_raster_is_not_sampled(files: Files) -> None:
    table = at_pixels(np.array([1.0]), np.array([1.0]))
    with pytest.raises(ReaderError, match="rows and columns of the sensor: no point lies on it"):
        tercet.readers.sample(table, str(files.path(files.scene, "cmf-unortho.tif")), "cmf_unortho_ch4")
    source = {"type": "Feature", "id": "s", "properties": {"product:type": "source"}, "assets": {}}
    with pytest.raises(ReaderError, match="s is no raster"):
        tercet.readers.sample(table, source)


def test_a_point_of_a_scene_is_its_pixel(files: Files) -> None:
    found = tercet.readers.sample(
        at_pixels(np.array([100.5]), np.array([50.5])), str(files.path(files.scene, "cmf.tif"))
    )
    assert found["cmf_ch4"].iloc[0] == enhancement()[100, 50]
    assert found.attrs["long_names"]["cmf_ch4"]
