"""Grids: on latitudes and longitudes, on polar maps, and where arrays of two dimensions say where cells lie."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray
from pyproj import CRS, Transformer

from tercet.errors import ReaderError
from tercet.readers.base import Reader
from tercet.readers.hdf5.local import open_local
from tercet.readers.icesat2 import reader

POLAR = CRS.from_epsg(3413)


def opened(path: Path) -> Reader:
    return reader(open_local(path))


def scale(group: h5py.Group, name: str, values: Any, units: str) -> h5py.Dataset:
    group[name] = np.asarray(values)
    group[name].attrs["units"] = np.bytes_(units)
    group[name].make_scale(name)
    return group[name]


def put(group: h5py.Group, name: str, values: Any, scales: list[h5py.Dataset], **attrs: Any) -> None:
    group[name] = values
    group[name].attrs["units"] = np.bytes_("meters")
    group[name].attrs.create("_FillValue", np.array([np.finfo(np.float32).max], values.dtype))
    for dim, one in enumerate(scales):
        group[name].dims[dim].attach_scale(one)
    for key, value in attrs.items():
        group[name].attrs[key] = value


@pytest.fixture
def atmosphere(tmp_path: Path) -> Path:
    path = tmp_path / "ATL16_20200308000030_11040601_004_01.h5"
    with h5py.File(path, "w") as file:
        file.attrs["short_name"] = np.bytes_("ATL16")
        lat = scale(file, "global_grid_lat", np.arange(-90.0, 90, 3), "degrees_north")
        lon = scale(file, "global_grid_lon", np.arange(-180.0, 180, 3), "degrees_east")
        values = np.arange(60 * 120, dtype=np.float32).reshape(60, 120)
        values[30, 5] = np.finfo(np.float32).max
        put(file, "global_asr", values, [lat, lon])
    return path


@pytest.fixture
def land_ice(tmp_path: Path) -> Path:
    path = tmp_path / "ATL15_GL_0311_10km_004_01.nc"
    with h5py.File(path, "w") as file:
        file.attrs["short_name"] = np.bytes_("ATL15")
        group = file.create_group("delta_h")
        x = scale(group, "x", np.arange(-600_000.0, 600_000, 10_000), "meters")
        y = scale(group, "y", np.arange(-3_000_000.0, -600_000, 10_000), "meters")
        time = scale(group, "time", [365.0, 456.0, 547.0], "days since 2018-01-01")
        group["Polar_Stereographic"] = np.int32(0)
        for key, value in POLAR.to_cf().items():
            group["Polar_Stereographic"].attrs[key] = np.bytes_(value.encode()) if isinstance(value, str) else value
        rows, columns = y.shape[0], x.shape[0]
        values = np.arange(3 * rows * columns, dtype=np.float32).reshape(3, rows, columns)
        put(group, "delta_h", values, [time, y, x], grid_mapping=np.bytes_("Polar_Stereographic"))
    return path


def test_cells_across_the_antimeridian_are_those_of_both_sides(atmosphere: Path) -> None:
    with opened(atmosphere) as one:
        whole, cut = one.dataset(), one.dataset(bbox=(171, -9, -171, 9))
    assert whole["global_asr"].shape == (60, 120)
    assert list(cut["global_grid_lon"]) == [-180, -177, -174, -171, 171, 174, 177]
    assert list(cut["global_grid_lat"]) == [-9, -6, -3, 0, 3, 6, 9]
    xarray.testing.assert_equal(cut, whole.sel(cut.coords))
    assert cut.attrs == {"source": atmosphere.name, "product": "ATL16", "release": "004", "crs": "EPSG:4326"}


def test_fill_is_nothing_and_a_table_leaves_it_out(atmosphere: Path) -> None:
    with opened(atmosphere) as one:
        assert int(np.isnan(one.dataset()["global_asr"]).sum()) == 1
        table = one.table(bbox=(-180, -3, -162, 3))
    assert len(table) == 3 * 7 - 1
    assert table.crs.to_epsg() == 4326
    assert (table.geometry.y.abs() <= 3).all()
    assert table.attrs["units"] == {"global_asr": "meters"}


def test_a_polar_map_is_cut_by_degrees_and_by_time(land_ice: Path) -> None:
    box = (-45.0, 70.0, -40.0, 72.0)
    with opened(land_ice) as one:
        whole = one.dataset("delta_h")
        cut = one.dataset("delta_h", bbox=box, time=("2019-03-01", None))
    east, north = np.meshgrid(whole["x"], whole["y"])
    longitude, latitude = Transformer.from_crs(POLAR, 4326, always_xy=True).transform(east, north)
    np.testing.assert_allclose(whole["latitude"], latitude)
    inside = (longitude >= box[0]) & (longitude <= box[2]) & (latitude >= box[1]) & (latitude <= box[3])
    assert 100 < inside.sum() < 1000
    assert list(cut["time"].to_numpy()) == list(np.array(["2019-04-02", "2019-07-02"], "datetime64[ns]"))
    found = cut["delta_h"].to_numpy()
    assert np.isfinite(found[0]).sum() == inside.sum()
    np.testing.assert_array_equal(found[1][np.isfinite(found[1])], whole["delta_h"].to_numpy()[2][inside])
    assert cut.attrs["crs"] == "EPSG:3413" or CRS.from_user_input(cut.attrs["crs"]) == POLAR


def test_what_a_grid_does_not_reach_is_empty(land_ice: Path, atmosphere: Path) -> None:
    with opened(land_ice) as one:
        assert one.dataset("delta_h", bbox=(10, -60, 20, -50))["delta_h"].shape == (3, 0, 0)
        assert len(one.table("delta_h", bbox=(10, -60, 20, -50))) == 0
    with opened(atmosphere) as one:
        assert one.dataset(bbox=(0.5, 0.5, 1, 1))["global_asr"].shape == (0, 0)


def test_cells_may_lie_where_arrays_of_two_dimensions_say(tmp_path: Path) -> None:
    path = tmp_path / "ATL20-01_20181001010615_00370101_003_01.h5"
    longitude, latitude = np.meshgrid(np.linspace(0, 30, 7), np.linspace(60, 80, 5))
    with h5py.File(path, "w") as file:
        file.attrs["short_name"] = np.bytes_("ATL20")
        file["grid_lat"], file["grid_lon"] = latitude, longitude
        put(file.create_group("monthly"), "mean_fb", longitude.astype(np.float32), [])
    with opened(path) as one:
        cut = one.dataset(bbox=(4, 66, 16, 76))["mean_fb"]
        assert list(one.dataset().data_vars) == ["mean_fb"]
        assert len(one.table(bbox=(4, 66, 16, 76))) == 6
    np.testing.assert_array_equal(cut, [[5, 10, 15], [5, 10, 15]])
    np.testing.assert_array_equal(cut["latitude"][:, 0], [70, 75])


@pytest.fixture
def freeboard(tmp_path: Path) -> Path:
    """Days, a month and what lies above both, as ATL20 has them."""
    path = tmp_path / "ATL20-01_20181001010615_00370101_003_01.h5"
    longitude, latitude = np.meshgrid(np.linspace(0, 30, 7), np.linspace(60, 80, 5))
    with h5py.File(path, "w") as file:
        file["grid_lat"], file["grid_lon"] = latitude, longitude
        put(file, "land_mask_map", longitude.astype(np.float32), [])
        for number, group in enumerate(("daily/day14", "daily/day15", "monthly")):
            values = np.where(latitude > 62, longitude + number, np.finfo(np.float32).max).astype(np.float32)
            put(file.create_group(group), "a_count", values, [])
            put(file[group], "mean_fb", values, [])
            file[group]["delta_time_beg"] = np.array([5.0])
            file[group]["bins"] = np.arange(3.0)
    return path


def test_what_the_product_is_read_for_comes_first(freeboard: Path, land_ice: Path) -> None:
    with opened(freeboard) as one:
        assert list(one.dataset().data_vars) == ["mean_fb", "a_count"]
        assert float(one.dataset("mean_fb")["mean_fb"][1, 0]) == 2, "of the month"
        assert float(one.dataset("day15/mean_fb")["day15/mean_fb"][1, 0]) == 1
    with h5py.File(land_ice, "a") as file:
        put(file["delta_h"], "cell_area", file["delta_h/delta_h"][0], [file["delta_h/y"], file["delta_h/x"]])
    with opened(land_ice) as one:
        assert list(one.dataset().data_vars) == ["delta_h"]


def test_maps_that_lie_elsewhere_are_not_put_together(atmosphere: Path) -> None:
    with h5py.File(atmosphere, "a") as file:
        lat = scale(file, "npolar_grid_lat", np.arange(60.0, 90), "degrees_north")
        put(file, "npolar_asr", np.zeros((30, 120), np.float32), [lat, file["global_grid_lon"]])
    with opened(atmosphere) as one, pytest.raises(ReaderError, match="npolar_asr lie on different maps: read one map"):
        one.dataset("*")


def test_a_table_has_numbers_of_the_whole_and_no_other_dimensions(freeboard: Path, land_ice: Path) -> None:
    with opened(freeboard) as one:
        table = one.table(["mean_fb", "monthly/delta_time_beg"])
        assert len(table) == 4 * 7
        assert set(table["delta_time_beg"]) == {5.0}
        with pytest.raises(ReaderError, match=r"no cells of the map.*: bins; use dataset"):
            one.table(["mean_fb", "monthly/bins"])
        with pytest.raises(ReaderError, match=r"no cells of a map.*use dataset"):
            one.table("monthly/bins")
    with opened(land_ice) as one:
        moments = one.dataset("delta_h/*")
        assert set(moments.data_vars) == {"delta_h", "Polar_Stereographic"}
        assert moments["time"].dtype.kind == "M"


def test_a_map_is_drawn_and_what_is_none_is_refused(land_ice: Path) -> None:
    with opened(land_ice) as one:
        figure = one.plot()
        assert figure.axes[0].get_xlabel() == "x"
        assert figure.axes[0].get_title(loc="left").endswith("last time")
        with pytest.raises(ReaderError, match="no map"):
            one.plot("time")


def test_a_file_without_any_grid_says_so(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["short_name"] = np.bytes_("ATL16")
        file["n"] = np.arange(3)
    with opened(tmp_path / "a.h5") as one, pytest.raises(ReaderError, match=r"a\.h5 holds neither beams nor a grid"):
        one.dataset()
