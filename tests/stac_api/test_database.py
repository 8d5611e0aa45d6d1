"""The embedded database's life: made, shared, stopped, closed to others, removed."""

import json
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from stac_api import database as databases
from stac_api.database.embedded import embedded_cluster
from tercet.settings import Settings
from tests.stac_api.clusters import kept, server_pid

pytestmark = pytest.mark.database

OPEN = """
import json, sys
from stac_api.database import open_database
from tercet.settings import load_settings
database = open_database(load_settings())
with database.connect() as connection:
    (pid,) = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
print(json.dumps({"started": database.started, "pid": int(pid.split()[0])}))
"""


def test_a_new_database_is_migrated_and_read_as_somebody_who_cannot_write(embedded: Settings) -> None:
    database = databases.open_database(embedded)
    assert database.embedded
    assert not database.started
    with database.connect() as owner:
        assert owner.autocommit
        assert owner.execute("SHOW search_path").fetchone() == ("pgstac, public",)
        assert owner.execute("SHOW application_name").fetchone() == ("tercet",)
        assert owner.execute("SELECT pgstac.get_setting('context')").fetchone() == ("auto",)
    with database.connect(read_only=True) as reader:
        assert reader.execute("SHOW statement_timeout").fetchone() == ("30s",)
        assert reader.execute("SELECT search('{}') ->> 'numberMatched'").fetchone() == ("0",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM pgstac.items")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("CREATE TABLE public.mine ()")


def test_what_was_written_is_there_after_stop_and_start(stopped: Settings) -> None:
    assert not databases.status(stopped).running
    assert not databases.stop(stopped)
    assert kept(stopped) == 42


def test_opening_tells_whether_it_started_the_server(stopped: Settings) -> None:
    assert databases.open_database(stopped).started
    assert not databases.open_database(stopped).started


def test_a_stop_ends_what_clients_were_doing(made: Settings) -> None:
    database = databases.open_database(made)
    with database.connect() as connection, database.connect() as watching, ThreadPoolExecutor(1) as pool:
        busy = pool.submit(connection.execute, "SELECT pg_sleep(60)")
        while not watching.execute("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'").rowcount:
            time.sleep(0.01)
        before = time.monotonic()
        assert databases.stop(made)
        assert time.monotonic() - before < 30
        with pytest.raises(psycopg.errors.AdminShutdown):
            busy.result()


def test_processes_that_start_it_at_once_share_one_server(own: Settings) -> None:
    environment = os.environ | {"TERCET_DATA_DIR": str(own.data_dir)}
    children = [
        subprocess.Popen([sys.executable, "-c", OPEN], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [json.loads(child.communicate(timeout=120)[0]) for child in children]
    assert len({answer["pid"] for answer in answers}) == 1
    assert [answer["started"] for answer in answers].count(True) == 1


def test_the_port_stays_the_same_otherwise(stopped: Settings) -> None:
    before = databases.url(stopped)
    databases.open_database(stopped)
    assert databases.url(stopped) == before


def test_a_path_too_long_for_a_socket_gets_a_short_one(own: Settings) -> None:
    deep = own.data_dir / ("deep" * 30)
    settings = Settings(data_dir=deep)
    try:
        databases.open_database(settings)
        folder = Path(embedded_cluster(settings).files.access().socket)
        assert len(str(folder)) < 60
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        databases.destroy(settings)
    assert not folder.exists()


def test_it_listens_on_loopback_and_its_socket_only(embedded: Settings) -> None:
    server = psutil.Process(server_pid(embedded))
    listening = [c.laddr for c in server.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", databases.status(embedded).port)]


@pytest.mark.parametrize("role", ["tercet", "tercet_read"])
@pytest.mark.parametrize("way", ["loopback", "socket"])
def test_nobody_gets_in_without_the_password(embedded: Settings, role: str, way: str) -> None:
    access = embedded_cluster(embedded).files.access()
    host = "127.0.0.1" if way == "loopback" else access.socket
    for password in ("", "guess"):
        with pytest.raises(psycopg.OperationalError, match=r"no password supplied|authentication failed"):
            psycopg.connect(host=host, port=access.port, user=role, dbname="tercet", password=password)


def test_its_files_are_closed_to_others(embedded: Settings) -> None:
    folder = embedded_cluster(embedded).files.folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    open_files = [path for path in folder.glob("*") if not path.is_socket() and path.stat().st_mode & 0o077]
    assert open_files == []


def test_no_password_is_in_the_log_or_a_process_list(embedded: Settings) -> None:
    files = embedded_cluster(embedded).files
    secrets = [files.access().password, files.access().read_password]
    server = psutil.Process(server_pid(embedded))
    titles = [" ".join(process.cmdline()) for process in [server, *server.children()]]
    said = files.log.read_text() + " ".join(titles) + repr(databases.open_database(embedded)) + repr(files.access())
    assert not [secret for secret in secrets if secret in said]


def test_destroy_leaves_no_process_and_no_file(made: Settings) -> None:
    pid = server_pid(made)
    assert databases.destroy(made)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert [path.name for path in made.data_dir.iterdir()] == ["database.lock"]
    assert not databases.destroy(made)


def test_a_copy_of_the_folder_is_another_database(made: Settings, made_once: Path) -> None:
    """A copy knows the port and the passwords of the original that runs."""
    original = Settings(data_dir=made_once)
    databases.open_database(original)
    try:
        with databases.open_database(made).connect() as connection:
            connection.execute("UPDATE tercet.kept SET answer = 43")
        assert kept(original) == 42
        databases.destroy(made)
        assert kept(original) == 42
    finally:
        databases.stop(original)
