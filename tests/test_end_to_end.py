"""From three providers on loopback through ``tercet harvest`` and the API to pystac-client."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
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
from tests.dumps import Dump, meaning
from tests.stac_schemas import core_errors
from tests.upstreams import carbon_mapper, earthcare, icesat2
from tests.upstreams.earthcare_orbit import frame_number
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

pytestmark = pytest.mark.database

LATELY = datetime.now(UTC) - timedelta(days=4)
"""EarthCARE is walked up to the present, and later walks go back two weeks."""
SINCE = (LATELY - timedelta(days=1)).strftime("%Y-%m-%d")
ANEW, WITHDRAWN = 298, 290
"""A plume of the last day, which a later walk reads again, and one that vanishes."""
GONE = 190
"""A frame that vanishes."""
PLAINS = (-112.0, 20.0, -92.0, 45.0)
SPAN = (datetime(2022, 6, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


class Plumes(carbon_mapper.Archive):
    """Plumes of which some were processed anew."""

    anew: frozenset[int] = frozenset()

    def record(self, index: int) -> dict[str, Any]:
        record = super().record(index)
        return {**record, "emission_version": "v9"} if index in self.anew else record


@dataclass
class Providers:
    """Three archives, and what was asked of each."""

    plumes: Plumes
    granules: icesat2.Archive
    frames: earthcare.Archive
    asked: dict[str, Faults]

    def requests_of(self, source: str) -> int:
        return self.asked[source].requests


@contextmanager
def on_loopback(plumes: Plumes, granules: icesat2.Archive, frames: earthcare.Archive) -> Iterator[Providers]:
    """Serve archives, and let every ``tercet`` that is started meanwhile ask them."""
    providers = Providers(plumes, granules, frames, {name: Faults() for name in SOURCES})
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for source, variable, path, app in (
            ("carbon-mapper", "TERCET_CARBON_MAPPER_URL", "/api/v1", carbon_mapper.app(plumes)),
            ("icesat2", "TERCET_CMR_URL", "", icesat2.app(granules)),
            ("earthcare", "TERCET_MAAP_URL", "/catalogue/", earthcare.app(frames)),
        ):
            url = stack.enter_context(serve(faulty(app, providers.asked[source])))
            patch.setenv(variable, url + path)
        yield providers


@pytest.fixture
def providers() -> Iterator[Providers]:
    """Serve a few hundred records of each."""
    frames = earthcare.Archive(200, first=frame_number(LATELY))
    with on_loopback(Plumes(300, spacing_s=3600), icesat2.Archive.generate(300), frames) as served:
        yield served


def harvested(source: str, *options: str) -> Outcome:
    """Harvest from the network, without rejects."""
    done = harvest(source, *options)
    assert done.code == 0, done.said
    return done


def touched(before: Dump, after: Dump) -> set[str]:
    """The Items that are new, gone or not as they were."""
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return {name.removeprefix("item ") for name in names if name.startswith("item ")}


def items_in(dump: Dump) -> set[str]:
    return {name.removeprefix("item ") for name in dump if name.startswith("item ")}


def cursors(database: Database) -> dict[str, str]:
    with database.connect() as connection:
        return {cursor.source: cursor.value for cursor in Ledger(connection).cursors()}


def address(source: str, record: dict[str, Any], *, superseded: bool = False) -> str:
    """Where the Item of a record lies."""
    entry = SOURCES[source].entry(record)
    collection = entry.item["collection"]
    return f"{collection}-superseded/{entry.archive_id}" if superseded else f"{collection}/{entry.item['id']}"


def test_a_later_harvest_of_plumes_touches_what_is_new_or_changed(providers: Providers, database: Database) -> None:
    plumes = providers.plumes
    assert harvested("carbon-mapper").report["new"] == 300
    before, asked, reached = meaning(database.conninfo), providers.requests_of("carbon-mapper"), cursors(database)
    replaced = address("carbon-mapper", plumes.record(ANEW), superseded=True)
    plumes.publish(3)
    plumes.withdrawn.add(WITHDRAWN)
    plumes.anew = frozenset({ANEW})
    report = harvested("carbon-mapper").report
    now = {address("carbon-mapper", plumes.record(index)) for index in (ANEW, 300, 301, 302)}
    assert touched(before, meaning(database.conninfo)) == {*now, replaced}
    assert (report["new"], report["changed"], report["superseded"], report["deleted"]) == (4, 0, 1, 0)
    assert report["fetched"] < 100
    assert report["requests"] == providers.requests_of("carbon-mapper") - asked <= 2
    assert cursors(database)["carbon-mapper"] > reached["carbon-mapper"]


def test_a_later_harvest_of_granules_touches_what_is_new_made_again_or_gone(
    providers: Providers, database: Database
) -> None:
    granules, newest = providers.granules, providers.granules.releases[-1]
    assert harvested("icesat2").report["new"] == 300
    before, asked, reached = meaning(database.conninfo), providers.requests_of("icesat2"), cursors(database)
    again, gone = range(5, 50), range(100, 105)
    later = granules.revision_date(granules.count - 1, newest) + timedelta(days=1)
    firsts = [granules.record(index, newest) for index in again]
    lost = {address("icesat2", granules.record(index, newest)) for index in gone}
    granules.revised.update(dict.fromkeys(again, later))
    granules.withdrawn.update(gone)
    report = harvested("icesat2").report
    assert touched(before, meaning(database.conninfo)) == {
        *(address("icesat2", granules.record(index, newest)) for index in again),
        *(address("icesat2", first) for first in firsts),
        *(address("icesat2", first, superseded=True) for first in firsts),
        *lost,
    }
    assert (report["new"], report["changed"], report["superseded"], report["deleted"]) == (45, 0, 45, 5)
    # the Collections, what was deleted, what is left of that, what changed; two of them end with an empty page
    assert report["requests"] == providers.requests_of("icesat2") - asked <= 6
    assert cursors(database)["icesat2"] > reached["icesat2"]


def test_a_later_harvest_of_frames_touches_what_is_new_or_gone(providers: Providers, database: Database) -> None:
    frames = providers.frames
    frames.collections["EarthCAREL2InstChecked_MAAP"] = frames.product_types  # the same frames once more
    assert harvested("earthcare").report["new"] == 200
    before, asked, reached = meaning(database.conninfo), providers.requests_of("earthcare"), cursors(database)
    frames.count += 8
    frames.withdrawn.add(GONE)
    frames.left["EarthCAREL2InstChecked_MAAP"] = {GONE - 1}
    report = harvested("earthcare").report
    assert touched(before, meaning(database.conninfo)) == {
        address("earthcare", frames.record(index)) for index in (GONE, *range(200, 208))
    }
    assert (report["new"], report["superseded"], report["deleted"]) == (8, 0, 1)
    assert report["requests"] == providers.requests_of("earthcare") - asked < asked / 2
    assert cursors(database)["earthcare"] > reached["earthcare"]


@pytest.mark.usefixtures("providers")
def test_a_backfill_moves_no_cursor(database: Database) -> None:
    backfills = {"carbon-mapper": "2022-01-01", "icesat2": "2019-01-01", "earthcare": SINCE}
    for source, since in backfills.items():
        assert harvested(source, "--since", since).report["new"] > 0
    assert cursors(database) == {}
    harvested("carbon-mapper")
    harvested("icesat2")
    reached = cursors(database)
    assert reached.keys() == {"carbon-mapper", "icesat2"}
    for source, since in backfills.items():
        harvested(source, "--since", since)
    assert cursors(database) == reached


def within(item: dict[str, Any]) -> bool:
    """Whether an Item meets `PLAINS` and `SPAN`, by other means than PostGIS."""
    said = item["properties"]
    start = datetime.fromisoformat(said.get("start_datetime") or said["datetime"])
    end = datetime.fromisoformat(said.get("end_datetime") or said["datetime"])
    return start <= SPAN[1] and end >= SPAN[0] and bool(shape(item["geometry"]).intersects(shapely.box(*PLAINS)))


def all_items(client: Client) -> list[dict[str, Any]]:
    return list(client.search(limit=500).items_as_dicts())


def check_search(client: Client, count: int) -> None:
    """One search over all sources gives what a look at each Item gives, and knows how many."""
    everything = all_items(client)
    assert len(everything) == client.search().matched() == count
    search = client.search(bbox=PLAINS, datetime=SPAN, limit=50)
    found = list(search.items_as_dicts())
    assert sorted(item["id"] for item in found) == sorted(item["id"] for item in everything if within(item))
    assert search.matched() == len(found) < count
    assert {item["properties"]["tercet:source"] for item in found} == set(SOURCES)


def test_a_client_finds_all_three_sources_straight_after_each_harvest(
    providers: Providers, settings: Settings, database: Database
) -> None:
    for source in SOURCES:
        harvested(source, *(("--since", SINCE) if source == "earthcare" else ()))
    with serve_in_background(create_app(settings, database)) as url:
        client = Client.open(url)
        check_search(client, 300 + 300 + 200)
        assert {item["id"]: errors for item in all_items(client) if (errors := core_errors(item))} == {}
        providers.plumes.publish(30)
        providers.frames.count += 8
        harvested("carbon-mapper")
        harvested("earthcare", "--since", SINCE)
        check_search(client, 330 + 300 + 208)


def test_plumes_that_appear_and_vanish_during_the_walk_cost_no_other(database: Database) -> None:
    plumes = Plumes(3_500, spacing_s=3600)

    def between_pages(page: int) -> None:
        if page == 1:
            plumes.withdrawn |= set(range(10, 20))
            plumes.publish(50)
        if page == 2:
            plumes.withdrawn |= set(range(100, 300))  # far more than a page repeats of the one before

    plumes.after_page = between_pages
    with on_loopback(plumes, icesat2.Archive(1), earthcare.Archive(1)):
        report = harvested("carbon-mapper").report
    found = items_in(meaning(database.conninfo))
    listed = {address("carbon-mapper", plumes.record(index)) for index in range(3_550) if index not in plumes.withdrawn}
    assert found >= listed
    assert report["new"] == len(found) == 3_550


def test_granules_that_come_on_two_pages_and_pages_that_are_cut_short_change_nothing(database: Database) -> None:
    granules = icesat2.Archive(4_500, repeats=True, parts=2)
    with on_loopback(Plumes(1), granules, earthcare.Archive(1)):
        report = harvested("icesat2").report
    newest = granules.releases[-1]
    assert granules.parts == 0
    assert items_in(meaning(database.conninfo)) == {
        address("icesat2", granules.record(index, newest)) for index in range(4_500)
    }
    assert report["new"] == 4_500


@pytest.mark.parametrize(("steady", "repeats"), [(True, 3), (False, 0)], ids=["counted twice", "in no order"])
def test_frames_that_are_sent_twice_or_left_out_of_a_page_are_all_there_once(
    database: Database,
    steady: bool,  # noqa: FBT001 - a switch of the fake
    repeats: int,
) -> None:
    frames = earthcare.Archive(600, versions=5, first=frame_number(LATELY))
    frames.service.steady, frames.service.repeats = steady, repeats
    frames.service.drops |= {frames.record(index)["id"] for index in range(0, 600, 100)}
    with on_loopback(Plumes(1), icesat2.Archive(1), frames):
        report = harvested("earthcare", "--since", SINCE).report
    found = items_in(meaning(database.conninfo))
    assert found == {address("earthcare", frames.record(index), superseded=index % 5 != 4) for index in range(600)}
    assert (report["new"], report["superseded"]) == (600, 480)


def processes_of(folder: Path) -> list[str]:
    """Processes that have a folder on their command line or in their environment."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            words = process.cmdline()
            if any(str(folder) in word for word in [*words, *process.environ().values()]):
                found.append(" ".join(words))
    return found


def test_the_demo_checks_itself_twice_and_leaves_no_process(data_dir: Path) -> None:
    environment = {**os.environ, "TERCET_DATA_DIR": str(data_dir)}
    for _ in range(2):
        done = subprocess.run(
            [*TERCET, "demo", "--check"], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        table = done.stdout[done.stdout.index("pystac-client at") :]
        assert all(source in table for source in (*SOURCES, "all three")), table
        assert processes_of(data_dir) == []
