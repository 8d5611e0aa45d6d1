"""``tercet`` as a process of its own, as people and cron call it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

TERCET = (sys.executable, "-c", "from tercet.cli import main; main()")


class Outcome(NamedTuple):
    """How a harvest ended.

    Attributes:
        code: its exit code.
        report: what it printed on standard output as JSON, {} where it printed nothing.
        said: what it printed on standard error.
    """

    code: int
    report: dict[str, Any]
    said: str


def harvest(*words: str | Path, environment: Mapping[str, str] | None = None) -> Outcome:
    """Run ``tercet harvest`` to its end."""
    command = [*TERCET, "harvest", *map(str, words), "--json"]
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    return Outcome(done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr)


def start_harvest(*words: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start ``tercet harvest`` in a process group of its own; its standard error is to be read in the end."""
    return subprocess.Popen(
        [*TERCET, "harvest", *map(str, words)],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
