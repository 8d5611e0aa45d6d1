"""The embedded server's life: made, started, found running, stopped, removed."""

import dataclasses
import logging
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from stac_api.database.addresses import url_of
from stac_api.database.binaries import find_binaries
from stac_api.database.failures import server_failure
from stac_api.database.files import Access, DatabaseFiles
from stac_api.database.making import OWNER, make_cluster
from stac_api.database.ports import free_port
from stac_api.database.postmaster import clear_stale_files, postmaster_pid
from stac_api.database.tuning import machine_memory, server_settings
from tercet.errors import DatabaseError

READER = "tercet_read"
"""The role that the API reads as."""

_MAINTENANCE = "postgres"
"""The database that every cluster has, to ask in before ours exists."""

_START_S = 300
"""Seconds for a start: after a kill the server first replays up to two gigabytes of its log."""

_STOP_S = 120
_ORPHANS_S = 60.0
_LONGEST_LOG = 10 * 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded server, running or not."""

    files: DatabaseFiles

    def start(self) -> bool:
        """See to it that the server runs and accepts us; True where this call started it.

        Safe to call from two processes at once, and after any kind of death of the server.

        Raises:
            DatabaseError: no PostgreSQL was found, or it does not start; the message says why.
        """
        if self.files.exists and self.reachable_url() is not None:
            return False
        with self.files.lock():
            self.files.prepare()
            if not self.files.exists:
                make_cluster(self.files)
            started = not self._await_running()
            if started:
                self._launch()
            self._create_database()
            return started

    def stop(self) -> bool:
        """Stop the server: its clients are sent away, what was committed stays. True where it ran.

        Raises:
            DatabaseError: it did not stop within two minutes.
        """
        if not self.files.exists:
            return False
        with self.files.lock():
            if postmaster_pid(self.files.cluster) is None:
                return False
            self._pg_ctl("-m", "fast", "-w", "-t", str(_STOP_S), "stop", timeout_s=_STOP_S + 30)
            if postmaster_pid(self.files.cluster) is not None:
                raise DatabaseError(f"the database in {self.files.folder} does not stop: see {self.files.log}")
            log.info("stopped the database in %s", self.files.folder)
            return True

    def destroy(self) -> None:
        """Stop the server and remove the database with all that is in it.

        Raises:
            DatabaseError: it did not stop, or a file cannot be removed.
        """
        self.stop()
        with self.files.lock():
            for folder in (self.files.short_socket_folder, self.files.folder):
                if folder is not None and folder.exists() and self.files.account.owns(folder):
                    shutil.rmtree(folder)

    @property
    def pid(self) -> int | None:
        """The number of the server's process; None where it does not run."""
        return postmaster_pid(self.files.cluster)

    def url(self, *, role: str = OWNER, loopback: bool = False, database: str = OWNER) -> str:
        """Give the address with its password.

        Args:
            role: OWNER or READER.
            loopback: through 127.0.0.1, as programs that know no sockets need it; else through the socket.
            database: the name of a database in this cluster.
        """
        access = self.files.access()
        password = access.read_password if role == READER else access.password
        return url_of(
            {
                "user": role,
                "password": password,
                "dbname": database,
                "host": "127.0.0.1" if loopback else access.socket,
                "port": str(access.port),
                # over loopback and sockets; and a PGSSLMODE meant for another server must not refuse ours
                "sslmode": "disable",
            }
        )

    def reachable_url(self, *, role: str = OWNER, database: str = OWNER) -> str | None:
        """Give an address at which the server answers now; None where it does not.

        That is the socket's, or loopback's where something tidied /tmp and took the socket along.
        """
        for loopback in (False, True):
            if _answers(self.url(loopback=loopback, database=database), self.files.cluster):
                return self.url(role=role, loopback=loopback, database=database)
        return None

    def _await_running(self) -> bool:
        """Wait while a server is there that does not answer yet; False where there is none."""
        deadline = time.monotonic() + _START_S
        while self.pid is not None:
            if self.reachable_url(database=_MAINTENANCE) is not None:
                return True
            if time.monotonic() > deadline:
                raise DatabaseError(
                    f"the database in {self.files.folder} runs (process {self.pid}) but does not answer: "
                    f"see {self.files.log}"
                )
            time.sleep(0.1)
        return False

    def _launch(self) -> None:
        """Start the server; on another port where ours was taken, and after its orphans are gone."""
        access = dataclasses.replace(self.files.access(), socket=str(self.files.socket_folder()))
        clear_stale_files(self.files.cluster, Path(access.socket))
        self._rotate_log()
        deadline = time.monotonic() + _ORPHANS_S
        while True:
            self._configure(access)
            said = self._attempt()
            if said is None:
                log.info("started the database in %s on port %d", self.files.folder, access.port)
                return
            if time.monotonic() > deadline:
                raise server_failure(self.files.folder, "does not start", said, self.files.log)
            if "could not create any TCP/IP sockets" in said:
                access = dataclasses.replace(access, port=free_port())
            elif "shared memory block" in said and "is still in use" in said:
                time.sleep(0.2)  # backends of a killed server notice its death within moments
            else:
                raise server_failure(self.files.folder, "does not start", said, self.files.log)

    def _attempt(self) -> str | None:
        """Try to start once; give what the server said where it did not."""
        before = self.files.log.stat().st_size if self.files.log.exists() else 0
        answer = self._pg_ctl("-l", self.files.log, "-w", "-t", str(_START_S), "start", timeout_s=_START_S + 30)
        if answer is None:
            return None
        with self.files.log.open("rb") as file:
            file.seek(before)
            return answer + file.read().decode(errors="replace")

    def _configure(self, access: Access) -> None:
        text = server_settings(port=access.port, socket=access.socket, memory=machine_memory())
        self.files.write(self.files.cluster / "tercet.conf", text)
        self.files.save(access)

    def _pg_ctl(self, *arguments: str | Path, timeout_s: float) -> str | None:
        """Run pg_ctl of the version that the cluster is bound to; give what it said where it failed."""
        major = int((self.files.cluster / "PG_VERSION").read_text(encoding="ascii"))
        program = find_binaries(self.files.account, major=major).program("pg_ctl")
        answer = self.files.account.run([program, "-D", self.files.cluster, *arguments], timeout_s=timeout_s)
        return None if answer.returncode == 0 else answer.stderr

    def _create_database(self) -> None:
        url = self.reachable_url(database=_MAINTENANCE)
        if url is None:
            raise server_failure(self.files.folder, "does not answer", "", self.files.log)
        with psycopg.connect(url, autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [OWNER]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(OWNER)))

    def _rotate_log(self) -> None:
        if self.files.log.exists() and self.files.log.stat().st_size > _LONGEST_LOG:
            self.files.log.replace(self.files.log.with_suffix(".log.1"))


def _answers(url: str, cluster: Path) -> bool:
    """Tell whether this very cluster answers: a copy of its folder knows the same port and passwords."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            serving = connection.execute("SELECT current_setting('data_directory')").fetchone()
    except psycopg.OperationalError:
        return False
    return serving == (str(cluster),)
