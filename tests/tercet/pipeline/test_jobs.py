"""A harvest as it is asked for: which cursor is read and moved, and what is left behind however it ends."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import orjson
import pytest
from pydantic import AnyHttpUrl

from harvesters.base import Selection, Window
from harvesters.carbon_mapper import CarbonMapper
from harvesters.icesat2 import ICESat2
from harvesters.registry import SOURCES
from stac_api.database import Database
from stac_api.ledger import Ledger
from tercet.errors import ConfigError, NotServedError, SinkError, UpstreamError
from tercet.fetch import Fetcher
from tercet.pipeline import Report
from tercet.pipeline.jobs import Job, harvest_into_catalog, harvest_into_sink
from tercet.pipeline.ndjson import ndjson_file
from tercet.pipeline.replay import replay_rejects
from tercet.settings import Settings
from tests.transforms.carbon_mapper_surfaces import CURRENT, detection, features
from tests.upstreams import carbon_mapper, carbon_mapper_archive, icesat2
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve
from transforms.entry import Entry

JUNE = Window(datetime(2025, 6, 1, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC))
SOURCE = CarbonMapper(page_size=50)
POINT: dict[str, Any] = {"type": "Point", "coordinates": [0, 0]}
NAMELESS = {"plume_id": "emi20240101t000000p00001-A", "gas": "CH4"}


class Silent:
    def progress(self, report: Report, total: int | None) -> None: ...


class Stopping:
    """Somebody who presses Ctrl-C after the first batch."""

    def progress(self, report: Report, total: int | None) -> None:  # noqa: ARG002 - what an observer is given
        if report.fetched:
            signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def _no_politeness(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at_once(_self: Fetcher) -> None: ...

    monkeypatch.setattr(Fetcher, "_wait_for_turn", at_once)


@contextmanager
def provider(archive: carbon_mapper.Archive) -> Iterator[tuple[Settings, Faults]]:
    faults = Faults()
    with serve(faulty(carbon_mapper.app(archive), faults)) as url:
        root = AnyHttpUrl(f"{url}/api/v1")
        yield Settings(carbon_mapper_url=root, attempts=2, batch_size=50, workers=0), faults


def kept(folder: Path, *records: Any) -> str:
    path = folder / "records.ndjson"
    path.write_bytes(b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records))
    return str(path)


def rows(database: Database, query: LiteralString) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return connection.execute(query).fetchall()


def cursor(database: Database) -> str | None:
    found = rows(database, "SELECT value FROM tercet.cursor")
    return found[0][0] if found else None


def items(database: Database) -> list[tuple[Any, ...]]:
    return rows(database, "SELECT collection, id, content::text FROM pgstac.items ORDER BY 1, 2")


def last_run(database: Database) -> tuple[Any, ...]:
    return rows(database, "SELECT outcome, message, report FROM tercet.run ORDER BY id DESC LIMIT 1")[0]


def next_selection(job: Job, database: Database) -> Selection:
    with database.connect() as connection:
        Ledger(connection).move_cursor("carbon-mapper", "plumes", "2026")
        Ledger(connection).mark_swept("carbon-mapper", "plumes")
        return job.next_selection("plumes", connection)


@pytest.mark.database
def test_a_harvest_of_everything_goes_on_at_its_cursor(database: Database) -> None:
    selection = next_selection(Job(SOURCE), database)
    assert (selection.cursor, selection.is_everything) == ("2026", True)
    assert selection.swept is not None


@pytest.mark.parametrize(
    "job",
    [
        Job(SOURCE, window=JUNE),
        Job(SOURCE, bbox=(0, 0, 1, 1)),
        Job(SOURCE, intersects=POINT),
        Job(SOURCE, full_refresh=True),
    ],
    ids=["window", "bbox", "intersects", "full-refresh"],
)
@pytest.mark.database
def test_a_harvest_of_a_part_or_of_all_again_does_not_read_the_cursor(job: Job, database: Database) -> None:
    selection = next_selection(job, database)
    assert (selection.cursor, selection.swept) == (None, None)
    assert (selection.window, selection.bbox, selection.intersects) == (job.window, job.bbox, job.intersects)


@pytest.mark.parametrize(
    "selecting",
    [
        {"products": ("plumes",)},
        {"window": JUNE},
        {"bbox": (0, 0, 1, 1)},
        {"intersects": POINT},
        {"full_refresh": True},
    ],
    ids=lambda words: next(iter(words)),
)
def test_recorded_answers_are_not_selected_from(selecting: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="--records reads all of what was recorded: leave out"):
        Job(SOURCE, records=("a.json",), **selecting)


def test_without_a_product_the_first_of_the_source_is_harvested() -> None:
    assert [Job(source).parts for source in SOURCES.values()] == [(source.products[0],) for source in SOURCES.values()]


@pytest.mark.database
def test_the_next_harvest_reads_what_is_new_and_a_full_one_reads_all_again(database: Database) -> None:
    archive = carbon_mapper.Archive.generate(200)
    with provider(archive) as (settings, _):
        first = harvest_into_catalog(Job(SOURCE), settings, database, Silent())
        archive.publish(30)
        second = harvest_into_catalog(Job(SOURCE), settings, database, Silent())
        moved = cursor(database)
        full = harvest_into_catalog(Job(SOURCE, full_refresh=True), settings, database, Silent())
    assert (first.fetched, first.new) == (200, 200)
    assert second.new == 30
    assert second.fetched < 100
    assert (full.fetched, full.same) == (230, 230)
    assert cursor(database) == moved


@pytest.mark.database
def test_what_came_before_a_provider_failed_is_stored_with_its_cursor_and_the_next_harvest_has_the_rest(
    database: Database,
) -> None:
    archive = carbon_mapper.Archive.generate(230)
    with provider(archive) as (settings, faults):
        archive.after_page = lambda number: setattr(faults, "failing", 1000 if number >= 2 else 0)
        with pytest.raises(UpstreamError, match="503"):
            harvest_into_catalog(Job(SOURCE), settings, database, Silent())
        outcome, message, report = last_run(database)
        reached = cursor(database)
        archive.after_page, faults.failing = None, 0
        rest = harvest_into_catalog(Job(SOURCE), settings, database, Silent())
    assert (outcome, report["new"]) == ("failed", report["fetched"])
    assert "503" in message
    assert 0 < report["new"] < 230
    assert reached
    assert reached < (cursor(database) or "")
    assert report["new"] + rest.new == 230
    assert len(items(database)) == 230


@pytest.mark.database
def test_ctrl_c_keeps_what_was_stored_and_the_run_says_that_it_was_stopped(database: Database) -> None:
    archive = carbon_mapper.Archive.generate(300)
    with provider(archive) as (settings, _):
        with pytest.raises(KeyboardInterrupt):
            harvest_into_catalog(Job(SOURCE), settings, database, Stopping())
        outcome, message, report = last_run(database)
        stored = len(items(database))
        assert (outcome, message) == ("stopped", "stopped by whoever ran it")
        assert 0 < stored < 300
        assert report["new"] == stored
        rest = harvest_into_catalog(Job(SOURCE), settings, database, Silent())
    assert stored + rest.new == 300


@pytest.mark.database
def test_an_error_of_our_own_is_a_failure_of_the_run_and_not_hidden(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: CarbonMapper, _record: Any) -> Entry:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(CarbonMapper, "entry", broken)
    job = Job(SOURCE, records=(kept(tmp_path, *carbon_mapper_archive.records(2)),))
    with pytest.raises(ZeroDivisionError):
        harvest_into_catalog(job, Settings(), database, Silent())
    assert last_run(database)[:2] == ("failed", "ours")


@pytest.mark.database
def test_each_product_is_counted_in_its_run_and_all_of_them_in_the_report(database: Database) -> None:
    with serve(icesat2.app(icesat2.Archive.generate(60))) as url:
        settings = Settings(cmr_url=AnyHttpUrl(url))
        job = Job(ICESat2(), products=("ATL08", "ATL08.006"), limit=4)
        report = harvest_into_catalog(job, settings, database, Silent())
    runs = rows(database, "SELECT product, (report->>'fetched')::int, (report->>'requests')::int FROM tercet.run")
    assert [run[:2] for run in runs] == [("ATL08", 4), ("ATL08.006", 4)]
    assert report.fetched == report.new == 8
    assert report.requests == sum(run[2] for run in runs) > 0
    assert sorted(report.collections.items()) == [("icesat2-atl08-006", 4), ("icesat2-atl08-007", 4)]


@pytest.mark.database
def test_a_product_that_never_was_does_not_stand_as_failed_for_ever(database: Database) -> None:
    with serve(icesat2.app(icesat2.Archive.generate(60))) as url:
        settings = Settings(cmr_url=AnyHttpUrl(url))
        harvest_into_catalog(Job(ICESat2(), limit=1), settings, database, Silent())
        with pytest.raises(ConfigError, match="no release 099"):
            harvest_into_catalog(Job(ICESat2(), products=("ATL08.099",)), settings, database, Silent())
        with pytest.raises(NotServedError):
            harvest_into_catalog(Job(ICESat2(), products=("ATL06",)), settings, database, Silent())
    assert rows(database, "SELECT product, outcome FROM tercet.run") == [("ATL08", "done")]


@pytest.mark.database
def test_a_part_that_never_was_does_not_make_its_product_fail(database: Database) -> None:
    with provider(carbon_mapper.Archive.generate(3)) as (settings, _):
        harvest_into_catalog(Job(SOURCE), settings, database, Silent())
        with pytest.raises(ConfigError, match="no source nowhere"):
            harvest_into_catalog(Job(SOURCE, options={"source": ("nowhere",)}), settings, database, Silent())
    assert rows(database, "SELECT product, outcome FROM tercet.run") == [("plumes", "done")]


@pytest.mark.database
def test_a_limit_that_cuts_a_page_does_not_move_the_cursor_past_the_rest(database: Database) -> None:
    with provider(carbon_mapper.Archive.generate(120)) as (settings, _):
        cut = harvest_into_catalog(Job(SOURCE, limit=20), settings, database, Silent())
        assert (cut.fetched, cursor(database)) == (20, None)
        assert harvest_into_catalog(Job(SOURCE), settings, database, Silent()).new == 100


def test_the_archive_of_a_harvest_read_again_gives_the_same_items(tmp_path: Path) -> None:
    archive, network, recorded = tmp_path / "archive", tmp_path / "network.ndjson", tmp_path / "recorded.ndjson"
    with (
        provider(carbon_mapper.Archive.generate(120)) as (settings, _),
        ndjson_file(str(network), SOURCE.assemble) as sink,
    ):
        harvest_into_sink(Job(SOURCE, archive=archive), settings, sink, Silent())
    with ndjson_file(str(recorded), SOURCE.assemble) as sink:
        report = harvest_into_sink(Job(SOURCE, records=(str(archive),)), Settings(), sink, Silent())
    assert (report.fetched, report.rejected, report.requests) == (120, 0, 0)
    assert sorted(network.read_bytes().splitlines()) == sorted(recorded.read_bytes().splitlines())


def test_what_only_several_records_show_together_is_told_once(tmp_path: Path) -> None:
    made = features(CURRENT)
    made[2]["properties"]["cm:emission"] = 1.5 * CURRENT.emission
    job = Job(SOURCE, records=(kept(tmp_path, *made, detection()),))
    with ndjson_file(str(tmp_path / "items"), SOURCE.assemble) as sink:
        report = harvest_into_sink(job, Settings(), sink, Silent())
    assert [(remark.partition(":")[0], count) for remark, count in report.remarks.items()] == [("QA", 1)]


def test_a_harvest_without_records_archives_no_empty_file(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    (tmp_path / "empty.json").write_text('{"items": [], "total_count": 0, "offset": 0, "limit": 10}')
    with ndjson_file(str(tmp_path / "items.ndjson"), SOURCE.assemble) as sink:
        job = Job(SOURCE, records=(str(tmp_path / "empty.json"),), archive=archive)
        assert harvest_into_sink(job, Settings(), sink, Silent()).fetched == 0
    assert not archive.exists()


def test_an_archive_that_cannot_be_written_ends_the_harvest(tmp_path: Path) -> None:
    records = kept(tmp_path, *carbon_mapper_archive.records(2))
    (tmp_path / "file").write_text("in the way")
    job = Job(SOURCE, records=(records,), archive=tmp_path / "file")
    with (
        pytest.raises(SinkError, match=r"--archive .*file cannot be written"),
        ndjson_file(str(tmp_path / "items.ndjson"), SOURCE.assemble) as sink,
    ):
        harvest_into_sink(job, Settings(), sink, Silent())
    assert not (tmp_path / "items.ndjson").exists()


def test_rejects_that_nothing_keeps_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    job = Job(SOURCE, records=(kept(tmp_path, NAMELESS, *carbon_mapper_archive.records(2)),))
    with ndjson_file(str(tmp_path / "items.ndjson"), SOURCE.assemble) as sink:
        assert harvest_into_sink(job, Settings(), sink, Silent()).rejected == 1
    (told,) = caplog.messages
    assert told.startswith(f"rejected: {NAMELESS['plume_id']}: ")


@pytest.mark.database
def test_a_dry_run_tells_its_rejects_and_keeps_none(
    tmp_path: Path, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    job = Job(SOURCE, records=(kept(tmp_path, NAMELESS, *carbon_mapper_archive.records(2)),))
    report = harvest_into_catalog(job, Settings(), database, Silent(), dry_run=True)
    assert (report.new, report.rejected) == (2, 1)
    assert [NAMELESS["plume_id"] in message for message in caplog.messages] == [True]
    assert rows(database, "SELECT * FROM tercet.reject") == items(database) == []


@pytest.mark.database
def test_a_record_that_is_understood_by_now_leaves_the_rejects_when_it_is_replayed(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plumes = carbon_mapper_archive.records(3)
    job = Job(SOURCE, records=(kept(tmp_path, *plumes, NAMELESS, "no record"),))
    with monkeypatch.context() as patch:
        patch.setattr(CarbonMapper, "entry", lambda _self, record: {}[record["plume_id"]])
        before = harvest_into_catalog(job, Settings(), database, Silent())
    report = replay_rejects(SOURCE, database)
    assert (before.new, before.rejected) == (0, 5)
    assert (report.fetched, report.new, report.rejected) == (4, 3, 1)
    kinds = rows(database, "SELECT name, kind FROM tercet.reject ORDER BY id")
    assert len(items(database)) == 3
    assert [name for name, _ in kinds if name == NAMELESS["plume_id"]] == [NAMELESS["plume_id"]]
    assert len(kinds) == 2
