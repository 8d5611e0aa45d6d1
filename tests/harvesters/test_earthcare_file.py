import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import shapely

from harvesters.earthcare import EarthCARE
from tercet.errors import RecordError
from tests.harvesters.earthcare_files import FILL, header_xml, name_of, places, write_header, write_product
from tests.stac_schemas import core_errors, extension_errors
from tests.upstreams.earthcare_orbit import FRAMES, Frame
from transforms.entry import Entry, IncompleteError

SOURCE = EarthCARE()
FRAME = Frame(5989, FRAMES.index("D"))
SWATH = tuple(np.linspace(-40.0, 122.0, 12))
DATE_LINE = Frame(8879, FRAMES.index("A"))


def records(path: Path) -> list[Any]:
    found = SOURCE.records_in_file(path)
    assert found is not None
    return list(found)


def made(path: Path) -> Entry:
    [record] = records(path)
    assert json.loads(json.dumps(record, allow_nan=False)) == record, "a raw record is JSON"
    return SOURCE.entry(record)


def assert_valid(entry: Entry) -> None:
    assert core_errors(entry.item) == []
    assert extension_errors(entry.item) == []


@pytest.fixture
def swath(tmp_path: Path) -> Path:
    path = tmp_path / f"{name_of(FRAME, 'MSI_COP_2A')}.h5"
    write_product(path, FRAME, offsets_km=SWATH)
    return path


class TestProduct:
    def test_a_swath_becomes_the_item_of_its_name(self, swath: Path) -> None:
        entry = made(swath)
        item = entry.item
        assert_valid(entry)
        assert (item["id"], item["collection"]) == (swath.stem, "earthcare-msi-cop-2a")
        assert (entry.subject, entry.rank) == ("MSI_COP_2A|05989|D", "BA|2025-09-21T04:12:37.000Z")
        data = item["assets"]["data"]
        assert data["href"] == swath.resolve().as_uri()
        assert data["file:size"] == swath.stat().st_size
        assert data["type"] == "application/x-hdf5"
        assert data["tercet:evidence"] == "verified"
        assert "earthcare:collections" not in item["properties"]

    def test_what_the_header_says_is_in_the_properties(self, swath: Path) -> None:
        properties = made(swath).item["properties"]
        assert properties["start_datetime"] == f"{FRAME.start:%Y-%m-%dT%H:%M:%S}.000Z"
        assert properties["end_datetime"] == f"{FRAME.end:%Y-%m-%dT%H:%M:%S}.000Z"
        assert properties["sat:anx_datetime"].startswith(f"{FRAME.ascending_node:%Y-%m-%dT%H:%M:%S}")
        assert properties["processing:software"] == {"M-CLD": "11.30"}
        assert properties["processing:facility"] == "PDGS-CPFxx"
        assert properties["created"] == "2025-09-21T04:12:37.000Z"
        assert (properties["sat:absolute_orbit"], properties["earthcare:frame"]) == (5989, "D")
        assert (properties["tercet:surface"], properties["instruments"]) == ("file", ["msi"])

    @pytest.mark.parametrize("index", range(len(FRAMES)), ids=FRAMES)
    @pytest.mark.parametrize("orbit", [5989, 8879, 6001])
    def test_the_outline_covers_the_swath_and_nothing_else(self, tmp_path: Path, orbit: int, index: int) -> None:
        frame = Frame(orbit, index)
        path = tmp_path / "x.h5"
        write_product(path, frame, offsets_km=SWATH, along=400)
        outline = shapely.from_geojson(json.dumps(made(path).item["geometry"]))
        inner, outer = (places(frame, 60, offsets) for offsets in ((-30.0, 40.0, 110.0), (-55.0, 137.0)))
        assert outline.is_valid
        assert shapely.contains_xy(outline, inner[1][2:-2], inner[0][2:-2]).all()
        assert not shapely.contains_xy(outline, outer[1], outer[0]).any()

    def test_a_swath_over_the_antimeridian_is_cut(self, tmp_path: Path) -> None:
        path = tmp_path / "x.h5"
        write_product(path, DATE_LINE, offsets_km=SWATH)
        entry = made(path)
        assert entry.item["geometry"]["type"] == "MultiPolygon"
        assert entry.item["bbox"][0] > 170 > -170 > entry.item["bbox"][2]
        assert_valid(entry)

    def test_a_swath_stored_across_first_is_the_same(self, tmp_path: Path, swath: Path) -> None:
        path = tmp_path / "x.h5"
        write_product(path, FRAME, offsets_km=SWATH)
        with h5py.File(path, "a") as file:
            for name in ("latitude", "longitude"):
                values = file["ScienceData"][name][...]
                del file["ScienceData"][name]
                file["ScienceData"][name] = values.T
        assert made(path).item["geometry"] == made(swath).item["geometry"]

    def test_a_curtain_is_a_track_through_the_whole_frame(self, tmp_path: Path) -> None:
        path = tmp_path / "x.h5"
        write_product(path, FRAME, "ACM_CAP_2B", along=5000)
        entry = made(path)
        coordinates = entry.item["geometry"]["coordinates"]
        latitude, longitude, _ = places(FRAME, 5000, (0.0,))
        assert entry.item["geometry"]["type"] == "LineString"
        assert 40 <= len(coordinates) <= 60
        assert coordinates[0] == [longitude[0, 0], latitude[0, 0]]
        assert coordinates[-1] == [longitude[-1, 0], latitude[-1, 0]]
        assert_valid(entry)

    def test_what_is_filled_or_off_the_globe_is_no_coordinate(self, tmp_path: Path) -> None:
        def edit(latitude: Any, longitude: Any) -> None:
            longitude[latitude < 30] = FILL
            latitude[latitude < 30] = FILL
            longitude[:3] = np.nan

        path = tmp_path / "x.h5"
        write_product(path, FRAME, "AC__TC__2B", edit=edit)
        west, south, east, north = made(path).item["bbox"]
        assert 30 <= south < north < 67.5
        assert -180 <= west < east <= 180

    @pytest.mark.parametrize("columns", [slice(0, 3), slice(9, 12)], ids=["left", "right"])
    def test_columns_that_are_filled_are_not_in_the_outline(self, tmp_path: Path, swath: Path, columns: slice) -> None:
        def edit(latitude: Any, longitude: Any) -> None:
            for values in (latitude, longitude):
                values[:, columns] = FILL

        path = tmp_path / "x.h5"
        write_product(path, FRAME, offsets_km=SWATH, edit=edit)
        whole, part = (shapely.from_geojson(json.dumps(made(p).item["geometry"])) for p in (swath, path))
        assert part.area == pytest.approx(whole.area * 8 / 11, rel=0.05)

    @pytest.mark.parametrize(
        ("kind", "group", "names"),
        [
            ("CPR_CLP_2A", "ScienceData/Geo", ("latitude", "longitude", "time")),
            ("CPR_NOM_1B", "ScienceData/Geo", ("latitude", "longitude", "profileTime")),
            ("ATL_NOM_1B", "ScienceData", ("ellipsoid_latitude", "ellipsoid_longitude", "time")),
            ("BMA_FLX_2B", "ScienceData/StandardResolution", ("latitude", "longitude", "time")),
        ],
    )
    def test_coordinates_are_found_where_each_product_has_them(
        self, tmp_path: Path, kind: str, group: str, names: tuple[str, str, str]
    ) -> None:
        path = tmp_path / "x.h5"
        write_product(path, FRAME, kind, group=group, names=names)
        entry = made(path)
        assert entry.item["geometry"]["type"] == "LineString"
        assert_valid(entry)

    def test_the_nadir_view_of_the_radiometer_is_taken(self, tmp_path: Path) -> None:
        path = tmp_path / "x.h5"
        name = write_product(path, FRAME, "BBR_NOM_1B")
        latitude, longitude, _ = (values.reshape(-1) for values in places(FRAME, 120, (0.0,)))
        views = [np.clip(latitude + shift, -90, 90) for shift in (4.0, 0.0, -4.0)]
        with h5py.File(path, "w") as file:
            group = file.create_group("ScienceData/standard")
            group["barycentre_latitude"] = np.array([[view, view] for view in views])
            group["barycentre_longitude"] = np.array([[longitude, longitude]] * 3)
            write_header(file, name, FRAME, "BBR_NOM_1B", {})
        assert made(path).item["geometry"]["coordinates"][0] == [longitude[0], latitude[0]]

    @pytest.mark.parametrize(("kind", "views"), [("BBR_SNG_1B", (3, 2)), ("MSI_NOM_1B", (7,))])
    def test_pixels_that_lie_elsewhere_in_each_view_or_band_make_a_swath(
        self, tmp_path: Path, kind: str, views: tuple[int, ...]
    ) -> None:
        path = tmp_path / "x.h5"
        name = name_of(FRAME, kind)
        latitude, longitude, seconds = places(FRAME, 300, (-5.0, 0.0, 5.0))
        with h5py.File(path, "w") as file:
            group = file.create_group("ScienceData")
            group["latitude"] = np.broadcast_to(latitude, (*views, *latitude.shape))
            group["longitude"] = np.broadcast_to(longitude, (*views, *longitude.shape))
            group["time"] = np.broadcast_to(seconds, (*views, *seconds.shape))
            write_header(file, name, FRAME, kind, {})
        outline = shapely.from_geojson(json.dumps(made(path).item["geometry"]))
        assert shapely.contains_xy(outline, longitude[5:-5, 1], latitude[5:-5, 1]).all()

    def test_a_profile_is_on_the_ground_at_its_last_sample(self, tmp_path: Path) -> None:
        path = tmp_path / "x.h5"
        write_product(path, FRAME, "ATL_NOM_1B")
        latitude, longitude, _ = places(FRAME, 120, (0.0,))
        with h5py.File(path, "a") as file:
            del file["ScienceData/latitude"], file["ScienceData/longitude"]
            file["ScienceData/sample_latitude"] = np.hstack([latitude + 1, latitude])
            file["ScienceData/sample_longitude"] = np.hstack([longitude, longitude])
        assert made(path).item["geometry"]["coordinates"][0] == [longitude[0, 0], latitude[0, 0]]

    def test_a_weather_models_grid_is_no_track(self, tmp_path: Path) -> None:
        path = tmp_path / "x.h5"
        write_product(path, FRAME, "AUX_MET_1D")
        with pytest.raises(IncompleteError, match="tells of no coordinates"):
            made(path)

    def test_a_renamed_file_is_known_by_its_header_and_remarked_on(self, tmp_path: Path, swath: Path) -> None:
        renamed = swath.rename(tmp_path / "my copy.h5")
        entry = made(renamed)
        assert entry.item["id"] == name_of(FRAME, "MSI_COP_2A")
        assert entry.item["assets"]["data"]["href"].endswith("/my%20copy.h5")
        assert len(entry.remarks) == 1

    @pytest.mark.parametrize("prefix", ["ECA_", ""])
    def test_a_file_without_header_is_known_by_its_name(self, tmp_path: Path, prefix: str) -> None:
        name = name_of(FRAME, "MSI_COP_2A")
        path = tmp_path / f"{prefix}{name.removeprefix('ECA_')}.h5"
        write_product(path, FRAME, offsets_km=SWATH)
        with h5py.File(path, "a") as file:
            del file["HeaderData"]
        properties = made(path).item["properties"]
        assert made(path).item["id"] == name
        assert properties["start_datetime"] == f"{FRAME.start:%Y-%m-%dT%H:%M:%S}.000Z"
        # the time variable runs five leap seconds ahead of UTC
        assert properties["end_datetime"] == f"{FRAME.end:%Y-%m-%dT%H:%M:%S}.000Z"

    def test_header_fields_may_be_attributes(self, tmp_path: Path, swath: Path) -> None:
        with h5py.File(swath, "a") as file:
            del file["HeaderData/FixedProductHeader"]
            file.create_group("HeaderData/FixedProductHeader").attrs["File_Name"] = swath.stem
            del file["HeaderData/VariableProductHeader"]
        assert made(swath.rename(tmp_path / "x.h5")).item["id"] == name_of(FRAME, "MSI_COP_2A")

    @pytest.mark.parametrize("field", ["Validity_Period/Validity_Stop", "ANXTime", "Source/System"])
    @pytest.mark.parametrize("value", ["", "UTC=9999-99-99T99:99:99", "yesterday", np.nan, [1.0, 2.0]])
    def test_a_header_field_that_says_nothing_is_left_out(self, tmp_path: Path, field: str, value: Any) -> None:
        path = tmp_path / "x.h5"
        write_product(path, FRAME, header={field: value})
        assert_valid(made(path))

    def test_the_time_variable_is_not_believed_where_it_counts_from_another_epoch(self, tmp_path: Path) -> None:
        path = tmp_path / f"{name_of(FRAME, 'AC__TC__2B')}.h5"
        write_product(path, FRAME, "AC__TC__2B")
        with h5py.File(path, "a") as file:
            del file["HeaderData"]
            file["ScienceData/time"].attrs["units"] = "seconds since 1993-01-01"
        assert "end_datetime" not in made(path).item["properties"]


class TestHeaderFile:
    @pytest.mark.parametrize("suffix", [".HDR", ".hdr"])
    def test_a_header_beside_its_product_is_an_asset_of_it_and_no_record(self, swath: Path, suffix: str) -> None:
        header = swath.with_suffix(suffix)
        header.write_text(header_xml(swath.stem, FRAME))
        entry = made(swath)
        assert entry.item["assets"]["header"]["href"] == header.resolve().as_uri()
        assert entry.item["assets"]["header"]["type"] == "application/xml"
        assert records(header) == []
        assert_valid(entry)

    def test_a_header_says_what_the_product_leaves_out(self, swath: Path) -> None:
        with h5py.File(swath, "a") as file:
            del file["HeaderData"]
        swath.with_suffix(".HDR").write_text(header_xml(swath.stem, FRAME, system="ECCCxxxxxx"))
        assert made(swath).item["properties"]["processing:facility"] == "ECCCxxxxxx"

    def test_a_header_alone_waits_for_the_rest(self, tmp_path: Path) -> None:
        path = tmp_path / "x.HDR"
        path.write_text(header_xml(name_of(FRAME, "MSI_COP_2A"), FRAME))
        with pytest.raises(IncompleteError, match=r"_05989D tells of no coordinates; .*harvest it"):
            made(path)

    def test_a_header_that_breaks_off_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "x.HDR"
        path.write_text(header_xml(name_of(FRAME, "MSI_COP_2A"), FRAME)[:400])
        with pytest.raises(RecordError, match=r"x\.HDR is cut off or damaged XML .* download it again"):
            records(path)

    def test_an_orbit_file_is_read_to_the_end_of_its_header(self, tmp_path: Path) -> None:
        name = "ECA_EXAA_AUX_ORBPRE_20250901T000000Z_20250911T000000Z_0001"
        header = header_xml(name, FRAME).partition("?>")[2]
        path = tmp_path / f"{name}.EOF"
        path.write_text(f"<Earth_Explorer_File>{header}<Data_Block><unclosed>")
        with pytest.raises(IncompleteError) as caught:
            made(path)
        said = caught.value.fragment.part.said
        assert said["assets"]["data"]["title"] == "Orbit file (XML)"
        assert caught.value.fragment.subject == "AUX_ORBPRE|2025-09-01T00:00:00.000Z|2025-09-11T00:00:00.000Z"

    @pytest.mark.parametrize("text", ["<html><body>503</body></html>", "<", "<?xml version='1.0'?><granule/>"])
    def test_other_xml_is_not_ours(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "x.xml"
        path.write_text(text)
        assert SOURCE.records_in_file(path) is None


class TestZip:
    @pytest.fixture
    def archive(self, swath: Path) -> Path:
        path = swath.with_suffix(".ZIP")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.write(swath, f"{swath.stem}/{swath.name}")
            packed.writestr(f"{swath.stem}/{swath.stem}.HDR", header_xml(swath.stem, FRAME))
        return path

    def test_a_zip_of_product_and_header_is_the_same_item_with_an_archive(self, swath: Path, archive: Path) -> None:
        entry, alone = made(archive), made(swath)
        assert entry.item["geometry"] == alone.item["geometry"]
        assert entry.item["properties"] == alone.item["properties"]
        assert entry.item["assets"]["archive"]["href"] == archive.resolve().as_uri()
        assert "data" not in entry.item["assets"]
        assert_valid(entry)

    def test_product_and_zip_of_it_are_one_item_with_both(self, swath: Path, archive: Path) -> None:
        parts = [made(swath).part, made(archive).part]
        [one] = SOURCE.assemble([part for part in parts if part])
        assert {"data", "archive"} <= set(one.item["assets"])

    def test_a_zip_of_two_products_holds_two_records(self, tmp_path: Path, swath: Path) -> None:
        other = tmp_path / "other.h5"
        write_product(other, FRAME, "ACM_CAP_2B")
        path = tmp_path / "both.zip"
        with zipfile.ZipFile(path, "w") as packed:
            packed.write(swath, swath.name)
            packed.write(other, other.name)
        items = {SOURCE.entry(record).item["collection"] for record in records(path)}
        assert items == {"earthcare-msi-cop-2a", "earthcare-acm-cap-2b"}

    @pytest.mark.parametrize("size", [200, 3000, -30])
    def test_a_zip_that_is_cut_off_is_named(self, archive: Path, size: int) -> None:
        archive.write_bytes(archive.read_bytes()[:size])
        with pytest.raises(RecordError, match=r"\.ZIP is cut off or damaged .* download it again"):
            records(archive)

    def test_a_zip_with_a_damaged_product_is_named(self, archive: Path) -> None:
        content = bytearray(archive.read_bytes())
        content[2000:2400] = bytes(400)
        archive.write_bytes(bytes(content))
        with pytest.raises(RecordError, match="is cut off or damaged"):
            records(archive)

    def test_a_zip_of_other_things_is_not_ours(self, tmp_path: Path) -> None:
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("readme.txt", "nothing")
        assert SOURCE.records_in_file(path) is None


class TestBroken:
    @pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
    def test_a_product_that_is_cut_off_is_named_with_the_next_step(self, swath: Path, share: float) -> None:
        whole = swath.read_bytes()
        swath.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(RecordError, match=rf"{swath.name} is cut off or damaged .* download it again"):
            records(swath)

    def test_a_product_with_a_damaged_middle_costs_only_itself(self, swath: Path) -> None:
        whole = swath.read_bytes()
        for start in range(96, len(whole) - 256, 1900):
            swath.write_bytes(whole[:start] + b"\xff" * 256 + whole[start + 256 :])
            try:
                entries = [SOURCE.entry(record) for record in SOURCE.records_in_file(swath) or ()]
            except RecordError as error:
                assert swath.stem in str(error)  # noqa: PT017 - both ways out are right, this one must name the file
            else:
                assert all(shapely.from_geojson(json.dumps(one.item["geometry"])).is_valid for one in entries)

    @pytest.mark.parametrize("part", ["ScienceData", "ScienceData/latitude", "HeaderData/FixedProductHeader/File_Name"])
    def test_what_is_damaged_is_not_taken_for_absent(self, swath: Path, part: str) -> None:
        with h5py.File(swath) as file:
            start = h5py.h5o.get_info(file[part].id).addr
        whole = swath.read_bytes()
        swath.write_bytes(whole[:start] + b"\xff" * 16 + whole[start + 16 :])
        with pytest.raises(RecordError, match=r"is cut off or damaged .* download it again"):
            records(swath)

    def test_a_level_0_file_is_refused_politely(self, tmp_path: Path) -> None:
        path = tmp_path / f"{name_of(FRAME, 'ATL_NOM_0_')}.h5"
        path.write_bytes(struct.pack(">IHH", 7, 8, 9) * 40)
        with pytest.raises(RecordError, match=r"level 0 packet stream, which is no HDF5 .* take its level 1 product"):
            records(path)

    def test_what_is_no_hdf5_under_a_products_name_is_named(self, swath: Path) -> None:
        swath.write_bytes(b"503 Service Unavailable")
        with pytest.raises(RecordError, match="does not begin as HDF5 does: download it again"):
            records(swath)

    def test_a_product_without_any_name_asks_for_it_back(self, tmp_path: Path) -> None:
        path = tmp_path / "x.h5"
        write_product(path, FRAME)
        with h5py.File(path, "a") as file:
            del file["HeaderData"]
        with pytest.raises(RecordError, match=r"'x\.h5' holds no EarthCARE product name .* give the file its product"):
            made(path)

    def test_a_product_without_coordinates_waits_for_the_archives_record(self, swath: Path) -> None:
        with h5py.File(swath, "a") as file:
            del file["ScienceData/latitude"]
        with pytest.raises(IncompleteError, match="harvest it from ESA's MAAP"):
            made(swath)

    def test_coordinates_that_make_no_footprint_are_named(self, tmp_path: Path) -> None:
        def stand_still(latitude: Any, longitude: Any) -> None:
            latitude[:], longitude[:] = 10.0, 20.0

        path = tmp_path / "x.h5"
        write_product(path, FRAME, "AC__TC__2B", edit=stand_still)
        with pytest.raises(RecordError, match="_05989D: the coordinates in its file make no footprint"):
            made(path)

    @pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"plain text"])
    def test_other_files_are_not_ours(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "x.bin"
        path.write_bytes(content)
        assert SOURCE.records_in_file(path) is None

    def test_hdf5_of_another_mission_is_not_ours(self, tmp_path: Path) -> None:
        path = tmp_path / "ATL08_20181014000347_02350101_006_02.h5"
        with h5py.File(path, "w") as file:
            file.create_group("gt1l/land_segments")
        assert SOURCE.records_in_file(path) is None


def test_what_was_read_in_a_file_is_recognised_when_it_was_kept(swath: Path) -> None:
    [record] = records(swath)
    [again] = SOURCE.records_in(json.loads(json.dumps(record))) or ()
    assert SOURCE.entry(again) == SOURCE.entry(record)
