"""The embedded database after every kind of death, and with what the dead leave behind."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from stac_api import database as databases
from stac_api.database.accounts import server_account
from stac_api.database.addresses import parameters_of
from stac_api.database.embedded import embedded_cluster
from stac_api.database.postmaster import postmaster_pid
from tercet.settings import Settings
from tests.stac_api.clusters import kept, server_pid

pytestmark = pytest.mark.database


def test_a_killed_server_comes_back_with_all_that_was_committed(made: Settings) -> None:
    with databases.open_database(made).connect() as connection:
        connection.execute("UPDATE tercet.kept SET answer = 43")
    os.kill(server_pid(made), signal.SIGKILL)
    assert kept(made) == 43


def test_a_server_killed_in_the_middle_of_a_statement_comes_back(made: Settings) -> None:
    with databases.open_database(made).connect() as connection, ThreadPoolExecutor(1) as pool:
        busy = pool.submit(
            connection.execute, "SELECT count(*) FROM generate_series(1, 4000000) n WHERE md5(n::text) = ''"
        )
        time.sleep(0.2)
        os.kill(server_pid(made), signal.SIGKILL)
        assert databases.open_database(made).started
        with contextlib.suppress(psycopg.OperationalError):  # its backend may live long enough to answer
            busy.result()
    with databases.open_database(made).connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_all_its_processes_killed_at_once_it_comes_back(made: Settings) -> None:
    server = psutil.Process(server_pid(made))
    for process in [server, *server.children(recursive=True)]:
        process.kill()
    with databases.open_database(made).connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture
def bystander() -> Iterator[int]:
    """A process of the server's account that has nothing to do with it; it must survive."""
    account = server_account(Path("/does/not/exist"))
    user = account.uid if account.is_other else None
    with subprocess.Popen(["sleep", "300"], user=user) as process:
        yield process.pid
        assert process.poll() is None, "the bystander was taken for the server and stopped"
        process.kill()


def pretend_to_run(settings: Settings, pid: int) -> None:
    """Leave the files that a killed server leaves, under the number of another process."""
    files = embedded_cluster(settings).files
    access = files.access()
    lines = [str(pid), str(files.cluster), "1", str(access.port), str(files.folder), "127.0.0.1", "1 1", "ready"]
    for path in (files.cluster / "postmaster.pid", files.folder / f".s.PGSQL.{access.port}.lock"):
        files.write(path, "\n".join(lines) + "\n")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{files.folder}/.s.PGSQL.{access.port}")


def test_a_number_that_another_process_got_does_not_keep_it_down(stopped: Settings, bystander: int) -> None:
    pretend_to_run(stopped, bystander)
    assert not databases.status(stopped).running
    assert kept(stopped) == 42


def test_a_number_that_no_process_has_does_not_keep_it_down(stopped: Settings) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    pretend_to_run(stopped, gone.pid)
    assert kept(stopped) == 42


def test_stop_spares_the_process_that_got_the_servers_number(stopped: Settings, bystander: int) -> None:
    pretend_to_run(stopped, bystander)
    assert not databases.stop(stopped)


def test_a_damaged_pid_file_does_not_keep_it_down(stopped: Settings) -> None:
    files = embedded_cluster(stopped).files
    files.write(files.cluster / "postmaster.pid", "")
    assert kept(stopped) == 42


def test_the_postmaster_is_not_one_of_its_children(made: Settings) -> None:
    files = embedded_cluster(made).files
    child = psutil.Process(server_pid(made)).children()[0]
    original = (files.cluster / "postmaster.pid").read_text()
    (files.cluster / "postmaster.pid").write_text(f"{child.pid}\n{original.split(chr(10), 1)[1]}")
    try:
        assert postmaster_pid(files.cluster) is None
    finally:
        (files.cluster / "postmaster.pid").write_text(original)


def test_a_port_that_somebody_took_is_exchanged(stopped: Settings) -> None:
    port = embedded_cluster(stopped).files.access().port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert kept(stopped) == 42
        assert embedded_cluster(stopped).files.access().port != port


def test_it_is_reached_through_loopback_where_its_socket_vanished(made: Settings) -> None:
    access = embedded_cluster(made).files.access()
    (Path(access.socket) / f".s.PGSQL.{access.port}").unlink()
    database = databases.open_database(made)
    assert not database.started
    assert parameters_of(database.conninfo, variable="")["host"] == "127.0.0.1"


def test_a_making_that_was_cut_off_is_begun_anew(own: Settings) -> None:
    files = embedded_cluster(own).files
    files.prepare()
    (files.folder / "cluster.unfinished").mkdir()
    (files.folder / "cluster.unfinished" / "PG_VERSION").write_text("15")
    with databases.open_database(own).connect() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
