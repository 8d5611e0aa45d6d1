"""The folder of the embedded database: what lies where, who may read it, and one process at a time.

TERCET_DATA_DIR/
  database.lock   held while somebody makes, starts, stops or removes the database
  database/       of the account that runs the server, closed to others
    access.json   port, socket folder and passwords
    server.log
    cluster/      PostgreSQL's own
"""

import errno
import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from stac_api.database.accounts import ROOT_DATA_DIR, Account, server_account
from stac_api.database.locking import await_lock
from stac_api.database.ports import free_port
from tercet.errors import DatabaseError
from tercet.settings import Settings

_LONGEST_SOCKET = 103
"""Bytes of a socket's path that every system takes (macOS; Linux takes four more)."""

_SPACE = 400 * 2**20
"""Bytes that a new cluster with pgSTAC and its first write-ahead log take, and some room."""


@dataclass(frozen=True, slots=True)
class Access:
    """How the embedded database is reached."""

    port: int
    socket: str
    password: str = field(repr=False)
    read_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DatabaseFiles:
    """The files of one embedded database and the account that owns them."""

    folder: Path
    account: Account

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "cluster"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def exists(self) -> bool:
        """Tell whether the cluster was made: it gets its name only when it is complete."""
        return (self.cluster / "PG_VERSION").is_file()

    def prepare(self) -> None:
        """Make the folder, closed to others, and see that the server's account can use it.

        Raises:
            DatabaseError: it cannot be made, is closed to the account, or the disk is full.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.account.take(self.folder)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise _unusable(self.folder, error) from error
        if not self.account.may_use(self.folder):
            raise DatabaseError(
                f"{self.folder} is closed to the user {self.account.name}, who runs the database because root "
                f"must not: set TERCET_DATA_DIR to a folder that this user reaches, for example {ROOT_DATA_DIR}"
            )
        if not self.exists and free < _SPACE:
            raise DatabaseError(
                f"{self.folder} has {free // 2**20} MB of free disk space and a database needs {_SPACE // 2**20} MB "
                "to start: free some, or set TERCET_DATA_DIR to a folder on another disk"
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the database alone: two processes that start it at once take turns.

        The lock ends with the process that holds it, however that ends.

        Raises:
            DatabaseError: another process holds it for five minutes, or it cannot be written.
        """
        path = self.folder.parent / "database.lock"
        try:
            self._make_parent()
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unusable(path.parent, error) from error
        try:
            self.account.take(path)
            await_lock(handle, path)
            yield
        finally:
            os.close(handle)

    def _make_parent(self) -> None:
        parent = self.folder.parent
        if not parent.exists():
            parent.mkdir(parents=True)
            if self.account.is_other:  # whatever root's umask: the account must pass through
                parent.chmod(0o755)

    def access(self) -> Access:
        """Read how the database is reached.

        Raises:
            DatabaseError: the file is gone or damaged.
        """
        path = self.folder / "access.json"
        try:
            return Access(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise DatabaseError(
                f"{path}, which holds the passwords of the embedded database, cannot be read ({error}): "
                "`tercet db destroy --yes` and harvest again"
            ) from error

    def new_access(self) -> Access:
        """Make up passwords and choose a port for a new cluster."""
        return Access(free_port(), str(self.socket_folder()), secrets.token_urlsafe(24), secrets.token_urlsafe(24))

    def save(self, access: Access) -> None:
        """Write how the database is reached: whole or not at all, closed to others."""
        path = self.folder / "access.json"
        self.write(path, json.dumps(asdict(access)))

    def write(self, path: Path, text: str) -> None:
        """Write one file of the account's, whole or not at all, closed to others.

        Raises:
            DatabaseError: the disk is full or the folder is not writable.
        """
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            with os.fdopen(handle, "wb") as file:
                file.write(os.fsencode(text))  # paths in it as the disk has them, whatever the locale
            self.account.take(Path(name))
            Path(name).replace(path)
        except OSError as error:
            raise _unusable(path.parent, error) from error

    @property
    def short_socket_folder(self) -> Path | None:
        """The socket's folder under /tmp, where the path beside the cluster is too long for a socket."""
        if len(os.fsencode(self.folder / ".s.PGSQL.65535")) <= _LONGEST_SOCKET:
            return None
        mark = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path("/tmp") / f"tercet-{self.account.uid}-{mark}"  # noqa: S108 - socket_folder() checks whose it is

    def socket_folder(self) -> Path:
        """Give the folder for the server's socket: beside the cluster, or where that path is too long, under /tmp.

        Raises:
            DatabaseError: the short folder exists and is not ours alone.
        """
        short = self.short_socket_folder
        if short is None:
            return self.folder
        try:
            short.mkdir(mode=0o700)
            self.account.take(short)
        except FileExistsError:
            state = short.lstat()
            if not stat.S_ISDIR(state.st_mode) or state.st_uid != self.account.uid or state.st_mode & 0o077:
                raise DatabaseError(
                    f"{short} should be a folder of {self.account.name}'s, closed to others, and is not: "
                    "remove it, or set TERCET_DATA_DIR to a shorter path"
                ) from None
        return short


def database_folder(settings: Settings) -> Path:
    """Give the folder of the embedded database of these settings."""
    chosen = "data_dir" in settings.model_fields_set
    root = settings.data_dir if chosen or os.geteuid() != 0 else ROOT_DATA_DIR
    return root.expanduser().resolve() / "database"


def database_files(settings: Settings) -> DatabaseFiles:
    """Give the embedded database's files of these settings; touches nothing.

    Raises:
        DatabaseError: they belong to another user.
    """
    folder = database_folder(settings)
    try:
        return DatabaseFiles(folder, server_account(folder))
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> DatabaseError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DatabaseError(f"no disk space is left for {folder}: free some, or set TERCET_DATA_DIR to another disk")
    reason = error.strerror or error
    return DatabaseError(
        f"{folder} cannot be used for the database ({reason}): set TERCET_DATA_DIR to a folder of yours"
    )
