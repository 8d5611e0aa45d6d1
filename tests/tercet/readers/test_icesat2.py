"""Granules of every layout: what is read is what h5py finds, in the beams, places and times that were asked for."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from tercet.errors import ReaderError
from tercet.readers.hdf5.local import open_local
from tercet.readers.icesat2 import Icesat2Reader, reader, recognizes
from tercet.readers.icesat2.times import EPOCH_GPS, utc
from tests.tercet.readers.icesat2_files import (
    BEAMS,
    FLOAT_FILL,
    PRODUCTS,
    STEP,
    counts,
    granule,
    groups_of,
)


def opened(path: Path) -> Icesat2Reader:
    one = reader(open_local(path))
    assert isinstance(one, Icesat2Reader)
    return one


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("granules")
    return {one: granule(folder / f"{one}.h5", one, segments=60, beams=groups_of(one)) for one in PRODUCTS}


@pytest.fixture
def atl08(files: dict[str, Path]) -> Iterator[Icesat2Reader]:
    with opened(files["ATL08"]) as one:
        yield one


@pytest.fixture
def atl03(files: dict[str, Path]) -> Iterator[Icesat2Reader]:
    with opened(files["ATL03"]) as one:
        yield one


def stored(path: Path, place: str, beams: Sequence[str]) -> Any:
    """Values of all beams as h5py reads them, fill as NaN."""
    with h5py.File(path) as file:
        parts = [file[place.replace("{beam}", beam)] for beam in beams]
        fill = parts[0].attrs.get("_FillValue")
        values = np.concatenate([part[...] for part in parts])
    return np.where(values == fill[0], np.nan, values) if fill is not None and fill[0] != 0 else values


@pytest.mark.parametrize("product", PRODUCTS)
def test_every_variable_of_every_layout_is_what_h5py_reads(files: dict[str, Path], product: str) -> None:
    with opened(files[product]) as one:
        one.variables()
        rows = one._granule.structure.rows
        for root, group in rows.items():
            paths = {
                one._granule.naming.name_of(field): field.path
                for field in one._granule.structure.fields.values()
                if field.rows == root and one._granule._is_along(field)
            }
            read = one.dataset(list(paths)).reset_coords()
            places = {group.latitude: "latitude", group.longitude: "longitude"}
            for name, path in paths.items():
                found = read[places.get(path, name)]
                np.testing.assert_array_equal(found, stored(files[product], path, groups_of(product)))


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_granule_is_known_by_what_is_in_it_whatever_it_is_called(
    files: dict[str, Path], tmp_path: Path, product: str
) -> None:
    renamed = tmp_path / "mine.h5"
    renamed.write_bytes(files[product].read_bytes())
    with h5py.File(renamed, "a") as file:
        del file["METADATA"], file.attrs["short_name"]
    with opened(renamed) as one:
        assert one.product == product


def test_an_hdf5_file_of_another_mission_is_none(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["ScienceData/height"] = np.arange(3.0)
    assert not recognizes(open_local(tmp_path / "other.h5"))


def test_rows_carry_time_place_beam_spot_and_strength(atl08: Icesat2Reader) -> None:
    read = atl08.dataset("h_canopy")
    assert set(read.coords) == {"time", "latitude", "longitude", "beam", "spot", "strong"}
    assert list(dict.fromkeys(read["beam"].to_numpy())) == list(BEAMS)
    assert dict(zip(read["beam"].to_numpy(), read["spot"].to_numpy(), strict=True)) == dict(
        zip(BEAMS, (6, 5, 4, 3, 2, 1), strict=True)
    )
    assert set(read["beam"].to_numpy()[read["strong"]]) == {"gt1r", "gt2r", "gt3r"}
    assert read.attrs == {
        "source": "ATL08.h5", "product": "ATL08", "release": "006", "rgt": 321, "cycle": 14, "region": 2,
        "orientation": "forward", "crs": "EPSG:4326",
    }  # fmt: skip


@pytest.mark.parametrize(("product", "row"), [("ATL04", "profile"), ("ATL09", "profile"), ("ATL24", "photon")])
def test_rows_are_called_what_they_are(files: dict[str, Path], product: str, row: str) -> None:
    with opened(files[product]) as one:
        assert row in one.dataset().sizes


def test_units_names_and_meanings_of_flags_come_along(files: dict[str, Path]) -> None:
    with opened(files["ATL06"]) as one:
        read = one.dataset(["h_li", "atl06_quality_summary"])
    assert read["h_li"].attrs["units"] == "meters"
    assert read["h_li"].attrs["long_name"] == "h li"
    assert read["h_li"].attrs["source_path"] == "{beam}/land_ice_segments/h_li"
    assert read["atl06_quality_summary"].attrs["flag_meanings"] == "best_quality potential_problem"
    assert list(read["atl06_quality_summary"].attrs["flag_values"]) == [0, 1]


def test_a_backward_flight_has_its_strong_beams_on_the_left(tmp_path: Path) -> None:
    with opened(granule(tmp_path / "a.h5", "ATL06", segments=4, orientation=0)) as one:
        assert set(one.dataset(beams="strong")["beam"].to_numpy()) == {"gt1l", "gt2l", "gt3l"}
        assert [one.beams[beam].spot for beam in BEAMS] == [1, 2, 3, 4, 5, 6]


def test_without_an_orientation_the_attributes_of_beams_say_which_are_strong(tmp_path: Path) -> None:
    with opened(granule(tmp_path / "a.h5", "ATL06", segments=4, orientation=None)) as one:
        assert set(one.dataset(beams="weak")["beam"].to_numpy()) == {"gt1l", "gt2l", "gt3l"}
        assert one.beams["gt3r"].spot == 1


def test_in_transition_nobody_can_say_which_beams_are_strong(tmp_path: Path) -> None:
    # whatever the attributes of beams say: they hold for rows before or after
    with opened(granule(tmp_path / "a.h5", "ATL06", segments=4, orientation=2)) as one:
        assert "strong" not in one.dataset("h_li").coords
        with pytest.raises(ReaderError, match=r"does not say which beams are strong.*gt1l, gt1r"):
            one.dataset(beams="strong")


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("gt2l", ["gt2l"]),
        (["gt3r", "gt1l"], ["gt1l", "gt3r"]),
        (1, ["gt3r"]),
        (["weak", 1], ["gt1l", "gt2l", "gt3l", "gt3r"]),
    ],
    ids=["name", "names", "spot", "mixed"],
)
def test_beams_are_asked_for_by_name_strength_or_spot(atl08: Icesat2Reader, asked: Any, given: list[str]) -> None:
    assert list(dict.fromkeys(atl08.dataset("h_canopy", beams=asked)["beam"].to_numpy())) == given


def test_missing_beams_and_empty_groups_are_normal(tmp_path: Path) -> None:
    path = granule(tmp_path / "a.h5", "ATL08", segments=20, beams=("gt1l", "gt2r", "gt3l"), empty=("gt2r",))
    with h5py.File(path, "a") as file:
        file.create_group("gt3r")
    with opened(path) as one:
        read = one.dataset()
        assert dict(zip(*np.unique(read["beam"], return_counts=True), strict=True)) == {"gt1l": 4, "gt3l": 4}
        assert one.dataset(beams="gt2r").sizes["segment"] == 0
        assert one.dataset(beams="gt3r").sizes["segment"] == 0
        with pytest.raises(ReaderError, match=r"holds no beam gt1r; beams present: gt1l, gt2r, gt3l, gt3r"):
            one.dataset(beams="gt1r")


def test_a_beam_that_lacks_a_variable_has_nothing_there(tmp_path: Path) -> None:
    path = granule(tmp_path / "a.h5", "ATL06", segments=5, more={"without": ["gt1r/land_ice_segments/dem/dem_h"]})
    with opened(path) as one:
        read = one.dataset("dem/dem_h")
    missing, beams = np.isnan(read["dem_h"].to_numpy()), read["beam"].to_numpy()
    assert {beam: bool(missing[beams == beam].all()) for beam in BEAMS} == {beam: beam == "gt1r" for beam in BEAMS}


def test_fill_is_found_in_the_type_that_is_stored(files: dict[str, Path]) -> None:
    with opened(files["ATL08"]) as one:
        read = one.dataset(["h_canopy", "segment_landcover", "n_ca_photons"], beams="gt1l")
    assert read["h_canopy"].dtype == np.float32
    assert np.isnan(read["h_canopy"]).any()
    assert float(read["h_canopy"].max()) < 1000
    assert set(np.unique(read["segment_landcover"].fillna(-1))) == {-1, 111}
    assert read["n_ca_photons"].dtype == np.int32


def test_fill_whose_attribute_a_tool_lost_is_fill(tmp_path: Path) -> None:
    path = granule(tmp_path / "a.h5", "ATL08", segments=60)
    with h5py.File(path, "a") as file:
        del file["gt1l/land_segments/canopy/h_canopy"].attrs["_FillValue"]
        assert (file["gt1l/land_segments/canopy/h_canopy"][...] == FLOAT_FILL).any()
    with opened(path) as one:
        assert float(one.dataset("h_canopy", beams="gt1l")["h_canopy"].max()) < 1000


def test_numbers_whose_bytes_lie_the_other_way_round_are_numbers_of_this_machine(tmp_path: Path) -> None:
    path = granule(tmp_path / "a.h5", "ATL06", segments=4, beams=("gt1l",))
    names = ("h_li", "segment_id", "atl06_quality_summary")
    with opened(path) as one:
        expected = one.table(names)
    with h5py.File(path, "a") as file:
        group = file["gt1l/land_ice_segments"]
        for name in names:
            array = group[name]
            values, attributes = array[...].astype(array.dtype.newbyteorder(">")), dict(array.attrs)
            del group[name]
            group[name] = values
            group[name].attrs["_FillValue"] = attributes.get("_FillValue", values[:1] * 0 - 1)
    with opened(path) as one:
        table = one.table(names)
        table.to_parquet(tmp_path / "a.parquet")
    for name in names:
        assert table[name].to_list() == pytest.approx(expected[name].to_list(), nan_ok=True)


def test_no_photons_is_a_number_not_fill(atl03: Icesat2Reader) -> None:
    read = atl03.dataset("segment_ph_cnt", beams="gt1l")["segment_ph_cnt"]
    np.testing.assert_array_equal(read, counts(60))
    assert read.dtype == np.int32


def test_times_are_utc(atl08: Icesat2Reader) -> None:
    first = atl08.dataset("h_canopy", beams="gt1l")["time"].to_numpy()[0]
    assert first == np.datetime64("2022-01-10T10:15:00.250000000", "ns")


@pytest.mark.parametrize(
    ("units", "scale", "start"),
    [
        ("days since 2022-01-10", 86_400.0, "2022-01-10"),
        ("nanoseconds since 2022-01-10T10:15:00.250000", 1e-9, "2022-01-10T10:15:00.250"),
        ("seconds since 2018-01-01 00:00:00", 1.0, "2018-01-01"),
    ],
)
def test_times_that_a_tool_counted_anew_are_the_same_moments(
    tmp_path: Path, units: str, scale: float, start: str
) -> None:
    path = granule(tmp_path / "a.h5", "ATL06", segments=4, beams=("gt1l",))
    with opened(path) as one:
        expected = one.dataset("h_li")["time"].to_numpy()
    counted = (expected - np.datetime64(start, "ns")) / np.timedelta64(1, "s") / scale
    path = granule(tmp_path / "b.h5", "ATL06", segments=4, beams=("gt1l",))
    with h5py.File(path, "a") as file:
        del file["gt1l/land_ice_segments/delta_time"]
        file["gt1l/land_ice_segments/delta_time"] = counted.round().astype(np.int64) if scale < 1 else counted
        file["gt1l/land_ice_segments/delta_time"].attrs["units"] = units
    with opened(path) as one:
        found = one.dataset("h_li", time=("2022-01-10", "2022-01-11"))["time"].to_numpy()
    assert np.abs(found - expected).max() < np.timedelta64(1, "us")


@given(st.integers(0, 400_000_000), st.integers(0, 999_999))
def test_every_microsecond_of_the_mission_stays_what_it_is(second: int, microsecond: int) -> None:
    expected = np.datetime64("2018-01-01", "us") + np.timedelta64(second * 1_000_000 + microsecond, "us")
    found = utc(np.array([second + microsecond / 1e6]))[0]
    assert abs(found - expected) < np.timedelta64(100, "ns")
    assert (found + np.timedelta64(500, "ns")).astype("datetime64[us]") == expected


def test_another_epoch_moves_the_times_and_fill_has_none() -> None:
    found = utc(np.array([0.0, np.nan, np.finfo(np.float64).max]), EPOCH_GPS + 60)
    assert found[0] == np.datetime64("2018-01-01T00:01:00", "ns")
    assert np.isnat(found[1:]).all()


_WITH_FILL = ("cloud_flag_atm", "beam_fb_quality_flag")
BOX = (-180.0, 45 + 20.2 * STEP, 180.0, 45 + 41.7 * STEP)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_box_cuts_rows_as_cutting_afterwards_would(files: dict[str, Path], product: str) -> None:
    with opened(files[product]) as one:
        whole, cut = one.dataset(), one.dataset(bbox=BOX)
    inside = (whole["latitude"] >= BOX[1]) & (whole["latitude"] <= BOX[3])
    assert 0 < int(inside.sum()) < inside.size
    xarray.testing.assert_identical(cut, whole.isel({inside.dims[0]: inside.to_numpy()}))


@pytest.mark.parametrize("product", PRODUCTS)
def test_what_overlaps_nothing_is_empty_and_of_the_right_shape(files: dict[str, Path], product: str) -> None:
    with opened(files[product]) as one:
        whole, none = one.dataset(), one.dataset(bbox=(-10, -10, -9, -9))
        assert none.sizes == {**whole.sizes, whole["beam"].dims[0]: 0}
        # whole numbers with fill among them are floats, and none is among none
        floats = [name for name, part in whole.items() if part.dtype.kind == "f" and name not in _WITH_FILL]
        assert [none[name].dtype for name in floats] == [whole[name].dtype for name in floats]
        assert {name: part.dims for name, part in none.items()} == {name: part.dims for name, part in whole.items()}
        assert len(one.table(bbox=(-10, -10, -9, -9))) == 0
        assert one.table(bbox=(-10, -10, -9, -9)).crs.to_epsg() == 4326


def test_a_polygon_and_a_time_cut_photons(atl03: Icesat2Reader) -> None:
    whole = atl03.dataset("h_ph")
    round_about = Point(20.02, 45.005).buffer(0.003)
    inside = np.array(
        [round_about.intersects(Point(*place)) for place in zip(whole.longitude, whole.latitude, strict=True)]
    )
    cut = atl03.dataset("h_ph", polygon=round_about)
    assert 0 < inside.sum() < inside.size
    xarray.testing.assert_identical(cut, whole.isel(photon=inside))
    start, end = "2022-01-10T10:15:00.300Z", "2022-01-10T10:15:00.350Z"
    during = (whole["time"] >= np.datetime64(start[:-1])) & (whole["time"] < np.datetime64(end[:-1]))
    assert 0 < int(during.sum()) < during.size
    xarray.testing.assert_identical(atl03.dataset("h_ph", time=(start, end)), whole.isel(photon=during.to_numpy()))


def test_a_box_across_the_antimeridian_takes_both_sides(tmp_path: Path) -> None:
    path = granule(tmp_path / "a.h5", "ATL06", segments=300, more={"longitude": 179.998})
    with opened(path) as one:
        whole = one.dataset("h_li")
        cut = one.dataset("h_li", bbox=(179.99, 44, -179.97, 46))
    inside = (whole["longitude"] >= 179.99) | (whole["longitude"] <= -179.97)
    assert {True, False} == set(np.unique(cut["longitude"] > 0))
    xarray.testing.assert_identical(cut, whole.isel(segment=inside.to_numpy()))


class Counting:
    """An `Hdf5` that remembers what was read."""

    def __init__(self, path: Path) -> None:
        self._file = open_local(path)
        self.name = self._file.name
        self.rounds: list[int] = []
        self.rows: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, wanted: Sequence[Any], soon: Sequence[str] = ()) -> list[Any]:
        found = self._file.read(wanted, soon)
        self.rounds.append(len(wanted))
        for one, values in zip(wanted, found, strict=True):
            self.rows[one.path] = self.rows.get(one.path, 0) + len(np.atleast_1d(values))
        return found


def test_a_part_of_many_photons_is_read_in_two_requests_and_little_else_with_it(tmp_path: Path) -> None:
    path = granule(tmp_path / "a.h5", "ATL03", segments=4000, more={"photons": 30})
    file = Counting(path)
    one = Icesat2Reader(file)
    wanted = (-180.0, 45 + 1000 * STEP, 180.0, 45 + 1020 * STEP)
    read = one.dataset(["h_ph", "signal_conf_ph", "geoid", "segment_id"], bbox=wanted, beams=["gt1l", "gt2r"])
    assert len(file.rounds) == 2
    photons = int(read.sizes["photon"]) // 2
    assert photons > 500
    # 200 m on either side are read, too
    assert file.rows["gt1l/heights/h_ph"] < photons + 2 * 13 * 33
    assert file.rows["gt1l/geophys_corr/geoid"] < 20 + 2 * 14
    assert "gt1r/heights/h_ph" not in file.rows


def test_a_whole_beam_is_one_request(files: dict[str, Path]) -> None:
    file = Counting(files["ATL06"])
    Icesat2Reader(file).dataset(["h_li", "dem_h"], beams="gt1l")
    assert len(file.rounds) == 1


@pytest.mark.parametrize("product", PRODUCTS)
def test_names_mean_the_same_whether_the_file_was_listed_or_looked_at(files: dict[str, Path], product: str) -> None:
    with opened(files[product]) as listed:
        names = {name: variable.path for name, variable in listed.variables().items()}
    for name, path in names.items():
        with opened(files[product]) as one:
            along, beside = one._granule.asked(name)
            assert [(field.path, one._granule.naming.name_of(field)) for field in along + beside] == [(path, name)]


def test_four_variables_are_found_without_listing_the_file(files: dict[str, Path]) -> None:
    class Unlisted(Counting):
        def arrays(self) -> Any:
            held = self._file.arrays()

            class Arrays:
                def __contains__(self, path: object) -> bool:
                    return path in held

                def __getitem__(self, path: str) -> Any:
                    return held[path]

                def get(self, path: str) -> Any:
                    return held.get(path)

            return Arrays()

    one = Icesat2Reader(Unlisted(files["ATL08"]))
    assert len(one.dataset(["h_canopy", "h_te_best_fit", "n_ca_photons", "night_flag"]).data_vars) == 4
    assert one.dataset().sizes["segment"] == 12 * 6


def test_beams_that_are_named_are_all_that_is_looked_at(files: dict[str, Path]) -> None:
    class Watched(Counting):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            self.looked_at: set[str] = set()

        def look(self, paths: Iterable[str]) -> Any:
            paths = list(paths)
            self.looked_at |= {path.partition("/")[0] for path in paths}
            return self._file.look(paths)

    file = Watched(files["ATL06"])
    one = Icesat2Reader(file)
    assert one.dataset("h_li", beams=["gt2l", "gt3r"]).sizes["segment"] == 120
    assert {name for name in file.looked_at if name in BEAMS} == {"gt2l", "gt3r"}
    assert one.dataset("h_li", beams="gt1r").sizes["segment"] == 60
    assert one.dataset("h_li").sizes["segment"] == 360
    assert list(one.beams) == list(BEAMS)
