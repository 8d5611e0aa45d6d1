from typing import Any

import pytest

from harvesters.carbon_mapper_answers import records_in, source_record
from transforms.carbon_mapper import entry
from transforms.entry import IncompleteError

SCENE = "tan20260813t101112c96s4001"
PLUME = {"plume_id": f"{SCENE}-B", "plume_bounds": [10.0, 20.0, 11.0, 21.0], "published_at": "2026-09-12T10:12:13Z"}
ANSWER: dict[str, Any] = {
    "source_name": "CH4_6A_500m_10.50000_20.25000?status=not_deleted",
    "point": {"type": "Point", "coordinates": [10.5, 20.25]},
    "source": {"gas": "CH4", "sector": "6A", "persistence": 0.5, "emission_auto": 70.0},
    "scenes": [{"id": "u", "name": SCENE, "timestamp": "2026-08-13T10:11:12Z", "instrument": "tan"}],
    "observation_dates": ["2026-08-13", "2026-08-20"],
    "detection_dates": ["2026-08-13"],
    "plumes": [PLUME, {**PLUME, "plume_id": f"{SCENE}-A", "published_at": "2026-09-12T10:12:12Z"}],
}


def listed(document: Any) -> list[Any] | None:
    found = records_in(document)
    return None if found is None else list(found)


def test_a_nested_source_answer_is_its_plumes_and_one_source_without_them() -> None:
    first, second, source = listed(ANSWER) or []
    assert (first, second) == tuple(ANSWER["plumes"])
    assert "plumes" not in source
    assert source["plume_ids"] == [f"{SCENE}-B", f"{SCENE}-A"]
    assert source["published_at_min"] == "2026-09-12T10:12:12Z"
    assert source["published_at_max"] == "2026-09-12T10:12:13Z"
    assert entry(source).item["id"] == "CH4_6A_500m_10.50000_20.25000"


def test_a_source_without_its_plumes_is_recognised_again_as_it_is() -> None:
    source = source_record(ANSWER)
    assert listed(source) == [source]


def test_a_source_answer_with_a_plume_that_is_none_keeps_it_for_the_rejects() -> None:
    found = listed({**ANSWER, "plumes": [PLUME, "noise"]}) or []
    assert found[:2] == [PLUME, "noise"]
    assert found[2]["plume_ids"] == [PLUME["plume_id"]]


@pytest.mark.parametrize(
    "document",
    [
        {"tercet:verified": {"plume_id": f"{SCENE}-B", "assets": {}}},
        {"id": "u", "name": SCENE, "timestamp": "2026-08-13T10:11:12Z", "bounds": [10, 20, 11, 21]},
        {"type": "Feature", "collection": "l2b-rgb-v3e", "id": SCENE, "properties": {}},
        {"type": "Feature", "collection": "l3c-attribution", "id": SCENE, "properties": {}},
        {"type": "Feature", "properties": {"source_name": "CH4_6A_500m_1.00000_2.00000"}},
    ],
)
def test_single_records_of_every_kind_are_recognised(document: dict[str, Any]) -> None:
    assert listed(document) == [document]
    assert listed([document, document]) == [document, document]


def test_features_are_recognised_in_a_list_that_does_not_say_what_it_is() -> None:
    feature = {"type": "Feature", "collection": "l4a-ch4-mfa-v3", "id": f"{SCENE}-B", "properties": {}}
    assert listed({"features": [feature], "links": []}) == [feature]


def test_scenes_that_a_source_names_are_told_by_the_source_and_make_no_records() -> None:
    """They have no footprint: each would be a reject of an answer that has nothing wrong."""
    assert len(listed(ANSWER) or []) == 3
    with pytest.raises(IncompleteError, match="no area"):
        entry(ANSWER["scenes"][0])
