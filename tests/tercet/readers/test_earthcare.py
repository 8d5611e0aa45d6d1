"""EarthCARE products of every layout, opened, browsed and read whole or in parts."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import shapely

from tercet.errors import ReaderError
from tercet.readers import earthcare
from tercet.readers.base import Reader
from tercet.readers.earthcare import EarthcareReader
from tercet.readers.hdf5 import Wanted
from tercet.readers.hdf5.local import open_local
from tests.harvesters.earthcare_files import FILL
from tests.tercet.readers import earthcare_products as products
from tests.upstreams.earthcare_orbit import Frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("earthcare")


@contextmanager
def opened(path: Path, item: Any = None) -> Iterator[EarthcareReader]:
    with earthcare.reader(open_local(path), item) as reader:
        yield reader


@contextmanager
def product(folder: Path, kind: str, **how: Any) -> Iterator[EarthcareReader]:
    with opened(products.write(folder, kind, **how)) as reader:
        yield reader


def stored(reader: EarthcareReader, path: str) -> Any:
    with h5py.File(reader._file.name) as file:
        return file[path][()]


@pytest.mark.parametrize("kind", products.KINDS)
def test_every_layout_gives_the_same_coordinates(folder: Path, kind: str) -> None:
    with product(folder, kind) as reader:
        dataset = reader.dataset()
    assert {"latitude", "longitude"} <= set(dataset.coords)
    assert dataset.latitude.attrs["units"] == "degrees_north"
    assert dataset.attrs["crs"] == "EPSG:4326"
    assert dataset.attrs["product_type"] == kind
    assert dataset.attrs["orbit"] == 4366
    assert dataset.attrs["frame"] == "E"
    assert dataset.data_vars, "there is something to see without naming a variable"
    if kind != "AUX_MET_1D":
        assert dataset.time.dtype == "datetime64[ns]"


@pytest.mark.parametrize("kind", products.KINDS)
def test_every_layout_is_known_by_its_content(folder: Path, kind: str) -> None:
    path = products.write(folder, kind, file_name=f"renamed_{kind}.h5")
    file = open_local(path)
    assert earthcare.recognizes(file)
    with earthcare.reader(file) as reader:
        assert reader.product.type == kind


def test_another_hdf5_file_is_not_taken_for_one(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["gt1l/land_segments/latitude"] = np.zeros(3)
    assert not earthcare.recognizes(open_local(tmp_path / "other.h5"))


@pytest.mark.parametrize("kind", products.KINDS)
def test_a_box_cuts_while_reading_and_gives_what_cutting_afterwards_gives(folder: Path, kind: str) -> None:
    box = (-10.0, -9.0, 10.0, 12.5)
    with product(folder, kind) as reader:
        whole, part = reader.dataset(), reader.dataset(bbox=box)
        places = whole.longitude.values, whole.latitude.values
    inside = (places[0] >= box[0]) & (places[0] <= box[2]) & (places[1] >= box[1]) & (places[1] <= box[3])
    assert 0 < inside.sum() < inside.size
    for name, values in part.data_vars.items():
        if not set(whole.latitude.dims) <= set(values.dims):
            continue
        expected = whole[name].where(whole.latitude.copy(data=inside))
        assert np.isfinite(values).sum() == np.isfinite(expected).sum()
        assert np.nansum(values, dtype=np.float64) == pytest.approx(np.nansum(expected.values, dtype=np.float64))


@pytest.mark.parametrize("kind", products.KINDS)
def test_what_overlaps_nothing_is_empty_and_of_the_right_shape(folder: Path, kind: str) -> None:
    with product(folder, kind) as reader:
        whole, nothing = reader.dataset(), reader.dataset(bbox=(100, 80, 101, 81))
        rows = reader.table(bbox=(100, 80, 101, 81))
    assert list(nothing.data_vars) == list(whole.data_vars)
    assert {name: one.dims for name, one in nothing.items()} == {name: one.dims for name, one in whole.items()}
    assert nothing.latitude.size == 0
    assert len(rows) == 0
    assert rows.crs == "EPSG:4326"


@pytest.mark.parametrize("kind", products.KINDS)
def test_every_table_has_a_row_for_each_place_and_measurement(folder: Path, kind: str) -> None:
    with product(folder, kind) as reader:
        dataset, table = reader.dataset(), reader.table()
    assert len(table) > 0
    assert table.geometry.notna().all()
    assert table.attrs["product_type"] == kind
    assert not table.columns.has_duplicates
    latitudes = np.unique(dataset.latitude.values.round(9))
    assert np.isin(table.geometry.y.to_numpy().round(9), latitudes).all()


def test_times_are_utc_to_the_microsecond_and_the_file_s_own_on_request(folder: Path) -> None:
    with product(folder, "ACM_CAP_2B", shape=products.Shape(margin_deg=0)) as reader:
        utc, raw = reader.dataset().time, reader.dataset(time_scale="file").time
        seconds = stored(reader, "ScienceData/time")
    assert utc.attrs["leap_seconds_removed"] == 5
    assert raw.attrs["leap_seconds_removed"] == 0
    assert (raw.values - utc.values == np.timedelta64(5, "s")).all()
    exact = np.datetime64("2000-01-01T00:00:00", "us") + np.round(seconds * 1e6).astype("timedelta64[us]")
    assert (np.abs(raw.values - exact) <= np.timedelta64(1, "us")).all()
    start = np.datetime64(products.FRAME_E.start.replace(tzinfo=None))
    assert abs(utc.values[0] - start) < np.timedelta64(1, "s"), "the frame starts when its name says"


@pytest.mark.parametrize(
    ("kind", "path"), [("BBR_NOM_1B", "standard/time_barycentre"), ("CPR_NOM_1B", "Geo/profileTime")]
)
def test_a_time_without_units_counts_from_the_mission_s_epoch(folder: Path, kind: str, path: str) -> None:
    plain = products.write(folder, kind, file_name=f"plain_{kind}.h5")
    with h5py.File(plain, "r+") as file:
        del file[f"ScienceData/{path}"].attrs["units"]
    with EarthcareReader(open_local(plain)) as reader, product(folder, kind) as other:
        np.testing.assert_array_equal(reader.dataset().time, other.dataset().time)


def test_undeclared_fills_are_masked_in_the_file_s_own_type(folder: Path) -> None:
    with product(folder, "MSI_COP_2A") as reader:
        dataset = reader.dataset()
        raw = stored(reader, "ScienceData/cloud_optical_thickness")
        assert reader.variables()["cloud_optical_thickness"].fill is None
    assert (raw == np.float32(FILL)).sum() > 0
    assert dataset.cloud_optical_thickness.dtype == np.float32
    assert (np.isnan(dataset.cloud_optical_thickness.values) == (raw == np.float32(FILL))).all()
    kept = ~np.isnan(dataset.cloud_optical_thickness.values)
    assert (dataset.cloud_optical_thickness.values[kept] == raw[kept]).all()


def test_codes_lose_their_declared_fill_and_keep_an_undeclared_one_that_is_named(folder: Path) -> None:
    with product(folder, "MSI_CM__2A") as reader:
        dataset = reader.dataset(["cloud_mask", "cloud_phase_quality_status", "surface_classification"])
    assert np.unique(dataset.cloud_mask).tolist()[:3] == [0, 1, 2]
    assert np.isnan(dataset.cloud_mask).any()
    assert dataset.cloud_phase_quality_status.dtype == np.int8
    assert dataset.cloud_phase_quality_status.attrs["missing_value"] == -127
    assert dataset.surface_classification.dtype == np.int16
    assert dataset.surface_classification.min() == -32767, "a bit mask uses all bits"


def test_class_tables_become_flag_attributes(folder: Path) -> None:
    with product(folder, "AC__TC__2B") as reader:
        classes = reader.dataset().synergetic_target_classification
    assert classes.attrs["flag_values"].tolist() == [-1, 0, 1, 5, 8, 21]
    assert classes.attrs["flag_values"].dtype == np.int8
    assert classes.attrs["flag_meanings"].split()[-1] == "ice_cloud_no_liquid"
    with product(folder, "CPR_CLD_2A") as reader:
        bits = reader.dataset("retrieval_classification").retrieval_classification
    assert bits.attrs["flag_masks"].tolist() == [-1, 1, 2, 4]
    assert "flag_values" not in bits.attrs


def test_heights_are_two_dimensional_and_cut_by_metres(folder: Path) -> None:
    with product(folder, "ACM_CAP_2B") as reader:
        whole, low = reader.dataset("ice_water_content"), reader.dataset("ice_water_content", height=(None, 5000))
    assert whole.height.dims == ("along_track", "JSG_height")
    assert whole.height.attrs["positive"] == "up"
    assert 0 < low.sizes["JSG_height"] < whole.sizes["JSG_height"]
    expected = whole.ice_water_content.where(whole.height <= 5000)
    assert np.isfinite(low.ice_water_content).sum() == np.isfinite(expected).sum()
    assert (low.height.values[np.isfinite(low.ice_water_content.values)] <= 5000).all()


def test_heights_and_a_box_cut_together(folder: Path) -> None:
    with product(folder, "ACM_CAP_2B") as reader:
        both = reader.dataset("ice_water_content", height=(2000, 9000), bbox=(-180, 0, 180, 10))
        nothing = reader.dataset("ice_water_content", height=(90_000, None))
    assert both.latitude.min() >= 0
    known = np.isfinite(both.ice_water_content.values)
    assert known.any()
    assert both.height.values[known].min() >= 2000
    assert both.height.values[known].max() <= 9000
    assert nothing.sizes["JSG_height"] == 0


def test_times_select_profiles_half_open(folder: Path) -> None:
    with product(folder, "ATL_EBD_2A") as reader:
        times = reader.dataset().time.values
        span = (str(times[10].astype("datetime64[us]")) + "Z", str(times[20].astype("datetime64[us]")) + "Z")
        part = reader.dataset(time=span)
    assert part.sizes["along_track"] == 10
    assert part.time.values[0] == times[10]


def test_a_polygon_selects_pixels_and_leaves_the_others_empty(folder: Path) -> None:
    triangle = {"type": "Polygon", "coordinates": [[[0, -5], [4, -5], [2, 5], [0, -5]]]}
    with product(folder, "MSI_COP_2A") as reader:
        part = reader.dataset("cloud_top_height", polygon=triangle)
        rows = reader.table("cloud_top_height", polygon=triangle)
    assert 0 < np.isfinite(part.cloud_top_height).sum() < part.cloud_top_height.size
    assert len(rows) == int(np.isfinite(part.cloud_top_height).sum())
    assert rows.geometry.x.between(0, 4).all()


@pytest.mark.parametrize("kind", ["ATL_EBD_2A", "MSI_COP_2A", "CPR_NOM_1B"])
def test_profiles_and_lines_between_two_areas_are_left_out(folder: Path, kind: str) -> None:
    areas = shapely.union_all([shapely.box(-20, 5, 20, 8), shapely.box(-20, -8, 20, -5)])
    with product(folder, kind) as reader:
        whole, part = reader.dataset(), reader.dataset(polygon=areas)
    inside = shapely.intersects_xy(areas, whole.longitude.values, whole.latitude.values)
    lines = inside.reshape(inside.shape[0], -1).any(axis=1)
    assert (part.time.values == whole.time.values[lines]).all()
    name = next(iter(part.data_vars))
    values, expected = part[name].values, whole[name].values[lines]
    kept = inside[lines] if inside.ndim > 1 else np.ones(expected.shape, dtype=bool)
    assert np.array_equal(values[kept], expected[kept], equal_nan=True)


def test_margins_are_trimmed_to_the_frame_s_latitudes(folder: Path) -> None:
    for kind in ("AC__TC__2B", "MSI_COP_2A"):
        with product(folder, kind) as reader:
            kept, trimmed = reader.dataset(), reader.dataset(margins="trimmed")
        assert np.abs(kept.latitude).max() > 22.9
        assert trimmed.sizes["along_track"] < kept.sizes["along_track"]
        nadir = trimmed.latitude.values.reshape(trimmed.sizes["along_track"], -1)
        assert np.abs(nadir[:, nadir.shape[1] // 2]).max() <= 22.5


def test_the_polar_frame_is_trimmed_at_its_lower_latitude(folder: Path) -> None:
    with product(folder, "AC__TC__2B", frame=Frame(4366, 2)) as reader:
        trimmed = reader.dataset(margins="trimmed")
    assert trimmed.latitude.min() >= 67.5
    assert trimmed.latitude.max() > 80


def test_quality_is_masked_on_request_only(folder: Path) -> None:
    with product(folder, "AC__TC__2B") as reader:
        plain, good = reader.dataset(), reader.dataset(quality=1)
    status = plain.quality_status.values
    classes = good.synergetic_target_classification
    assert plain.synergetic_target_classification.dtype == np.int8
    assert (np.isnan(classes.values) == (status > 1)).all()
    assert "quality_status in [0, 1]" in classes.attrs["quality_kept"]
    assert (good.quality_status.values == status).all(), "the status itself stays"


def test_quality_by_another_status_and_along_the_track_only(folder: Path) -> None:
    with product(folder, "ATL_CLA_2A") as reader:
        good = reader.dataset("aerosol_extinction_10km", quality={"quality_flag_10km": [0, 3]})
        status = stored(reader, "ScienceData/Data/quality_flag_10km")
        raw = stored(reader, "ScienceData/Data/aerosol_extinction_10km")
        with pytest.raises(ReaderError, match="has no quality_status, but quality_flag_10km"):
            reader.dataset(quality=0)
    assert (np.isfinite(good.aerosol_extinction_10km.values) == (np.isin(status, [0, 3]) & (raw < 1e30))).all()
    with product(folder, "ACM_CAP_2B") as reader:
        assert np.isnan(reader.dataset(quality=0).ice_water_content.values[1]).all(), "a bad profile is bad in all bins"


def test_profiles_near_a_station_and_how_far_they_are(folder: Path) -> None:
    with product(folder, "ATL_EBD_2A", shape=products.Shape(along=900)) as reader:
        track = reader.dataset("elevation")
        latitude, longitude = float(track.latitude[450]), float(track.longitude[450])
        near = reader.near(latitude, longitude, 50, "elevation")
        far = reader.near(latitude, longitude + 90, 50)
    assert near.sizes["along_track"] == pytest.approx(100 / 5.7, abs=3)
    assert near.distance.min() < 0.5
    assert near.distance.max() <= 50
    assert near.distance.attrs["units"] == "km"
    assert far.sizes["along_track"] == 0


def test_pixels_near_a_station(folder: Path) -> None:
    with product(folder, "MSI_COP_2A") as reader:
        near = reader.near(0.0, 2.0, 80, "cloud_top_height")
    inside = np.isfinite(near.cloud_top_height.values)
    assert inside.any()
    assert (near.distance.values[inside] <= 80).all()
    assert (near.distance.values[~inside] > 80).any() or inside.all()


@pytest.mark.parametrize(("latitude", "longitude", "radius"), [(120.0, 10.0, 5.0), (10.0, 10.0, 0.0)])
def test_a_station_that_is_none_is_refused(folder: Path, latitude: float, longitude: float, radius: float) -> None:
    with product(folder, "ATL_EBD_2A") as reader, pytest.raises(ReaderError, match=r"station|radius"):
        reader.near(latitude, longitude, radius)


def test_japanese_dimensions_are_told_by_their_size_and_formalities_left_out(folder: Path) -> None:
    with product(folder, "CPR_NOM_1B") as reader:
        dataset = reader.dataset()
        assert reader.variables()["radarReflectivityFactor"].shape == (90, 20, 1)
    assert dataset.radarReflectivityFactor.dims == ("along_track", "vertical")
    assert dataset.height.dims == ("along_track", "vertical")
    assert dataset.height.attrs["source_path"] == "ScienceData/Geo/binHeight"


def test_as_many_bins_as_profiles_are_told_apart_by_their_order(folder: Path) -> None:
    with product(folder, "CPR_CLP_2A", shape=products.Shape(along=20, bins=20), file_name="square.h5") as reader:
        dataset = reader.dataset()
    assert dataset.cloud_ice_content_10km.dims[0] == "along_track"
    assert dataset.cloud_ice_content_10km.shape == (20, 20)


@pytest.mark.parametrize("kind", ["AC__TC__2B", "ATL_NOM_1B", "MSI_COP_2A"])
def test_dimensions_may_be_kept_in_the_root_group(folder: Path, kind: str) -> None:
    with product(folder, kind, scales_in="root", file_name=f"root_{kind}.h5") as reader:
        in_root = reader.dataset()
        assert "along_track" not in reader.variables()
    with product(folder, kind) as reader:
        in_group = reader.dataset()
        assert "along_track" not in reader.variables(), "what only stands for a dimension is no variable"
    assert dict(in_root.sizes) == dict(in_group.sizes)


def test_heights_of_a_swath_s_pixels_are_no_bins(folder: Path) -> None:
    path = products.write(folder, "MSI_COP_2A", file_name="pixels.h5")
    with h5py.File(path, "r+") as file:
        science = file["ScienceData"]
        science["altitude"] = np.zeros(science["latitude"].shape)
    with EarthcareReader(open_local(path)) as reader:
        assert "height" not in reader.dataset().coords
        assert reader.dataset("altitude").altitude.dims == ("along_track", "across_track")


def test_bins_may_lie_elsewhere_for_each_pixel(folder: Path) -> None:
    path = products.write(folder, "AM__CTH_2B", file_name="cells.h5")
    with h5py.File(path, "r+") as file:
        science = file["ScienceData"]
        shape = (*science["latitude"].shape, 5)
        science["altitude"] = np.broadcast_to(np.linspace(9000, 0, 5), shape)
        science["cells"] = np.ones(shape)
    with EarthcareReader(open_local(path)) as reader:
        low = reader.dataset("cells", height=(0, 3000))
    assert low.cells.dims == low.height.dims == ("along_track", "across_track", "vertical")
    assert low.sizes["vertical"] == 2


def test_heights_along_a_dimension_of_their_name_are_found_where_netcdf_put_them(folder: Path) -> None:
    path = products.write(folder, "AC__TC__2B", file_name="moved.h5")
    with h5py.File(path, "r+") as file:
        science = file["ScienceData"]
        science.move("height", "_nc4_non_coord_height")
        science.move("JSG_height", "height")
    with EarthcareReader(open_local(path)) as reader:
        assert "height" in reader.variables()
        dataset = reader.dataset(height=(0, 5000))
    with product(folder, "AC__TC__2B") as reader:
        expected = reader.dataset(height=(0, 5000))
    np.testing.assert_array_equal(dataset.height, expected.height)
    assert dataset.height.dims == dataset.synergetic_target_classification.dims == ("along_track", "vertical")


def test_resolutions_are_chosen_and_never_mixed(folder: Path) -> None:
    with product(folder, "BM__RAD_2B") as reader:
        assert "small/solar_radiance" in reader.variables()
        assert reader.dataset().attrs["resolution"] == "standard"
        small = reader.dataset("solar_radiance", resolution="Small")
        named = reader.dataset("small/solar_radiance")
        by_path = reader.dataset("ScienceData/Small/solar_radiance")
        with pytest.raises(ReaderError, match="read one at a time"):
            reader.dataset(["small/solar_radiance", "full/solar_radiance"])
        with pytest.raises(ReaderError, match="has no resolution 'tiny'; it has standard, small, full, assessment"):
            reader.dataset(resolution="tiny")
    assert small.sizes["along_track"] == 91
    assert named.equals(small)
    assert by_path.equals(small)
    assert list(small.bbr_direction.values) == ["fore", "nadir", "aft"]


def test_level_one_of_the_radiometer_looks_aft_first(folder: Path) -> None:
    with product(folder, "BBR_NOM_1B") as reader:
        dataset = reader.dataset()
        table = reader.table()
    assert dataset.radiance.dims == ("direction", "band", "along_track")
    assert float(dataset.radiance.sel(direction="fore", band="LW")[3]) == 213.0
    assert table["radiance_fore_LW"].iloc[3] == 213.0
    assert "time_nadir_SW" in table.columns


def test_bands_have_names_and_become_columns(folder: Path) -> None:
    with product(folder, "MSI_RGR_1C") as reader:
        dataset, table = reader.dataset(), reader.table(bbox=(-180, 0, 180, 2))
    assert list(dataset.band.values) == ["VIS", "VNIR", "SWIR1", "SWIR2", "TIR1", "TIR2", "TIR3"]
    assert "pixel_values_TIR2" in table.columns


def test_a_wrong_name_proposes_the_nearest(folder: Path) -> None:
    with product(folder, "ACM_CAP_2B") as reader, pytest.raises(ReaderError, match="did you mean 'ice_water_content'"):
        reader.dataset("ice_water_contents")


def test_variables_are_searched_by_word_and_know_their_units(folder: Path) -> None:
    with product(folder, "ACM_CAP_2B") as reader:
        variables = reader.variables()
    assert list(variables.search("ice", "content")) == ["ice_water_content"]
    found = variables["ice_water_content"]
    assert (found.unit, found.dims, found.shape) == ("kg m-3", ("along_track", "JSG_height"), (90, 20))
    assert found.path == "ScienceData/ice_water_content"


@pytest.mark.parametrize("method", ["dataset", "table", "plot"])
def test_what_can_be_asked_for_is_named_as_for_every_reader(method: str) -> None:
    """The command line offers what it finds there."""
    own = inspect.signature(getattr(EarthcareReader, method)).parameters
    assert set(inspect.signature(getattr(Reader, method)).parameters) <= set(own)
    assert {"bbox", "polygon", "time"} <= set(own)


def test_nothing_is_read_for_listing_and_one_trip_for_the_whole(folder: Path) -> None:
    with product(folder, "ACM_CAP_2B") as reader:
        trips: list[int] = []
        read = reader._file.read

        def counted(wanted: Sequence[Wanted], soon: Sequence[str] = ()) -> list[Any]:
            trips.append(len(wanted))
            return read(wanted, soon)

        reader._file.read = counted  # type: ignore[method-assign]
        reader.variables()
        assert trips == []
        reader.dataset()
        assert len(trips) == 1, "coordinates, variables and header come together"
        reader.dataset(bbox=(-180, 0, 180, 2))
        assert len(trips) == 3, "places first, then what lies there"
        reader.dataset("aerosol_extinction", bbox=(-180, 0, 180, 2))
        assert len(trips) == 4, "places are known by now"


def test_a_subset_without_header_is_known_by_its_name_or_its_item(tmp_path: Path) -> None:
    path = products.write(tmp_path, "AC__TC__2B")
    with h5py.File(path, "a") as file:
        del file["HeaderData"]
    with opened(path) as reader:
        assert reader.product.frame == "E"
    renamed = path.rename(tmp_path / "subset.h5")
    with opened(renamed, {"id": path.stem, "properties": {}}) as reader:
        assert reader.dataset(margins="trimmed").attrs["orbit"] == 4366
    with opened(renamed) as reader, pytest.raises(ReaderError, match="which frame it is"):
        reader.dataset(margins="trimmed")


def test_what_a_product_lacks_is_said(folder: Path) -> None:
    with product(folder, "AUX_MET_1D") as reader:
        assert "time" not in reader.dataset().coords
        with pytest.raises(ReaderError, match="has no time for each profile"):
            reader.dataset(time=("2025-03-05", None))
    with product(folder, "MSI_COP_2A") as reader:
        assert reader.dataset("cloud_top_height", height=(0, 1)).sizes["across_track"] == 12


def test_a_file_without_science_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "header_only.h5", "w") as file:
        file["HeaderData/FixedProductHeader/File_Type"] = "AC__TC__2B"
    with opened(tmp_path / "header_only.h5") as reader, pytest.raises(ReaderError, match="no group ScienceData"):
        reader.dataset()


def test_a_variable_that_is_a_coordinate_under_another_name_is_given_under_its_own_too(folder: Path) -> None:
    with product(folder, "ATL_NOM_1B") as reader:
        dataset = reader.dataset(["sample_altitude", "mie_attenuated_backscatter"])
        slanted = reader.dataset("sample_latitude").sample_latitude
    assert dataset.height.shape == (90, 20)
    assert (dataset.sample_altitude.values == dataset.height.values).all()
    assert slanted.dims == ("along_track", "vertical")
