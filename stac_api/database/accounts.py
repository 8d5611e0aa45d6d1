"""Who runs the embedded server: PostgreSQL refuses root, so root hands it to somebody else."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tercet.errors import DatabaseError

ROOT_DATA_DIR = Path("/var/lib/tercet")
"""Where root keeps the database: /root is closed to the account that runs it."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine under whose name the server and its tools run."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Tell whether we must change to this account (as root) to act as it."""
        return os.geteuid() != self.uid

    def run(self, command: Sequence[str | Path], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, without our ``PG*`` variables, and wait for it.

        The command gets a session of its own: Ctrl-C in our terminal must not stop the server.

        Raises:
            DatabaseError: it did not end within ``timeout_s`` seconds, or could not be started.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        try:
            return subprocess.run(  # noqa: S603 - the binaries that were found on this machine, never a shell
                [str(part) for part in command],
                env=environment | {"LC_ALL": "C"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=timeout_s,
                start_new_session=True,
                umask=0o077,
                user=self.uid if self.is_other else None,
                group=self.gid if self.is_other else None,
                extra_groups=[] if self.is_other else None,
            )
        except subprocess.TimeoutExpired as error:
            raise DatabaseError(f"{command[0]} did not end within {timeout_s:.0f} s") from error
        except (OSError, subprocess.SubprocessError) as error:
            raise DatabaseError(f"{command[0]} cannot be run as {self.name}: {error}") from error

    def owns(self, path: Path) -> bool:
        """Tell whether the path, itself and not what it may link to, belongs to this account."""
        return path.lstat().st_uid == self.uid

    def take(self, path: Path) -> None:
        """Give the path to this account; nothing to do where it is ours and we are the account."""
        if self.is_other:
            shutil.chown(path, self.uid, self.gid)

    def may_use(self, folder: Path) -> bool:
        """Tell whether this account reaches the folder and may write there."""
        tests = ("-w", "-x")
        return all(self.run(["/usr/bin/env", "test", test, folder], timeout_s=30).returncode == 0 for test in tests)


def server_account(folder: Path) -> Account:
    """Choose the account that runs the server of a database folder (which need not exist yet).

    We ourselves, unless we are root. Then the owner of the folder, so that the files keep one
    owner; else who called sudo; else ``postgres``; else ``nobody``.

    Raises:
        DatabaseError: the folder belongs to somebody else, or root finds nobody to hand it to.
    """
    owner = folder.stat().st_uid if folder.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise DatabaseError(
                f"{folder} belongs to {_name(owner)}: run tercet as that user, "
                "or set TERCET_DATA_DIR to a folder of yours"
            )
        return _account(os.geteuid(), os.getegid())
    if owner:
        return _account(owner, folder.stat().st_gid)
    return _unprivileged()


def _unprivileged() -> Account:
    caller = os.environ.get("SUDO_UID", "")
    if caller.isdecimal() and int(caller):
        return _account(int(caller), int(os.environ.get("SUDO_GID", caller)))
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise DatabaseError(
        "PostgreSQL does not run as root, and there is no user postgres or nobody to run it: run tercet as a plain user"
    )


def _account(uid: int, gid: int) -> Account:
    return Account(_name(uid), uid, gid)


def _name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:  # a container may run us under a number without a name
        return str(uid)
