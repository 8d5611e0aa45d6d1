"""``tercet harvest`` as people call it: what it prints, how it ends, and what it says of bad input."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from click.testing import CliRunner, Result

from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.loader import refusal
from tercet.cli import main
from tests.upstreams import carbon_mapper, carbon_mapper_archive
from tests.upstreams.server import serve

KEYS = (
    "source fetched new changed same superseded deleted rejected retries requests seconds collections".split()  # noqa: SIM905
)


def tercet(*words: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


@pytest.fixture
def plumes(tmp_path: Path) -> Path:
    path = tmp_path / "plumes.ndjson"
    path.write_bytes(b"\n".join(orjson.dumps(record) for record in carbon_mapper_archive.records(20)))
    return path


@pytest.mark.database
@pytest.mark.usefixtures("database")
def test_the_report_has_the_keys_that_others_rely_on(plumes: Path) -> None:
    first = tercet("harvest", "carbon-mapper", "--records", plumes, "--json")
    report = json.loads(first.stdout)
    assert (first.exit_code, list(report)) == (0, KEYS)
    assert (report["fetched"], report["new"], report["collections"]) == (20, 20, {"carbon-mapper-plumes": 20})
    again = json.loads(tercet("harvest", "carbon-mapper", "--records", plumes, "--json").stdout)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 20)


@pytest.mark.database
@pytest.mark.usefixtures("database")
def test_rejects_make_the_exit_code_three_and_are_listed_and_replayed(plumes: Path) -> None:
    plumes.write_bytes(plumes.read_bytes() + b'\n{"plume_id": "emi20240101t000000p00001-A"}\nnot json')
    done = tercet("harvest", "carbon-mapper", "--records", plumes)
    assert done.exit_code == 3
    listed = tercet("rejects").stdout.splitlines()
    assert len(listed) == 2
    assert "line 22" in listed[0] + listed[1]
    number = next(line.split("\t")[0] for line in listed if "IncompleteError" in line)
    assert json.loads(tercet("rejects", "show", number).stdout) == {"plume_id": "emi20240101t000000p00001-A"}
    assert tercet("rejects", "replay").exit_code == 0
    assert tercet("rejects", "show", "99999").exit_code == 2


@pytest.mark.database
def test_a_dry_run_stores_nothing(plumes: Path, database: Database) -> None:
    report = json.loads(tercet("harvest", "carbon-mapper", "--records", plumes, "--dry-run", "--json").stdout)
    assert report["new"] == 20
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM pgstac.items").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM tercet.run").fetchone() == (0,)


@pytest.mark.database
def test_a_backfill_neither_reads_nor_moves_the_cursor(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(carbon_mapper.app(carbon_mapper.Archive.generate(50))) as url, database.connect() as connection:
        monkeypatch.setenv("TERCET_CARBON_MAPPER_URL", f"{url}/api/v1")
        words = ("--since", "2025-01-01", "--until", "2026-01-01")
        assert tercet("harvest", "carbon-mapper", *words).exit_code == 0
        assert Ledger(connection).cursors() == []
        assert tercet("harvest", "carbon-mapper").exit_code == 0
        (cursor,) = Ledger(connection).cursors()
        assert tercet("harvest", "carbon-mapper", *words).exit_code == 0
        assert Ledger(connection).cursors() == [cursor]
        assert cursor.value in tercet("state").stdout
        assert tercet("state", "forget", "carbon-mapper", "plumes").exit_code == 0
        assert Ledger(connection).cursors() == []


def test_items_go_to_a_file_whole_or_not_at_all(plumes: Path, tmp_path: Path) -> None:
    out = tmp_path / "items.ndjson"
    assert tercet("harvest", "carbon-mapper", "--records", plumes, "--out", out).exit_code == 0
    assert len(out.read_bytes().splitlines()) == 20
    out.unlink()
    failed = tercet("harvest", "carbon-mapper", "--records", tmp_path / "missing", "--out", out)
    assert failed.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plumes.ndjson"]


def test_what_is_archived_can_be_read_again(plumes: Path, tmp_path: Path) -> None:
    first, second, archive = tmp_path / "1.ndjson", tmp_path / "2.ndjson", tmp_path / "archive"
    tercet("harvest", "carbon-mapper", "--records", plumes, "--archive", archive, "--out", first)
    assert tercet("harvest", "carbon-mapper", "--records", archive, "--out", second).exit_code == 0
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["landsat"], "'landsat' is not one of"),
        (["icesat2", "--product", "ATL99"], "ATL99"),
        (["earthcare", "--product", "MSI_COP"], "MSI_COP_2A"),
        (["carbon-mapper", "--bbox=31,-104,33,-102"], "south is -104, beyond ±90"),
        (["carbon-mapper", "--bbox=-104,33,-102,31"], "south 33 is not below north 31"),
        (["carbon-mapper", "--bbox=1,2,3"], "not four numbers"),
        (["carbon-mapper", "--bbox=nan,0,1,1"], "west is nan"),
        (["carbon-mapper", "--since", "2025-02-01", "--until", "2025-01-01"], "swap them"),
        (["carbon-mapper", "--since", "yesterday"], "no date or moment"),
        (["carbon-mapper", "--records", "/nowhere"], "no such file or folder"),
        (["carbon-mapper", "--records", ".", "--product", "plumes"], "leave out --product"),
        (["carbon-mapper", "--intersects", "/nowhere.geojson"], "/nowhere.geojson"),
        (["carbon-mapper", "--limit", "0"], "--limit"),
        (["carbon-mapper", "--out", "-", "--json"], "both want standard output"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("_no_database_is_needed")
def test_bad_input_is_a_usage_error_that_names_it(words: list[str], said: str) -> None:
    done = tercet("harvest", *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


@pytest.fixture
def _no_database_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    # whoever asks for a database before reading the options fails with another exit code
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:nothing@127.0.0.1:1/none")


@pytest.mark.parametrize(("content", "said"), [(b"", "it is empty"), (b'{"items": [', "breaks off")])
@pytest.mark.database
@pytest.mark.usefixtures("database")
def test_an_unusable_file_is_a_reject_with_its_reason(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "answer.json"
    path.write_bytes(content)
    assert tercet("harvest", "carbon-mapper", "--records", path).exit_code == 3
    assert said in tercet("rejects").stdout


def test_no_database_is_said_with_the_next_step(plumes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hush@127.0.0.1:1/none")
    done = tercet("harvest", "carbon-mapper", "--records", plumes)
    assert done.exit_code == 1
    assert "127.0.0.1" in done.stderr
    assert "hush" not in done.stderr


@pytest.mark.database
def test_a_wrong_password_is_said_with_the_next_step(
    plumes: Path, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    facts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(new_database(template="tercet"))
    facts |= {"password": "wrong", "host": "127.0.0.1"}
    monkeypatch.setenv("DATABASE_URL", psycopg.conninfo.make_conninfo(**facts))
    done = tercet("harvest", "carbon-mapper", "--records", plumes)
    assert done.exit_code == 1
    assert "password" in done.stderr


def test_a_full_disk_is_said_with_the_next_step() -> None:
    assert "make room" in refusal(psycopg.errors.DiskFull("could not extend file: No space left on device"))


@pytest.mark.database
def test_another_harvest_of_the_source_under_way_is_refused(plumes: Path, database: Database) -> None:
    with database.connect() as connection:
        Ledger(connection).lock("carbon-mapper")
        done = tercet("harvest", "carbon-mapper", "--records", plumes)
    assert done.exit_code == 1
    assert "another harvest of carbon-mapper is under way" in " ".join(done.stderr.split())


@pytest.mark.database
@pytest.mark.usefixtures("database")
def test_status_shows_the_last_harvests(plumes: Path) -> None:
    assert "nothing was harvested yet" in tercet("status").stdout
    tercet("harvest", "carbon-mapper", "--records", plumes)
    seen = json.loads(tercet("status", "--json").stdout)
    assert seen["collections"] == {"carbon-mapper-plumes": 20}
    assert [(run["source"], run["outcome"]) for run in seen["runs"]] == [("carbon-mapper", "done")]


def test_a_command_that_is_misspelled_is_guessed() -> None:
    done = tercet("harvst", "icesat2")
    assert done.exit_code == 2
    assert "did you mean harvest?" in done.stderr
