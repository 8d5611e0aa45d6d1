"""What can be asked of EarthCARE only, as users write it and as the service is asked."""

from datetime import datetime
from typing import Any

import pytest

from harvesters.base import Selection
from harvesters.earthcare import EarthCARE
from harvesters.earthcare_circle import Circle
from harvesters.earthcare_options import OPTIONS, Wanted
from tercet.errors import ConfigError
from tests.harvesters.earthcare_walks import START, days, harvested, overlapping, selection, serving, walked
from tests.upstreams.earthcare import Archive
from tests.upstreams.earthcare_orbit import Frame
from transforms.earthcare_names import ProductName


def read(option: str, text: str) -> Any:
    parse = OPTIONS[option].parse
    assert parse is not None
    return parse(text)


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("level", "l2a", "L2A"),
        ("level", "2B", "L2B"),
        ("level", "L1", "L1"),
        ("instrument", " ATLID", "atlid"),
        ("baseline", "ba", "BA"),
        ("orbit", "4366", (4366, 4366)),
        ("orbit", "04366-4380", (4366, 4380)),
        ("frame", "e", "E"),
        ("radius", "12.5,-45,100", Circle(12.5, -45.0, 100.0)),
    ],
)
def test_options_are_read(option: str, text: str, value: Any) -> None:
    assert read(option, text) == value


@pytest.mark.parametrize(
    ("option", "text", "complaint"),
    [
        ("level", "L3", "no level of EarthCARE: it has L0, L1"),
        ("instrument", "atlas", "no instrument of EarthCARE: it has atlid, bbr, cpr, msi"),
        ("baseline", "B1", "write two letters"),
        ("orbit", "4380-4366", "write 4366, or 4366-4380"),
        ("orbit", "0", "no orbit"),
        ("orbit", "4366E", "no orbit"),
        ("frame", "I", "write one letter, A to H"),
        ("frame", "AB", "no frame"),
        ("radius", "1,2", "not three numbers"),
        ("radius", "1,95,10", "latitude within ±90"),
        ("radius", "1,2,0", "above 0"),
        ("radius", "1,2,nan", "above 0"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(option: str, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        read(option, text)


def test_what_stands_for_whole_types_does_not_narrow_a_walk() -> None:
    assert {name for name, option in OPTIONS.items() if not option.narrows} == {"level", "instrument"}
    assert all(option.help.endswith(".") for option in OPTIONS.values())


def narrow(length: float = 1, **options: Any) -> Selection:
    return selection(length, options=options, narrowed=True)


async def test_baselines_and_frames_are_asked_for_and_checked_here() -> None:
    archive = days(3, versions=3)
    got = await harvested(archive, narrow(baseline=("BA", "BB"), frame=("D",)))
    assert {(name[6:8], name[-1]) for name in got} == {("BA", "D"), ("BB", "D")}
    assert archive.service.asked[0]["filter"].endswith("AND (version='BA' OR version='BB') AND frame='D'")
    archive.service.ignores_filters = True
    assert sorted(await harvested(archive, narrow(baseline=("BA", "BB"), frame=("D",)))) == sorted(got)


async def test_orbits_are_looked_for_where_they_were_flown() -> None:
    archive = Archive(600, first=Frame(4366, 0).orbit * 8)
    selected = Selection("MSI_COP_2A", options={"orbit": (4370, 4371)}, narrowed=True)
    with serving(archive) as settings:
        pages = await walked(EarthCARE(), settings, selected)
    got = [record["id"] for page in pages for record in page.records]
    assert sorted(name[-6:] for name in got) == [
        f"{orbit:05d}{frame}" for orbit in (4370, 4371) for frame in "ABCDEFGH"
    ]
    assert len(archive.service.asked) <= 3  # a few days, not all of the mission
    assert '"sat:absolute_orbit" >= 4370' in archive.service.asked[0]["filter"]


@pytest.mark.parametrize(
    ("name", "orbit"),
    [
        # products of all the mission that recorded answers name
        ("ECA_EXAA_AUX_MET_1D_20240530T143836Z_20240530T183430Z_00027E", 27),
        ("ECA_EXBA_MSI_RGR_1C_20240717T114448Z_20250620T123502Z_00771C", 771),
        ("ECA_EXBA_ACM_CAP_2B_20240811T184126Z_20250905T145558Z_01164D", 1164),
        ("ECA_EXBA_CPR_TC__2A_20250301T224850Z_20250913T141959Z_04310B", 4310),
        ("ECA_EXAD_AC__TC__2B_20250614T064245Z_20250614T224408Z_05933E", 5933),
        ("ECA_JXBA_ALL_RAD_2B_20251127T020816Z_20251127T062140Z_08513E", 8513),
    ],
)
def test_every_known_orbit_lies_well_within_the_time_that_is_walked_for_it(name: str, orbit: int) -> None:
    start, end = Wanted(orbits=(orbit, orbit)).span
    sensed = datetime.fromisoformat(ProductName.parse(name).start)
    assert start is not None
    assert end is not None
    # half of the doubt is not needed
    assert start + (end - start) / 4 < sensed < end - (end - start) / 4


@pytest.mark.parametrize(
    ("product", "collection"),
    [
        ("AUX_MET_1D", "EarthCAREXMETL1DProducts10_MAAP"),
        ("GEO_ORBOBS", "EarthCAREOrbitData_MAAP"),
        ("AUX_JSG_1D", "EarthCAREL1Validated_MAAP"),  # which lists orbits, and finds this type by none
    ],
)
async def test_orbits_are_not_asked_of_collections_that_do_not_list_them_nor_of_types_that_are_not_found(
    product: str, collection: str
) -> None:
    archive = days(2, product_types=(product,))
    archive.collections = {collection: (product,)}
    selected = selection(1.5, product=product, options={"orbit": (5728, 5729)}, narrowed=True)
    got = await harvested(archive, selected)
    assert {int(name[-6:-1]) for name in got} == {5728, 5729}
    assert not any("rbit" in body["filter"] for body in archive.service.asked)


def test_what_has_no_orbit_is_not_of_the_wanted_orbits() -> None:
    predicted = ProductName.parse("ECA_EXAA_AUX_ORBPRE_20250901T000000Z_20250911T000000Z_0001")
    assert Wanted().has(predicted)
    assert not Wanted(orbits=(1, 99999)).has(predicted)
    assert not Wanted(frames=("A",)).has(predicted)


async def test_few_records_make_wide_windows() -> None:
    archive = days(20)
    got = await harvested(archive, selection(20, options={"frame": ("D",)}, narrowed=True))
    assert set(got) == {name for name in overlapping(archive, selection(20)) if name.endswith("D")}
    assert len(archive.service.asked) < 12
    assert START.isoformat()[:10] in archive.service.asked[0]["datetime"]
