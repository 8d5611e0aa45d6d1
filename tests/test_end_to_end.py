"""From three providers on loopback through ``tercet harvest`` and the API to pystac-client."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
import shapely
from pystac_client import Client
from shapely.geometry import shape

from harvesters.registry import SOURCES
from stac_api.app import create_app
from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.commands import TERCET, Outcome, harvest
from tests.stac_schemas import core_errors
from tests.upstreams import carbon_mapper, earthcare, icesat2
from tests.upstreams.earthcare_orbit import frame_number
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

pytestmark = pytest.mark.database

FULL_DAY_OF_FRAMES = 124
HOURLY = 3600.0
CHANGED, WITHDRAWN = 298, 290
"""A plume that is processed anew within the day that a later walk reads again, and one that vanishes."""


class Plumes(carbon_mapper.Archive):
    """Plumes of which some were processed anew."""

    anew: frozenset[int] = frozenset()

    def record(self, index: int) -> dict[str, Any]:
        record = super().record(index)
        return {**record, "emission_version": "v9"} if index in self.anew else record


@dataclass
class Providers:
    """The three archives, and what was asked of them."""

    plumes: Plumes
    granules: icesat2.Archive
    frames: earthcare.Archive
    asked: dict[str, Faults]

    def requests(self, source: str) -> int:
        return self.asked[source].requests


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    """Serve a few hundred records of each; EarthCARE's are days old, for it is walked up to the present."""
    recent = frame_number(datetime.now(UTC) - timedelta(days=4))
    with serving(
        monkeypatch,
        Plumes(300, spacing_s=HOURLY),
        icesat2.Archive.generate(300),
        earthcare.Archive(200, first=recent),
    ) as served:
        yield served


class serving(ExitStack):
    """Serve three archives, and point the settings of ``tercet`` at them."""
