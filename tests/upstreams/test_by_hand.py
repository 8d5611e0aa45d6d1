import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from tercet.fetch import Fetcher, Politeness

ROOT = Path(__file__).parents[2]
QUESTIONS = {
    "TERCET_CARBON_MAPPER_URL": "/catalog/plumes/annotated",
    "TERCET_CMR_URL": "/search/collections.umm_json",
    "TERCET_MAAP_URL": "collections",
}


def test_the_fakes_run_by_hand_print_what_to_export_and_stop_on_ctrl_c() -> None:
    command = [sys.executable, "-m", "tests.upstreams", "--plumes", "3", "--granules", "3", "--frames", "3"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as fakes:
        assert fakes.stdout is not None
        try:
            lines = [fakes.stdout.readline().strip() for _ in QUESTIONS]
            roots = dict(line.removeprefix("export ").split("=", 1) for line in lines)
            assert roots.keys() == QUESTIONS.keys()
            assert asyncio.run(_statuses([roots[name] + path for name, path in QUESTIONS.items()])) == [200] * 3
        finally:
            fakes.send_signal(signal.SIGINT)
        assert fakes.wait(timeout=60) == 0


async def _statuses(urls: list[str]) -> list[int]:
    async with Fetcher("The fakes", Politeness(attempts=1)) as fetcher:
        return [(await fetcher.json(url)).status for url in urls]
