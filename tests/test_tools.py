"""The scripts behind the Makefile ask nobody: they do it, or say what to run."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "tools"

pytestmark = pytest.mark.checkout

APT = ["apt-get", "install", "-y", "postgresql-15-postgis-3"]


def install(folder: Path, *command: str, uid: int, **programs: str) -> "subprocess.CompletedProcess[str]":
    """Run tools/install on a machine that has these programs, each a line of shell, and nothing else."""
    said = 'echo "$(basename "$0") $*"'
    plain = {"id": f"echo {uid}", "env": 'shift; exec "$@"', "apt-get": said, "apt-cache": "exit 0"}
    for name, script in (plain | programs).items():
        (folder / name).write_text(f"#!/bin/sh\nPATH=$PATH:/usr/bin:/bin\n{script}\n")
        (folder / name).chmod(0o755)
    return subprocess.run(
        ["/bin/sh", TOOLS / "install", *command],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_root_installs_without_sudo(tmp_path: Path) -> None:
    answer = install(tmp_path, *APT, uid=0)
    assert (answer.returncode, answer.stdout) == (0, f"{' '.join(APT)}\n")


def test_package_lists_are_fetched_where_there_are_none(tmp_path: Path) -> None:
    answer = install(tmp_path, *APT, uid=0, **{"apt-cache": "exit 100"})
    assert answer.stdout == f"apt-get update\n{' '.join(APT)}\n"


def test_a_user_whose_sudo_asks_no_password_installs(tmp_path: Path) -> None:
    answer = install(tmp_path, *APT, uid=1000, sudo='[ "$1" = -n ] || exit 9; shift; echo sudo; exec "$@"')
    assert answer.returncode == 0
    assert answer.stdout.endswith(f"sudo\n{' '.join(APT)}\n")


@pytest.mark.parametrize("programs", [{}, {"sudo": "echo a password is required >&2; exit 1"}])
def test_any_other_user_gets_the_command_to_run(tmp_path: Path, programs: dict[str, str]) -> None:
    answer = install(tmp_path, *APT, uid=1000, **programs)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert f"Run: sudo {' '.join(APT)}" in answer.stderr


def test_what_is_not_apt_is_left_to_a_person(tmp_path: Path) -> None:
    answer = install(tmp_path, "pacman", "-S", "postgis", uid=0, pacman="echo ran")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "Run: pacman -S postgis" in answer.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave files that others cannot write")
def test_files_that_root_left_are_named_with_the_way_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    (tmp_path / ".venv").mkdir(mode=0o755)
    script = (TOOLS / "make-venv").read_text()  # the checkout itself may be closed to the other user
    answer = subprocess.run(
        ["/bin/sh", "-c", script], cwd=tmp_path, user=65534, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert ".venv belongs to root and I am nobody" in answer.stderr
    assert "sudo chown -R nobody" in answer.stderr


def make_clients(folder: Path, **programs: str) -> "subprocess.CompletedProcess[str]":
    """Run tools/make-clients in a checkout without an environment, on a machine that has these programs."""
    (folder / "tools").symlink_to(TOOLS)
    (folder / "bin").mkdir()
    plain = {"id": "echo 1000", "chromedriver": "exit 0", "ogrinfo": "exit 0"}
    for name, script in (plain | programs).items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bin" / name).chmod(0o755)
    for name in ("sh", "mkdir", "mktemp", "rm", "mv", "ln", "tar", "sed"):
        (folder / "bin" / name).symlink_to(shutil.which(name) or "")
    return subprocess.run(
        ["/bin/sh", "tools/make-clients"],
        cwd=folder,
        env={"PATH": str(folder / "bin"), "HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_clients_that_cannot_be_made_are_named_and_left_out(tmp_path: Path) -> None:
    answer = make_clients(tmp_path, npm="echo no such registry >&2; exit 1")
    assert answer.returncode == 0, answer.stderr
    left_out = [line.split()[2] for line in answer.stderr.splitlines() if line.startswith("LEFT OUT: ")]
    assert left_out == ["stac-api-validator", "stac-browser"]
    assert "no such registry" in (tmp_path / "build/clients/stac-browser.log").read_text()
    assert not list((tmp_path / "home/.cache/tercet/clients").iterdir())


def test_a_client_that_was_made_once_is_linked_and_not_made_again(tmp_path: Path) -> None:
    script = (TOOLS / "make-clients").read_text()
    browser, ol_stac = (re.search(rf"^{name}=([\d.]+)", script, re.MULTILINE) for name in ("browser", "ol_stac"))
    assert browser is not None
    assert ol_stac is not None
    made = tmp_path / f"home/.cache/tercet/clients/stac-browser-{browser[1]}-ol-stac-{ol_stac[1]}"
    made.mkdir(parents=True)
    answer = make_clients(tmp_path, npm="exit 9")
    assert "stac-browser" not in answer.stderr
    assert (tmp_path / "build/clients/stac-browser").resolve() == made
