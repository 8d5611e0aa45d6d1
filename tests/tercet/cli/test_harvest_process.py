"""``tercet harvest`` as a process: its streams, and the signals that it is sent."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import psycopg
import pytest

from stac_api.database import Database
from stac_api.ledger import Ledger
from tests.commands import TERCET, start_harvest
from tests.upstreams import carbon_mapper, carbon_mapper_archive
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

PLUMES = b"".join(orjson.dumps(plume, option=orjson.OPT_APPEND_NEWLINE) for plume in carbon_mapper_archive.records(20))
BAD = b'{"plume_id": "emi20240101t000000p00001-A"}\n'


def tercet(*words: str | Path, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run([*TERCET, *map(str, words)], input=given, capture_output=True, check=False)


@pytest.fixture
def slow_provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """Give a provider of 3000 plumes whose third answer takes longer than anybody waits."""
    faults = Faults()
    archive = carbon_mapper.Archive.generate(3000)
    archive.after_page = lambda number: setattr(faults, "delay_s", 60.0 if number >= 2 else 0.0)
    with serve(faulty(carbon_mapper.app(archive), faults)) as url:
        monkeypatch.setenv("TERCET_CARBON_MAPPER_URL", f"{url}/api/v1")
        monkeypatch.setenv("TERCET_BATCH_SIZE", "500")
        yield faults


def test_items_on_standard_output_are_all_that_stands_there() -> None:
    done = tercet("harvest", "carbon-mapper", "--records", "-", "--out", "-", given=PLUMES + BAD)
    items = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["type"] for item in items] == ["Feature"] * 20
    assert done.returncode == 3
    said = done.stderr.decode()
    assert "rejected: emi20240101t000000p00001-A: " in said
    assert "tercet rejects" not in said
    assert "\x1b" not in said


@pytest.mark.parametrize("words", [("--help",), ("harvest", "carbon-mapper", "--records", "-", "--out", os.devnull)])
def test_a_full_disk_under_standard_output_is_said(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*TERCET, *words], input=PLUMES, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert b"No space left on device" in done.stderr


def test_letters_that_a_locale_lacks_are_written_otherwise() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*TERCET, "harvest", "--help"], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"1B1a\\u2026" in done.stdout


def test_who_has_read_enough_items_is_told_nothing() -> None:
    command = [*TERCET, "harvest", "carbon-mapper", "--records", "-", "--out", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdout.close()
        process.stdin.write(PLUMES)
        process.stdin.close()
        assert process.stderr
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_report_as_json_is_all_that_stands_on_standard_output(tmp_path: Path) -> None:
    out = tmp_path / "items.ndjson"
    done = tercet("harvest", "carbon-mapper", "--records", "-", "--out", out, "--json", given=PLUMES)
    assert json.loads(done.stdout)["new"] == 20
    assert done.stdout.count(b"\n") == 1
    assert done.stderr == b""


def test_a_table_that_is_piped_has_no_colours_and_whole_names() -> None:
    done = tercet("harvest", "carbon-mapper", "--records", "-", "--out", os.devnull, given=PLUMES)
    assert done.returncode == 0
    assert "carbon-mapper-plumes" in done.stdout.decode()
    assert b"\x1b" not in done.stdout
    assert os.path.exists(os.devnull)  # noqa: PTH110 - and it is still what it was:
    assert not os.path.isfile(os.devnull)  # noqa: PTH113


def test_a_named_pipe_is_read_as_a_shell_hands_it_over(tmp_path: Path) -> None:
    (tmp_path / "plumes.ndjson").write_bytes(PLUMES)
    words = (
        f"exec {TERCET[0]} -m tercet harvest carbon-mapper --records <(cat {tmp_path}/plumes.ndjson) --out - | wc -l"
    )
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "20", done.stderr


def test_a_reader_that_goes_away_ends_the_harvest_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "plumes.ndjson").write_bytes(PLUMES * 200)
    words = f"{TERCET[0]} -m tercet harvest carbon-mapper --records {tmp_path}/plumes.ndjson --out - | head -n 1"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False)
    assert done.stdout.startswith('{"type":"Feature"')
    assert "Traceback" not in done.stderr


def test_closed_standard_input_is_said() -> None:
    words = f"{TERCET[0]} -m tercet harvest carbon-mapper --records - --out - <&-"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "rejected: standard input: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.database
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM], ids=lambda sign: sign.name)
def test_a_harvest_that_is_told_to_stop_keeps_what_it_stored_and_ends_at_once(
    slow_provider: Faults, database: Database, sign: signal.Signals
) -> None:
    with database.connect() as connection:
        process = start_harvest("carbon-mapper", "--full-refresh")
        try:
            deadline = time.monotonic() + 120
            while not slow_provider.delay_s or _items(connection) < 1:
                assert time.monotonic() < deadline
                assert process.poll() is None, process.communicate()[1]
                time.sleep(0.05)
            told = time.monotonic()
            process.send_signal(sign)
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
        assert time.monotonic() - told < 30
        assert process.returncode == 1, said
        assert "stopped; what was stored stays" in " ".join(said.split())
        assert "Traceback" not in said
        (run,) = Ledger(connection).latest_runs()
        assert run.outcome == "stopped"
        assert run.report is not None
        assert run.report["new"] == _items(connection) > 0


def _items(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM pgstac.items").fetchone()
    return int(row[0]) if row else 0
