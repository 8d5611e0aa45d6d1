"""The oddities of Carbon Mapper's records, one each, that would spoil Items if nobody minded them.

Those of its paging, filters and boxes are minded by the harvester.
"""

from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import orjson
import pytest

from tercet.errors import RecordError
from tests.stac_schemas import core_errors
from tests.transforms.carbon_mapper_scene_records import product
from tests.transforms.carbon_mapper_surfaces import (
    CDN,
    CURRENT,
    GATEWAY,
    OLD,
    PLUME,
    SCENE,
    detection,
    feature,
    features,
    items_of,
    plume,
    row,
    source_answer,
)
from transforms.carbon_mapper import entry
from transforms.carbon_mapper_fields import KNOWN
from transforms.entry import Entry, Kin


def properties(one: Entry) -> dict[str, Any]:
    found: dict[str, Any] = one.item["properties"]
    return found


def renamed(record: dict[str, Any], plume_id: str, **changes: Any) -> dict[str, Any]:
    text = orjson.dumps(record).decode().replace(PLUME, plume_id).replace("2023/07/04", day_of(plume_id))
    return {**orjson.loads(text), **changes}


def day_of(plume_id: str) -> str:
    return f"{plume_id[3:7]}/{plume_id[7:9]}/{plume_id[9:11]}"


def test_gao_in_upper_case_becomes_lower_case_and_keeps_its_name() -> None:
    record = renamed(plume(OLD), "GAO20220419t161635p0000-A", instrument="GAO", platform="Global Airborne Observatory")
    found = properties(entry({**record, "scene_timestamp": "2022-04-19T16:16:35Z"}))
    assert (found["platform"], found["instruments"]) == ("global-airborne-observatory", ["gao"])
    assert found["cm:scene_id"] == "GAO20220419t161635p0000"


def test_a_detection_that_names_no_instrument_does_not_rename_one_that_is_new() -> None:
    name = PLUME.replace("emi", "xyz")
    listed = renamed(plume(), name, instrument="xyz", platform="Some Satellite 2")
    seen = renamed(detection(), name)
    seen["properties"]["cm:modified"] = "2027-01-01T00:00:00Z"
    (one,) = items_of([listed, seen])
    assert (properties(one)["platform"], properties(one)["instruments"]) == ("some-satellite-2", ["xyz"])


def test_scene_id_is_a_uuid_in_rest_and_a_name_in_stac() -> None:
    listed, stac = entry(plume()), entry(features(CURRENT)[0])
    assert properties(listed)["cm:scene_uuid"] == plume()["scene_id"]
    assert properties(listed)["cm:scene_id"] == properties(stac)["cm:scene_id"] == SCENE
    assert "cm:scene_uuid" not in properties(stac)


@pytest.mark.parametrize("flag", [True, False, None])
def test_an_emission_that_is_null_is_absent_with_and_without_the_flag(flag: bool | None) -> None:  # noqa: FBT001 - drawn
    found = properties(entry({**plume(), "emission_auto": None, "hide_emission": flag}))
    assert "cm:emission" not in found
    assert found.get("cm:hide_emission") is flag


def test_the_collection_of_a_rest_record_is_that_of_the_detection_and_names_no_raster() -> None:
    made = entry({**plume(), "collection": "l2c-ch4-v7"})
    assert properties(made)["cm:collection"] == "l2c-ch4-v7"
    assert not any("l2c" in asset["href"] for asset in made.item["assets"].values())
    assert properties(items_of([plume(), detection()])[0])["cm:collection"] == "l2c-ch4-v0"


def test_con_tif_is_the_integrated_raster_of_whichever_collection() -> None:
    old = entry(plume(OLD)).item["assets"]["ime_concentrations"]
    assert "/l3a-ime-ch4-mfa-v1/" in old["href"]
    legacy = entry(plume(replace(OLD, ime="mf-v1"))).item["assets"]["ime_concentrations"]
    assert legacy["href"].endswith("l3a-ch4-mf-v1_concentrations.tif")
    assert "ime_concentrations" not in entry({**plume(OLD), "con_tif": None}).item["assets"]


def test_the_version_is_the_emissions_whatever_that_of_the_pictures() -> None:
    made = entry(plume(OLD))
    assert properties(made)["version"] == "v1"
    assert "/l3a-vis-ch4-mfa-v002/" in made.item["assets"]["mask"]["href"]


def test_one_id_in_seven_collections_is_one_plume_in_two_versions() -> None:
    records = [*features(CURRENT), *features(OLD), detection()]
    assert len({record["id"] for record in records}) == 1
    current, old = items_of(records)
    assert (properties(current)["version"], properties(old)["version"]) == ("v3", "v1")


def test_the_gas_is_upper_case_however_it_was_written() -> None:
    assert {properties(one)["cm:gas"] for one in (entry(plume()), entry(features(CURRENT)[0]))} == {"CH4"}
    assert properties(items_of([detection(), features(CURRENT)[0]])[0])["cm:gas"] == "CH4"


@pytest.mark.parametrize(
    "spelled",
    [
        "2024-02-03T04:05:06.789Z",
        "2024-02-03T04:05:06.789012Z",
        "2024-02-03 04:05:06.789012+00:00",
        "2024-02-03 04:05:06.789+00",
        "2024-02-03T05:05:06.789+01:00",
    ],
)
def test_five_spellings_of_a_time_are_one(spelled: str) -> None:
    assert properties(entry({**plume(), "modified": spelled}))["updated"] == "2024-02-03T04:05:06.789Z"


def test_a_time_without_a_fraction_has_one_in_the_item() -> None:
    assert properties(entry({**row(), "modified": "2024-02-03T04:05:06+00"}))["updated"] == "2024-02-03T04:05:06.000Z"


def test_milliseconds_and_microseconds_of_the_same_moment_are_no_change() -> None:
    assert entry(plume()).freshness == entry(source_answer()["plumes"][0]).freshness


def test_nodata_is_what_each_raster_was_found_to_have() -> None:
    current = items_of([plume(), *features(CURRENT)])[0].item["assets"]
    assert "nodata" not in current["mask"]
    assert (current["rgb"]["nodata"], current["concentrations"]["nodata"]) == (0, "nan")
    assert current["ime_concentrations"]["nodata"] == 0
    assert "nodata" not in entry(product("l2b-ch4-mfa-v3e")).item["assets"]["cmf_ch4"]


def test_the_round_trifle_of_l4a_and_the_points_of_v1_are_no_footprints() -> None:
    current, old = items_of([*features(CURRENT), *features(OLD)])
    for made in (current, old):
        west, south, east, north = made.item["bbox"]
        assert min(east - west, north - south) > 0.01


def test_a_reprocessing_shows_in_the_place_among_the_versions_though_no_time_moved() -> None:
    before, after = entry(plume(OLD)), entry(plume(CURRENT))
    assert properties(before)["updated"] == properties(after)["updated"]
    assert before.rank < after.rank
    pictures = {**plume(), "plume_tif": plume()["plume_tif"].replace("mfa-v3", "mfa-v3b")}
    assert entry(pictures).freshness > entry(plume()).freshness
    software = {**plume(), "processing_software": "3.100.0"}
    assert entry(software).freshness > entry({**plume(), "processing_software": "3.99.0"}).freshness


@pytest.mark.parametrize(
    ("token", "rank", "archive_id"),
    [
        ("v002", "100002", f"{PLUME}_v002"),
        ("jpl", "0jpl", f"{PLUME}_jpl"),
        ("j001", "0j001", f"{PLUME}_j001"),
        ("v3e", "100003e", f"{PLUME}_v3e"),
    ],
)
def test_versions_of_every_spelling_have_a_place(token: str, rank: str, archive_id: str) -> None:
    made = entry({**plume(), "emission_version": token})
    assert (made.rank, made.archive_id) == (rank, archive_id)


def test_a_collection_whose_version_is_spelled_in_an_unknown_way_is_taken() -> None:
    one = feature(CURRENT, "l3a-vis-ch4-mfa-next", "vis")
    assert properties(entry(one))["version"] == "next"


def test_an_epsg_code_of_null_is_left_out_and_sensor_rasters_have_none() -> None:
    made = entry(product("l2b-ch4-mfa-v3", keys=("cmf.tif", "artifact-mask.tif", "cmf-unortho.tif")))
    assets = made.item["assets"]
    assert assets["cmf_ch4"]["proj:code"] == "EPSG:32632"
    assert not [name for key in ("artifact_mask_ch4", "cmf_unortho_ch4") for name in assets[key] if "proj" in name]


def test_signed_addresses_become_those_of_the_gateway_and_their_checksum_stays() -> None:
    made = entry(plume())
    text = orjson.dumps([made.item, made.part.said if made.part else None, made.freshness]).decode()
    for secret in ("SECRET", "Signature", "Expires", "Key-Pair", CDN):
        assert secret not in text
    assert made.item["assets"]["mask"]["href"].startswith(f"{GATEWAY}/l3a-vis-ch4-mfa-v3/")
    assert made.item["assets"]["mask"]["file:checksum"].startswith("1114")


def test_what_only_csv_fills_in_is_taken_and_its_bounds_are_a_text() -> None:
    made = entry({**row(), "sensitivity_mode": "maximum_sensitivity"})
    found = properties(made)
    assert (found["gsd"], found["view:off_nadir"], found["cm:sensitivity_mode"]) == (59.5, 7.25, "maximum_sensitivity")
    assert made.item["bbox"] == [53.45, 39.35, 53.55, 39.45]


@pytest.mark.parametrize("part", ["1", "12", "AA", "BZ", "CA"])
def test_parts_of_digits_and_of_two_letters_are_plumes(part: str) -> None:
    scene = "ang20200716t202023"
    made = entry(renamed(plume(), f"{scene}-{part}", instrument="ang", scene_timestamp="2020-07-16T20:20:23Z"))
    assert properties(made)["cm:scene_id"] == scene
    assert "mask" in made.item["assets"]


def test_a_scenes_name_is_no_plume() -> None:
    with pytest.raises(RecordError, match="is not a plume id"):
        entry({**plume(), "plume_id": SCENE})


def test_a_plume_is_derived_from_its_scene_whatever_the_scenes_version() -> None:
    made = items_of([plume(), *features(CURRENT), *features(OLD)])
    for one in made:
        assert Kin(f"carbon-mapper:scene:{SCENE}", "derived_from") in one.kin
        assert Kin(f"carbon-mapper:plume:{PLUME}", "related") in one.kin


def test_a_link_that_came_twice_is_not_stored_twice() -> None:
    assert [link["rel"] for link in entry(features(CURRENT)[0]).item["links"]] == ["via"]


@pytest.mark.parametrize(("version", "nodata"), [("v3a", 0), ("v3b", None)])
def test_zero_stops_meaning_not_integrated_at_v3b(version: str, nodata: int | None) -> None:
    truth = replace(CURRENT, version=version, ime=f"ime-mfa-{version}")
    assert entry(plume(truth)).item["assets"]["ime_concentrations"].get("nodata") == nodata


# and what has no number in the list


def test_what_csv_has_as_a_text_is_what_it_says() -> None:
    texts = {"is_offshore": "True", "hide_emission": "false", "publication_sources": '["doi:1"]'}
    found = properties(entry({**row(), **texts}))
    assert (found["cm:is_offshore"], found["cm:hide_emission"], found["cm:publications"]) == (True, False, ["doi:1"])


def test_csv_is_csv_whichever_columns_were_left_out_of_it() -> None:
    cut = {name: value for name, value in row().items() if name not in {"plume_latitude", "plume_longitude"}}
    assert properties(entry(cut))["tercet:surface"] == "csv"


def test_a_projection_is_taken_in_either_spelling() -> None:
    record = product("l2b-ch4-mfa-v3e")
    code = f"EPSG:{record['properties'].pop('proj:epsg')}"
    record["properties"]["proj:code"] = code
    made = entry(record)
    assert properties(made)["proj:code"] == made.item["assets"]["cmf_ch4"]["proj:code"] == code
    assert made.remarks == ()


def test_software_that_is_null_is_absent() -> None:
    assert "processing:software" not in properties(entry(plume(OLD)))


@pytest.mark.parametrize("gas", ["CH4", "CO2"])
def test_neither_co2_nor_mf_plumes_have_assets_that_nobody_has_seen(gas: str) -> None:
    vis, ime = ("co2-mfa-v3e", "co2-mfal-v3e") if gas == "CO2" else ("ch4-mf-v3e", "ch4-mf-v3e")
    record = orjson.loads(
        orjson.dumps({**plume(), "gas": gas, "con_tif": None})
        .replace(b"l3a-vis-ch4-mfa-v3", f"l3a-vis-{vis}".encode())
        .replace(b"l3a-ime-ch4-mfa-v3", f"l3a-ime-{ime}".encode())
    )
    found = entry(record).item["assets"]
    assert found.keys() == {"mask", "thumbnail", "overview_rgb"}
    assert {asset["tercet:evidence"] for asset in found.values()} == {"recorded"}


def test_where_stac_lists_the_files_none_is_added_to_them() -> None:
    bare = features(CURRENT)[0]
    bare["assets"] = {"plume.tif": bare["assets"]["plume.tif"]}
    (one,) = items_of([bare, {**plume(), "plume_png": None, "rgb_png": None}])
    assert one.item["assets"].keys() == {"mask", "ime_concentrations", "ime_mask", "ime_outline"}


def verified(when: str = "2026-11-01", **found: bool) -> dict[str, Any]:
    derived = entry(plume()).item["assets"]
    answers = {derived[key]["href"]: yes for key, yes in found.items()}
    return {"tercet:verified": {"plume_id": PLUME, "assets": answers, "checked": f"{when}T00:00:00Z"}}


def test_a_check_turns_what_was_derived_into_verified_or_takes_it_away() -> None:
    (one,) = items_of([plume(), verified(concentrations=True, outline=False, mask=False)])
    assets = one.item["assets"]
    assert assets["concentrations"]["tercet:evidence"] == "verified"
    assert "outline" not in assets
    assert assets["mask"]["tercet:evidence"] == "recorded"
    assert core_errors(one.item) == []


def test_a_later_check_adds_to_an_earlier_one_and_corrects_it() -> None:
    first = verified(concentrations=True, outline=False, rgb=False)
    later = verified("2026-11-02", ime_mask=True, rgb=True)
    for records in permutations([plume(), first, later]):
        (one,) = items_of(records)
        found = {key: asset["tercet:evidence"] for key, asset in one.item["assets"].items()}
        assert [found.get(key) for key in ("concentrations", "rgb", "ime_mask", "ime_outline")] == [
            *["verified"] * 3,
            "derived",
        ]
        assert "outline" not in found


def test_a_field_that_is_new_is_told_and_costs_nothing() -> None:
    made = entry({**plume(), "confidence_level": 3})
    assert made.remarks == ("records of plumes (rest) have 'confidence_level', which is new to Tercet and left out",)
    assert made.item == entry(plume()).item
    stac = features(CURRENT)[1]
    stac["properties"]["cm:confidence"] = 1
    assert [remark for remark in entry(stac).remarks if "'cm:confidence'" in remark]
    assert not any(one.remarks for one in items_of([plume(), row(), *features(CURRENT), *features(OLD), detection()]))


def test_an_emission_that_is_not_what_its_parts_make_is_told_and_kept() -> None:
    wrong = features(CURRENT)
    wrong[2]["properties"]["cm:emission"] = 1.5 * CURRENT.emission
    (one,) = items_of(wrong)
    assert one.remarks == ("QA: the emission of a CH4 plume of EMIT is not IME / fetch x wind speed x 3600",)
    assert properties(one)["cm:emission"] == 1.5 * CURRENT.emission
    assert items_of(features(CURRENT))[0].remarks == ()


def related() -> dict[str, Any]:
    """As plumes/related gave a plume in 2024: sets, defaults, and images somewhere below them."""
    listed = plume()
    kept = ("id", "geometry_json", "scene_id", "scene_timestamp", "instrument", "plume_id", "gas", "cmf_type")
    emission = {
        "emission": 1.0,
        "emission_auto": CURRENT.emission,
        "emission_uncertainty_auto": CURRENT.emission / 8,
        "wind_speed_avg_auto": CURRENT.wind,
        "wind_direction_avg_auto": 97.5,
        "wind_source": "ecmwf_ifs",
        "collection": "l4a-ch4-mfa-v3",
    }
    return {
        **{name: listed[name] for name in (*kept, "sector", "status", "hide_emission", "published_at")},
        "bounds": listed["plume_bounds"],
        "quality_shape": None,
        "plumeemission_set": [emission],
        "plumeime_set": [],
        "plumevis_set": [],
        "default_emission_object": emission,
        "default_ime_object": {"collection": "l3a-ime-ch4-mfa-v3", "images": {"con": listed["con_tif"]}},
        "default_vis_object": {"images": [{"url": listed["plume_tif"]}, {"url": listed["plume_png"]}]},
    }


def test_an_answer_of_plumes_related_is_its_default_objects() -> None:
    found, listed = entry(related()), entry(plume())
    assert (found.rank, found.subject) == (listed.rank, listed.subject)
    same = ("cm:emission", "cm:emission_cmf_type", "cm:wind_speed_avg", "version", "datetime", "cm:gas", "cm:sector")
    assert {name: properties(found)[name] for name in same} == {name: properties(listed)[name] for name in same}
    assert found.item["assets"].keys() >= {"mask", "thumbnail", "ime_concentrations"}
    assert found.item["geometry"] == listed.item["geometry"]
    assert "SECRET" not in orjson.dumps(found.item).decode()


@pytest.mark.checkout
def test_every_field_of_a_plume_is_in_the_mapping_table() -> None:
    page = (Path(__file__).parents[2] / "docs/carbon-mapper.md").read_text()
    table = page.partition("## Fields of a plume")[2].partition("## Files")[0]
    assert [field for field in sorted(KNOWN) if f"`{field}`" not in table] == []
    assert plume().keys() | row().keys() <= KNOWN
