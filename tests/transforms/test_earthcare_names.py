from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.errors import RecordError
from tests.stac_schemas import SHARED
from transforms.earthcare_names import ProductName, collection_id
from transforms.earthcare_products import PRODUCT_TYPES, instruments_of

NAMES = SHARED / "upstream" / "maap-earthcare" / "samples" / "names"

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(lambda t: f"{t:%Y%m%dT%H%M%SZ}")  # noqa: DTZ001
TYPES = st.sampled_from(sorted(PRODUCT_TYPES))
HEADS = st.from_regex(r"EC[AB]_[CEJ][NOX][A-Z]{2}", fullmatch=True)
PLACES = st.tuples(st.integers(0, 99999), st.sampled_from("ABCDEFGH"))
FRAME = "ECA_EXBA_MSI_COP_2A_20250305T134540Z_20250912T202910Z_04366E"


@given(HEADS, TYPES, MOMENTS, MOMENTS, PLACES)
def test_a_frame_product_writes_itself_back(
    head: str, kind: str, start: str, created: str, place: tuple[int, str]
) -> None:
    orbit, frame = place
    text = f"{head}_{kind}_{start}_{created}_{orbit:05d}{frame}"
    name = ProductName.parse(text)
    assert str(name) == text
    assert (name.type, name.orbit, name.frame) == (kind, orbit, frame)


@given(HEADS, TYPES, MOMENTS, st.just("99999999T999999Z") | MOMENTS, st.integers(0, 9999))
def test_an_interval_product_writes_itself_back(head: str, kind: str, start: str, stop: str, version: int) -> None:
    text = f"{head}_{kind}_{start}_{stop}_{version:04d}"
    name = ProductName.parse(text)
    assert str(name) == text
    assert (name.orbit, name.file_version) == (None, f"{version:04d}")


def test_the_second_time_is_the_creation() -> None:
    name = ProductName.parse("ECA_EXBA_MSI_COP_2A_20250305T134540Z_20250912T202910Z_04366E")
    assert name.start == "2025-03-05T13:45:40.000Z"
    assert name.created == "2025-09-12T20:29:10.000Z"
    assert name.stop is None


def test_an_open_end_is_no_time() -> None:
    assert ProductName.parse("ECA_EXAA_MPL_ORBSCT_20240528T214917Z_99999999T999999Z_0015").stop is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ATL08_20181014000347_02350101_006_02",
        "ECA_EXBA_MSI_COP_2A_20250305T134540Z_20250912T202910Z_04366I",
        "ECA_EXBA_MSI_COP_2A_20251305T134540Z_20250912T202910Z_04366E",
        "ECA_EXBA_MSI_COP_2A_20250305T134540Z_99999999T999999Z_04366E",
        "ECA_EXBA_MSI_COP_2A_20250305T134540Z_20250912T202910Z_04366E.h5",
        "ECA_EXBA_MSI_COP_2A_\u0662\u0660\u0662\u0665\u0660\u0663\u0660\u0665T134540Z_20250912T202910Z_04366E",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(RecordError):
        ProductName.parse(text)


def test_every_recorded_name_writes_itself_back() -> None:
    tables = sorted(NAMES.glob("*.tsv"))
    if not tables:
        pytest.skip(f"no recorded names in {NAMES.resolve()}")
    rows = (line.split("\t") for table in tables for line in table.read_text().splitlines())
    seen = [row[0] for row in rows if row[0].startswith("ECA_")]
    assert len(seen) > 90
    assert [str(ProductName.parse(name)) for name in seen] == seen
    assert [str(ProductName.of_file(f"{name}.h5")) for name in seen] == seen


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("MSI_COP_2A", "earthcare-msi-cop-2a"),
        ("AC__TC__2B", "earthcare-ac-tc-2b"),
        ("ATL_NOM_0_", "earthcare-atl-nom-0"),
    ],
)
def test_a_collection_has_one_dash_for_a_run_of_underscores(kind: str, expected: str) -> None:
    assert collection_id(kind) == expected


def test_no_two_types_share_a_collection() -> None:
    assert len({collection_id(kind) for kind in PRODUCT_TYPES}) == len(PRODUCT_TYPES)


def test_what_a_name_tells_orders_the_versions_of_a_frame() -> None:
    of = {
        (baseline, made): ProductName.parse(f"ECA_EX{baseline}_MSI_COP_2A_20250305T134540Z_{made}_04366E")
        for baseline in ("AE", "BA")
        for made in ("20250912T202910Z", "20260912T202910Z")
    }
    assert {name.subject for name in of.values()} == {"MSI_COP_2A|04366|E"}
    assert sorted(of, key=lambda key: of[key].rank) == sorted(of)


@given(HEADS, TYPES, MOMENTS, PLACES, st.sampled_from(["", ".h5", ".HDR", ".ZIP", " (1).h5", ".h5.part"]))
def test_a_file_is_known_by_the_name_in_its_name(
    head: str, kind: str, start: str, place: tuple[int, str], suffix: str
) -> None:
    name = f"{head}_{kind}_{start}_20300101T000000Z_{place[0]:05d}{place[1]}"
    assert str(ProductName.of_file(name + suffix)) == name
    assert str(ProductName.of_file(f"downloads/{name}{suffix}")) == name


def test_a_mission_prefix_that_was_cut_off_is_put_back() -> None:
    assert str(ProductName.of_file(f"{FRAME.removeprefix('ECA_')}.h5")) == FRAME


@pytest.mark.parametrize(
    "text", ["", "x.h5", f"{FRAME[:-1]}.h5", f"{FRAME}9.h5", "ATL08_20181014000347_02350101_006_02.h5"]
)
def test_a_file_name_without_a_product_name_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="holds no EarthCARE product name"):
        ProductName.of_file(text)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("AUX_CCMC_A", ("atlid",)),
        ("AUX_CCLI_B", ("bbr",)),
        ("AUX_VRAD_M", ("msi",)),
        ("AUX_MET_1D", ()),
        ("MPL_ORBSCT", ()),
    ],
)
def test_calibration_parameters_are_those_of_an_instrument(kind: str, expected: tuple[str, ...]) -> None:
    assert instruments_of(kind) == expected
