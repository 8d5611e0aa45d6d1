import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

import tercet
from harvesters.icesat2_answers import records_in
from tercet.errors import ConfigError, RecordError
from tests.stac_schemas import core_errors, extension_errors
from tests.upstreams.icesat2 import records
from transforms.entry import Item
from transforms.icesat2 import collection, entry
from transforms.icesat2_granule import size_in_bytes
from transforms.icesat2_names import GranuleName
from transforms.icesat2_products import PRODUCTS, collection_id

BUNDLED = Path(tercet.__file__).parent / "bundled/icesat2"


def record(**changes: Any) -> dict[str, Any]:
    sent = copy.deepcopy(records(1, seed=6)[0])
    sent["umm"].update(changes)
    return sent


def made(sent: dict[str, Any]) -> Item:
    return entry(sent).item


def without(sent: dict[str, Any], *path: str) -> dict[str, Any]:
    inner = sent
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return sent


class TestItem:
    def test_a_granule_of_the_cloud_archive(self) -> None:
        sent = record()
        found = entry(sent)
        item, properties = found.item, found.item["properties"]
        stem = sent["umm"]["GranuleUR"].removesuffix(".h5")
        assert item["id"] == stem == found.archive_id
        assert item["collection"] == "icesat2-atl08-007"
        assert (found.product, found.subject, found.rank) == ("ATL08", stem.removesuffix("_01"), "01")
        assert properties["updated"] == sent["meta"]["revision-date"]
        assert found.freshness == f"4{properties['updated']}"
        period = sent["umm"]["TemporalExtent"]["RangeDateTime"]
        assert properties["datetime"] == properties["start_datetime"] == period["BeginningDateTime"]
        assert properties["end_datetime"] == period["EndingDateTime"]
        assert properties["created"] == sent["umm"]["DataGranule"]["ProductionDateTime"]
        name = GranuleName.parse(f"{stem}.h5")
        assert properties["sat:relative_orbit"] == name.rgt
        assert (properties["icesat2:cycle"], properties["icesat2:region"]) == (name.cycle, name.region)
        assert properties["processing:level"] == "L3A"
        assert properties["version"] == properties["icesat2:release"] == "007"
        assert "icesat2:granule_ur" not in properties
        assert item["links"][0]["href"].endswith(f"{sent['meta']['concept-id']}.umm_json")

    def test_its_assets_have_the_same_keys_for_every_granule(self) -> None:
        assets = made(records(1, pictures=4)[0])["assets"]
        assert sorted(assets) == sorted(
            ["data", "dmrpp", "opendap", "metadata_iso", "thumbnail", "overview_default2", "overview_gt1l_groundtrack",
             "overview_gt1l_h_canopy_abs"]
        )  # fmt: skip
        data = assets["data"]
        assert data["href"].startswith("https://")
        assert data["alternate"]["s3"]["href"].startswith("s3://nsidc-cumulus-prod-protected/")
        assert data["type"] == "application/x-hdf5"
        assert data["auth:refs"] == ["earthdata"]
        assert data["file:size"] > 0
        # what is public asks nobody to log in
        assert "auth:refs" not in assets["thumbnail"]
        assert "auth:refs" not in assets["metadata_iso"]
        assert all(asset["tercet:evidence"] == "recorded" for asset in assets.values())

    @pytest.mark.parametrize(
        ("end", "key", "media_type"),
        [
            ("_BRW.jpg", "thumbnail", "image/jpeg"),
            ("_BRW.default.default1.png", "thumbnail", "image/png"),
            (".jpg", "thumbnail", "image/jpeg"),
            ("_BRW_dhdt.png", "overview_BRW_dhdt", "image/png"),
            ("_BRW.h5.images.tide_pole.jpg", "overview_tide_pole", "image/jpeg"),
        ],
    )
    def test_no_picture_is_called_after_its_granule(self, end: str, key: str, media_type: str) -> None:
        sent = record()
        data = sent["umm"]["RelatedUrls"][0]
        sent["umm"]["RelatedUrls"] = [data, {"URL": data["URL"].removesuffix(".h5") + end}]
        assets = made(sent)["assets"]
        assert assets.keys() == {"data", key}
        assert assets[key]["type"] == media_type

    def test_s3_names_its_region_and_where_its_keys_come_from(self) -> None:
        properties = made(record())["properties"]
        bucket = properties["storage:schemes"]["nsidc-cumulus-prod-protected"]
        assert (bucket["region"], bucket["type"]) == ("us-west-2", "aws-s3")
        assert properties["auth:schemes"]["s3"]["tercet:credentials_endpoint"].endswith("/s3credentials")

    def test_a_file_that_lies_in_s3_only_is_there_all_the_same(self) -> None:
        sent = record()
        sent["umm"]["RelatedUrls"] = [one for one in sent["umm"]["RelatedUrls"] if one["URL"].startswith("s3:")]
        item = made(sent)
        data = item["assets"]["data"]
        assert data["href"].startswith("s3://nsidc-cumulus-prod-protected/")
        assert data["auth:refs"] == ["s3"]
        assert "alternate" not in data
        assert item["properties"]["auth:schemes"].keys() == {"s3"}
        assert item["properties"]["storage:schemes"].keys() >= {"nsidc-cumulus-prod-protected"}
        assert extension_errors(item) == []
        grid = {"URL": "s3://nsidc-cumulus-prod-protected/ATLAS/ATL14/004/ATL14_IS_0325_100m_004_01.nc"}
        assert made(record(RelatedUrls=[grid]))["assets"]["data"]["type"] == "application/netcdf"

    def test_a_service_on_the_file_is_not_the_file(self) -> None:
        sent = record()
        name = sent["umm"]["GranuleUR"]
        older = f"https://n5eil01u.ecs.nsidc.org/opendap/DP5/ATLAS/ATL08.007/2020.01.01/{name}"
        sent["umm"]["RelatedUrls"] = [{"URL": older}, *sent["umm"]["RelatedUrls"]]
        assets = made(sent)["assets"]
        assert "opendap" not in assets["data"]["href"]
        assert assets["opendap"]["href"] == older

    def test_a_suffixed_granule_ur_keeps_a_clean_id(self) -> None:
        sent = record()
        plain = made(sent)
        sent["umm"]["GranuleUR"] += "_dQ1x"
        item = made(sent)
        assert item["id"] == plain["id"]
        assert item["properties"]["icesat2:granule_ur"] == sent["umm"]["GranuleUR"]

    def test_the_name_comes_from_the_url_then_the_producer_then_the_granule_ur(self) -> None:
        sent = record()
        stem = made(sent)["id"]
        sent["umm"]["RelatedUrls"] = []
        assert made(sent)["id"] == stem
        sent["umm"]["GranuleUR"] += "_dQ1x"
        sent["umm"]["DataGranule"]["Identifiers"][0]["Identifier"] = sent["umm"]["GranuleUR"]
        assert made(sent)["id"] == stem
        assert made(sent)["properties"]["icesat2:granule_ur"] == sent["umm"]["GranuleUR"]
        sent["umm"]["DataGranule"]["Identifiers"] = []
        assert made(sent)["id"] == stem
        assert made(sent)["assets"] == {}

    def test_a_bare_umm_g_record_is_enough(self) -> None:
        sent = record()
        item = made(sent["umm"])
        assert item["links"] == []
        assert item["properties"]["updated"] == sent["umm"]["ProviderDates"][1]["Date"]
        assert item["geometry"] == made(sent)["geometry"]

    def test_what_is_not_said_is_absent(self) -> None:
        sent = record()
        for field in ("DataGranule", "RelatedUrls", "ProviderDates"):
            del sent["umm"][field]
        sent["meta"] = {}
        item = made(sent)
        assert not {"created", "updated", "processing:datetime", "auth:schemes"} & item["properties"].keys()
        assert item["assets"] == {}
        assert b"null" not in orjson.dumps(item)
        assert core_errors(item) == []

    def test_a_single_moment_has_no_duration(self) -> None:
        item = made(record(TemporalExtent={"SingleDateTime": "2020-01-02T03:04:05Z"}))
        assert item["properties"]["datetime"] == "2020-01-02T03:04:05.000Z"
        assert not {"start_datetime", "end_datetime"} & item["properties"].keys()

    def test_a_record_without_a_time_has_that_of_its_name(self) -> None:
        sent = record()
        item = made(without(sent, "umm", "TemporalExtent"))
        assert item["properties"]["datetime"] == datetime.strptime(
            item["id"].split("_")[1], "%Y%m%d%H%M%S"
        ).replace(tzinfo=UTC).isoformat()[:19] + ".000Z"  # fmt: skip

    def test_a_time_neither_in_the_record_nor_in_the_name_is_refused(self) -> None:
        sent = without(record(), "umm", "TemporalExtent")
        sent["umm"]["GranuleUR"] = "ATL11_135803_0311_004_01.h5"
        sent["umm"]["RelatedUrls"] = []
        sent["umm"]["DataGranule"]["Identifiers"] = []
        with pytest.raises(RecordError, match=r"ATL11_135803_0311_004_01.h5 has no time"):
            entry(sent)

    def test_a_granule_that_ends_before_it_starts_is_refused(self) -> None:
        period = {"BeginningDateTime": "2020-01-02T03:04:05Z", "EndingDateTime": "2020-01-02T03:04:04Z"}
        with pytest.raises(RecordError, match="ends before it starts"):
            entry(record(TemporalExtent={"RangeDateTime": period}))

    def test_grids_belong_to_no_track(self) -> None:
        sent = record(GranuleUR="ATL21-01_20181001010615_00370101_003_01.h5", RelatedUrls=[], DataGranule={})
        properties = made(sent)["properties"]
        assert not {"sat:relative_orbit", "sat:orbit_state", "icesat2:cycle", "icesat2:region"} & properties.keys()
        assert properties["icesat2:hemisphere"] == "north"
        assert properties["processing:level"] == "L3B"

    def test_a_pass_has_a_track_but_no_region(self) -> None:
        sent = record(GranuleUR="ATL13_20200106183940_01690601_007_01.h5", RelatedUrls=[], DataGranule={})
        properties = made(sent)["properties"]
        assert properties["sat:relative_orbit"] == 169
        assert not {"sat:orbit_state", "icesat2:region"} & properties.keys()

    def test_several_cycles_are_named_by_their_ends(self) -> None:
        sent = record(GranuleUR="ATL11_135803_0311_004_01.h5", RelatedUrls=[], DataGranule={})
        properties = made(sent)["properties"]
        assert (properties["icesat2:first_cycle"], properties["icesat2:last_cycle"]) == (3, 11)
        assert "icesat2:cycle" not in properties

    @given(st.integers(0, 20_000))
    def test_the_same_record_gives_the_same_item_of_plain_json(self, seed: int) -> None:
        (sent,) = records(1, seed)
        untouched = copy.deepcopy(sent)
        item = made(sent)
        assert item == made(sent)
        assert sent == untouched
        assert orjson.loads(orjson.dumps(item)) == item
        assert shape(item["geometry"]).is_valid
        assert core_errors(item) == []


class TestFiles:
    @pytest.mark.parametrize(
        ("archived", "expected"),
        [
            ({"Name": "Not provided", "Size": 57_820_331 / 2**20, "SizeUnit": "NA"}, {"file:size": 57_820_331}),
            ({"Name": "Not provided", "Size": 55.14, "SizeUnit": "MB"}, {}),
            ({"Name": "x", "SizeInBytes": 5, "Size": 9.0, "SizeUnit": "MB"}, {"file:size": 5}),
            ({"Name": "x", "Size": 5.0, "SizeUnit": "GB"}, {}),
            ({"Name": "x", "SizeInBytes": 0}, {}),
            ({"Name": "x", "SizeInBytes": -1}, {}),
            ({"SizeInBytes": 5}, {"file:size": 5}),
            (
                {"Name": "x", "Checksum": {"Value": "D41D8CD98F00B204E9800998ECF8427E", "Algorithm": "MD5"}},
                {"file:checksum": "d50110d41d8cd98f00b204e9800998ecf8427e"},
            ),
            (
                {"Name": "x", "Checksum": {"Value": "ab" * 32, "Algorithm": "SHA-256"}},
                {"file:checksum": "1220" + "ab" * 32},
            ),
            ({"Name": "x", "Checksum": {"Value": "abc", "Algorithm": "MD5"}}, {}),
            ({"Name": "x", "Checksum": {"Value": "no" * 16, "Algorithm": "MD5"}}, {}),
            ({"Name": "x", "Checksum": {"Algorithm": "MD5"}}, {}),
            ({"Name": "x", "Checksum": {"Value": "12345678", "Algorithm": "Adler-32"}}, {}),
        ],
    )
    def test_sizes_are_exact_or_absent_and_checksums_are_multihashes(self, archived: Any, expected: Any) -> None:
        sent = record()
        sent["umm"]["DataGranule"]["ArchiveAndDistributionInformation"] = [archived]
        data = made(sent)["assets"]["data"]
        assert {key: value for key, value in data.items() if key.startswith("file:")} == expected

    def test_of_several_files_each_has_its_own_size(self) -> None:
        sent = record()
        name = sent["umm"]["GranuleUR"]
        sent["umm"]["DataGranule"]["ArchiveAndDistributionInformation"] = [
            {"Name": f"{name}.dmrpp", "SizeInBytes": 7},
            {"Name": name, "SizeInBytes": 9},
        ]
        assets = made(sent)["assets"]
        assert (assets["data"]["file:size"], assets["dmrpp"]["file:size"]) == (9, 7)
        assert "file:size" not in assets["opendap"]

    @given(st.integers(1, 10**11))
    def test_megabytes_with_ten_decimals_hold_the_whole_size(self, size: int) -> None:
        assert size_in_bytes(float(f"{size / 2**20:.10f}")) == size

    def test_a_rounded_size_is_not_taken_for_exact(self) -> None:
        assert size_in_bytes(589.29) is None


class TestRefusals:
    @pytest.mark.parametrize(
        ("sent", "reason"),
        [
            (
                {"meta": {}, "umm": {"EntryTitle": "ATLAS/ICESat-2 L3A Land Ice Height V006"}},
                "record of the Collection",
            ),
            ({"title": "t", "short_name": "ATL06", "dataset_id": "Land Ice"}, "record of the Collection 'Land Ice'"),
            ({"concept-id": "G1", "Granule": {"GranuleUR": "ATL08_x"}}, "ATL08_x has no footprint"),
            ({"CollectionReference": {"EntryTitle": "ATLAS"}}, "a part of a UMM-G record"),
            ({"errors": ["Shapefile has no features"]}, "an error instead of granules: Shapefile has no features"),
            ({"what": "ever"}, "not a granule of CMR"),
            ({"meta": {}, "umm": None}, "not shaped like a granule"),
            ({"meta": {}, "umm": {}}, "not shaped like a granule"),
        ],
    )
    def test_other_records_are_refused_with_what_to_do(self, sent: Any, reason: str) -> None:
        with pytest.raises(RecordError, match=reason):
            entry(sent)

    def test_a_granule_of_another_mission_is_refused_by_name(self) -> None:
        for name in ("MOD09GA.A2020001.h08v05.061.hdf", "LC09_L1TP_038031_20220115"):
            with pytest.raises(RecordError, match=f"{name}.*ATLAS/ICESat-2 only"):
                entry(record(GranuleUR=name, RelatedUrls=[], DataGranule={}))

    @pytest.mark.parametrize(
        "field", ["TemporalExtent", "DataGranule", "RelatedUrls", "SpatialExtent", "ProviderDates"]
    )
    @pytest.mark.parametrize("nonsense", ["text", 5, [5], ["text"], [[]], {"x": 5}])
    def test_nonsense_in_a_field_costs_one_record_and_no_crash(self, field: str, nonsense: Any) -> None:
        try:
            item = made(record(**{field: nonsense}))
        except RecordError as error:
            assert str(error)  # noqa: PT017 - both ways out are right, this one needs words
        else:
            assert core_errors(item) == []


class TestCollections:
    @pytest.mark.parametrize("short_name", sorted(PRODUCTS))
    def test_every_product_has_a_valid_collection(self, short_name: str) -> None:
        spec = collection(collection_id(short_name, "007"))
        document = spec.document()
        assert core_errors(document) == []
        assert extension_errors(document) == []
        assert core_errors(spec.superseded().document()) == []

    def test_every_property_is_described(self) -> None:
        for item in map(made, [*records(30), *bundled()]):
            described = collection(item["collection"]).queryables.keys()
            plain = {key for key in item["properties"] if key not in ("datetime", "auth:schemes", "storage:schemes")}
            assert plain <= described

    def test_assets_say_what_the_collection_says_of_them(self) -> None:
        item = made(record())
        for key, described in collection(item["collection"]).item_assets.items():
            if key in item["assets"]:
                assert {name: item["assets"][key][name] for name in described} == described

    @pytest.mark.parametrize("name", ["icesat2", "icesat2-atl08", "earthcare-msi-cop-2a", "icesat2-atl08-7"])
    def test_another_id_is_refused(self, name: str) -> None:
        with pytest.raises(ConfigError, match="not an ICESat-2 Collection"):
            collection(name)


def bundled() -> Iterator[Any]:
    for path in sorted(BUNDLED.glob("*.json")):
        yield from records_in(json.loads(path.read_text())) or ()


class TestBundled:
    def test_all_become_valid_items(self) -> None:
        items = [made(sent) for sent in bundled()]
        assert len(items) == 16
        for item in items:
            assert core_errors(item) == []
            assert extension_errors(item) == []

    def test_they_show_what_a_demo_wants_to_show(self) -> None:
        entries = [entry(sent) for sent in bundled()]
        items = [found.item for found in entries]
        texas = shapely.box(-104.5, 31.0, -102.0, 33.5)
        in_june = [item for item in items if item["properties"]["datetime"].startswith("2025-06")]
        assert sum(shape(item["geometry"]).intersects(texas) for item in in_june) >= 2
        assert any(item["bbox"][0] > item["bbox"][2] for item in items)
        subjects = [found.subject for found in entries]
        assert len(set(subjects)) == len(subjects) - 1, "one granule in two revisions"
        assert any("created" not in item["properties"] for item in items)
