"""Rows of different steps together: photons with their segments, ATL03 with ATL08, tables, names and pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import h5py
import numpy as np
import pytest
import xarray
from geopandas.testing import assert_geodataframe_equal

from tercet.errors import ReaderError
from tercet.readers.hdf5.local import open_local
from tercet.readers.icesat2 import Icesat2Reader, reader
from tercet.readers.icesat2.photons import SegmentIndex, merged
from tests.tercet.readers.icesat2_files import FIRST_ID, PAIRS, STEP, counts, granule
from tests.tercet.readers.icesat2_forest import forest, ground


def opened(path: Path) -> Icesat2Reader:
    one = reader(open_local(path))
    assert isinstance(one, Icesat2Reader)
    return one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("together")


@pytest.fixture(scope="module")
def atl03(folder: Path) -> Iterator[Icesat2Reader]:
    with opened(granule(folder / "atl03.h5", "ATL03", segments=60, beams=("gt1l", "gt2r"))) as one:
        yield one


@pytest.fixture(scope="module")
def atl08(folder: Path) -> Iterator[Icesat2Reader]:
    with opened(granule(folder / "atl08.h5", "ATL08", segments=60, beams=("gt1l", "gt2r"))) as one:
        yield one


def h5(folder: Path, product: str, path: str) -> Any:
    with h5py.File(folder / f"{product}.h5") as file:
        return file[path][...]


def test_what_was_measured_of_a_segment_is_given_to_each_of_its_photons(folder: Path, atl03: Icesat2Reader) -> None:
    read = atl03.dataset(["h_ph", "segment_id", "geoid", "surf_type"], beams="gt1l")
    many = counts(60)
    segment = np.repeat(np.arange(60), many)
    assert read.sizes["photon"] == many.sum()
    np.testing.assert_array_equal(read["segment_id"], FIRST_ID + segment)
    geoid = h5(folder, "atl03", "gt1l/geophys_corr/geoid")
    expected = np.where(geoid > 1e30, np.nan, geoid)[segment]
    np.testing.assert_array_equal(read["geoid"], expected)
    assert read["surf_type"].shape == (many.sum(), 5)
    assert list(read["ds_surf_type"].to_numpy()) == ["land", "ocean", "sea_ice", "land_ice", "inland_water"]


def test_photons_that_were_cut_keep_their_own_segments(atl03: Icesat2Reader) -> None:
    whole = atl03.dataset(["h_ph", "segment_id", "geoid", "bckgrd_rate"])
    box = (-180.0, 45 + 20 * STEP, 180.0, 45 + 33 * STEP)
    inside = ((whole["latitude"] >= box[1]) & (whole["latitude"] <= box[3])).to_numpy()
    xarray.testing.assert_identical(
        atl03.dataset(["h_ph", "segment_id", "geoid", "bckgrd_rate"], bbox=box), whole.isel(photon=inside)
    )


def test_photons_get_the_background_that_was_counted_last(folder: Path, atl03: Icesat2Reader) -> None:
    read = atl03.dataset(["h_ph", "bckgrd_rate"], beams="gt2r")
    times, photons = h5(folder, "atl03", "gt2r/bckgrd_atlas/delta_time"), h5(folder, "atl03", "gt2r/heights/delta_time")
    expected = [1000.0 + np.sum(times <= moment) - 1 if moment >= times[0] else np.nan for moment in photons]
    np.testing.assert_array_equal(read["bckgrd_rate"], expected)


def test_segments_alone_stay_segments(atl03: Icesat2Reader) -> None:
    assert dict(atl03.dataset(["geoid", "segment_id"], beams="gt1l").sizes) == {"segment": 60}


def test_rows_that_do_not_belong_together_are_not_put_together(atl03: Icesat2Reader) -> None:
    with pytest.raises(ReaderError, match=r"bckgrd_atlas, geolocation lie in different rows"):
        atl03.dataset(["bckgrd_rate", "geoid"])


def test_photons_get_the_classes_of_atl08(folder: Path, atl03: Icesat2Reader, atl08: Icesat2Reader) -> None:
    read = atl03.dataset("h_ph", beams="gt1l", classes=atl08)
    third = np.arange(read.sizes["photon"]) % 3 == 0
    classes = read["atl08_class"].to_numpy()
    assert (classes[~third] == 4).all()
    np.testing.assert_array_equal(classes[third], h5(folder, "atl08", "gt1l/signal_photons/classed_pc_flag"))
    np.testing.assert_array_equal(read["atl08_ph_h"][third], h5(folder, "atl08", "gt1l/signal_photons/ph_h"))
    assert np.isnan(read["atl08_ph_h"][~third]).all()
    assert read["atl08_class"].attrs["flag_meanings"] == "noise ground canopy top_of_canopy unclassified"


def test_photons_that_were_cut_get_the_same_classes(atl03: Icesat2Reader, atl08: Icesat2Reader) -> None:
    whole = atl03.dataset("h_ph", classes=atl08)
    box = (-180.0, 45 + 20 * STEP, 180.0, 45 + 33 * STEP)
    inside = ((whole["latitude"] >= box[1]) & (whole["latitude"] <= box[3])).to_numpy()
    xarray.testing.assert_identical(atl03.dataset("h_ph", bbox=box, classes=atl08), whole.isel(photon=inside))


def test_where_a_tool_cut_into_a_segment_the_time_tells_which_photon_it_is(folder: Path, atl08: Icesat2Reader) -> None:
    path = granule(folder / "cut.h5", "ATL03", segments=60, beams=("gt1l",))
    with h5py.File(path, "a") as file:
        for name in list(file["gt1l/heights"]):
            values = file[f"gt1l/heights/{name}"][2:]
            del file[f"gt1l/heights/{name}"]
            file[f"gt1l/heights/{name}"] = values
        file["gt1l/geolocation/segment_ph_cnt"][0] -= 2
    with opened(path) as one:
        read = one.dataset(["h_ph", "segment_id"], beams="gt1l", classes=atl08)
    first = read["segment_id"].to_numpy() == FIRST_ID
    assert set(read["atl08_class"].to_numpy()[first]) == {4}
    assert set(read["atl08_class"].to_numpy()[~first]) == {0, 1, 2, 3, 4}


def test_classes_are_those_of_atl08_on_the_same_track(folder: Path, atl03: Icesat2Reader, atl08: Icesat2Reader) -> None:
    with pytest.raises(ReaderError, match=r"atl03.h5 is ATL03 and holds no signal_photons"):
        atl03.dataset("h_ph", classes=atl03)
    with pytest.raises(ReaderError, match=r"classes are given to photons of ATL03, not to rows of ATL08"):
        atl08.dataset("h_canopy", classes=atl08)
    path = granule(folder / "other.h5", "ATL08", segments=5)
    with h5py.File(path, "a") as file:
        file["orbit_info/rgt"][...] = 322
    with opened(path) as other, pytest.raises(ReaderError, match=r"track 321 in cycle 14 and .* track 322 in cycle 14"):
        atl03.dataset("h_ph", classes=other)


def test_signal_photons_get_the_land_segment_they_lie_in_and_a_place(folder: Path, atl08: Icesat2Reader) -> None:
    read = atl08.dataset(["classed_pc_flag", "h_canopy", "ph_segment_id"], beams="gt1l")
    row = (read["ph_segment_id"].to_numpy() - FIRST_ID) // 5
    heights = h5(folder, "atl08", "gt1l/land_segments/canopy/h_canopy")
    np.testing.assert_array_equal(read["h_canopy"], np.where(heights > 1e30, np.nan, heights)[row])
    placed = np.isfinite(read["latitude"])
    assert placed.mean() > 0.95
    expected = 45 + (read["ph_segment_id"] - FIRST_ID) * STEP
    assert float(np.abs(read["latitude"] - expected)[placed].max()) < STEP
    both = atl08.dataset(["classed_pc_flag", "latitude"], beams="gt1l")
    segments = h5(folder, "atl08", "gt1l/land_segments/latitude")
    np.testing.assert_array_equal(both["land_segments/latitude"], segments[row])
    np.testing.assert_array_equal(both["latitude"], read["latitude"])


def test_an_index_that_a_cutting_tool_left_is_not_trusted() -> None:
    index = SegmentIndex.of(np.array([101, 0, 103]), np.array([2, 0, 3]), 5, "here")
    assert list(index.starts) == [0, 2, 2]
    assert index.photons(slice(0, 3)) == slice(0, 5)
    assert index.photons(slice(1, 2)) == slice(0, 0)
    assert list(index.segments_of([slice(0, 5)])) == [0, 0, 2, 2, 2]


def test_an_index_with_photons_that_no_segment_has_is_followed() -> None:
    index = SegmentIndex.of(np.array([1, 0, 5]), np.array([2, 0, 3]), 9, "here")
    assert list(index.segments_of([slice(0, 8)])) == [0, 0, -1, -1, 2, 2, 2, -1]


def test_an_index_that_leads_beyond_the_photons_is_an_error() -> None:
    with pytest.raises(ReaderError, match=r"here: .*lead beyond the 4 photons"):
        SegmentIndex.of(np.array([1, 3]), np.array([2, 3]), 4, "here")


def test_what_lies_near_is_read_in_one_piece() -> None:
    assert merged(np.array([0, 1, 1, 0, 1, 0, 0, 0, 1], dtype=bool), 2) == [slice(1, 5), slice(8, 9)]
    assert merged(np.zeros(3, dtype=bool), 2) == []


def test_a_table_has_one_row_a_segment_and_goes_to_geoparquet_and_back(tmp_path: Path, atl08: Icesat2Reader) -> None:
    table = atl08.table(["h_canopy", "segment_landcover", "surf_type", "canopy_h_metrics"])
    assert list(table.columns[:7]) == ["time", "beam", "spot", "strong", "rgt", "cycle", "h_canopy"]
    assert [name for name in table.columns if name.startswith("surf_type")] == [
        f"surf_type_{what}" for what in ("land", "ocean", "sea_ice", "land_ice", "inland_water")
    ]
    assert [name for name in table.columns if name.startswith("canopy_h")][0::17] == [
        "canopy_h_metrics_1",
        "canopy_h_metrics_18",
    ]
    assert str(table["segment_landcover"].dtype) == "Int32"
    assert table["segment_landcover"].isna().any()
    assert table.crs.to_epsg() == 4326
    assert table.attrs["units"]["h_canopy"] == "meters"
    table.to_parquet(tmp_path / "t.parquet")
    back = geopandas.read_parquet(tmp_path / "t.parquet")
    assert_geodataframe_equal(back, table, check_like=True)
    assert back.attrs == table.attrs


def test_a_table_of_atl11_has_one_row_a_point_and_cycle_that_was_measured(folder: Path) -> None:
    path = granule(folder / "atl11.h5", "ATL11", segments=10, beams=PAIRS)
    with opened(path) as one:
        table, read = one.table(beams="pt2"), one.dataset("h_corr", beams="pt2")
    assert read["h_corr"].dims == ("ref_pt", "cycle_number")
    assert list(read["cycle_number"].to_numpy()) == [3, 4, 5]
    assert len(table) == 10 * 3 - 2
    assert list(table["cycle_number"].unique()) == [3, 4, 5]
    assert table["time"].notna().all()
    assert "strong" not in table.columns
    with opened(path) as one:  # what columns stand for comes along, and is asked for by the pattern
        assert list(one.dataset(["h_corr", "cycle_number"], beams="pt2").data_vars) == ["h_corr"]
    alone = granule(folder / "pt1.h5", "ATL11", segments=10, beams=PAIRS[:1])
    with opened(alone) as one, pytest.raises(ReaderError, match=r"read fewer.*cycle_number"):
        one.dataset(["ref_pt", "cycle_number"])


def test_a_wide_array_is_one_column_of_lists(folder: Path) -> None:
    with opened(granule(folder / "atl07.h5", "ATL07", segments=10)) as one:
        table = one.table("hist_photon_heights", beams="gt1l")
    assert [len(row) for row in table["hist_photon_heights"]] == [40] * 10


def test_a_dataset_goes_to_netcdf_and_back(tmp_path: Path, atl08: Icesat2Reader) -> None:
    read = atl08.dataset(["h_canopy", "segment_landcover", "night_flag", "surf_type"])
    read.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with h5py.File(tmp_path / "x.nc") as file:
        assert file["segment_landcover"].dtype == np.int32
    with xarray.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as back:
        xarray.testing.assert_equal(back.load(), read)


def test_short_names_mean_what_the_product_is_read_for(atl03: Icesat2Reader, atl08: Icesat2Reader) -> None:
    assert atl08.variables()["rgt"].path == "{beam}/land_segments/rgt"
    assert atl08.variables()["orbit_info/rgt"].path == "orbit_info/rgt"
    assert atl03.variables()["delta_time"].path == "{beam}/heights/delta_time"
    assert atl03.variables()["geolocation/delta_time"].path == "{beam}/geolocation/delta_time"


@pytest.mark.parametrize(
    "name",
    ["h_canopy", "canopy/h_canopy", "{beam}/land_segments/canopy/h_canopy", "/gt1l/land_segments/canopy/h_canopy"],
)
def test_a_variable_is_asked_for_by_name_or_path(atl08: Icesat2Reader, name: str) -> None:
    assert list(atl08.dataset(name).data_vars) == ["h_canopy"]


def test_a_pattern_means_all_that_it_fits(atl08: Icesat2Reader) -> None:
    names = ["h_canopy", "h_canopy_uncertainty", "h_mean_canopy", "canopy_h_metrics", "n_ca_photons"]
    assert set(atl08.dataset("canopy/*").data_vars) == set(names)
    with pytest.raises(ReaderError, match=r"no variable like 'snow\*'"):
        atl08.dataset("snow*")


def test_every_name_that_is_listed_means_its_variable(atl03: Icesat2Reader) -> None:
    for name, variable in atl03.variables().items():
        assert [one.path for one in atl03._granule.naming.find(name)] == [variable.path]


def test_variables_are_searched_by_words(atl08: Icesat2Reader) -> None:
    assert list(atl08.variables().search("canopy", "uncertainty")) == ["h_canopy_uncertainty"]
    assert "h_canopy" in repr(atl08)
    assert atl08.variables()["h_canopy"].unit == "meters"
    assert atl08.variables()["h_canopy"].fill == np.float32(3.4028235e38)


def test_a_name_of_several_lists_them_and_a_wrong_one_proposes_the_nearest(
    atl03: Icesat2Reader, atl08: Icesat2Reader
) -> None:
    with pytest.raises(ReaderError, match=r"2 variables 'bckgrd_mean'.*signal_find_output/land/.*output/ocean"):
        atl03.dataset("bckgrd_mean")
    with pytest.raises(ReaderError, match=r"no variable 'h_canopi': did you mean 'h_canopy'"):
        atl08.dataset("h_canopi")


def test_numbers_of_the_whole_granule_are_read_beside(atl08: Icesat2Reader) -> None:
    read = atl08.dataset(["orbit_info/rgt", "release", "sc_orient"])
    assert int(read["orbit_info/rgt"]) == 321
    assert str(read["release"].to_numpy()) == "006"
    both = atl08.dataset(["h_canopy", "sc_orient"])
    assert both["h_canopy"].dims == ("segment",)
    assert both["sc_orient"].dims == ()
    table = atl08.table(["h_canopy", "sc_orient", "ancillary_data/release"])
    assert set(table["sc_orient"]) == {1}
    assert set(table["release"]) == {"006"}
    with pytest.raises(ReaderError, match=r"no rows along the track.*orbit_info/rgt; use dataset"):
        atl08.table("orbit_info/rgt")


def test_bins_of_a_histogram_are_no_rows(folder: Path) -> None:
    with opened(granule(folder / "bins.h5", "ATL06", segments=60, beams=("gt1l", "gt1r"))) as one:
        read = one.dataset(["dh"])
        assert set(read.data_vars) == {"gt1l/dh", "gt1r/dh"}
        assert one.dataset("residual_histogram/count").sizes["segment"] == 4
        with pytest.raises(ReaderError, match=r"no rows along the track.*gt1l/dh; use dataset"):
            one.table(["h_li", "dh"])


def test_a_renamed_subset_knows_its_track_by_its_metadata(tmp_path: Path) -> None:
    without = ["orbit_info", "ancillary_data"]
    path = granule(tmp_path / "mine.h5", "ATL06", segments=5, more={"without": without})
    with opened(path) as one:
        attrs = one.dataset().attrs
    assert (attrs["rgt"], attrs["cycle"], attrs["region"], attrs["release"]) == (321, 14, 2, "006")


def drawn(figure: Any) -> set[str]:
    return {text.get_text() for axes in figure.axes for text in axes.get_legend().get_texts()}


def test_pictures_show_ground_and_canopy_photons_by_class_and_heights_by_beam(
    folder: Path, atl03: Icesat2Reader, atl08: Icesat2Reader
) -> None:
    assert drawn(atl08.plot()) == {"top of canopy (h_canopy above ground)", "ground (h_te_best_fit)"}
    assert "high" in drawn(atl03.plot())
    assert drawn(atl03.plot(classes=atl08)) == {"not classified", "noise", "canopy", "top of canopy", "ground"}
    with opened(granule(folder / "atl06.h5", "ATL06", segments=30)) as one:
        assert drawn(one.quicklook()) == {
            "atl06_quality_summary > 0", "gt1l weak", "gt1r strong", "gt2l weak", "gt2r strong", "gt3l weak",
            "gt3r strong",
        }  # fmt: skip
        assert one.plot("dem_h", beams="gt1l").axes[0].get_ylabel() == "dem h (m)"
    with opened(granule(folder / "pairs.h5", "ATL11", segments=30, beams=PAIRS)) as one:
        assert drawn(one.plot()) == {"cycle 3", "cycle 4", "cycle 5"}
        assert one.plot().axes[0].get_title(loc="left") == "pairs.h5, track 321"


def test_a_forest_has_its_ground_below_its_canopy(tmp_path: Path) -> None:
    atl03, atl08 = forest(tmp_path)
    with opened(atl03) as photons, opened(atl08) as land:
        read = photons.dataset("h_ph", classes=land)
    along = (read["latitude"].to_numpy() - 45 + STEP / 2) / STEP * 20
    height = read["h_ph"].to_numpy() - ground(along)
    kind = read["atl08_class"].to_numpy()
    assert np.abs(np.median(height[kind == 1])) < 1
    assert np.median(height[kind == 2]) < np.median(height[kind == 3])


def test_nothing_to_draw_is_a_picture_that_says_so(atl08: Icesat2Reader) -> None:
    assert "atitude" in atl08.plot("latitude").axes[0].get_ylabel()
    texts = [text.get_text() for text in atl08.plot(bbox=(0, 0, 1, 1)).axes[0].texts]
    assert texts == ["nothing measured here"]
    with pytest.raises(ReaderError, match="several columns a row"):
        atl08.plot("surf_type")


def test_photons_of_which_a_tool_left_no_segments_are_found_by_their_own_places(folder: Path) -> None:
    gone = ["gt1l/geolocation", "gt2r/geolocation/segment_id"]
    path = granule(folder / "bare.h5", "ATL03", segments=60, beams=("gt1l", "gt2r"), more={"without": gone})
    box = (-180.0, 45 + 20 * STEP, 180.0, 45 + 33 * STEP)
    with opened(path) as one:
        whole, cut = one.dataset("h_ph"), one.dataset("h_ph", bbox=box)
        geoid = one.dataset(["h_ph", "geoid"], bbox=box)["geoid"]
    inside = ((whole["latitude"] >= box[1]) & (whole["latitude"] <= box[3])).to_numpy()
    xarray.testing.assert_identical(cut, whole.isel(photon=inside))
    assert set(geoid["beam"].to_numpy()[np.isfinite(geoid)]) == {"gt2r"}


def test_photons_that_a_tool_cut_and_not_their_segments_are_looked_at_one_by_one(folder: Path) -> None:
    path = granule(folder / "cut.h5", "ATL03", segments=60, beams=("gt1l",))
    with h5py.File(path, "a") as file:
        heights = file["gt1l/heights"]
        for name in list(heights):
            if heights[name].shape[0] > 100:
                values = heights[name][100:]
                del heights[name]
                heights[name] = values
    box = (-180.0, 45 + 30 * STEP, 180.0, 45 + 43 * STEP)
    with opened(path) as one:
        whole, cut = one.dataset("h_ph"), one.dataset("h_ph", bbox=box)
        inside = ((whole["latitude"] >= box[1]) & (whole["latitude"] <= box[3])).to_numpy()
        assert inside.any()
        xarray.testing.assert_identical(cut, whole.isel(photon=inside))
        with pytest.raises(ReaderError, match="lead beyond"):
            one.dataset(["h_ph", "geoid"], bbox=box)
