"""CQL2 is bounded before it is parsed, and checked after."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stac_api.filters import FILTER_DEPTH, FILTER_LENGTH, check_size, checked, escaped, parsed, properties
from stac_api.nesting import deepest


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("platform = 'tanager-1'", 1, 2),
        ("a = 1 AND b = 2 OR c = 3", 1, 2),
        ("NOT NOT a = 1", 3, 3),
        ("a = ((1))", 3, 3),
        ("a = (1 + 1) + 1", 3, 4),
        ("a = '((((----' AND b = 1", 1, 1),
        ("a = 'it''s ((' OR b = 1", 1, 2),
        ("a IN (1, 2, 3)", 1, 3),
        ("a BETWEEN 1 AND 2 AND b BETWEEN 3 AND 4", 2, 5),
        ("))))", 0, 0),
    ],
)
def test_levels_are_brackets_and_chains(text: str, least: int, most: int) -> None:
    assert least <= deepest(text) <= most


CHAINS = {
    "names that are operators": " + and",
    "operators that are names": " like and like or",
    "no blanks": "like2",
    "a name that ends like an operator": " div  isnulllike OR % not ",
    "between": " between in  and OR <= 1",
    "texts that look like operators": " + ' and , or '",
    "names with colons": " + x:and",
    "in": " IN (1)",
    "signs": " ^ -1",
}


@pytest.mark.parametrize("unit", CHAINS.values(), ids=CHAINS)
def test_no_chain_is_taken_for_conditions_side_by_side(unit: str) -> None:
    assert deepest("a" + unit * 200) >= 200


def test_long_and_flat_is_not_deep() -> None:
    ring = ", ".join(["-103.5 -31.25"] * 1000)
    assert deepest(f"s_intersects(geometry, POLYGON(({ring})))") < 20
    assert deepest(" AND ".join(["(a = -1 OR b LIKE 'x-y-z')"] * 1000)) < 20


def test_bounding_takes_no_time() -> None:
    began = time.perf_counter()
    for text in ("(" * FILTER_LENGTH, "'" * FILTER_LENGTH, "'a" * (FILTER_LENGTH // 2), '"\\' * (FILTER_LENGTH // 2)):
        deepest(text)
    assert time.perf_counter() - began < 30


PARTS = st.sampled_from(
    ["(", ")", "NOT ", "- ", "+", "^", "=", "a", "1", " AND ", " OR ", ",", "'", "casei(", "1+", "IN "]
)


@settings(max_examples=300)
@given(st.lists(PARTS, max_size=400).map("".join))
def test_whatever_is_sent_is_a_filter_or_a_sentence(text: str) -> None:
    with suppress(ValueError):
        assert parsed(text, None)["op"]
        assert deepest(text) <= FILTER_DEPTH


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["op", "args", "property", "timestamp", "interval", "date", "bbox"]), inner)
        | st.builds(
            lambda op, args: {"op": op, "args": args}, st.sampled_from(["and", "not", "=", "in"]), st.lists(inner)
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(VALUES)
def test_whatever_json_is_sent_is_a_filter_or_a_sentence(value: Any) -> None:
    with suppress(ValueError):
        assert checked(value)["op"]


@given(st.text(max_size=30))
def test_an_escaped_text_is_one_pattern_without_wildcards(text: str) -> None:
    pattern = escaped(text)
    assert pattern.replace("\\\\", "").replace("\\%", "").replace("\\_", "").count("%") == 0
    assert pattern.replace("\\%", "%").replace("\\_", "_").replace("\\\\", "\\") == text


def test_boxes_dates_and_array_operators_are_spelled_as_pgstac_reads_them() -> None:
    assert parsed("s_intersects(geometry, BBOX(170, -10, -170, 10))", None)["args"][1]["type"] == "MultiPolygon"
    assert parsed("datetime > DATE('2025-06-01')", None)["args"][1] == {"timestamp": "2025-06-01T00:00:00Z"}
    assert parsed("A_CONTAINEDBY(instruments, ('a', 'b'))", None)["op"] == "a_contained_by"


def test_properties_are_found_wherever_they_stand() -> None:
    found = parsed("casei(platform) = 'x' OR NOT (gsd BETWEEN \"view:off_nadir\" AND 3)", None)
    assert set(properties(found)) == {"platform", "gsd", "view:off_nadir"}


def test_a_filter_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match=f"may have {FILTER_LENGTH}"):
        check_size("a" * (FILTER_LENGTH + 1))
