"""A new cluster, with initdb: whole, or not there."""

import logging
import platform
import shutil
from pathlib import Path

from stac_api.database.binaries import Binaries, find_binaries
from stac_api.database.failures import server_failure
from stac_api.database.files import DatabaseFiles
from tercet.errors import DatabaseError

OWNER = "tercet"
"""The role that owns the embedded database, and the database's name."""

_PATIENCE_S = 300

log = logging.getLogger(__name__)


def make_cluster(files: DatabaseFiles) -> None:
    """Make the cluster, under another name until it is complete: one that was cut off is not taken for whole.

    Raises:
        DatabaseError: no PostgreSQL was found, the disk is full, or initdb failed.
    """
    binaries = find_binaries(files.account)
    unfinished = files.folder / "cluster.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    access = files.new_access()
    files.save(access)
    try:
        _run_initdb(files, binaries, unfinished, access.password)
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("include 'tercet.conf'\n")
    except (DatabaseError, OSError):
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    unfinished.rename(files.cluster)
    log.info("made a database with PostgreSQL %d.%d in %s", *binaries.version, files.folder)


def _run_initdb(files: DatabaseFiles, binaries: Binaries, folder: Path, password: str) -> None:
    secret = files.folder / "password"
    files.write(secret, password)
    try:
        answer = files.account.run(_initdb(binaries, folder, secret), timeout_s=_PATIENCE_S)
    finally:
        secret.unlink(missing_ok=True)
    if answer.returncode != 0:
        raise server_failure(files.folder, "cannot be made", answer.stderr, files.log)


def _initdb(binaries: Binaries, folder: Path, secret: Path) -> list[str | Path]:
    """Spell initdb: text compares byte by byte everywhere, upper and lower case know all letters."""
    letters = "en_US.UTF-8" if platform.system() == "Darwin" else "C.UTF-8"
    return [
        binaries.program("initdb"),
        "--pgdata",
        folder,
        "--username",
        OWNER,
        "--pwfile",
        secret,
        "--auth",
        "scram-sha-256",
        "--encoding",
        "UTF8",
        "--locale",
        "C",
        "--lc-ctype",
        letters,
    ]
