"""The archive's real answers, recorded beside the project: what becomes of each file."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harvesters.earthcare import EarthCARE
from tests.stac_schemas import SHARED, core_errors, extension_errors
from transforms.entry import Entry, IncompleteError

SAMPLES = SHARED / "upstream" / "maap-earthcare" / "samples"
SOURCE = EarthCARE()


def files(pattern: str) -> Sequence[Path]:
    return sorted(SAMPLES.glob(pattern))


def each(pattern: str, at_least: int) -> pytest.MarkDecorator:
    """A test for each file; where the folder is absent one that is skipped by its name."""
    found = files(pattern)
    if not found:
        absent = pytest.mark.skip(reason=f"no {pattern} in {SAMPLES.resolve()}")
        return pytest.mark.parametrize("path", [pytest.param(SAMPLES / pattern, marks=absent)], ids=[pattern])
    assert len(found) >= at_least
    return pytest.mark.parametrize("path", found, ids=[path.name for path in found])


def record_in(path: Path) -> Any:
    [record] = SOURCE.records_in(json.loads(path.read_text())) or ()
    return record


def made(path: Path) -> Entry:
    return SOURCE.entry(record_in(path))


@each("items/*.json", 7)
def test_a_recorded_item_becomes_a_valid_one(path: Path) -> None:
    entry = made(path)
    sent = record_in(path)
    assert core_errors(entry.item) == []
    assert extension_errors(entry.item) == []
    assert entry.remarks == ()
    assert entry.item["id"] == sent["id"] == path.name.partition(".")[0]
    assert entry.item["assets"]["data"]["href"] == sent["assets"]["enclosure_h5"]["href"]
    assert entry.item["assets"]["data"]["file:size"] == sent["assets"]["enclosure_h5"]["file:size"]
    assert entry.item["assets"]["header"]["type"] == "application/xml"
    assert entry.item["properties"]["earthcare:collections"] == [sent["collection"]]
    assert entry.item["properties"]["earthcare:access"] == "registered"
    assert {asset["href"] for asset in entry.item["assets"].values()} == {
        asset["href"] for asset in sent["assets"].values()
    }
    assert entry.part is not None
    assert SOURCE.assemble([entry.part]) == [entry]


@each("items/*.raw-row.json", 3)
def test_a_row_of_a_notebook_is_the_item_that_it_shows(path: Path) -> None:
    whole = path.with_name(path.name.replace(".raw-row", ""))
    assert made(path) == made(whole)


@each("items_partial/*.json", 3)
def test_a_part_of_an_item_waits_for_its_geometry(path: Path) -> None:
    with pytest.raises(
        IncompleteError, match=r"has no geometry, and the box around a frame .* ask the archive for the whole Item"
    ) as caught:
        made(path)
    said = caught.value.fragment.part.said
    assert said["properties"]["sci:doi"] == "10.57780/eca-94b4e53"
    assert said["properties"]["processing:software"]


@each("items/*.html", 1)
def test_a_picture_of_an_item_is_none(path: Path) -> None:
    assert SOURCE.records_in_file(path) is None


@each("items_partial/*08015A*.partial.json", 1)
def test_the_node_of_a_frame_a_lies_in_the_orbit_before(path: Path) -> None:
    with pytest.raises(IncompleteError) as caught:
        made(path)
    properties = caught.value.fragment.part.said["properties"]
    assert properties["sat:anx_datetime"] == "2025-10-25T23:48:00.191Z"
    assert properties["start_datetime"] == "2025-10-26T01:14:45.000Z"
