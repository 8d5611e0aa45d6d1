"""A harvest, or its database, killed again and again: in the end the catalog is that of a harvest left in peace."""

import copy
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from harvesters.icesat2 import LARGEST_PAGE
from harvesters.icesat2_ends import SIDE_BY_SIDE
from stac_api import database as databases
from stac_api.database.embedded import embedded_cluster
from tercet.settings import Settings
from tests.commands import harvest, start_harvest
from tests.dumps import Dump, differences, meaning
from tests.upstreams import carbon_mapper, icesat2
from tests.upstreams.server import serve

pytestmark = [pytest.mark.database, pytest.mark.slow]

RECORDS, KILLS = 10_000, 10
GRANULES = SIDE_BY_SIDE * LARGEST_PAGE + 1000
"""So many that they are read from both ends."""
SUPERSEDED_EACH, REJECTED_EACH = 40, 100
"""One plume in so many comes in an older version, too; one in so many has no usable bounds."""
BATCHES = RECORDS // 1000
WRITING = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"

Make = Callable[..., str]


def plumes(count: int) -> Iterator[dict[str, Any]]:
    """So many records, in no order: current versions, versions that they replaced, and broken ones."""
    archive = carbon_mapper.Archive.generate(count)
    whole = count * SUPERSEDED_EACH // (SUPERSEDED_EACH + 1)
    made = [archive.record(index) for index in range(whole)]
    for index in range(count - whole):
        older = copy.deepcopy(made[index * SUPERSEDED_EACH])
        older["emission_version"] = "v0"
        made.append(older)
    for record in made[REJECTED_EACH - 1 : whole : REJECTED_EACH]:
        record["plume_bounds"] = None
        record["geometry_json"] = None
    random.Random(2).shuffle(made)
    yield from made


def write_plumes(path: Path, count: int) -> int:
    """Write them as NDJSON; gives how many of them are broken."""
    made = list(plumes(count))
    path.write_text("".join(f"{json.dumps(record)}\n" for record in made))
    return sum(record["plume_bounds"] is None for record in made)


def stored(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM tercet.item").fetchone()
    assert row is not None
    return int(row[0])


class Killer:
    """Starts a harvest as often as it takes to kill it ten times, spread over all of its way."""

    def __init__(self, url: str, words: tuple[str, ...], environment: Mapping[str, str], batch_s: float) -> None:
        self.environment = {**environment, "DATABASE_URL": url}
        self.words, self.batch_s, self.random = words, batch_s, random.Random(len(words))
        self.connection = psycopg.connect(url, autocommit=True)
        self.met: list[int] = []

    def kill_all_along(self, records: int) -> None:
        """Once while it starts, then while it stores each part of its records, the last time when all are stored."""
        with self.connection:
            self.kill_after(0, self.random.uniform(0.1, 1.5))
            for part in range(1, KILLS - 1):
                least = int((part - 1 + self.random.random()) / (KILLS - 2) * records * 0.98)
                # by turns anywhere between two batches, and surely in the middle of a transaction
                self.kill_after(least, self.random.uniform(0, self.batch_s if part % 2 else 0.05), writing=not part % 2)
            self.kill_after(records, self.random.uniform(0, 0.05))

    def kill_after(self, least: int, more_s: float, *, writing: bool = False) -> None:
        """Kill a harvest that runs, once so many records are stored, it writes again, and a little time has passed."""
        with start_harvest(*self.words, environment=self.environment) as running:
            try:
                while stored(self.connection) < least or (writing and not self.connection.execute(WRITING).rowcount):
                    assert running.poll() is None, f"ended before {least} records: {said(running)}"
                    time.sleep(0.01)
                time.sleep(more_s)
                assert running.poll() is None, f"ended before the kill after {least} records: {said(running)}"
            finally:
                children = self.kill(running)
        assert running.returncode == -signal.SIGKILL
        _, alive = psutil.wait_procs(children, timeout=60)
        assert not alive, "processes that read records outlived the one that stores"
        self.met.append(stored(self.connection))

    def kill(self, running: subprocess.Popen[str]) -> list[psutil.Process]:
        """By turns all of its processes, and only the one that stores: the others, which it gives, have to notice."""
        if running.poll() is not None:
            return []
        children = psutil.Process(running.pid).children(recursive=True)
        (os.killpg if len(self.met) % 2 else os.kill)(running.pid, signal.SIGKILL)
        return children


def said(running: subprocess.Popen[str]) -> str:
    """What a harvest that has ended wrote on standard error."""
    assert running.stderr is not None
    return running.stderr.read()


def undisturbed(url: str, words: tuple[str, ...], environment: Mapping[str, str], code: int) -> tuple[Dump, float]:
    """What a harvest left in peace leaves, and the seconds that a batch took it."""
    done = harvest(*words, environment={**environment, "DATABASE_URL": url})
    assert done.code == code, done.said
    return meaning(url), float(done.report["seconds"]) / BATCHES


def killed(killer: Killer, url: str, usable: int, code: int) -> Dump:
    killer.kill_all_along(usable)
    assert len(killer.met) == KILLS
    assert len(set(killer.met)) >= KILLS // 2, f"the kills met one place only: {killer.met}"
    last = harvest(*killer.words, environment=killer.environment)
    assert last.code == code, last.said
    return meaning(url)


def of_kind(dump: Dump, kind: str) -> int:
    return sum(name.startswith(f"{kind} ") for name in dump)


def test_a_harvest_of_recorded_answers_killed_ten_times_ends_where_one_left_in_peace_does(
    new_database: Make, tmp_path: Path
) -> None:
    recorded = tmp_path / "plumes.ndjson"
    broken = write_plumes(recorded, RECORDS)
    words = ("carbon-mapper", "--records", str(recorded))
    expected, batch_s = undisturbed(new_database(template="tercet"), words, {}, code=3)
    url = new_database(template="tercet")
    found = killed(Killer(url, words, {}, batch_s), url, RECORDS - broken, code=3)
    assert differences(expected, found) == []
    assert (of_kind(found, "item"), of_kind(found, "reject")) == (RECORDS - broken, broken)
    assert sum(name.startswith("item carbon-mapper-plumes-superseded/") for name in found) > RECORDS // 50


def test_a_harvest_from_the_network_killed_ten_times_ends_where_one_left_in_peace_does(new_database: Make) -> None:
    url = new_database(template="tercet")
    with serve(icesat2.app(icesat2.Archive.generate(GRANULES))) as provider:
        environment = {"TERCET_CMR_URL": provider}
        expected, batch_s = undisturbed(new_database(template="tercet"), ("icesat2",), environment, code=0)
        found = killed(Killer(url, ("icesat2",), environment, batch_s), url, GRANULES, code=0)
    assert differences(expected, found) == []
    assert of_kind(found, "item") == GRANULES
    assert of_kind(found, "cursor") == 1


def test_a_harvest_whose_database_is_killed_says_so_and_the_next_one_ends_it(
    data_dir: Path, new_database: Make, tmp_path: Path
) -> None:
    recorded, records = tmp_path / "plumes.ndjson", RECORDS // 4
    broken = write_plumes(recorded, records)
    words = ("carbon-mapper", "--records", str(recorded))
    expected, _ = undisturbed(new_database(template="tercet"), words, {}, code=3)
    own = Settings(data_dir=data_dir)
    environment = {"TERCET_DATA_DIR": str(data_dir)}
    watching = databases.open_database(own).connect()
    with watching, start_harvest(*words, environment=environment) as running:
        while stored(watching) < records // 4:
            assert running.poll() is None, said(running)
            time.sleep(0.01)
        server = embedded_cluster(own).pid
        assert server is not None
        os.kill(server, signal.SIGKILL)
        running.wait(timeout=60)
        words_said = " ".join(said(running).split())
    assert running.returncode == 1, words_said
    assert "the connection to the database was lost" in words_said
    assert "harvest again" in words_said
    assert "Traceback" not in words_said
    last = harvest(*words, environment=environment)
    assert last.code == 3, last.said
    found = meaning(databases.url(own))
    assert differences(expected, found) == []
    assert of_kind(found, "item") == records - broken
