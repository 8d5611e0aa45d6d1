"""Where ``tools/make-clients`` puts the programs that are no dependencies of ours."""

import shutil
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "build/clients"
"""Links to the programs, and what the tests leave behind: screenshots."""


def made(name: str) -> Path:
    """A program's folder; skips the test where it is not there."""
    folder = FOLDER / name
    if not folder.exists():
        pytest.skip(f"no {name}: `make test-clients` installs it")
    return folder


def on_path(name: str) -> str:
    """A command of the system; skips the test where there is none."""
    command = shutil.which(name)
    if command is None:
        pytest.skip(f"no {name}: `make test-clients` installs it")
    return command
