"""Pages into batches: one bad record costs one record, and is named as its provider names it."""

from typing import Any

import pytest

from harvesters.base import Page, Record, Unreadable
from harvesters.carbon_mapper import CarbonMapper
from harvesters.registry import SOURCES
from stac_api.batch import Reject
from tercet.pipeline.batches import make_batch, prepare
from tests.upstreams import carbon_mapper_archive
from transforms.entry import Entry

PLUMES = carbon_mapper_archive.records(3)


def rejects(*records: Any, source: str = "carbon-mapper") -> list[Reject]:
    return list(make_batch(SOURCES[source], [Page(records)]).rejects)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"plume_id": "p-1", "id": "u-1"}, "p-1"),
        ({"type": "Feature", "id": 7, "properties": {"source_name": "s-1", "plume_ids": []}}, "s-1"),
        ({"Granule": {"GranuleUR": "g-1"}, "concept-id": "G1"}, "g-1"),
        ({"umm": {"GranuleUR": "g-2"}, "meta": {"concept-id": "G2"}}, "g-2"),
        ({"CollectionReference": {"EntryTitle": "t-1"}}, "t-1"),
        ({"title": "t-2", "nothing": None}, "t-2"),
        ({"plume_id": {"not": "a name"}, "title": ""}, "a record without a name"),
        ({}, "a record without a name"),
    ],
    ids=str,
)
def test_a_reject_bears_the_name_that_its_provider_gave_it(record: Record, name: str) -> None:
    source = "icesat2" if {"Granule", "umm", "CollectionReference"} & record.keys() else "carbon-mapper"
    assert [reject.name for reject in rejects(record, source=source)] == [name]


def test_a_record_that_cannot_be_written_as_json_again_costs_that_record() -> None:
    batch = make_batch(CarbonMapper(), [Page([PLUMES[0], {"plume_id": "deep", "x": nested(400)}, PLUMES[1]])])
    assert [one.version[1] for one in batch.checked] == [PLUMES[0]["plume_id"], PLUMES[1]["plume_id"]]
    (reject,) = batch.rejects
    assert (reject.name, reject.record) == ("deep", {"plume_id": "deep"})
    assert "cannot be kept as JSON" in reject.reason


def test_an_error_that_nobody_foresaw_costs_that_record_and_asks_for_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    real = CarbonMapper.entry

    def fragile(self: CarbonMapper, record: Record) -> Entry:
        if record == PLUMES[1]:
            raise KeyError("orbit")
        return real(self, record)

    monkeypatch.setattr(CarbonMapper, "entry", fragile)
    batch = make_batch(CarbonMapper(), [Page(PLUMES)])
    (reject,) = batch.rejects
    assert (reject.name, reject.kind, reject.record) == (PLUMES[1]["plume_id"], "Unforeseen", PLUMES[1])
    assert "please report it" in reject.reason
    assert "orbit" in reject.reason
    assert len(batch.checked) == 2


def test_an_error_of_the_machine_is_not_taken_for_one_of_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: CarbonMapper, _record: Record) -> Entry:
        raise MemoryError

    monkeypatch.setattr(CarbonMapper, "entry", full)
    with pytest.raises(MemoryError):
        make_batch(CarbonMapper(), [Page(PLUMES)])


def test_a_file_that_is_no_answer_is_a_reject_that_says_its_name_once() -> None:
    batch = prepare([Page([], unreadable=[Unreadable("a.json", "it is empty: record it again", "")])]).batch([])
    (reject,) = batch.rejects
    assert (reject.name, reject.kind, reject.reason) == ("a.json", "Unreadable", "it is empty: record it again")
    assert batch.records == 1


@pytest.mark.parametrize(("cursors", "expected"), [("ab", "b"), (("a", None), "a"), ((None, None), None)])
def test_the_cursor_of_a_batch_is_that_of_its_last_page_that_has_one(cursors: Any, expected: str | None) -> None:
    pages = [Page([plume], cursor=cursor) for plume, cursor in zip(PLUMES, cursors, strict=False)]
    assert make_batch(CarbonMapper(), pages).cursor == expected
