"""Files that ``--records`` may meet: granules as HDF5, catalogues as parquet, XML; whole, cut, renamed, broken."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from harvesters.icesat2 import ICESat2
from harvesters.icesat2_answers import records_in
from harvesters.icesat2_files import records_in_file
from harvesters.recorded import recorded_pages
from tercet.errors import RecordError
from tests.harvesters.icesat2_granules import BEAMS, FILL, NAME, write
from tests.stac_schemas import core_errors, extension_errors
from tests.upstreams.icesat2 import records
from transforms.entry import Entry
from transforms.icesat2 import entry
from transforms.icesat2_file import KEY


def header(path: Path) -> Any:
    found = list(records_in_file(path) or ())
    assert len(found) == 1
    # a raw record is JSON: it is archived, and read again
    assert json.loads(json.dumps(found[0])) == found[0]
    assert records_in(found[0]) == [found[0]]
    return found[0]


def made(path: Path) -> Entry:
    found = entry(header(path))
    assert core_errors(found.item) == []
    assert extension_errors(found.item) == []
    assert found.local
    return found


def test_a_whole_granule_has_the_polygon_of_its_file_and_an_id_beside_the_archives(tmp_path: Path) -> None:
    path = write(tmp_path / NAME)
    found = made(path)
    item, properties = found.item, found.item["properties"]
    assert item["id"] == found.archive_id == NAME.removesuffix(".h5") + "_local"
    assert found.subject == "ATL06_20220110101500_03211402_006_local"
    assert item["collection"] == "icesat2-atl06-006"
    assert item["geometry"]["type"] == "Polygon"
    assert item["bbox"] == [16.6, 27, 20.3, 59.5]
    assert "icesat2:footprint" not in properties
    assert properties["start_datetime"] == "2022-01-10T10:15:00.250Z"
    assert (properties["end_datetime"], properties["created"]) == (
        "2022-01-10T10:22:00.750Z",
        "2023-02-03T04:05:06.000Z",
    )
    assert (properties["sat:relative_orbit"], properties["sat:absolute_orbit"]) == (321, 18_553)
    assert (properties["icesat2:cycle"], properties["icesat2:region"], properties["icesat2:revision"]) == (14, 2, 1)
    assert properties["icesat2:beams"] == sorted(BEAMS)
    assert properties["icesat2:strong_beams"] == ["gt1r", "gt2r", "gt3r"]
    assert (properties["icesat2:orientation"], properties["icesat2:quality"]) == ("forward", "pass")
    assert properties["icesat2:is_subset"] is False
    assert properties["sci:doi"] == "10.5067/ATLAS/ATL06.006"
    assert item["assets"]["data"]["href"] == path.as_uri()
    assert item["assets"]["data"]["file:size"] == path.stat().st_size
    assert item["assets"]["data"]["tercet:evidence"] == "verified"


def test_it_neither_takes_the_place_of_the_archives_item_nor_gives_its_own_up(tmp_path: Path) -> None:
    sent = records(1)[0]
    sent["umm"] |= {"GranuleUR": NAME, "RelatedUrls": [], "DataGranule": {}}
    archived, local = entry(sent), made(write(tmp_path / NAME))
    assert archived.item["collection"] == local.item["collection"]
    assert archived.item["id"] != local.item["id"]
    assert archived.subject != local.subject
    assert archived.kin == local.kin


def test_a_renamed_or_moved_granule_is_the_same_granule(tmp_path: Path) -> None:
    first, second = made(write(tmp_path / NAME)).item, made(write(tmp_path / "my ice (1).h5")).item
    assert first["id"] == second["id"]
    assert second["assets"]["data"]["href"].endswith("/my%20ice%20%281%29.h5")
    assert first["geometry"] == second["geometry"]


def test_a_subset_lies_where_its_beams_ran_and_when(tmp_path: Path) -> None:
    found = made(write(tmp_path / f"processed_{NAME}", subset=True, beams=("gt1l", "gt2r")))
    properties = found.item["properties"]
    assert found.item["geometry"]["type"] == "MultiLineString"
    assert shape(found.item["geometry"]).bounds == pytest.approx((19.99642, 27, 20.03, 27.03582), abs=1e-4)
    assert properties["icesat2:footprint"] == "ground_tracks"
    assert (properties["icesat2:is_subset"], properties["icesat2:beams"]) == (True, ["gt1l", "gt2r"])
    assert properties["datetime"] == "2022-01-10T10:16:00.000Z"
    assert properties["end_datetime"] == "2022-01-10T10:16:00.577Z"
    assert found.item["id"].startswith(NAME.removesuffix(".h5") + "_local_")


def test_a_subset_of_one_segment_a_beam_lies_at_all_of_them(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, subset=True, beams=("gt1l", "gt2r"))
    with h5py.File(path, "r+") as file:
        for beam in ("gt1l", "gt2r"):
            for name in ("latitude", "longitude", "delta_time"):
                values = file[f"{beam}/land_ice_segments/{name}"][:1]
                del file[f"{beam}/land_ice_segments/{name}"]
                file[f"{beam}/land_ice_segments/{name}"] = values
    geometry = made(path).item["geometry"]
    assert geometry["type"] == "MultiPoint"
    assert len(geometry["coordinates"]) == 2


def test_times_that_a_tool_counted_from_another_date_are_not_taken_for_nasas(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, subset=True, beams=("gt1l",))
    with h5py.File(path, "r+") as file:
        file["gt1l/land_ice_segments/delta_time"].attrs["units"] = "seconds since 2022-01-10 10:16:00"
    assert made(path).item["properties"]["datetime"] == "2022-01-10T10:15:00.250Z", "that of the granule"


def test_two_subsets_of_one_granule_are_two_items_and_a_copy_is_none(tmp_path: Path) -> None:
    places = [(tmp_path / folder) for folder in ("here", "there", "copy")]
    for place, longitude in zip(places, (20.0, 30.0, 20.0), strict=True):
        place.mkdir()
        write(place / NAME, subset=True, longitude=longitude)
    here, there, copy = (made(place / NAME).item["id"] for place in places)
    assert here == copy != there


def test_a_track_over_the_antimeridian_is_split(tmp_path: Path) -> None:
    item = made(write(tmp_path / NAME, subset=True, longitude=-179.998, beams=("gt1l",))).item
    assert item["geometry"]["type"] == "MultiLineString"
    assert item["bbox"][0] > item["bbox"][2]


def test_nothing_is_claimed_where_nothing_was_measured(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, subset=True, beams=("gt1l",))
    with h5py.File(path, "r+") as file:
        latitudes = file["gt1l/land_ice_segments/latitude"]
        latitudes[100:] += 0.5
        latitudes[7] = np.nan
        file["gt1l/land_ice_segments/longitude"][8] = FILL
    item = made(path).item
    assert len(item["geometry"]["coordinates"]) == 2
    assert shape(item["geometry"]).length == pytest.approx(0.036, abs=0.001)


def test_what_is_missing_is_left_out_and_costs_nothing_else(tmp_path: Path) -> None:
    gone = (
        "ancillary_data",
        "quality_assessment",
        "orbit_info",
        "METADATA/Extent",
        "gt1l/land_ice_segments/delta_time",
    )
    properties = made(write(tmp_path / "x.h5", beams=("gt1l",), without=gone)).item["properties"]
    assert not {"icesat2:quality"} & properties.keys()
    assert properties["datetime"] == "2022-01-10T10:15:00.000Z", "of its name"
    assert properties["icesat2:orientation"] == "forward", "of its beams"
    assert properties["icesat2:is_subset"] is True
    assert properties["sat:absolute_orbit"] == 1387 * 13 + 321 + 201, "of its track and cycle"


@pytest.mark.parametrize("orientations", [[0, 1], [2]])
def test_while_the_spacecraft_turned_no_beam_is_called_strong(tmp_path: Path, orientations: list[int]) -> None:
    path = write(tmp_path / NAME)
    with h5py.File(path, "r+") as file:
        del file["orbit_info/sc_orient"]
        file["orbit_info/sc_orient"] = np.array(orientations, np.int8)
    properties = made(path).item["properties"]
    assert "icesat2:strong_beams" not in properties
    assert properties["icesat2:orientation"] == "transition"


@pytest.mark.parametrize(("orientation", "side"), [(1, "r"), (0, "l")])
def test_without_their_types_beams_are_strong_by_the_way_the_spacecraft_flew(
    tmp_path: Path, orientation: int, side: str
) -> None:
    path = write(tmp_path / NAME)
    with h5py.File(path, "r+") as file:
        file["orbit_info/sc_orient"][0] = orientation
        for beam in BEAMS:
            del file[beam].attrs["atlas_beam_type"]
    assert made(path).item["properties"]["icesat2:strong_beams"] == [f"gt{pair}{side}" for pair in (1, 2, 3)]


def test_attributes_that_are_arrays_and_strings_that_are_padded_say_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "copy.h5", without=("METADATA",), subset=True, beams=("gt1r",))
    with h5py.File(path, "r+") as file:
        file.attrs["short_name"] = np.array(["ATL06"], h5py.string_dtype())
        file.attrs["time_coverage_start"] = np.array(["2022-01-10T10:15:00.000000Z "], h5py.string_dtype())
        file["gt1r"].attrs["atlas_beam_type"] = np.array(["strong"], h5py.string_dtype())
    found = made(path)
    properties = found.item["properties"]
    assert found.item["collection"] == "icesat2-atl06-006"
    assert found.item["id"].startswith("copy_local_")
    assert (properties["sat:relative_orbit"], properties["icesat2:cycle"], properties["icesat2:region"]) == (321, 14, 2)
    assert properties["icesat2:strong_beams"] == ["gt1r"]
    assert "icesat2:revision" not in properties, "no name says it"


def test_several_polygons_of_a_pass_become_one_footprint(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, without=("orbit_info/bounding_polygon_lat1", "orbit_info/bounding_polygon_lon1"))
    with h5py.File(path, "r+") as file:
        polygons = file["orbit_info"].create_group("bounding_polygons")
        for number, west in ((1, 10.0), (2, 40.0)):
            polygons[f"lon{number}"] = np.array([west, west + 1, west + 1, west, west])
            polygons[f"lat{number}"] = np.array([0.0, 0.0, 1.0, 1.0, 0.0])
    item = made(path).item
    assert item["geometry"]["type"] == "MultiPolygon"
    assert item["bbox"][::2] == [10, 41]


def test_a_grid_lies_in_its_bounds(tmp_path: Path) -> None:
    path = tmp_path / "ATL16_20220101000000_01231401_005_01.nc"
    with h5py.File(path, "w") as file:
        file.attrs["short_name"] = "ATL16"
        for name, value in (("lon_min", -180.0), ("lat_min", -88.0), ("lon_max", 180.0), ("lat_max", 88.0)):
            file.attrs[f"geospatial_{name}"] = np.array([value])
    item = made(path).item
    assert item["bbox"] == [-180, -88, 180, 88]
    assert item["properties"]["icesat2:footprint"] == "bounds"
    assert item["assets"]["data"]["type"] == "application/netcdf"
    with h5py.File(path, "r+") as file:
        del file.attrs["geospatial_lat_max"]
    with pytest.raises(RecordError, match=r"ATL16_.* does not state its bounds"):
        entry(header(path))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"subset": True, "positions": 0}, "holds no positions"),
        ({"subset": True, "beams": ()}, "holds no positions"),
        ({"name": "ATL11_032102_0314_006_01.h5"}, "says that it is ATL11_.*and holds gt1l.*another granule"),
    ],
)
def test_a_granule_of_which_no_item_can_be_made_says_why(tmp_path: Path, more: Any, reason: str) -> None:
    path = write(tmp_path / NAME, **more)
    with pytest.raises(RecordError, match=reason) as refused:
        entry(header(path))
    assert path.name in str(refused.value)


def test_a_file_that_does_not_say_what_it_is_asks_for_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "x.h5", without=("METADATA", "ancillary_data"))
    with h5py.File(path, "r+") as file:
        for name in list(file.attrs):
            del file.attrs[name]
    with pytest.raises(RecordError, match="not its product, release, time: give it the granule's name"):
        entry(header(path))
    assert entry(header(path.rename(tmp_path / f"{NAME[:-3]}_subsetted.h5"))).item["collection"] == "icesat2-atl06-006"


def test_a_broken_file_is_told_and_another_missions_is_not_ours(tmp_path: Path) -> None:
    whole = write(tmp_path / NAME).read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordError, match=r"cut.h5 is broken HDF5.*download it again"):
        records_in_file(tmp_path / "cut.h5")
    with h5py.File(tmp_path / NAME) as file:
        headers = [h5py.h5o.get_info(file[group].id).addr for group in ("METADATA/DatasetIdentification", "gt2l")]
    for at in headers:
        (tmp_path / "damaged.h5").write_bytes(whole[:at] + bytes(16) + whole[at + 16 :])
        with pytest.raises(RecordError, match=r"damaged.h5 is broken HDF5.*download it again"):
            records_in_file(tmp_path / "damaged.h5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["ScienceData/time"] = [1.0]
    assert records_in_file(tmp_path / "other.h5") is None
    (tmp_path / "notes.bin").write_bytes(b"\x00\x01")
    assert records_in_file(tmp_path / "notes.bin") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<?xml version="1.0"?><results><hits>1</hits>', "CMR in XML: ask CMR for granules.umm_json"),
        ('<Dataset xmlns:dmrpp="http://xml.opendap.org/dap/dmrpp/1.0.0#">', "DMR sidecar.*give the granule's .h5"),
        ('<gmd:x xmlns:gmd="http://www.isotc211.org/2005/gmd">', "ISO metadata.*give the granule's .h5"),
    ],
)
def test_xml_beside_a_granule_is_told_what_it_is(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "x.xml").write_text(text)
    with pytest.raises(RecordError, match=reason):
        records_in_file(tmp_path / "x.xml")
    (tmp_path / "y.xml").write_text("<plumes/>")
    assert records_in_file(tmp_path / "y.xml") is None


def test_a_folder_of_files_is_harvested_as_any_records(tmp_path: Path) -> None:
    write(tmp_path / NAME)
    write(tmp_path / "subset.h5", subset=True)
    (tmp_path / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    pages = list(recorded_pages(ICESat2(), [str(tmp_path)]))
    assert sorted(Path(record[KEY]["path"]).name for page in pages for record in page.records) == sorted(
        [NAME, "subset.h5"]
    )
    (bad,) = [bad for page in pages for bad in page.unreadable]
    assert "broken HDF5" in bad.reason


class TestParquet:
    def catalogue(self, path: Path, rows: list[dict[str, Any]]) -> Path:
        pyarrow = pytest.importorskip("pyarrow", reason="pyarrow writes the catalogue")
        parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow writes the catalogue")
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        return path

    def row(self, name: str, west: float) -> dict[str, Any]:
        ring = [(west, 0), (west + 1, 0), (west + 1, 5), (west, 5), (west, 0)]
        return {
            "id": name,
            "type": "Feature",
            "geometry": shapely.to_wkb(shapely.Polygon([((x + 180) % 360 - 180, y) for x, y in ring])),
            "bbox": {"xmin": -180.0, "xmax": 180.0},
            "assets": {"data": {"href": f"https://data.nsidc.earthdatacloud.nasa.gov/a/{name}"}, "more": None},
            "collection": "ATL06_006",
            "datetime": np.datetime64("2022-01-10T10:15:00.250").astype(object),
        }

    def test_a_catalogue_of_granules_is_read_row_by_row(self, tmp_path: Path) -> None:
        rows = [self.row(NAME, 20), self.row(NAME.replace("_01.h5", "_02.h5"), 179.5)]
        found = [entry(record) for record in records_in_file(self.catalogue(tmp_path / "x.parquet", rows)) or ()]
        assert [one.item["id"] for one in found] == [row["id"][:-3] for row in rows]
        assert [one.item["geometry"]["type"] for one in found] == ["Polygon", "MultiPolygon"]
        assert found[0].item["properties"]["datetime"] == "2022-01-10T10:15:00.250Z"
        assert found[0].item["properties"]["tercet:surface"] == "stac"
        assert found[0].freshness < entry(records(1)[0]).freshness
        assert core_errors(found[1].item) == []

    def test_other_tables_are_not_ours_and_broken_ones_are_told(self, tmp_path: Path) -> None:
        assert records_in_file(self.catalogue(tmp_path / "x.parquet", [{"id": "a", "value": 5}])) is None
        assert records_in_file(self.catalogue(tmp_path / "y.parquet", [self.row("MOD09.h5", 0)])) is None
        (tmp_path / "z.parquet").write_bytes(b"PAR1 and no more")
        with pytest.raises(RecordError, match="broken parquet"):
            records_in_file(tmp_path / "z.parquet")
