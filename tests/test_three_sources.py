"""From three providers on loopback to pystac-client: the whole way, and again after something changed upstream."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pystac_client import Client

from stac_api.app import create_app
from stac_api.database import Database
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.commands import harvest
from tests.stac_schemas import core_errors
from tests.upstreams import carbon_mapper, earthcare, icesat2
from tests.upstreams.server import serve

pytestmark = pytest.mark.database

WORLD = [-180.0, -90.0, 180.0, 90.0]
ALWAYS = "2018-01-01/2027-01-01"


def test_one_search_finds_items_of_all_three_sources(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plumes = carbon_mapper.Archive.generate(120)
    with (
        serve(carbon_mapper.app(plumes)) as first,
        serve(icesat2.app(icesat2.Archive.generate(150))) as second,
        serve(earthcare.app(earthcare.Archive.generate(2000))) as third,
        serve_in_background(create_app(settings, database)) as url,
    ):
        monkeypatch.setenv("TERCET_CARBON_MAPPER_URL", f"{first}/api/v1")
        monkeypatch.setenv("TERCET_CMR_URL", second)
        monkeypatch.setenv("TERCET_MAAP_URL", f"{third}/catalogue/")
        reports = [
            harvest("carbon-mapper"),
            harvest("icesat2"),
            harvest("earthcare", "--since", "2025-06-01", "--until", "2025-06-08"),
        ]
        assert [outcome.code for outcome in reports] == [0, 0, 0]
        current = sum(
            count
            for outcome in reports
            for collection, count in outcome.report["collections"].items()
            if not collection.endswith("-superseded")
        )
        catalog = Client.open(url)
        search = catalog.search(bbox=WORLD, datetime=ALWAYS, limit=100)
        items = list(search.items())
        assert search.matched() == len(items) == current > 0
        assert {item.properties["tercet:source"] for item in items} == {"carbon-mapper", "icesat2", "earthcare"}
        assert [error for item in items[::25] for error in core_errors(item.to_dict(transform_hrefs=False))] == []

        plumes.publish(5)
        again = harvest("carbon-mapper").report
        assert (again["new"], again["changed"], again["requests"]) == (5, 0, 1)
        assert catalog.search(bbox=WORLD, datetime=ALWAYS).matched() == current + 5


@pytest.mark.slow
def test_the_demo_checks_itself_twice_and_leaves_nothing_running(data_dir: Path) -> None:
    command = [sys.executable, "-c", "from tercet.cli import main; main()"]
    environment = {**os.environ, "TERCET_DATA_DIR": str(data_dir)}
    for _ in range(2):
        done = subprocess.run(
            [*command, "demo", "--check"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "pystac-client at http://127.0.0.1" in done.stdout
    status = subprocess.run([*command, "db", "status"], env=environment, capture_output=True, text=True, check=True)
    assert "stopped" in status.stdout
