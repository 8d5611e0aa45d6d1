"""Whatever stands in one field of a record, there is a valid Item or a reason."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tercet.errors import InvalidItemError, RecordError
from tests.stac_schemas import core_errors
from tests.transforms.carbon_mapper_scene_records import annotated, product
from tests.transforms.carbon_mapper_surfaces import CURRENT, detection, features, items_of, plume, source_answer
from transforms.carbon_mapper import assemble, entry
from transforms.check import check

RECORDS: dict[str, dict[str, Any]] = {
    "vis": features(CURRENT)[0],
    "ime": features(CURRENT)[1],
    "l4a": features(CURRENT)[2],
    "l2c": detection(),
    "l2b": product("l2b-ch4-mfa-v3e"),
    "annotated": annotated(),
    "source": source_answer(),
    "feature": {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [53.5, 39.4]},
        "properties": {**source_answer()["source"], "source_name": "CH4_1B2_100m_53.5_39.4", "plume_ids": ["x"]},
    },
}
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.one_of(st.floats(), st.text(max_size=3), st.none()), max_size=5),
    st.dictionaries(st.sampled_from(["coordinates", "type", "name", "href", "cmpro"]), st.integers(), max_size=2),
)


@pytest.mark.parametrize("kind", RECORDS)
@given(st.data())
@settings(max_examples=120)
def test_whatever_a_field_holds_the_result_is_a_valid_item_or_a_reason(kind: str, data: st.DataObject) -> None:
    record = json.loads(json.dumps(RECORDS[kind]))
    inner = record["properties"] if "properties" in record and data.draw(st.booleans()) else record
    inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(ANYTHING)
    try:
        made = entry(record)
    except RecordError as error:
        assert str(error)  # noqa: PT017 - either is right
        return
    assert made.part is not None
    assert assemble([made.part]) == [made]
    (verdict,) = check([made])
    # what no transform can foresee is refused here: a text that PostgreSQL cannot hold
    assert not isinstance(verdict, InvalidItemError) or "NUL" in str(verdict) or "not JSON" in str(verdict), verdict
    if not isinstance(verdict, InvalidItemError):
        assert core_errors(json.loads(orjson.dumps(made.item))) == []


@given(st.sampled_from(["vis", "ime", "l4a", "l2c"]), st.data())
@settings(max_examples=150)
def test_a_part_that_was_taken_never_breaks_the_plume_that_it_belongs_to(kind: str, data: st.DataObject) -> None:
    record = json.loads(json.dumps(RECORDS[kind]))
    inner = record["properties"] if data.draw(st.booleans()) else record
    inner[data.draw(st.sampled_from(sorted(set(inner) - {"id", "type", "collection"})))] = data.draw(ANYTHING)
    try:
        found = items_of([record, plume()])
    except RecordError:
        return
    assert [one.archive_id for one in found if one.rank == "100003"]
