import json
from itertools import permutations
from typing import Any

import pytest

from harvesters.carbon_mapper_answers import records_in
from tercet.errors import RecordError
from tests.stac_schemas import SHARED, core_errors, extension_errors
from tests.transforms.carbon_mapper_surfaces import canonical, items_of, values
from transforms.carbon_mapper import collection, entry
from transforms.carbon_mapper_collections import SOURCES
from transforms.entry import Entry, Kin

SAMPLES = SHARED / "upstream/carbon-mapper/samples/rest"
NAME = "CH4_6A_500m_-70.86797_-33.52603"
PLUMES = ["tan20260813t101112c96s4001-B", "GAO20220419t161635p0000-A", "ang20240716t202023-1"]


def feature(**changes: Any) -> dict[str, Any]:
    """A Feature of sources.geojson of our own, 2026 layout."""
    properties = {
        "source_name": f"{NAME}?plume_gas=CH4",
        "gas": "CH4",
        "sector": "6A",
        "plume_count": 3,
        "plume_ids": PLUMES,
        "observation_scenes_names": [plume.rpartition("-")[0] for plume in PLUMES] + ["emi20250420t101448p07050"],
        "persistence": 0.75,
        "emission_auto": 123.5,
        "emission_uncertainty_auto": 23.5,
        "timestamp_min": "2022-04-19",
        "timestamp_max": "2026-08-13",
        "published_at_min": "2022-11-10",
        "published_at_max": "2026-09-12",
        "detection_date_count": 3,
        "observation_date_count": 4,
    }
    return {
        "type": "Feature",
        "id": 1,
        "geometry": {"type": "Point", "coordinates": [-70.86797, -33.52603]},
        "properties": {**properties, **changes},
    }


def answer(**changes: Any) -> dict[str, Any]:
    """The same as the answer for one source."""
    plumes = [
        {"plume_id": plume, "published_at": f"{day}T10:11:12.5Z", "plume_bounds": [-70.9, -33.6, -70.8, -33.5]}
        for plume, day in zip(PLUMES, ("2026-09-12", "2022-11-10", "2024-11-10"), strict=True)
    ]
    days = ["2022-04-19", "2024-07-16", "2025-04-20", "2026-08-13"]
    record = {
        "source_name": NAME,
        "plumes": plumes,
        "scenes": [
            {"id": "u", "name": name, "timestamp": "x"} for name in feature()["properties"]["observation_scenes_names"]
        ],
        "point": {"type": "Point", "coordinates": [-70.86797, -33.52603]},
        "source": {
            "gas": "CH4",
            "sector": "6A",
            "persistence": 0.75,
            "emission_auto": 123.5,
            "emission_uncertainty_auto": 23.5,
        },
        "observation_dates": days,
        "detection_dates": [day for day in days if day != "2025-04-20"],
        "explanation": {"summary": {"number_of_null_detect_days": 1}, "daily_breakdown": []},
    }
    return {**record, **changes}


def source(document: dict[str, Any]) -> dict[str, Any]:
    (found,) = [record for record in records_in(document) or () if "plume_id" not in record]
    return dict(found)


def properties(one: Entry) -> dict[str, Any]:
    found: dict[str, Any] = one.item["properties"]
    return found


def test_a_feature_and_the_nested_answer_make_the_same_item() -> None:
    one, other = entry(feature()), entry(source(answer()))
    assert one.item == other.item
    assert (one.subject, one.rank, one.archive_id) == (other.subject, other.rank, other.archive_id)
    for records in permutations([feature(), source(answer())]):
        (made,) = items_of(records)
        assert made.item == one.item


def test_statistics_are_found_where_they_are_nested_and_no_query_is_left_on_the_name() -> None:
    one = entry(source(answer(source_name=f"{NAME}%3Fstatus=not_deleted")))
    assert one.item["id"] == NAME
    found = properties(one)
    assert (found["cm:plume_count"], found["cm:persistence"], found["cm:sector"]) == (3, 0.75, "6A")
    assert found["cm:null_detection_days"] == 1
    assert found["cm:detection_dates"] == ["2022-04-19", "2024-07-16", "2026-08-13"]
    assert (found["start_datetime"], found["end_datetime"]) == ("2022-04-19T00:00:00.000Z", "2026-08-13T23:59:59.999Z")
    assert (found["published"], found["updated"]) == ("2022-11-10T00:00:00.000Z", "2026-09-12T00:00:00.000Z")
    assert found["instruments"] == ["aviris-ng", "gao", "tanager"]
    assert "platform" not in found


def test_the_emission_of_a_source_bears_another_name_than_that_of_a_plume() -> None:
    found = properties(entry(feature()))
    assert found["cm:source_emission"] == 123.5
    assert "cm:emission" not in found
    assert "persistence" in SOURCES.description
    assert "persistence" in SOURCES.queryables["cm:source_emission"].description


def test_a_renamed_cluster_is_the_same_source_under_its_new_name() -> None:
    newer = feature(
        source_name="CH4_6A_500m_-70.86811_-33.52611",
        plume_ids=[*PLUMES, "tan20260901t101112c96s4001-A"],
        plume_count=4,
        published_at_max="2026-10-01",
    )
    for records in permutations([feature(), newer, source(answer())]):
        (made,) = items_of(records)
        assert made.item["id"] == "CH4_6A_500m_-70.86811_-33.52611"
        assert properties(made)["cm:plume_count"] == 4
        assert made.subject == entry(feature()).subject
        assert made.rank == entry(feature()).rank


def test_statistics_under_an_old_name_do_not_fill_up_those_under_the_new() -> None:
    newer = feature(source_name="CH4_6A_500m_-70.86811_-33.52611", plume_count=4, published_at_max="2026-10-01")
    for name in ("observation_date_count", "observation_scenes_names"):
        del newer["properties"][name]
    (made,) = items_of([source(answer()), newer])
    assert "cm:observation_dates" not in properties(made)


def test_a_cluster_that_has_lost_a_plume_says_so_after_the_next_overpass() -> None:
    days = {
        "observation_scenes_names": [*feature()["properties"]["observation_scenes_names"], "emi20261020t101448p07050"]
    }
    smaller = feature(plume_ids=PLUMES[1:], plume_count=2, published_at_max="2024-11-10", **days)
    (made,) = items_of([feature(plume_ids=PLUMES[1:]), smaller])
    assert properties(made)["cm:plume_count"] == 2


def test_a_name_of_unsafe_characters_makes_a_safe_id() -> None:
    made = entry(feature(source_name="CH4_a/b_500m_-70.86797_-33.52603"))
    assert made.item["id"] == made.archive_id == "CH4_a-b_500m_-70.86797_-33.52603"


def test_clusters_of_another_radius_are_other_sources() -> None:
    assert entry(feature()).subject != entry(feature(source_name=NAME.replace("500m", "100m"))).subject


def test_a_source_is_kin_of_its_plumes() -> None:
    assert set(entry(feature()).kin) == {Kin(f"carbon-mapper:plume:{plume}", "related") for plume in PLUMES}


def test_the_layout_of_2024_is_taken() -> None:
    old = feature(cluster_id=0, date_count=3)
    for name in ("observation_scenes_names", "detection_date_count", "observation_date_count"):
        del old["properties"][name]
    made = entry(old)
    assert properties(made)["cm:detection_date_count"] == 3
    assert "cm:null_detection_days" not in properties(made)
    assert made.remarks == ()


def test_a_source_without_geometry_lies_where_its_name_says() -> None:
    assert entry({**feature(), "geometry": None}).item["geometry"]["coordinates"] == [-70.86797, -33.52603]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({**feature(source_name="somewhere"), "geometry": None}, "source somewhere: its centre is not known"),
        (feature(plume_ids=[], timestamp_min=None, observation_scenes_names=[]), "neither dates nor plumes"),
        (feature(timestamp_min="yesterday"), "timestamp_min is not a timestamp"),
        (feature(persistence="often"), "persistence is not a number"),
    ],
)
def test_a_source_of_which_no_item_can_be_made_is_refused_in_words(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        entry(record)


def test_a_field_that_is_new_is_told_and_left_out() -> None:
    (remark,) = entry(feature(mood="good")).remarks
    assert "'mood'" in remark


def test_items_are_valid_and_what_they_say_can_be_queried() -> None:
    always = {"title", "datetime", "start_datetime", "end_datetime"}
    for made in (entry(feature()), entry(source(answer()))):
        assert core_errors(made.item) + extension_errors(made.item) == []
        assert properties(made).keys() - SOURCES.queryables.keys() <= always
        assert all(value not in (None, "", -999) for value in values(made.item))
        assert made.item["assets"].keys() == SOURCES.item_assets.keys()


@pytest.mark.parametrize("collection_id", ["carbon-mapper-sources", "carbon-mapper-scenes-superseded"])
def test_collections_are_valid_and_carry_licence_and_attribution(collection_id: str) -> None:
    document = json.loads(json.dumps(collection(collection_id).document()))
    assert core_errors(document) + extension_errors(document) == []
    assert document["license"] == "other"
    assert [link for link in document["links"] if link["rel"] == "license"]
    assert "Source: Carbon Mapper" in document["description"]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no recorded answers in {SAMPLES}")
def test_the_recorded_source_is_seen_on_one_day_of_seventeen() -> None:
    path = SAMPLES / "source-by-plume-name_CH4_1B2_100m_46.03600_15.58646.json"
    made = entry(source(json.loads(path.read_bytes())))
    found = properties(made)
    assert made.item["id"] == "CH4_1B2_100m_46.03600_15.58646"
    assert (found["cm:detection_date_count"], found["cm:observation_date_count"]) == (1, 17)
    assert found["cm:null_detection_days"] == 16
    assert round(found["cm:source_emission"], 6) == 179.765054
    assert canonical([made]) == canonical(items_of([source(json.loads(path.read_bytes()))]))
