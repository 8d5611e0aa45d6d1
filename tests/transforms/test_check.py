import math
from typing import Any

import pytest

from tercet.errors import InvalidItemError
from tests.items import box, entry
from transforms.check import Checked, check
from transforms.entry import Entry


def verdict(one: Entry) -> Checked | InvalidItemError:
    (found,) = check([one])
    return found


def complaint(one: Entry) -> str:
    found = verdict(one)
    assert isinstance(found, InvalidItemError), "the Item was taken"
    assert one.archive_id in str(found)
    return str(found)


def with_geometry(geometry: Any) -> Entry:
    one = entry()
    one.item["geometry"] = geometry
    return one


def test_an_item_that_keeps_the_rules_is_taken_with_its_geometry_as_postgis_takes_it() -> None:
    found = verdict(entry())
    assert isinstance(found, Checked)
    assert len(found.fingerprint) == 16
    assert found.wkb.hex().startswith("0103000020e6100000")  # little-endian polygon in EPSG:4326


@pytest.mark.parametrize("name", ["a/b", "a b", "", "ä", "a\n", "a:b"])
@pytest.mark.parametrize("key", ["id", "collection"])
def test_names_that_urls_and_pgstac_cannot_hold_are_refused(key: str, name: str) -> None:
    one = entry()
    one.item[key] = name
    assert complaint(one).endswith(f"{key} {name!r} holds other characters than letters, digits, '_', '.', '-'")


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "Self-intersection"),
        (None, "none"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "none"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "none"),
        ({"type": "Point", "coordinates": [math.nan, 0]}, ""),
    ],
)
def test_geometry_that_is_not_valid_is_refused(geometry: Any, reason: str) -> None:
    assert f"its geometry is not valid ({reason}" in complaint(with_geometry(geometry))


@pytest.mark.parametrize("bounds", [(-181, 0, 0, 1), (0, 0, 181, 1), (0, -91, 1, 0), (0, 0, 1, 91)])
def test_geometry_off_the_globe_is_refused(bounds: tuple[int, int, int, int]) -> None:
    assert "leaves [-180, 180] x [-90, 90]" in complaint(with_geometry(box(*bounds)))


def test_an_empty_geometry_is_refused() -> None:
    assert "leaves" in complaint(with_geometry({"type": "Polygon", "coordinates": []}))


def test_geometry_up_to_the_edges_of_the_globe_is_taken() -> None:
    assert isinstance(verdict(with_geometry(box(-180, -90, 180, 90))), Checked)


@pytest.mark.parametrize("name", ["title", "datetime", "tercet:source", "tercet:surface"])
def test_properties_that_every_item_has_are_missed_by_name(name: str) -> None:
    one = entry()
    del one.item["properties"][name]
    assert complaint(one).endswith(f"its properties lack {name}")


def test_nul_is_refused_wherever_it_hides() -> None:
    assert "NUL" in complaint(entry(note="a\0b"))
    assert "NUL" in complaint(entry(note="\\\0"))


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert isinstance(verdict(entry(note="\\u0000")), Checked)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (None, "/properties/note"),
        ({"deep": [1, None]}, "/properties/note/deep/1"),
        ([None], "/properties/note/0"),
        (math.nan, "/properties/note"),
        ([math.inf], "/properties/note/0"),
    ],
)
def test_what_is_unknown_is_left_out_not_null(value: Any, path: str) -> None:
    assert complaint(entry(note=value)).endswith(f"{path} is null: what is unknown is left out")


def test_the_word_null_is_no_null() -> None:
    assert isinstance(verdict(entry(note="a:null", other=["null"])), Checked)


def test_what_the_stac_schema_refuses_is_refused_with_the_place() -> None:
    assert "STAC 1.1.0 says of properties/gsd" in complaint(entry(gsd=-1))
    one = entry()
    del one.item["assets"]
    assert "STAC 1.1.0 says of the Item" in complaint(one)


@pytest.mark.parametrize("value", [{1}, 2**70, "\ud800", b"a"])
def test_what_is_not_json_is_refused_wherever_it_is(value: Any) -> None:
    assert "is not JSON" in complaint(entry(note=value))
    assert "is not JSON" in complaint(with_geometry({"type": "Point", "coordinates": [value, 0]}))


def test_answers_come_in_the_order_of_the_entries() -> None:
    found = check([entry("a"), entry("b b"), entry("c", note={1}), entry("d")])
    assert [isinstance(one, Checked) for one in found] == [True, False, False, True]
    good = [one.item_id for one in found if isinstance(one, Checked)]
    assert good == ["a", "d"]


def test_nothing_comes_of_nothing() -> None:
    assert check([]) == []


def test_the_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    one, other = entry(gsd=1, platform="p"), entry(platform="p", gsd=1)
    other.item["properties"] = dict(reversed(other.item["properties"].items()))
    first, second = verdict(one), verdict(other)
    assert isinstance(first, Checked)
    assert isinstance(second, Checked)
    assert first.fingerprint == second.fingerprint


def test_the_fingerprint_is_the_same_in_every_version_of_tercet() -> None:
    found = verdict(entry())
    assert isinstance(found, Checked)
    assert found.fingerprint.hex() == "e5e34d14fbfec3edfc13454706ec0872"


@pytest.mark.parametrize("changed", [entry(gsd=2), entry("b"), with_geometry(box(10, 50, 11, 51.5))])
def test_the_fingerprint_changes_when_the_item_does(changed: Entry) -> None:
    first, second = verdict(entry(gsd=1)), verdict(changed)
    assert isinstance(first, Checked)
    assert isinstance(second, Checked)
    assert first.fingerprint != second.fingerprint
