"""Batches on their way: order, cursors, failures; without a database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from harvesters.base import Listed, Page, Source, Unreadable, Withdrawn
from harvesters.carbon_mapper import CarbonMapper
from stac_api.batch import Batch, Stored
from tercet.errors import SinkError, UpstreamError
from tercet.fetch import Traffic
from tercet.pipeline import Report, harvest, in_turn, limited
from tercet.pipeline.batches import make_batch, prepare, read_dumped
from tercet.pipeline.recognition import Recognise, nothing
from tercet.pipeline.workers import Readers
from tests.upstreams import carbon_mapper_archive

PLUMES = carbon_mapper_archive.records(12)
BAD: dict[str, Any] = {"plume_id": "emi20240101t000000p00001-A", "gas": "CH4"}


@dataclass
class Kept:
    """A sink that keeps what it is given, and can be full."""

    room: int = 1000
    batches: list[Batch] = field(default_factory=list)

    def store(self, batch: Batch) -> Stored:
        if len(self.batches) >= self.room:
            raise SinkError("full")
        self.batches.append(batch)
        return Stored(new=len(batch.checked), rejected=len(batch.rejects))

    def finish(self) -> dict[str, int]:
        return {"all": self.items}

    @property
    def items(self) -> int:
        return sum(len(batch.checked) for batch in self.batches)


class Silent:
    def progress(self, report: Report, total: int | None) -> None: ...


def pages_of(*records: Sequence[Any]) -> list[Page]:
    return [Page(part, cursor=f"c{index}") for index, part in enumerate(records)]


async def run(pages: AsyncIterator[Page], sink: Kept, *, size: int = 3, recognise: Recognise = nothing) -> Report:
    source: Source = CarbonMapper()
    return await harvest(
        Readers(source, 0),
        pages,
        sink,
        batch_size=size,
        observer=Silent(),
        traffic=Traffic(),
        report=Report(source.name),
        recognise=recognise,
    )


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
async def test_every_record_once_and_in_order_whatever_the_batch_size(size: int) -> None:
    sink = Kept()
    report = await run(in_turn(pages_of(*([plume] for plume in PLUMES))), sink, size=size)
    assert [one.version[1] for batch in sink.batches for one in batch.checked] == [p["plume_id"] for p in PLUMES]
    assert (report.fetched, report.new, report.collections) == (12, 12, {"all": 12})
    assert sink.batches[-1].cursor == "c11"


async def test_a_page_larger_than_a_batch_is_cut_and_what_it_says_of_all_comes_with_its_end() -> None:
    gone, listed = Withdrawn("tracks", "a", "1"), Listed("tracks")
    page = Page(PLUMES[:8], "c", 8, (Unreadable("x", "no", ""),), (gone,), (listed,), {"tracks": {"title": "T"}})
    sink = Kept()
    await run(in_turn([page]), sink, size=3)
    assert [len(batch.checked) for batch in sink.batches] == [3, 3, 2]
    assert [batch.cursor for batch in sink.batches] == [None, None, "c"]
    assert [len(batch.listed) for batch in sink.batches] == [0, 0, 1]
    assert [len(batch.withdrawn) for batch in sink.batches] == [1, 0, 0]
    assert [len(batch.rejects) for batch in sink.batches] == [1, 0, 0]
    assert [len(batch.described) for batch in sink.batches] == [1, 0, 0]


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_one_bad_record_costs_that_record(place: int) -> None:
    records: list[Any] = [*PLUMES[:2]]
    records.insert(place, BAD)
    sink = Kept()
    report = await run(in_turn(pages_of(records)), sink)
    assert (report.fetched, report.new, report.rejected) == (3, 2, 1)
    (reject,) = sink.batches[0].rejects
    assert (reject.name, reject.record) == (BAD["plume_id"], BAD)
    assert reject.reason


@pytest.mark.parametrize("odd", [7, None, "text", {"plume_id": 5}, {"plume_id": ["x"], "plume_bounds": {}}])
def test_a_record_of_a_form_that_nobody_has_seen_is_a_reject(odd: Any) -> None:
    batch = make_batch(CarbonMapper(), [Page([odd, PLUMES[0]])])
    assert (len(batch.checked), len(batch.rejects)) == (1, 1)


async def test_what_came_before_a_provider_failed_is_stored_and_the_failure_told() -> None:
    async def failing() -> AsyncIterator[Page]:
        for page in pages_of(PLUMES[:2], PLUMES[2:4]):
            yield page
        raise UpstreamError("the provider is away")

    sink = Kept()
    with pytest.raises(UpstreamError, match="away"):
        await run(failing(), sink, size=3)
    assert (sink.items, sink.batches[-1].cursor) == (4, "c1")


async def test_a_sink_that_refuses_ends_the_harvest() -> None:
    sink = Kept(room=1)
    with pytest.raises(SinkError, match="full"):
        await run(in_turn(pages_of(*([plume] for plume in PLUMES))), sink, size=2)
    assert sink.items == 2


async def test_an_error_of_our_own_in_the_walk_is_not_swallowed() -> None:
    async def broken() -> AsyncIterator[Page]:
        yield Page(PLUMES[:1])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run(broken(), Kept())


async def test_the_next_page_is_fetched_while_a_batch_is_stored() -> None:
    fetched: list[int] = []

    async def noted() -> AsyncIterator[Page]:
        for index, page in enumerate(pages_of(*([plume] for plume in PLUMES[:4]))):
            fetched.append(index)
            yield page

    class Slow(Kept):
        def store(self, batch: Batch) -> Stored:
            seen.append(len(fetched))
            return super().store(batch)

    seen: list[int] = []
    await run(noted(), Slow(), size=1)
    assert seen[0] > 1
    await asyncio.sleep(0)


async def test_a_limit_cuts_a_page_and_its_cursor() -> None:
    sink = Kept()
    await run(limited(in_turn(pages_of(PLUMES[:4], PLUMES[4:8])), 6), sink, size=4)
    assert (sink.items, [batch.cursor for batch in sink.batches]) == (6, ["c0", None])


async def test_a_limit_at_the_end_of_a_page_keeps_its_cursor() -> None:
    sink = Kept()
    await run(limited(in_turn(pages_of(PLUMES[:4], PLUMES[4:8])), 4), sink, size=4)
    assert [batch.cursor for batch in sink.batches] == ["c0"]


async def test_what_is_recognised_is_not_read_and_counts_as_same() -> None:
    known = set(prepare([Page(PLUMES[:5])]).keys)
    sink = Kept()
    report = await run(in_turn(pages_of(PLUMES)), sink, size=20, recognise=lambda keys: known & set(keys))
    assert (len(sink.batches[0].checked), len(sink.batches[0].recognised), report.fetched) == (7, 5, 12)


async def test_processes_read_like_the_thread_does() -> None:
    source, prepared = CarbonMapper(), prepare([Page([*PLUMES, BAD])])
    with Readers(source, 1, _seen=10**6) as readers:
        while readers.ahead == 1:  # no process is ready
            await readers.read(prepared)
        assert await readers.read(prepared) == read_dumped(source, prepared.dumped)
