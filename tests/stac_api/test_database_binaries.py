"""PostgreSQL is found wherever it was installed, and where it was not, the way to install it is said."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from stac_api.database import binaries
from stac_api.database.accounts import Account
from stac_api.database.binaries import EXTENSIONS, find_binaries
from stac_api.database.install import install_advice, install_command
from tercet.errors import DatabaseError

ME = Account("me", os.geteuid(), os.getegid())

Install = Callable[..., Path]


def program(path: Path, says: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """An empty machine, and a function that installs a PostgreSQL there."""
    monkeypatch.setattr(binaries, "_PLACES", (str(tmp_path / "servers/*/bin"),))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)

    def install(folder: str, version: str, *, extensions: tuple[str, ...] = EXTENSIONS, config: bool = True) -> Path:
        root = tmp_path / folder
        for name in ("initdb", "pg_ctl"):
            program(root / "bin" / name, "")
        program(root / "bin" / "postgres", f"postgres (PostgreSQL) {version}")
        share = root / ("elsewhere" if config else "share")
        (share / "extension").mkdir(parents=True)
        for name in extensions:
            (share / "extension" / f"{name}.control").touch()
        if config:
            program(root / "bin" / "pg_config", str(share))
        return root / "bin"

    return install


def test_the_newest_with_postgis_is_taken(machine: Install) -> None:
    machine("servers/14", "14.9")
    wanted = machine("servers/16", "16.10 (Debian 16.10-1)")
    machine("servers/16-older", "16.9")
    machine("servers/17", "17.1", extensions=("btree_gist", "unaccent"))
    found = find_binaries(ME)
    assert (found.folder, found.version) == (wanted, (16, 10))


def test_a_version_that_an_existing_cluster_needs_is_taken(machine: Install) -> None:
    machine("servers/17", "17.1")
    wanted = machine("servers/15", "15.2")
    assert find_binaries(ME, major=15).folder == wanted


def test_a_beta_counts_as_its_version(machine: Install) -> None:
    machine("servers/18", "18beta1")
    assert find_binaries(ME).version == (18, 0)


def test_one_without_pg_config_is_found_by_its_neighbours(machine: Install) -> None:
    wanted = machine("servers/16", "16.1", config=False)
    assert find_binaries(ME).folder == wanted


@pytest.mark.parametrize("place", ["path", "conda", "python"])
def test_path_conda_and_our_own_environment_are_looked_at(
    machine: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    wanted = machine(place, "16.1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path' / 'bin'}:/usr/bin:/bin" if place == "path" else "/nowhere")
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path / "conda"))
    assert find_binaries(ME).folder == wanted


def test_what_is_too_old_or_lacks_postgis_is_named(machine: Install) -> None:
    machine("servers/13", "13.1")
    machine("servers/15", "15.2", extensions=("btree_gist", "unaccent"))
    complaint = r"no PostgreSQL 14 or newer with PostGIS .*servers/15/bin.*15\.2 without postgis"
    with pytest.raises(DatabaseError, match=complaint):
        find_binaries(ME)


def system(monkeypatch: pytest.MonkeyPatch, folder: Path, **programs: str) -> None:
    for name, says in programs.items():
        program(folder / name.replace("_", "-"), says)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CONDA_PREFIX", raising=False)


def test_on_debian_the_newest_that_apt_offers_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    offers = "postgresql-9-postgis-3 - old\npostgresql-15-postgis-3 - GIS\npostgresql-17-postgis-3 - GIS"
    system(monkeypatch, tmp_path, apt_get="", apt_cache=offers)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert install_advice() == "Run: sudo apt-get install -y postgresql-17-postgis-3"
    assert install_advice(15) == "Run: sudo apt-get install -y postgresql-15-postgis-3"


def test_root_needs_no_sudo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    system(monkeypatch, tmp_path, apt_get="", apt_cache="")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert install_advice() == "Run: apt-get install -y postgresql-postgis"


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ("brew", "brew install postgresql@17 postgis"),
        ("dnf", "dnf install"),
        ("zypper", "zypper"),
        ("pacman", "pacman"),
        ("apk", "apk add"),
        ("conda", "conda install -y -c conda-forge postgresql postgis"),
    ],
)
def test_every_system_gets_its_own_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tool: str, words: str
) -> None:
    system(monkeypatch, tmp_path, **{tool: ""})
    assert words in " ".join(install_command())


def test_a_system_that_we_do_not_know_gets_the_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    system(monkeypatch, tmp_path)
    assert install_advice().startswith("Install PostgreSQL and PostGIS (https://postgis.net")


def test_a_conda_environment_without_sudo_installs_into_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    system(monkeypatch, tmp_path, apt_get="", mamba="")
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert install_advice(16) == "Run: mamba install -y -c conda-forge postgresql=16 postgis"
