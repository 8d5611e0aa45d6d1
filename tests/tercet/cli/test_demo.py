"""``tercet demo`` until somebody stops it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from pystac_client import Client

from stac_api import database as databases
from tercet.settings import Settings
from tests.commands import TERCET

pytestmark = pytest.mark.database


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM], ids=lambda sign: sign.name)
def test_a_demo_that_is_told_to_stop_stops_what_it_started(data_dir: Path, sign: signal.Signals) -> None:
    process = subprocess.Popen(
        [*TERCET, "demo", "--port", "0"],
        env={**os.environ, "TERCET_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = next(line.split()[1] for line in process.stdout if line.startswith("Serving"))
        search = Client.open(url).search(bbox=[-104.5, 31.0, -102.0, 33.5], datetime="2025-06-01/2025-06-30")
        assert search.matched() == len(list(search.items())) > 3
        time.sleep(0.2)
        process.send_signal(sign)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert "Traceback" not in said
    assert not databases.status(Settings(data_dir=data_dir)).running
