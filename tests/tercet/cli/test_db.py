"""``tercet db``: results on stdout, sentences on stderr, exit codes as documented."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tercet.settings import Settings

pytestmark = pytest.mark.database

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from tercet.cli import main; main()", "db", *words]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.fixture
def tercet_db(data_dir: Path) -> Run:
    return lambda *words: run(*words, TERCET_DATA_DIR=str(data_dir))


def test_a_database_from_its_making_to_its_end(tercet_db: Run) -> None:
    assert "tercet db start" in tercet_db("status").stdout
    assert tercet_db("start").stdout.endswith(": started\n")
    assert tercet_db("start").stdout.endswith(": already running\n")
    status = json.loads(tercet_db("status", "--json").stdout)
    assert (status["running"], status["embedded"], "next_step" in status) == (True, True, False)
    assert "pgSTAC" in tercet_db("migrate").stdout
    assert tercet_db("stop").stdout == "stopped\n"
    assert tercet_db("stop").stdout == "was not running\n"
    assert json.loads(tercet_db("status", "--json").stdout)["running"] is False
    assert tercet_db("destroy", "--yes").stdout == "removed\n"
    assert tercet_db("destroy", "--yes").stdout == "there was none\n"


def test_the_url_is_one_that_other_programs_can_use(embedded: Settings) -> None:
    for option, user in (((), "tercet"), (("--read-only",), "tercet_read")):
        answer = run("url", *option, TERCET_DATA_DIR=str(embedded.data_dir))
        with psycopg.connect(answer.stdout.strip()) as connection:
            assert connection.info.user == user
            assert connection.info.host == "127.0.0.1"


def test_destroy_without_yes_is_a_usage_error_and_removes_nothing(embedded: Settings) -> None:
    answer = run("destroy", TERCET_DATA_DIR=str(embedded.data_dir))
    assert answer.returncode == 2
    assert "add --yes" in answer.stderr
    assert "running" in run("status", TERCET_DATA_DIR=str(embedded.data_dir)).stdout


def test_no_database_yet_is_said_with_the_next_step(tercet_db: Run) -> None:
    answer = tercet_db("url")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "`tercet db start` makes it" in answer.stderr


@pytest.mark.parametrize("verb", ["start", "stop", "destroy"])
def test_a_named_database_is_not_started_or_stopped(settings: Settings, verb: str) -> None:
    answer = run(verb, *(["--yes"] if verb == "destroy" else []))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "is not ours to" in answer.stderr
    assert settings.database_url is not None
    psycopg.connect(settings.database_url.get_secret_value()).close()


def test_a_named_database_shows_its_state(settings: Settings) -> None:
    status = json.loads(run("status", "--json").stdout)
    assert (status["embedded"], status["running"]) == (False, True)
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() not in run("status").stdout


def test_without_postgresql_the_command_that_installs_it_is_named(data_dir: Path) -> None:
    code = (
        "from stac_api.database import binaries; binaries._PLACES = (); import sys; sys.prefix = '/nowhere'\n"
        "from tercet.cli import main; main(['db', 'start'])"
    )
    environment = os.environ | {"TERCET_DATA_DIR": str(data_dir)}
    environment["PATH"] = os.pathsep.join(
        folder for folder in environment["PATH"].split(os.pathsep) if not os.access(Path(folder) / "postgres", os.X_OK)
    )
    answer = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "no PostgreSQL 14 or newer with PostGIS was found" in answer.stderr
    assert "nstall" in answer.stderr
    assert not (data_dir / "database" / "cluster").exists()
