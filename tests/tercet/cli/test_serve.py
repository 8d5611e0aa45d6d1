"""``tercet serve`` as a child process, and the API in a thread."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from pystac_client import Client

from stac_api.app import create_app
from stac_api.database import Database
from stac_api.serving import serve_in_background
from tercet.errors import ConfigError, TercetError
from tercet.settings import Settings
from tests.commands import TERCET

COMMAND = [sys.executable, "-c", "from tercet.cli.serve import serve; serve()"]


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


@contextmanager
def served(*options: str, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run ``tercet serve`` on a free port until it says where it is."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *options],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "startup complete" in line:
                break
        found = re.search(r"http://[\d.:]+", "".join(lines))
        assert found, "".join(lines)
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.database
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_it_serves_until_it_is_told_to_stop(settings: Settings, sign: int, code: int) -> None:
    with served() as (process, url):
        assert Client.open(url).title == "Tercet"
        process.send_signal(sign)
        out, log = process.communicate(timeout=30)
    assert process.returncode == code
    assert out == ""
    assert "Traceback" not in log
    assert str(settings.database_url) not in log


@pytest.mark.database
@pytest.mark.usefixtures("settings")
def test_links_lead_through_the_proxy() -> None:
    with served("--root-path", "/stac/") as (_, url):
        root = next(link for link in httpx2.get(url, timeout=60).json()["links"] if link["rel"] == "root")
        assert root["href"] == f"{url}/stac/"


def refused(data_dir: Path, *words: str) -> str:
    """What a command says that cannot listen; it has not made a database."""
    environment = os.environ | {"TERCET_DATA_DIR": str(data_dir)}
    answer = subprocess.run([*TERCET, *words], env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
    assert list(data_dir.iterdir()) == []
    return answer.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_said_before_a_database_is_made(command: str, data_dir: Path) -> None:
    with taken_port() as port:
        said = refused(data_dir, command, "--port", str(port))
    assert f"port {port}" in said
    assert "--port" in said


def test_an_address_of_another_machine_is_said_before_a_database_is_made(data_dir: Path) -> None:
    assert re.search(r"192\.0\.2\.1 .*--host", refused(data_dir, "serve", "--host", "192.0.2.1"))


@pytest.mark.database
def test_a_taken_port_is_an_error_in_the_background_too(settings: Settings, database: Database) -> None:
    app = create_app(settings, database)
    with (
        taken_port() as port,
        pytest.raises(ConfigError, match=f"port {port}.*--port"),
        serve_in_background(app, port=port),
    ):
        pytest.fail("it serves on a port that is taken")


@pytest.mark.database
def test_the_port_is_free_again_and_the_thread_gone(settings: Settings, database: Database) -> None:
    before = threading.active_count()
    with serve_in_background(create_app(settings, database), "127.0.0.1", 0) as url:
        assert httpx2.get(f"{url}/_mgmt/ping", timeout=60).status_code == 200
    assert threading.active_count() == before
    with serve_in_background(create_app(settings, database), port=httpx2.URL(url).port or 0) as again:
        assert again == url


@pytest.mark.database
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_database_that_is_gone_is_an_error_not_a_wait(settings: Settings, database: Database) -> None:
    gone = replace(database, read_conninfo="postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(TercetError, match="did not start"), serve_in_background(create_app(settings, gone)):
        pytest.fail("it serves without a database")
