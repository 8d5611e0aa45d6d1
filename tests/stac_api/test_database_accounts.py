"""Who runs the embedded server, where root starts it and where not."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stac_api import database as databases
from stac_api.database.accounts import Account, server_account
from stac_api.database.embedded import embedded_cluster
from stac_api.database.files import database_folder
from tercet.errors import DatabaseError
from tercet.settings import Settings
from tests.stac_api.clusters import server_pid

pytestmark = pytest.mark.database

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


@as_root
def test_root_hands_the_server_to_an_unprivileged_account(embedded: Settings) -> None:
    files = embedded_cluster(embedded).files
    assert files.account.uid != 0
    assert psutil.Process(server_pid(embedded)).uids().real == files.account.uid
    assert {path.lstat().st_uid for path in files.folder.rglob("*")} == {files.account.uid}


@as_root
def test_root_is_told_where_the_account_cannot_go(own: Settings) -> None:
    own.data_dir.chmod(0o700)
    with pytest.raises(DatabaseError, match=r"closed to the user .* set TERCET_DATA_DIR"):
        databases.open_database(own)


@as_root
def test_root_by_sudo_hands_the_server_to_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", "54321")
    monkeypatch.setenv("SUDO_GID", "54322")
    assert server_account(Path("/does/not/exist")) == Account("54321", 54321, 54322)


def test_a_folder_keeps_its_owner_whoever_asks(data_dir: Path) -> None:
    if os.geteuid() == 0:
        os.chown(data_dir, 65534, 65534)
        assert server_account(data_dir).uid == 65534
    else:
        assert server_account(data_dir).uid == os.geteuid()
        with pytest.raises(DatabaseError, match="belongs to root"):
            server_account(Path("/"))


def test_root_keeps_its_database_where_others_can_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert database_folder(Settings()) == Path("/var/lib/tercet/database")


@pytest.fixture
def small_disk(data_dir: Path) -> Iterator[Path]:
    folder = data_dir / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0755", "tmpfs", folder], check=False)
    if mounted.returncode != 0:
        pytest.skip("this account may not mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@as_root
def test_a_disk_that_fills_while_the_database_is_made_leaves_nothing_half_made(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stac_api.database.files._SPACE", 0)
    (small_disk / "filler").write_bytes(bytes(48 * 2**20))
    settings = Settings(data_dir=small_disk)
    with pytest.raises(DatabaseError, match="no disk space is left"):
        databases.open_database(settings)
    assert not embedded_cluster(settings).files.exists
