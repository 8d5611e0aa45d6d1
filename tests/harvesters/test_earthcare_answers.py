import json
from datetime import UTC, datetime
from typing import Any

import pytest

from harvesters.earthcare import EarthCARE
from tests.upstreams.earthcare_archive import item
from tests.upstreams.earthcare_orbit import Frame

SOURCE = EarthCARE()
MADE = datetime(2025, 9, 21, 4, 12, 37, tzinfo=UTC)


def record(orbit: int = 5989) -> dict[str, Any]:
    return item(Frame(orbit, 3), "MSI_COP_2A", "BA", MADE, "EarthCAREL2Validated_MAAP")


def found(document: Any) -> list[Any] | None:
    records = SOURCE.records_in(document)
    return None if records is None else list(records)


def test_items_collections_of_them_and_lists_of_either_are_taken() -> None:
    one, other = record(), record(5990)
    whole = {"type": "FeatureCollection", "features": [one, other]}
    assert found(one) == [one]
    assert found(whole) == [one, other]
    assert found([whole, one]) == [one, other, one]


def test_a_part_of_an_item_is_taken() -> None:
    part = {"id": record()["id"], "bbox": record()["bbox"], "asset_keys": ["product"]}
    assert found(part) == [part]


@pytest.mark.parametrize("spelling", [repr, json.dumps], ids=["Python", "JSON"])
def test_a_row_of_a_notebooks_table_is_the_item_that_it_shows(spelling: Any) -> None:
    one = record()
    cells = {"index": "0", **{key: value if isinstance(value, str) else spelling(value) for key, value in one.items()}}
    assert found({"columns": list(cells), "row": list(cells.values())}) == [one]
    assert found({"columns": list(cells), "rows": [list(cells.values())] * 2}) == [one, one]


@pytest.mark.parametrize("cell", ["{'broken': ", "[1, 2", "{[]}", "[" * 4000])
def test_a_cell_that_is_no_literal_stays_text(cell: str) -> None:
    row = {"columns": ["id", "properties"], "row": [record()["id"], cell]}
    assert found(row) == [{"id": record()["id"], "properties": cell}]


def test_what_stands_among_ours_is_handed_on_for_its_reason() -> None:
    stranger = {"id": "S2A_32TQM", "type": "Feature"}
    assert found({"type": "FeatureCollection", "features": [stranger, record(), "text"]}) == [stranger, record()]


@pytest.mark.parametrize(
    "document",
    [
        None,
        3,
        "text",
        [],
        {},
        {"id": "S2A_32TQM"},
        {"type": "Collection", "id": "EarthCAREL2Validated_MAAP"},
        {"type": "FeatureCollection", "features": []},
        {"type": "FeatureCollection", "features": {}},
        {"columns": ["id"], "row": ["a", "b"]},
        {"columns": ["id"], "rows": 3},
        {"columns": 3, "row": 3},
        {"items": [{"plume_id": "x"}]},
    ],
)
def test_other_documents_are_not_ours(document: Any) -> None:
    assert found(document) is None
