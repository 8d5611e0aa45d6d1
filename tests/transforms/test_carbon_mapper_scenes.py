import json
import random
from itertools import permutations
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvesters.carbon_mapper_answers import records_in
from tests.stac_schemas import SHARED, core_errors, extension_errors
from tests.transforms.carbon_mapper_scene_records import RASTERS, RING, SCENE, annotated, picture, product
from tests.transforms.carbon_mapper_surfaces import GATEWAY, canonical, items_of, values
from transforms.carbon_mapper import entry
from transforms.carbon_mapper_collections import SCENES
from transforms.entry import Entry, IncompleteError, Kin

SAMPLES = SHARED / "upstream/carbon-mapper/samples/stac"


def properties(one: Entry) -> dict[str, Any]:
    found: dict[str, Any] = one.item["properties"]
    return found


def versions(entries: list[Entry]) -> list[tuple[str, set[str]]]:
    return [
        (one.archive_id.partition("_")[2], {a["href"].split("/")[7] for a in one.item["assets"].values()})
        for one in entries
    ]


ALL = [
    product("l2b-ch4-mfa-v3e"),
    product("l2b-co2-mfal-v3d"),
    picture("v3e"),
    product("l2b-ch4-mfa-v3", archived=True, keys=(*RASTERS, "artifact-mask.tif")),
    picture("v3", archived=True),
    annotated(),
]


def test_all_that_is_known_of_a_scene_makes_one_current_and_one_superseded_item() -> None:
    current, old = items_of(ALL)
    assert versions([current, old]) == [
        ("v3e", {"l2b-ch4-mfa-v3e", "l2b-co2-mfal-v3d", "l2b-rgb-v3e"}),
        ("v3", {"l2b-ch4-mfa-v3", "l2b-rgb-v3"}),
    ]
    gases = ("cmf", "cmf_unortho", "uncertainty", "uncertainty_unortho", "uas")
    assert current.item["assets"].keys() == {f"{name}_{gas}" for name in gases for gas in ("ch4", "co2")} | {"rgb"}
    assert properties(current)["cm:gases"] == ["CH4", "CO2"]
    assert [error for one in (current, old) for error in core_errors(one.item) + extension_errors(one.item)] == []


@given(st.randoms(use_true_random=False), st.integers(1, len(ALL)))
@settings(max_examples=80)
def test_scenes_end_the_same_in_any_order(chance: random.Random, size: int) -> None:
    chosen = chance.sample(ALL, size)
    expected = canonical(items_of(sorted(chosen, key=lambda record: json.dumps(record, sort_keys=True))))
    assert canonical(items_of(chosen)) == expected


def test_a_scene_of_v3e_has_no_artifact_mask() -> None:
    current, old = items_of([ALL[0], ALL[3]])
    assert "artifact_mask_ch4" not in current.item["assets"]
    assert old.item["assets"]["artifact_mask_ch4"]["roles"] == ["mask"]


def test_only_what_lies_on_the_grid_says_so() -> None:
    found = entry(product("l2b-ch4-mfa-v3e")).item
    assert found["properties"]["proj:code"] == "EPSG:32632"
    assert "proj:epsg" not in found["properties"]
    assert "proj:shape" not in found["properties"]
    for key, one in found["assets"].items():
        assert ("proj:shape" in one) == (key in ("cmf_ch4", "uncertainty_ch4"))
        assert "proj:epsg" not in one


def test_a_pixel_in_degrees_is_no_distance_on_the_ground() -> None:
    record = product("l2b-ch4-mfa-v1")
    record["properties"] |= {"proj:epsg": 4326, "gsd": 0.000542}
    found = properties(entry(record))
    assert found["proj:code"] == "EPSG:4326"
    assert "gsd" not in found


def test_a_scene_without_plumes_is_data() -> None:
    made = entry(annotated())
    found = properties(made)
    assert found["cm:published_plume_count"] == 0
    assert (found["view:off_nadir"], found["eo:cloud_cover"]) == (12.25, 12.5)
    assert (found["datetime"], found["platform"], found["instruments"]) == (
        "2026-08-13T10:11:12.960Z",
        "tanager-1",
        ["tanager"],
    )
    assert made.item["bbox"] == [10.0, 20.0, 10.3, 20.2]
    assert made.archive_id == f"{SCENE}_unversioned"
    assert made.item["assets"] == {}
    assert core_errors(made.item) + extension_errors(made.item) == []


@pytest.mark.parametrize("area", ["geometry", "geometry_json", "footprint", "bounds"])
def test_the_area_of_a_listed_scene_may_be_a_geometry(area: str) -> None:
    made = entry(annotated(**{"bounds": None, area: {"type": "Polygon", "coordinates": [RING]}}))
    assert made.item["geometry"]["coordinates"][0][2] == [10.3, 20.2]


def test_a_listed_scene_states_the_sun_from_the_zenith_and_the_mode_of_the_instrument() -> None:
    made = entry(annotated(sun_elevation=None, solar_zenith_angle=28.5, sensitivity_mode="medium_sensitivity"))
    found = properties(made)
    assert (found["view:sun_elevation"], found["cm:sensitivity_mode"]) == (61.5, "medium_sensitivity")
    assert made.remarks == ()


def test_a_listed_scene_whose_bounds_are_a_point_waits_for_its_footprint() -> None:
    with pytest.raises(IncompleteError, match="no area"):
        entry(annotated(bounds=[10.0, 20.0, 10.0, 20.0]))


@pytest.mark.parametrize("bounds", [RING, [RING]])
def test_the_bounds_of_a_listed_scene_may_be_a_ring_or_rings(bounds: list[Any]) -> None:
    assert entry(annotated(bounds=bounds)).item["geometry"]["coordinates"][0][2] == [10.3, 20.2]


def test_a_scene_that_a_source_names_waits_for_its_footprint_and_adds_its_uuid() -> None:
    named = {"id": "a-uuid", "name": SCENE, "timestamp": "2026-08-13T10:11:12Z", "instrument": "tan"}
    with pytest.raises(IncompleteError, match=f"scene {SCENE}.*no area"):
        entry(named)
    for records in permutations([named, product("l2b-ch4-mfa-v3e")]):
        (one,) = items_of(records)
        assert properties(one)["cm:scene_uuid"] == "a-uuid"


def test_a_gas_seen_again_later_than_the_other_takes_the_others_rasters_along() -> None:
    first = items_of([product("l2b-co2-mfal-v3d")])
    assert [version for version, _ in versions(first)] == ["v3d"]
    (together,) = items_of([product("l2b-co2-mfal-v3d"), product("l2b-ch4-mfa-v3e")])
    assert properties(together)["version"] == "v3e"


def test_of_two_that_are_shown_as_current_the_newer_is() -> None:
    stale, fresh = product("l2b-ch4-mfa-v3"), product("l2b-ch4-mfa-v3e")
    assert [version for version, _ in versions(items_of([fresh, stale]))] == ["v3e", "v3"]


def test_a_second_filter_of_the_same_gas_has_assets_of_its_own() -> None:
    (one,) = items_of([product("l2b-ch4-mf-v3e"), product("l2b-ch4-mfa-v3e")])
    assert one.item["assets"]["cmf_ch4"]["cm:cmf_type"] == "mfa"
    assert one.item["assets"]["cmf_ch4_mf"]["cm:cmf_type"] == "mf"


def test_pictures_without_rasters_of_a_gas_join_those_that_are_nearest() -> None:
    current, old = items_of(
        [product("l2b-ch4-mfa-v3e"), product("l2b-ch4-mfa-v3", archived=True), picture("v3a", archived=True)]
    )
    assert "rgb" in old.item["assets"]
    assert "rgb" not in current.item["assets"]


def checked(**found: bool) -> dict[str, Any]:
    hrefs = {
        f"{GATEWAY}/{name.replace('_', '-')}/2026/08/13/{SCENE}/{SCENE}_{name.replace('_', '-')}_cmf.tif": value
        for name, value in found.items()
    }
    return {"tercet:verified": {"scene_name": SCENE, "checked": "2026-11-01T00:00:00Z", "assets": hrefs}}


def test_rasters_that_were_asked_for_and_found_make_a_version() -> None:
    found = checked(l2b_ch4_mfa_v3c=True, l2b_ch4_mfa_v3d=False)
    with pytest.raises(IncompleteError):
        entry(found)
    for records in permutations([found, annotated()]):
        (one,) = items_of(records)
        assert properties(one)["version"] == "v3c"
        assert one.item["assets"]["cmf_ch4"]["tercet:evidence"] == "verified"
        assert core_errors(one.item) + extension_errors(one.item) == []


def test_plumes_and_scenes_are_kin() -> None:
    assert entry(annotated()).kin == (Kin(f"carbon-mapper:scene:{SCENE}", "related"),)


def test_every_property_of_a_scene_can_be_queried_and_no_value_stands_for_unknown() -> None:
    always = {"title", "datetime", "processing:software", "auth:schemes", "proj:bbox"}
    for one in [*items_of(ALL), entry(annotated()), entry(picture("v3"))]:
        assert properties(one).keys() - SCENES.queryables.keys() <= always
        for value in values(one.item):
            assert value not in (None, "", -999, -9999)


def test_a_property_that_is_new_is_told_and_left_out() -> None:
    record = product("l2b-ch4-mfa-v3e")
    record["properties"]["cm:haze"] = 3
    made = entry(record)
    assert [remark for remark in made.remarks if "'cm:haze'" in remark]
    assert "cm:haze" not in properties(made)
    assert [remark for remark in entry(annotated(haze=3)).remarks if "'haze'" in remark]
    assert entry(product("l2b-ch4-mfa-v3e")).remarks == entry(annotated()).remarks == ()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no recorded answers in {SAMPLES}")
def test_the_recorded_scene_is_current_as_v3e_and_superseded_as_v3() -> None:
    records = [
        record
        for path in sorted(SAMPLES.glob("item_l2b*.json"))
        for record in records_in(json.loads(path.read_bytes())) or ()
    ]
    current, old = items_of(records)
    assert [version for version, _ in versions([current, old])] == ["v3e", "v3"]
    assert "artifact_mask_ch4" in old.item["assets"]
    assert current.item["assets"].keys() >= {"cmf_ch4", "uncertainty_ch4", "uas_ch4", "rgb"}
    assert "artifact_mask_ch4" not in current.item["assets"]
    assert current.remarks == old.remarks == ()
    assert orjson.dumps(canonical(items_of(records[::-1]))[0].decode()) == orjson.dumps(
        canonical([current])[0].decode()
    )
