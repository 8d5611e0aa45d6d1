"""Code tables as the products spell them."""

import numpy as np
import pytest

from tercet.readers.earthcare.classes import classes_of
from tests.tercet.readers import earthcare_products as products


@pytest.mark.parametrize(
    ("definition", "labels"),
    [
        pytest.param(
            products.TARGET_CLASSES,
            {-1: "unknown", 0: "ground", 1: "clear", 5: "heavy rain", 8: "liquid cloud", 21: "ice cloud (no liquid)"},
            id="a line each",
        ),
        pytest.param(
            products.CTC_CLASSES,
            {-1: "No data", 0: "Ground and underground levels", 1: "Clear", 4: "Drizzle, or warm rain", 9: "Ice"},
            id="commas, one in a label",
        ),
        pytest.param("1=land, 0=not land", {1: "land", 0: "not land"}, id="not sorted"),
        pytest.param(
            products.ESCAPED_CLASSES,
            {0: "good data", 1: "valid, but many layers", -1: "cloudy profile"},
            id="escapes themselves",
        ),
        pytest.param("\n\t0: Good\n\t1: Invalid. Do not use", {0: "Good", 1: "Invalid. Do not use"}, id="indented"),
        pytest.param("0: None\n1: Cold\n2: Warm\n", {0: "None", 1: "Cold", 2: "Warm"}, id="ends in a line break"),
    ],
)
def test_codes_and_labels_are_read_however_they_are_spelt(definition: str, labels: dict[int, str]) -> None:
    classes = classes_of({"definition": definition})
    assert classes is not None
    assert classes.labels == labels
    assert not classes.are_bits


@pytest.mark.parametrize(
    "definition", ["Height of pixel centers above WGS84 ellipsoid", "To be completed", "", None, 3]
)
def test_a_sentence_is_no_table(definition: object) -> None:
    assert classes_of({"definition": definition}) is None


def test_codes_that_are_added_up_are_masks() -> None:
    classes = classes_of({"definition": products.BIT_CLASSES, "note": products.BIT_NOTE})
    assert classes is not None
    assert classes.attributes(np.dtype("int8"))["flag_masks"].tolist() == [-1, 1, 2, 4]


def test_codes_beyond_the_variable_s_type_keep_their_value() -> None:
    classes = classes_of({"definition": "0: clear\n300: cloud"})
    assert classes is not None
    assert classes.attributes(np.dtype("int8"))["flag_values"].tolist() == [0, 300]


def test_colours_go_with_codes_unless_some_are_missing() -> None:
    all_six = {"definition": products.TARGET_CLASSES, "plot_colors": products.TARGET_COLOURS}
    classes = classes_of(all_six)
    assert classes is not None
    assert classes.colours[21] == "#7bc8f6"
    too_few = classes_of({**all_six, "plot_colors": "#c5c9c7\n #a2653e"})
    assert too_few is not None
    assert too_few.colours == {}


def test_each_meaning_is_one_word_as_cf_asks() -> None:
    classes = classes_of({"definition": "0: clear (lidar only)\n1: STS (PSC I)\n2: -"})
    assert classes is not None
    assert classes.attributes(np.dtype("int8"))["flag_meanings"].split() == [
        "clear_lidar_only",
        "STS_PSC_I",
        "-",
    ]
