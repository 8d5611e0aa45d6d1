import contextlib
import copy
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import tercet
from harvesters.earthcare import EarthCARE
from tercet.errors import ConfigError, RecordError
from tests.stac_schemas import core_errors, extension_errors
from tests.upstreams.earthcare_archive import Archive, item
from tests.upstreams.earthcare_orbit import FRAMES, Frame
from transforms.earthcare import assemble, collection, entry
from transforms.earthcare_names import collection_id
from transforms.earthcare_products import PRODUCT_TYPES
from transforms.entry import IncompleteError, Item, Kin

BUNDLED = Path(tercet.__file__).parent / "bundled/earthcare"
ESA = "EarthCAREL2Validated_MAAP"


def record(
    product_type: str = "MSI_COP_2A", *, orbit: int = 5989, frame: str = "D", baseline: str = "BA"
) -> dict[str, Any]:
    made = datetime(2025, 9, 21, 4, 12, 37, tzinfo=UTC)
    return item(Frame(orbit, FRAMES.index(frame)), product_type, baseline, made, ESA)


def made(sent: Mapping[str, Any]) -> Item:
    return entry(sent).item


def interval_record(kind: str = "MPL_ORBSCT") -> dict[str, Any]:
    sent = record("AUX_MET_1D")
    sent["id"] = f"ECA_EXAA_{kind}_20240528T214917Z_99999999T999999Z_0015"
    sent["properties"] = {
        "start_datetime": "2024-05-28T21:49:17.000Z",
        "end_datetime": "9999-12-31T23:59:59.999Z",
        "datetime": "2024-05-28T21:49:17.000Z",
        "instruments": ["AUX"],
        "product:type": kind,
    }
    orbit_file = "https://catalog.maap.eo.esa.int/data/orbit.EOF"
    sent["assets"] = {"enclosure_eof": {"href": orbit_file, "type": "text/plain", "roles": ["data"]}}
    return sent


def sent_of(kind: str) -> dict[str, Any]:
    return interval_record(kind) if kind in ("AUX_ORBPRE", "AUX_ORBRES", "MPL_ORBSCT") else record(kind)


class TestVersions:
    def test_two_baselines_of_a_frame_are_one_subject_and_the_later_wins(self) -> None:
        older, newer = entry(record(baseline="AE")), entry(record(baseline="BA"))
        assert older.subject == newer.subject == "MSI_COP_2A|05989|D"
        assert older.rank < newer.rank
        assert older.archive_id != newer.archive_id

    def test_within_a_baseline_the_later_creation_wins(self) -> None:
        frame = Frame(5989, 3)
        first = item(frame, "MSI_COP_2A", "BA", datetime(2025, 6, 18, 9, tzinfo=UTC), ESA)
        second = item(frame, "MSI_COP_2A", "BA", datetime(2025, 6, 18, 10, tzinfo=UTC), ESA)
        assert entry(first).rank < entry(second).rank

    def test_frames_of_one_orbit_are_different_subjects(self) -> None:
        assert entry(record(frame="D")).subject != entry(record(frame="E")).subject

    def test_freshness_is_the_archives_change_time_in_milliseconds(self) -> None:
        sent = record()
        sent["properties"]["updated"] = "2025-10-13T15:53:59Z"
        assert entry(sent).freshness == "2025-10-13T15:53:59.000Z"

    def test_without_a_change_time_there_is_no_freshness(self) -> None:
        sent = record()
        del sent["properties"]["updated"]
        assert entry(sent).freshness == ""

    def test_an_interval_product_is_known_by_its_interval_and_ranked_by_file_version(self) -> None:
        older, newer, other = interval_record(), interval_record(), interval_record()
        older["id"] = older["id"].replace("_0015", "_0014")
        other["id"] = other["id"].replace("99999999T999999Z", "20991231T000000Z")
        assert entry(older).subject == entry(newer).subject == "MPL_ORBSCT|2024-05-28T21:49:17.000Z|open"
        assert entry(older).rank < entry(newer).rank
        assert entry(other).subject != entry(newer).subject

    def test_siblings_of_an_orbit_and_frame_share_a_key(self) -> None:
        kin = {entry(record(kind)).kin for kind in ("MSI_COP_2A", "ACM_CAP_2B", "ATL_CLA_2A")}
        assert kin == {(Kin("earthcare:05989D"),)}
        assert entry(record(frame="E")).kin != entry(record(frame="D")).kin
        assert entry(interval_record()).kin == ()


class TestProperties:
    @pytest.mark.parametrize(
        ("frame", "state"), [*zip("ABCDEFGH", "aacdddca", strict=True)], ids=[f"frame {f}" for f in "ABCDEFGH"]
    )
    def test_the_orbit_state_follows_from_the_frame(self, frame: str, state: str) -> None:
        properties = made(record(frame=frame))["properties"]
        names = {"a": "ascending", "d": "descending", "c": "crossing"}
        assert properties["sat:orbit_state"] == names[state]
        assert properties["earthcare:frame"] == frame

    def test_frame_a_keeps_its_node_of_the_orbit_before(self) -> None:
        properties = made(record(frame="A"))["properties"]
        assert properties["sat:anx_datetime"] < properties["datetime"]
        assert properties["sat:absolute_orbit"] == 5989

    @pytest.mark.parametrize(
        ("kind", "instruments"),
        [
            ("AC__TC__2B", ["atlid", "cpr"]),
            ("AM__CTH_2B", ["atlid", "msi"]),
            ("ACM_CAP_2B", ["atlid", "cpr", "msi"]),
            ("BM__RAD_2B", ["bbr", "msi"]),
            ("BMA_FLX_2B", ["atlid", "bbr", "msi"]),
            ("ALL_RAD_2B", ["atlid", "bbr", "cpr", "msi"]),
            ("MSI_COP_2A", ["msi"]),
        ],
    )
    def test_synergetic_is_expanded_to_the_instruments(self, kind: str, instruments: list[str]) -> None:
        assert made(record(kind))["properties"]["instruments"] == instruments

    def test_a_model_field_has_no_instrument(self) -> None:
        assert "instruments" not in made(record("AUX_MET_1D"))["properties"]

    def test_every_time_has_milliseconds_and_a_z(self) -> None:
        properties = made(record())["properties"]
        times = [value for key, value in properties.items() if "datetime" in key or key in ("created", "updated")]
        assert len(times) == 7
        assert all(len(time) == 24 and time.endswith("Z") for time in times)

    def test_what_the_archive_does_not_say_is_absent(self) -> None:
        sent = record()
        gone = ("sci:doi", "processing:software", "eofeos:mission_phase", "published", "product:acquisition_type")
        sent["properties"].update({"processing:facility": None, "grid:code": "", **dict.fromkeys(gone)})
        properties = made(sent)["properties"]
        names = (*gone, "processing:facility", "grid:code", "earthcare:mission_phase")
        assert not [name for name in names if name in properties]
        assert None not in properties.values()
        assert not core_errors(made(sent))

    def test_an_open_ended_interval_has_a_start_only(self) -> None:
        made_of_it = made(interval_record())
        properties = made_of_it["properties"]
        assert properties["datetime"] == "2024-05-28T21:49:17.000Z"
        orbital = ("start_datetime", "end_datetime", "sat:absolute_orbit", "earthcare:frame", "instruments")
        assert not [name for name in orbital if name in properties]
        assert not core_errors(made_of_it)

    def test_the_level_comes_from_the_type_where_the_record_is_silent(self) -> None:
        sent = record("AUX_JSG_1D")
        del sent["properties"]["processing:level"]
        assert made(sent)["properties"]["processing:level"] == "L1D"

    def test_the_item_names_the_upstream_collection_and_links_to_its_record(self) -> None:
        made_of_it = made(record())
        assert made_of_it["properties"]["earthcare:collections"] == [ESA]
        via = [link["href"] for link in made_of_it["links"] if link["rel"] == "via"]
        assert via == [
            f"https://catalog.maap.eo.esa.int/catalogue/collections/{ESA}/items/{made_of_it['id']}",
        ]

    def test_a_doi_is_cited(self) -> None:
        cited = [link["href"] for link in made(record())["links"] if link["rel"] == "cite-as"]
        assert cited == ["https://doi.org/10.57780/eca-94b4e53"]

    @pytest.mark.parametrize("spelled", ["https://doi.org/{}", "http://dx.doi.org/{}", "doi:{}"])
    def test_a_doi_is_one_however_it_is_spelled(self, spelled: str) -> None:
        sent = record()
        sent["properties"]["sci:doi"] = spelled.format(sent["properties"]["sci:doi"])
        assert made(sent) == made(record())

    def test_what_is_no_doi_is_left_out(self) -> None:
        sent = record()
        sent["properties"]["sci:doi"] = "not yet assigned"
        assert "sci:doi" not in made(sent)["properties"]
        assert "cite-as" not in {link["rel"] for link in made(sent)["links"]}

    @pytest.mark.parametrize("kind", sorted(PRODUCT_TYPES))
    def test_every_property_is_a_queryable_of_its_collection(self, kind: str) -> None:
        made_of_it = made(sent_of(kind))
        queryables = collection(made_of_it["collection"]).queryables
        not_scalar = {"datetime", "auth:schemes", "processing:software"}
        assert set(made_of_it["properties"]) - not_scalar <= set(queryables)


class TestAssets:
    def test_the_keys_are_ours(self) -> None:
        assert set(made(record())["assets"]) == {
            "data",
            "header",
            "archive",
            "thumbnail",
            "overview",
            "metadata_ogc_10_157r4",
            "metadata_ogc_17_003r2",
            "metadata_iso_19139",
        }

    @pytest.mark.parametrize("picture", ["quicklook", "quicklook_jpeg"])
    @pytest.mark.parametrize("keys", [("enclosure_1", "enclosure_2"), ("enclosure_2", "enclosure_1")])
    def test_older_keys_come_to_the_same(self, keys: tuple[str, str], picture: str) -> None:
        today = record()
        renamed = {"enclosure_h5": keys[0], "enclosure_hdr": keys[1], "quicklook_jpeg": picture}
        older = {**today, "assets": {renamed.get(key, key): asset for key, asset in today["assets"].items()}}
        assert made(older) == made(today)

    @pytest.mark.parametrize("keys", [("enclosure_h5", "enclosure_hdr"), ("enclosure_1", "enclosure_2")])
    def test_swapped_addresses_come_to_the_same(self, keys: tuple[str, str]) -> None:
        today = record("ATL_CLA_2A")
        swapped = copy.deepcopy(today)
        one, other = swapped["assets"].pop("enclosure_h5"), swapped["assets"].pop("enclosure_hdr")
        one["href"], other["href"] = other["href"], one["href"]
        swapped["assets"].update(dict(zip(keys, (one, other), strict=True)))
        assert made(swapped)["assets"] == made(today)["assets"]

    def test_a_size_stays_with_the_file_that_the_title_names(self) -> None:
        sent = record("ATL_CLA_2A")
        one, other = sent["assets"]["enclosure_h5"], sent["assets"]["enclosure_hdr"]
        sizes = one["file:size"], other["file:size"]
        for asset in (one, other):
            asset["title"] = asset.pop("file:local_path")
        one["href"], other["href"] = other["href"], one["href"]
        assets = made(sent)["assets"]
        assert (assets["data"]["file:size"], assets["header"]["file:size"]) == sizes

    def test_wholly_exchanged_assets_come_to_the_same(self) -> None:
        today = record("ATL_CLA_2A")
        assets = today["assets"]
        exchanged = {**assets, "enclosure_h5": assets["enclosure_hdr"], "enclosure_hdr": assets["enclosure_h5"]}
        assert made({**today, "assets": exchanged})["assets"] == made(today)["assets"]

    def test_media_types_and_roles_are_repaired(self) -> None:
        assets = made(record())["assets"]
        said = {key: (assets[key]["type"], assets[key]["roles"]) for key in ("data", "header", "archive")}
        assert said == {
            "data": ("application/x-hdf5", ["data"]),
            "header": ("application/xml", ["metadata"]),
            "archive": ("application/zip", ["archive"]),
        }

    @pytest.mark.parametrize("media_type", [None, "application/x-zip-compressed", "application/octet-stream"])
    def test_the_zip_is_known_by_its_address_under_any_media_type(self, media_type: str | None) -> None:
        sent = record()
        sent["assets"]["product"]["type"] = media_type
        assert made(sent) == made(record())

    def test_the_product_is_known_by_its_ending_under_any_media_type(self) -> None:
        sent = record()
        sent["assets"]["enclosure_h5"]["type"] = "application/zip"
        assert made(sent) == made(record())

    @pytest.mark.parametrize("added", ["?access_token=s3cret", "?X-Amz-Signature=s3cret&X-Amz-Expires=60", "#s3cret"])
    def test_no_address_holds_a_secret(self, added: str) -> None:
        sent = record()
        for asset in sent["assets"].values():
            joined = asset["href"] + (added.replace("?", "&") if "?" in asset["href"] else added)
            asset["href"] = joined.replace("https://", "https://somebody:s3cret@")
        sent["links"][0]["href"] += added
        assert made(sent) == made(record())

    def test_only_one_asset_has_the_data_role(self) -> None:
        assert [key for key, asset in made(record())["assets"].items() if "data" in asset["roles"]] == ["data"]

    def test_a_product_without_pictures_gets_none(self) -> None:
        assets = made(record("AC__TC__2B"))["assets"]
        assert "data" in assets
        assert not {"thumbnail", "overview"} & set(assets)

    def test_an_orbit_file_is_the_data(self) -> None:
        assert made(interval_record())["assets"]["data"]["type"] == "application/xml"

    def test_login_and_s3_are_carried_over(self) -> None:
        made_of_it = made(record())
        data = made_of_it["assets"]["data"]
        assert data["auth:refs"] == ["oidc"]
        assert data["alternate"]["s3"]["href"].startswith("s3://earthcare-pdgs-01/EarthCARE/MSI_COP_2A/BA/2025/")
        assert data["alternate"]["s3"]["auth:refs"] == ["s3"]
        assert set(made_of_it["properties"]["auth:schemes"]) == {"oidc", "s3"}

    def test_schemes_that_the_record_leaves_out_are_known(self) -> None:
        sent = record()
        del sent["properties"]["auth:schemes"]
        assert made(sent)["properties"]["auth:schemes"] == made(record())["properties"]["auth:schemes"]

    def test_pictures_and_metadata_need_no_login(self) -> None:
        assets = made(record())["assets"]
        assert not [key for key in assets if key not in ("data", "header", "archive") and "auth:refs" in assets[key]]

    def test_every_asset_was_recorded(self) -> None:
        sent = record()
        hrefs = {asset["href"] for asset in sent["assets"].values()}
        assets = made(sent)["assets"].values()
        assert {asset["tercet:evidence"] for asset in assets} == {"recorded"}
        assert {asset["href"] for asset in assets} == hrefs

    def test_two_of_a_kind_are_both_kept(self) -> None:
        sent = record()
        sent["assets"]["enclosure_more"] = {"href": "https://catalog.maap.eo.esa.int/data/other.h5"}
        assert {"data", "data_2"} <= set(made(sent)["assets"])

    def test_an_asset_without_address_is_left_out(self) -> None:
        sent = record()
        sent["assets"]["enclosure_h5"]["href"] = None
        assert "data" not in made(sent)["assets"]


class TestOddities:
    def test_an_orbit_file_without_geometry_lies_where_its_box_says(self) -> None:
        sent = {**interval_record(), "geometry": None, "bbox": [-180, -83, 180, 83]}
        one = entry(sent)
        assert one.item["bbox"] == [-180, -83, 180, 83]
        assert one.remarks == ("the record has no geometry; the box that it states as its bbox is taken",)
        assert not core_errors(one.item)

    def test_the_box_of_a_frame_is_not_what_it_covers(self) -> None:
        with pytest.raises(IncompleteError):
            entry({**record(), "geometry": None})

    @pytest.mark.parametrize("bbox", [None, [], "global", [0, 0, 0, 0]])
    def test_an_orbit_file_without_geometry_and_box_waits_or_is_refused(self, bbox: object) -> None:
        with pytest.raises(RecordError):
            entry({**interval_record(), "geometry": None, "bbox": bbox})

    def test_the_whole_globe_is_a_footprint_of_what_has_no_frame(self) -> None:
        ring = [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]
        sent = {**interval_record(), "geometry": {"type": "Polygon", "coordinates": [ring]}}
        assert made(sent)["bbox"] == [-180, -90, 180, 90]

    @pytest.mark.parametrize(
        ("said", "absent"),
        [
            ({"grid:code": "WRS-5989-E"}, "grid:code"),
            ({"sat:absolute_orbit": 5988}, None),
            ({"product:type": "MSI_CM__2A"}, None),
        ],
    )
    def test_a_record_that_contradicts_its_name_is_remarked_on_and_the_name_believed(
        self, said: dict[str, Any], absent: str | None
    ) -> None:
        sent = record()
        sent["properties"].update(said)
        one = entry(sent)
        assert len(one.remarks) == 1
        assert "the product name" in one.remarks[0]
        assert absent not in one.item["properties"]
        assert one.item["properties"]["sat:absolute_orbit"] == 5989
        assert one.item["properties"]["product:type"] == "MSI_COP_2A"

    def test_a_record_in_order_has_no_remarks(self) -> None:
        assert {
            entry(record(kind, frame=frame)).remarks for kind in ("MSI_COP_2A", "ATL_CLA_2A") for frame in FRAMES
        } == {()}

    def test_swapped_addresses_are_remarked_on(self) -> None:
        sent = record("ATL_CLA_2A")
        product, header = sent["assets"]["enclosure_h5"], sent["assets"]["enclosure_hdr"]
        product["href"], header["href"] = header["href"], product["href"]
        assert entry(sent).remarks == (
            "the archive's addresses of product and header are swapped; their endings are believed",
        )

    @pytest.mark.parametrize("software", ["M-CLD 11.30", ["M-CLD"], {"M-CLD": None}, {}])
    def test_software_that_is_no_table_is_left_out(self, software: object) -> None:
        sent = record()
        sent["properties"]["processing:software"] = software
        assert "processing:software" not in made(sent)["properties"]
        assert not core_errors(made(sent))

    def test_the_upstream_collection_is_known_by_the_records_address(self) -> None:
        sent = record()
        del sent["collection"]
        assert made(sent) == made(record())

    @pytest.mark.parametrize(
        "scheme",
        [
            {
                "type": "openIdConnect",
                "openIdConnectUrl": "https://login.example.org/.well-known/openid-configuration",
            },
            {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://login.example.org/token", "scopes": {}}},
            },
        ],
    )
    def test_login_schemes_that_are_new_are_told_as_the_archive_does(self, scheme: dict[str, Any]) -> None:
        sent = record()
        sent["properties"]["auth:schemes"]["oidc"] = scheme
        assert made(sent)["properties"]["auth:schemes"]["oidc"] == scheme

    def test_a_login_that_no_asset_asks_for_is_left_out(self) -> None:
        sent = record()
        sent["properties"]["auth:schemes"]["basic"] = {"type": "http", "scheme": "basic"}
        assert set(made(sent)["properties"]["auth:schemes"]) == {"oidc", "s3"}

    @pytest.mark.parametrize("kind", sorted(PRODUCT_TYPES))
    def test_only_what_the_archive_said_is_an_asset_of_any_type(self, kind: str) -> None:
        sent = sent_of(kind)
        assert {asset["href"] for asset in made(sent)["assets"].values()} == {
            asset["href"] for asset in sent["assets"].values()
        }


class TestRejects:
    def test_a_record_without_geometry_is_rejected_with_the_next_step(self) -> None:
        with pytest.raises(
            RecordError,
            match=r"_05989D has no geometry, and the box around a frame .* ask the archive for the whole Item",
        ):
            entry({**record(), "geometry": None})

    def test_a_partial_record_is_rejected(self) -> None:
        sent = record()
        with pytest.raises(RecordError, match="no geometry"):
            entry({"id": sent["id"], "bbox": sent["bbox"], "properties": sent["properties"], "asset_keys": ["product"]})

    def test_a_bad_footprint_names_the_record(self) -> None:
        with pytest.raises(RecordError, match="_05989D"):
            entry({**record(), "geometry": {"type": "LineString", "coordinates": [[0, 0], [0, 95]]}})

    def test_an_id_that_is_no_product_name_is_rejected(self) -> None:
        with pytest.raises(RecordError, match="'S2A_32TQM' is not an EarthCARE product name"):
            entry({**record(), "id": "S2A_32TQM"})

    def test_an_end_before_the_start_is_rejected(self) -> None:
        sent = record()
        sent["properties"]["end_datetime"] = "2025-06-17T20:00:00.000Z"
        with pytest.raises(RecordError, match="before it starts"):
            entry(sent)

    def test_a_time_that_is_none_is_rejected_with_its_name(self) -> None:
        sent = record()
        sent["properties"]["published"] = "yesterday"
        with pytest.raises(RecordError, match="published is not a timestamp: 'yesterday'"):
            entry(sent)

    @pytest.mark.parametrize("key", ["properties", "assets", "links", "geometry"])
    @pytest.mark.parametrize("value", [3, "text", ["text"], {"data": "text"}])
    def test_a_misshapen_record_costs_only_itself(self, key: str, value: object) -> None:
        with contextlib.suppress(RecordError):  # any other error would stop the harvest
            entry({**record(), key: value})

    @pytest.mark.parametrize("junk", [None, 7, "…", [], {}])
    def test_a_link_or_asset_that_is_none_costs_only_itself(self, junk: object) -> None:
        sent = record()
        sent["links"].insert(0, junk)
        sent["assets"] = {"enclosure": junk, **sent["assets"]}
        sent["assets"]["enclosure_h5"]["alternate"]["other"] = junk
        assert made(sent) == made(record())


JUNK = st.sampled_from(
    [None, 0, -1, 3.5, True, "", "x", [], {}, [None], {"a": 1}, [[0, 0]], math.nan, "9999-12-31T23:59:59.999Z"]
)


@given(st.data())
@settings(max_examples=300)
def test_a_record_with_anything_anywhere_becomes_a_valid_item_or_a_reject(data: st.DataObject) -> None:
    sent = copy.deepcopy(record(data.draw(st.sampled_from(["MSI_COP_2A", "ATL_CLA_2A", "AUX_MET_1D"]))))
    node: Any = sent
    for _ in range(data.draw(st.integers(0, 3))):
        deeper = [part for key, part in _members(node) if key != "id" and isinstance(part, dict | list) and part]
        node = data.draw(st.sampled_from(deeper)) if deeper else node
    node[data.draw(st.sampled_from([key for key, _ in _members(node) if key != "id"]))] = data.draw(JUNK)
    try:
        one = entry(sent)
    except RecordError as error:
        assert str(error)  # noqa: PT017 - both ways out are right, this one needs words
        return
    assert core_errors(one.item) == []
    assert one.part is not None
    assert assemble([one.part]) == [one]


def _members(node: Any) -> list[tuple[Any, Any]]:
    return list(node.items() if isinstance(node, dict) else enumerate(node))


class TestValidity:
    @pytest.mark.parametrize("kind", sorted(PRODUCT_TYPES))
    def test_items_of_every_type_are_valid_stac(self, kind: str) -> None:
        assert core_errors(made(sent_of(kind))) == []
        assert extension_errors(made(sent_of(kind))) == []

    @pytest.mark.parametrize("kind", [*sorted(PRODUCT_TYPES), "XYZ_NEW_9A"])
    def test_collections_of_every_type_are_valid_stac(self, kind: str) -> None:
        document = collection(collection_id(kind)).document()
        assert core_errors(document) == []
        assert extension_errors(document) == []
        assert any(link["rel"] == "license" for link in document["links"])

    def test_a_foreign_collection_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="icesat2-atl08-007 is not an EarthCARE Collection"):
            collection("icesat2-atl08-007")

    def test_the_same_record_gives_the_same_item(self) -> None:
        sent = record()
        before = copy.deepcopy(sent)
        assert made(sent) == made(copy.deepcopy(sent))
        assert sent == before

    def test_items_are_plain_json(self) -> None:
        for sent in Archive.generate(16):
            assert json.loads(json.dumps(made(sent), allow_nan=False)) == made(sent)

    @pytest.mark.parametrize("path", sorted(BUNDLED.glob("*.json")), ids=lambda path: path.name)
    def test_bundled_records_become_valid_items(self, path: Path) -> None:
        records = list(EarthCARE().records_in(json.loads(path.read_text())) or ())
        assert records
        for sent in records:
            assert core_errors(made(sent)) == []
            assert extension_errors(made(sent)) == []
            assert made(sent)["assets"]["data"]["href"].endswith(".h5")

    def test_bundled_records_show_what_the_demo_promises(self) -> None:
        entries = [
            entry(sent)
            for path in BUNDLED.glob("*.json")
            for sent in EarthCARE().records_in(json.loads(path.read_text())) or ()
        ]
        permian = shapely.box(-104.5, 31.0, -102.0, 33.5)
        there = [
            made.item
            for made in entries
            if shapely.from_geojson(json.dumps(made.item["geometry"])).intersects(permian)
            and made.item["properties"]["datetime"].startswith("2025-06")
        ]
        assert len(there) >= 3
        granules = {made.archive_id for made in entries}
        assert len(entries) - len(granules) == 2, "two lie in two collections"
        assert len(granules) - len({made.subject for made in entries}) == 1, "one was superseded"
        assert any(made.item["geometry"]["type"] == "MultiPolygon" for made in entries)
        assert len({made.item["collection"] for made in entries}) > 10
