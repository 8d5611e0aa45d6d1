"""Items in a file: whole or not at all, and never in the place of something that is no file."""

import json
import os
import stat
from pathlib import Path

import pytest

from stac_api.batch import Batch, Reject
from tercet.errors import SinkError
from tercet.pipeline.ndjson import NdjsonSink, ndjson_file
from tercet.pipeline.telling import Telling
from tests.items import Tracks, checked, entry, fragment, told

TRACKS = Tracks().assemble
BATCH = Batch(checked(entry("a"), entry("b")))


def test_a_file_is_there_once_all_of_it_is(tmp_path: Path) -> None:
    path = tmp_path / "items.ndjson"
    path.write_text("of yesterday")
    with ndjson_file(str(path), TRACKS) as sink:
        assert sink.store(BATCH).new == 2
        assert path.read_text() == "of yesterday"
        assert sink.finish() == {"tracks": 2}
    assert len(path.read_bytes().splitlines()) == 2
    assert [kept.name for kept in tmp_path.iterdir()] == ["items.ndjson"]


def test_a_file_of_yesterday_outlives_a_harvest_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "items.ndjson"
    path.write_text("of yesterday")

    def interrupted() -> None:
        with ndjson_file(str(path), TRACKS) as sink:
            sink.store(BATCH)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "of yesterday"
    assert [kept.name for kept in tmp_path.iterdir()] == ["items.ndjson"]


def test_a_link_goes_on_pointing_where_it_does(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "items.ndjson"
    link.symlink_to(tmp_path / "real" / "items.ndjson")
    with ndjson_file(str(link), TRACKS) as sink:
        sink.store(BATCH)
    assert link.is_symlink()
    assert len((tmp_path / "real" / "items.ndjson").read_bytes().splitlines()) == 2


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with ndjson_file(str(pipe), TRACKS) as sink:
            sink.store(BATCH)
            sink.finish()
        assert os.read(reading, 1 << 20).count(b"\n") == 2
    finally:
        os.close(reading)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["missing/items.ndjson", "folder"])
def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with (
        pytest.raises(SinkError, match=rf"--out {tmp_path / name} cannot be written"),
        ndjson_file(f"{tmp_path / name}", TRACKS),
    ):
        pytest.fail("nothing is harvested into it")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_said_when_it_is_noticed() -> None:
    def write() -> None:
        with ndjson_file("/dev/full", TRACKS) as sink:
            sink.store(BATCH)
            sink.finish()

    with pytest.raises(SinkError, match="No space left"):
        write()
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(SinkError, match="No space left"):  # noqa: PTH123 - unbuffered
        NdjsonSink(full, TRACKS).store(BATCH)


def test_the_last_line_of_an_item_of_several_records_is_the_whole_of_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "items.ndjson"
    late, never = fragment("stac", count=7), fragment("stac", "b", count=7)
    waiting = [Reject(one.subject, "IncompleteError", "it waits", {}, one) for one in (late, never)]
    with ndjson_file(str(path), TRACKS) as sink:
        telling = Telling(sink)
        stored = [telling.store(batch) for batch in (Batch((), waiting), Batch(checked(told("rest", gsd=30))))]
        telling.finish()
    assert [(one.new, one.rejected) for one in stored] == [(0, 2), (2, -1)]
    assert [message for message in caplog.messages if "rejected" in message] == ["rejected: b: it waits"]
    last = json.loads(path.read_text().splitlines()[-1])
    assert (last["properties"]["gsd"], last["properties"]["count"]) == (30, 7)


def test_versions_of_several_records_lie_where_the_catalog_has_them(tmp_path: Path) -> None:
    path = tmp_path / "items.ndjson"
    with ndjson_file(str(path), TRACKS) as sink:
        stored = [sink.store(Batch(checked(told("rest", version=version)))) for version in (1, 3, 2)]
        assert sink.finish() == {"tracks": 1, "tracks-superseded": 2}
    assert [one.superseded for one in stored] == [0, 1, 1]
    last = {(item["collection"], item["id"]): item for item in map(json.loads, path.read_text().splitlines())}
    assert sorted(last) == [("tracks", "a"), ("tracks-superseded", "a_1"), ("tracks-superseded", "a_2")]
    assert last["tracks-superseded", "a_2"]["properties"]["deprecated"] is True
    rels = [link["rel"] for link in last["tracks-superseded", "a_2"]["links"]]
    assert rels == ["via", "predecessor-version", "successor-version", "latest-version"]
