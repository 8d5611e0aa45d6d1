from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.errors import RecordError
from transforms.icesat2_names import GranuleName, orbit_state
from transforms.icesat2_products import PRODUCTS

two = st.integers(0, 99)
three = st.integers(0, 999).map(lambda number: f"{number:03d}")
track = st.integers(1, 1387)
moment = st.datetimes(datetime(2018, 10, 13), datetime(2030, 1, 1)).map(lambda t: f"{t:%Y%m%d%H%M%S}")  # noqa: DTZ001
ends = {
    "release": three,
    "revision": two,
    "prefix": st.sampled_from(["", "processed_"]),
    "tag": st.sampled_from(["", "subsetted", "subset_1", "HEGOUT"]),
}


def named(**fields: Any) -> st.SearchStrategy[GranuleName]:
    return st.builds(GranuleName, **fields, **ends)


pieces = {"start": moment, "rgt": track, "cycle": two, "region": two}
timed = named(product=st.sampled_from(sorted(PRODUCTS)), hemisphere=st.sampled_from([None, "01", "02", "00"]), **pieces)
bathymetry = named(product=st.just("ATL24"), source_release=three, source_revision=two, **pieces)
through_cycles = named(product=st.just("ATL11"), rgt=track, region=two, first_cycle=two, last_cycle=two)
grids = named(
    product=st.sampled_from(["ATL14", "ATL15"]),
    area=st.sampled_from(["AA", "IS", "GL", "A1"]),
    first_cycle=two,
    last_cycle=two,
    resolution=st.sampled_from(["100m", "01km", "40km"]),
    suffix=st.just(".nc"),
)


@given(timed | bathymetry | through_cycles | grids)
def test_every_name_is_read_as_it_is_written_and_written_as_it_is_read(name: GranuleName) -> None:
    assert GranuleName.parse(str(name)) == name
    assert str(GranuleName.parse(str(name))) == str(name)
    assert str(name) == name.stem + name.suffix


@given(timed, two)
def test_revisions_share_a_subject_and_the_higher_one_has_the_higher_rank(name: GranuleName, revision: int) -> None:
    text = str(name).replace(f"_{name.release}_{name.revision:02d}", f"_{name.release}_{revision:02d}")
    other = GranuleName.parse(text)
    assert other.subject == name.subject
    assert (other.rank > name.rank) == (revision > name.revision)


@pytest.mark.parametrize(
    ("text", "subject", "rank"),
    [
        ("ATL08_20191211143520_11560506_006_01.h5", "ATL08_20191211143520_11560506_006", "01"),
        ("ATL03_20250104003608_02892602_007_01.h5", "ATL03_20250104003608_02892602_007", "01"),
        ("ATL07-01_20200105001351_01420601_007_02.h5", "ATL07-01_20200105001351_01420601_007", "02"),
        ("ATL10-02_20200101173923_00920601_007_01.h5", "ATL10-02_20200101173923_00920601_007", "01"),
        ("ATL13_20200106183940_01690601_007_01.h5", "ATL13_20200106183940_01690601_007", "01"),
        ("ATL11_135803_0311_004_01.h5", "ATL11_135803_0311_004", "01"),
        ("ATL14_IS_0311_100m_001_01.nc", "ATL14_IS_0311_100m_001", "01"),
        ("ATL16_20200308000030_11040601_004_01.h5", "ATL16_20200308000030_11040601_004", "01"),
        ("ATL21-01_20181001010615_00370101_003_01.h5", "ATL21-01_20181001010615_00370101_003", "01"),
        ("ATL23_20230401000000_10761801_001_01.h5", "ATL23_20230401000000_10761801_001", "01"),
        ("ATL24_20181228203822_00060208_006_02_002_01.h5", "ATL24_20181228203822_00060208_002", "01.006.02"),
        ("ATL09QL_20200101000000_01420601_007_01.h5", "ATL09QL_20200101000000_01420601_007", "01"),
    ],
)
def test_every_product_has_what_its_revisions_share(text: str, subject: str, rank: str) -> None:
    name = GranuleName.parse(text)
    assert (str(name), name.subject, name.rank) == (text, subject, rank)


@pytest.mark.parametrize(
    "text",
    ["", "ATL08", "ATL08_20191211143520_11560506_006_01", "MOD09GA.A2020001.h08v05.061.hdf", "SC:ATL08.005:22",
     "ATL08_2019121114352_11560506_006_01.h5", "ATL08_20191211143520_11560506_006_01.h5 ", "ATL08_٢٠١٩.h5",
     "ATL11_078805_0304_02_v002.h5"],
)  # fmt: skip
def test_another_name_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="not the name of an ICESat-2 granule"):
        GranuleName.parse(text)


def test_the_orbit_since_launch_follows_from_track_and_cycle() -> None:
    # as recorded in the metadata of these two granules
    assert GranuleName.parse("ATL03_20221012161617_03351705_005_01.h5").absolute_orbit == 22728
    assert GranuleName.parse("ATL06_20190221121851_08410203_005_01.h5").absolute_orbit == 2429


def test_regions_go_up_over_and_down_the_orbit() -> None:
    states = [orbit_state(region) for region in range(1, 15)]
    up, over, down = "ascending", "crossing", "descending"
    assert states == [up, up, up, over, down, down, down, down, down, down, over, up, up, up]


@given(timed, st.from_regex(r"[A-Za-z0-9]{8}", fullmatch=True))
def test_the_ending_of_a_granule_ur_is_read_and_is_no_part_of_the_granule(name: GranuleName, ending: str) -> None:
    suffixed = GranuleName.parse(f"{name}_{ending}")
    assert str(suffixed) == f"{name}_{ending}"
    assert (suffixed.stem, suffixed.subject, suffixed.rank) == (name.stem, name.subject, name.rank)
