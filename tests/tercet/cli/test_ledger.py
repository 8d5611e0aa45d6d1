"""``tercet status``, ``rejects`` and ``state``: what harvests left behind, for people and for programs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from harvesters.carbon_mapper import CarbonMapper
from stac_api.database import Database
from stac_api.ledger import Ledger
from tercet.cli import main
from tercet.pipeline.jobs import Job, harvest_into_catalog
from tercet.settings import Settings
from tests.upstreams import carbon_mapper_archive

pytestmark = pytest.mark.database

BAD: dict[str, Any] = {"plume_id": "emi20240101t000000p00001-A", "notes": "[/no] [red]markup"}


class Silent:
    def progress(self, report: object, total: int | None) -> None: ...


def tercet(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def harvested(database: Database, tmp_path: Path) -> Database:
    """Give a database with three plumes, a record that is none, and a file that is no answer."""
    records = [*carbon_mapper_archive.records(3), BAD]
    (tmp_path / "a.ndjson").write_bytes(b"\n".join(orjson.dumps(record) for record in records))
    (tmp_path / "b.json").write_bytes(b"")
    harvest_into_catalog(Job(CarbonMapper(), records=(str(tmp_path),)), Settings(), database, Silent())
    return database


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("command", ["rejects", "state"])
def test_nothing_is_listed_of_an_empty_catalog(command: str) -> None:
    for words in ([command], [command, "--json"]):
        listed = tercet(*words)
        assert (listed.exit_code, listed.stdout) == (0, "")
        assert listed.stderr.startswith("there are no ") or "--json" in words


@pytest.mark.usefixtures("database")
def test_status_of_an_empty_catalog_says_what_to_do() -> None:
    assert "nothing was harvested yet: try `tercet harvest" in tercet("status").stdout
    assert json.loads(tercet("status", "--json").stdout) == {"runs": [], "collections": {}}


@pytest.mark.usefixtures("harvested")
def test_status_tells_runs_and_counts() -> None:
    table = tercet("status").stdout
    for word in ("carbon-mapper", "recorded", "done", "carbon-mapper-plumes"):
        assert word in table
    assert "…" not in table
    seen = json.loads(tercet("status", "--json").stdout)
    (run,) = seen["runs"]
    assert (run["source"], run["product"], run["outcome"]) == ("carbon-mapper", "recorded", "done")
    assert (run["report"]["new"], run["report"]["rejected"]) == (3, 2)
    assert run["ended"] > run["started"]
    assert seen["collections"] == {"carbon-mapper-plumes": 3}


def test_the_message_of_a_run_that_failed_is_shown_whole_with_its_brackets(harvested: Database) -> None:
    words = "[Errno 28] [/no] " + "a long message " * 20
    with harvested.connect() as connection:
        ledger = Ledger(connection)
        ledger.end(ledger.begin("icesat2", "ATL08", {}), "failed", {}, words)
    assert words.strip() in tercet("status").stdout


@pytest.mark.usefixtures("harvested")
def test_rejects_are_lines_of_five_fields() -> None:
    lines = [line.split("\t") for line in tercet("rejects").stdout.splitlines()]
    assert [len(line) for line in lines] == [5, 5]
    by_kind = {line[2]: line for line in lines}
    assert by_kind["IncompleteError"][3] == BAD["plume_id"]
    assert by_kind["Unreadable"][3].endswith("b.json")
    assert "b.json" not in by_kind["Unreadable"][4]


@pytest.mark.usefixtures("harvested")
def test_rejects_as_json_hold_the_raw_record() -> None:
    found = {reject["kind"]: reject for reject in map(json.loads, tercet("rejects", "--json").stdout.splitlines())}
    assert found["IncompleteError"]["record"] == BAD
    number = str(found["IncompleteError"]["id"])
    assert json.loads(tercet("rejects", "show", number).stdout) == BAD


@pytest.mark.usefixtures("harvested")
def test_rejects_of_one_source_are_its_own() -> None:
    assert tercet("rejects", "--source", "icesat2").stdout == ""
    assert len(tercet("rejects", "--source", "carbon-mapper").stdout.splitlines()) == 2


@pytest.mark.usefixtures("harvested")
def test_a_replay_of_what_is_still_not_understood_leaves_it(harvested: Database) -> None:
    before = tercet("rejects").stdout
    replayed = tercet("rejects", "replay", "--source", "carbon-mapper")
    assert replayed.exit_code == 0
    assert "carbon-mapper: 1 record in" in replayed.stdout
    assert tercet("rejects").stdout == before
    assert tercet("rejects", "replay", "--source", "icesat2").stdout == ""
    assert len(json.loads(tercet("status", "--json").stdout)["runs"]) == 1, harvested.label


def test_cursors_are_listed_and_forgotten_by_name(harvested: Database) -> None:
    with harvested.connect() as connection:
        Ledger(connection).move_cursor("carbon-mapper", "plumes", "2026-01-01")
    assert tercet("state").stdout == "carbon-mapper\tplumes\t2026-01-01\tnever listed whole\n"
    shown = json.loads(tercet("state", "--json").stdout)
    assert (shown["source"], shown["product"], shown["value"]) == ("carbon-mapper", "plumes", "2026-01-01")
    assert tercet("state", "forget", "carbon-mapper", "PLUMES").exit_code == 0
    assert tercet("state").stdout == ""
    assert json.loads(tercet("status", "--json").stdout)["collections"] == {"carbon-mapper-plumes": 3}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rejects", "show", "99999"], "there is no reject 99999: `tercet rejects` lists them"),
        (
            ["state", "forget", "carbon-mapper", "plumes"],
            "carbon-mapper has no cursor for plumes: `tercet state` lists",
        ),
        (["state", "forget", "icesat2", "ATL99"], "ATL99"),
        (["rejects", "--source", "landsat"], "'landsat' is not one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("harvested")
def test_what_is_not_there_is_named(words: list[str], said: str) -> None:
    done = tercet(*words)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize("words", [["status"], ["rejects"], ["state"], ["rejects", "replay"]], ids=" ".join)
def test_a_database_that_is_not_prepared_is_said_with_the_next_step(
    words: list[str], new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", new_database())
    done = tercet(*words)
    assert done.exit_code == 1
    assert "tercet db migrate" in done.stderr
