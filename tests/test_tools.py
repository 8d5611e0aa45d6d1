"""The scripts behind the Makefile ask nobody: they do it, or say what to run."""

import os
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
