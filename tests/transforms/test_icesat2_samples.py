"""The real recorded answers, catalogues and files in the optional folder beside the project."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from harvesters.base import Record
from harvesters.icesat2_answers import records_in
from harvesters.icesat2_files import records_in_file
from harvesters.recorded_files import body_of, has_headers
from tercet.errors import InvalidItemError, RecordError
from tests.stac_schemas import SHARED, core_errors, extension_errors
from transforms.check import check
from transforms.icesat2 import entry
from transforms.icesat2_footprint import COMPUTED, CUT_SHORT

SAMPLES = SHARED / "upstream" / "cmr-icesat2" / "samples"

NO_RECORDS = "no records"
EXPECTED = {
    "cmr/ATL08_006_CPRD_echo10_as_dict.json": {"Item": 1},
    "cmr/atl03.json": {"Item": 1, COMPUTED: 1},
    "cmr/atl03_umm.json": {"Item": 1, COMPUTED: 1},
    "cmr/atl06.json": {"Item": 1, COMPUTED: 1},
    "cmr/atl06_umm.json": {"Item": 1, COMPUTED: 1},
    "cmr/printed_ummg_excerpts_shared.json": {"this is a part of a UMM-G record": 6},
    "cmr/http/cmr-uat_174726268509216370.http": {"Item": 1},
    "cmr/http/cmr-uat_174726268806115377.http": {"Item": 2},
    "cmr/http/cmr-uat_174726269399373620.http": {"Item": 3},
    "cmr/http/cmr-uat_17472628137878182.http": {"an error instead of granules: Shapefile has no features": 1},
    "cmr/http/cmr-uat_174726282477910321.http": {},
    "cmr/http/cmr-uat_178101400241618224.http": {"this is CMR's record of the Collection": 1},
    "cmr/http/edl-uat_177871848468386996.http": {NO_RECORDS: 1},
    "cmr/http/edl-uat_eula-1-not-accepted.http": {NO_RECORDS: 1},
    "cmr/vcr/TestResults.test_data_links.yaml": {NO_RECORDS: 1},
    "cmr/vcr/TestResults.test_no_results.yaml": {NO_RECORDS: 1},
    "dap/ATL03_example.dmr": {"DMR sidecar": 1},
    "dap/ATL08_20200716202251.h5.dmrpp": {"DMR sidecar": 1},
    "h5/ATL03_gt1l.h5": {"Item": 1},
    "h5/ATL06_20181013235645_02340114_209_01.h5": {"Item": 1},
    "h5/ATL06_subset_by_shapefile_reference.h5": {"Item": 1},
    "h5/ATL11_078805_0304_02_v002.h5": {"its METADATA are those of another granule": 1},
    "h5/ATL16_variables.nc4": {"Item": 1},
    "h5/atl03_clip.h5": {"Item": 1},
    "h5/atl08_clip.h5": {"Item": 1},
    "h5/processed_ATL06_20181019020413_03120110_001_01.h5": {"Item": 1},
    "h5/processed_ATL06_20191106230008_06270503_006_01.h5": {"Item": 1},
    "h5/processed_ATL07-01_20190222003738_08490201_003_02.h5": {"Item": 1},
    "h5/processed_ATL08_20200821122613_08730802_004_01.h5": {"Item": 1},
    "h5/test_atl08.h5": {"not its product, release, time": 1},
    "stac/cat_88s_extract.parquet": {"Item": 260, CUT_SHORT: 8},
    "stac/cat_neon.parquet": {"Item": 2089},
}
"""What becomes of each file: how many Items, with which remarks, and a part of the reason of what is none."""


def path_of(name: str) -> Path:
    if not (SAMPLES / name).exists():
        pytest.skip(f"{(SAMPLES / name).resolve()} is absent: it is not tried")
    return SAMPLES / name


@pytest.mark.parametrize("name", EXPECTED)
def test_every_sample_becomes_items_or_is_refused_for_the_right_reason(name: str) -> None:
    found = Counter(outcomes(path_of(name)))
    expected = EXPECTED[name]
    assert found.total() == sum(expected.values())
    for part, count in expected.items():
        assert sum(number for told, number in found.items() if part in told) == count, found


def outcomes(path: Path) -> Iterator[str]:
    try:
        records = records_in_file(path)
        records = records_of_text(path) if records is None else records
    except RecordError as error:
        yield str(error)
        return
    if records is None:
        yield NO_RECORDS
        return
    for number, record in enumerate(records):
        try:
            made = entry(record)
        except RecordError as error:
            yield str(error)
            continue
        (verdict,) = check([made])
        assert not isinstance(verdict, InvalidItemError), verdict
        if number % 50 == 0:
            assert core_errors(made.item) == []
            assert extension_errors(made.item) == []
        yield "Item"
        yield from made.remarks


def records_of_text(path: Path) -> Iterable[Record] | None:
    text = path.read_bytes()
    text = body_of(text) if has_headers(text.splitlines()[0]) else text
    try:
        return records_in(json.loads(text))
    except json.JSONDecodeError:
        return None


def test_no_sample_is_left_out() -> None:
    folders = [SAMPLES / folder for folder in ("cmr", "dap", "h5", "stac")]
    if not all(folder.is_dir() for folder in folders):
        pytest.skip(f"{SAMPLES.resolve()} is absent or not whole: its files are not counted")
    files = {str(file.relative_to(SAMPLES)) for folder in folders for file in folder.rglob("*") if file.is_file()}
    assert files == EXPECTED.keys()


@pytest.mark.parametrize(
    ("name", "count", "crossing", "suffixed"),
    [("cat_neon.parquet", 2089, 1020, 142), ("cat_88s_extract.parquet", 260, 115, 15)],
)
def test_real_footprints_keep_area_and_cover_and_the_crossing_ones_are_split(
    name: str, count: int, crossing: int, suffixed: int
) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow reads the real footprints")
    rows = list(records_in_file(path_of(f"stac/{name}")) or ())
    assert len(rows) == count
    split = with_ending = 0
    for row in rows:
        item = entry(row).item
        made, ring = shape(item["geometry"]), np.array(row["geometry"]["coordinates"][0])
        flat = np.column_stack([np.round(np.unwrap(ring[:, 0], period=360), 9), ring[:, 1]])
        crosses = bool((np.abs(np.diff(ring[:, 0])) > 180).any())
        assert (item["geometry"]["type"] == "MultiPolygon") == crosses == (item["bbox"][0] > item["bbox"][2])
        assert_covers(made, shapely.Polygon(flat), polar=name == "cat_88s_extract.parquet")
        assert item["id"] == row["id"].partition(".h5")[0]
        split += crosses
        with_ending += "icesat2:granule_ur" in item["properties"]
    assert (split, with_ending) == (crossing, suffixed)


def assert_covers(made: shapely.Geometry, unwrapped: shapely.Polygon, *, polar: bool) -> None:
    """The same place as the ring whose longitudes may leave [-180, 180], but for the great circles' bends.

    Beside a pole the unwrapped ring itself is what is wrong, by up to 278 km: there only its positions count.
    """
    turns = [shapely.affinity.translate(made, turn) for turn in (-360, 0, 360)]
    far = shapely.union_all(turns)
    positions = shapely.points(shapely.get_coordinates(unwrapped))
    assert shapely.distance(positions, far).max() < 1e-9
    if not polar:
        assert made.area == pytest.approx(unwrapped.area, rel=0.05)
        assert shapely.intersection(far, unwrapped).area > 0.7 * unwrapped.area
