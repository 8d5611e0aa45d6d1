"""The PostgreSQL programs of this machine: where they are, which to take."""

import glob
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stac_api.database.accounts import Account
from stac_api.database.install import install_advice
from tercet.errors import DatabaseError

OLDEST = 14
"""The oldest major version that we run: pgSTAC's own floor is 13, which is out of support."""

EXTENSIONS = ("postgis", "btree_gist", "unaccent")
"""What pgSTAC creates in its database."""

_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PostgreSQL's own packages for Red Hat and its kin
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_PROGRAMS = ("postgres", "initdb", "pg_ctl")


@dataclass(frozen=True, slots=True, order=True)
class Binaries:
    """One installed PostgreSQL server; the newest sorts last."""

    version: tuple[int, int]
    folder: Path

    @property
    def major(self) -> int:
        """The major version: a cluster is bound to it."""
        return self.version[0]

    def program(self, name: str) -> Path:
        """Give the path of one of its programs."""
        return self.folder / name


def find_binaries(account: Account, *, major: int | None = None) -> Binaries:
    """Find the newest PostgreSQL with PostGIS that the account may run.

    Args:
        account: who will run it; what lies in somebody else's closed folder does not count.
        major: the version that an existing cluster is bound to; None takes the newest.

    Raises:
        DatabaseError: there is none; the message holds the command that installs it here.
    """
    servers = sorted(_servers(account))
    usable = [server for server in servers if major in {None, server.major} and not missing_extensions(server, account)]
    if usable:
        return usable[-1]
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST} or newer"
    seen = "; ".join(
        f"{server.folder} holds {server.version[0]}.{server.version[1]}{_lack(server, account)}" for server in servers
    )
    found = f" ({seen})" if seen else ""
    raise DatabaseError(
        f"no {wanted} with PostGIS was found{found}. {install_advice(major)} "
        "Or set DATABASE_URL to a PostgreSQL that runs elsewhere."
    )


def missing_extensions(server: Binaries, account: Account) -> list[str]:
    """Name those of pgSTAC's extensions that are not installed beside a server."""
    folders = [share / "extension" for share in _share_folders(server, account)]
    return [name for name in EXTENSIONS if not any((folder / f"{name}.control").is_file() for folder in folders)]


def _lack(server: Binaries, account: Account) -> str:
    missing = missing_extensions(server, account)
    return f" without {', '.join(missing)}" if missing else ""


def _servers(account: Account) -> Iterator[Binaries]:
    for folder in _folders():
        if all((folder / name).is_file() for name in _PROGRAMS):
            version = _version(folder, account)
            if version is not None and version[0] >= OLDEST:
                yield Binaries(version, folder)


def _folders() -> list[Path]:
    places = [Path(match) for place in _PLACES for match in glob.glob(place)]  # noqa: PTH207 - absolute patterns
    prefixes = [os.environ.get("CONDA_PREFIX"), sys.prefix]
    places += [Path(prefix) / "bin" for prefix in prefixes if prefix]
    found = [shutil.which(name) for name in ("postgres", "initdb")]
    places += [Path(program).resolve().parent for program in found if program]
    return list(dict.fromkeys(places))


def _version(folder: Path, account: Account) -> tuple[int, int] | None:
    answer = _say(account, folder / "postgres", "--version")
    match = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", answer)
    return (int(match[1]), int(match[2] or 0)) if match else None


def _share_folders(server: Binaries, account: Account) -> list[Path]:
    stated = _say(account, server.program("pg_config"), "--sharedir").strip()
    root = server.folder.parent
    guesses = [root / "share", root / "share" / "postgresql"]
    if root.parent == Path("/usr/lib/postgresql"):  # Debian, where pg_config may not be installed
        guesses.append(Path(f"/usr/share/postgresql/{server.major}"))
    return [Path(stated)] if stated else guesses


def _say(account: Account, program: Path, option: str) -> str:
    try:
        return account.run([program, option], timeout_s=30).stdout
    except DatabaseError:  # not there, or not for this account
        return ""
