"""Files through the gateway against the same files straight from the provider, in one run.

Run with ``python benchmarks/gateway.py [--megabytes N]``. Provider, API and clients are processes of their own on
loopback; the provider is a fake that wants a token and redirects to signed storage. What counts is the ratio, and how
little the API's memory grows while many clients take files of any size.
"""

import argparse
import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.another_process import served  # noqa: E402 - the checkout first
from stac_api import database as databases  # noqa: E402
from stac_api.serving import address_of, listening  # noqa: E402
from tercet.settings import Settings  # noqa: E402
from tests.data_dirs import temporary_data_dir  # noqa: E402
from tests.stac_api.gated import CARBON_MAPPER, HDF5, store_catalog, store_gated  # noqa: E402
from tests.stac_api.served import PLUMES  # noqa: E402
from tests.upstreams import carbon_mapper  # noqa: E402
from tests.upstreams.server import serve  # noqa: E402
from tests.upstreams.stored import Stored  # noqa: E402

TOKEN = "a-token"
FILE, HUGE = "file.h5", "huge.h5"
RANGE = 64 * 1024
CLIENTS = 20
ROUNDS = 3
PIECE = 1 << 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=512, help="of the file that is downloaded whole")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement with many requests")
    asked = parser.parse_args()
    with (
        served(provider, asked.megabytes) as (root, _),
        catalog() as database,
        gateway(root, database) as (url, process),
    ):
        direct = Place(f"{root}/catalog/asset/{FILE}", {"Authorization": f"Bearer {TOKEN}"})
        through = Place(f"{url}/assets/{PLUMES}/gated/file", {})
        compare("whole file, MB/s", lambda place: whole(place) / 1e6, direct, through)
        compare(f"ranges of {RANGE >> 10} kB, requests/s", lambda place: ranges(place, asked.seconds), direct, through)
        work(through, process, asked.megabytes, asked.seconds)
        memory(Place(f"{url}/assets/{PLUMES}/gated/huge", {}), process, asked.seconds)


class Place:
    """Where a file is asked for, redirects and all."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.url, self.headers = url, headers

    def resolved(self) -> "Place":
        """Where it lies after redirects, as a client that reads ranges remembers it."""
        connection, path = connected(self.url)
        connection.request("GET", path, headers={**self.headers, "Range": "bytes=0-0"})
        answer = connection.getresponse()
        answer.read()
        return Place(answer.headers["Location"], {}) if answer.status in (302, 303, 307) else self


def connected(url: str) -> tuple[http.client.HTTPConnection, str]:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60), f"{parts.path}?{parts.query}"


def taken(url: str, headers: dict[str, str], enough: Callable[[int], bool] = lambda _: False) -> int:
    """Bytes of an answer that were read."""
    connection, path = connected(url)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    buffer, total = bytearray(PIECE), 0
    while (size := answer.readinto(buffer)) and not enough(total):
        total += size
    connection.close()
    return total


def whole(place: Place) -> float:
    begin = time.perf_counter()
    found = place.resolved()
    return taken(found.url, found.headers) / (time.perf_counter() - begin)


def ranges(place: Place, seconds: float) -> float:
    """Requests a second over one connection."""
    found = place.resolved()
    connection, path = connected(found.url)
    begin, count = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        start = (count * 7919 % 1000) * RANGE
        connection.request("GET", path, headers={**found.headers, "Range": f"bytes={start}-{start + RANGE - 1}"})
        answer = connection.getresponse()
        if answer.status != 206 or len(answer.read()) != RANGE:
            raise SystemExit(f"{found.url} answered {answer.status}")
        count += 1
    return count / (time.perf_counter() - begin)


def compare(what: str, measure: Callable[[Place], float], direct: Place, through: Place) -> None:
    """Turn by turn; the best of each."""
    found = [(measure(direct), measure(through)) for _ in range(ROUNDS)]
    straight, ours = (max(column) for column in zip(*found, strict=True))
    print(f"{what:34} direct {straight:9.0f}   gateway {ours:9.0f}   ratio {ours / straight:5.2f}")


def work(place: Place, process: psutil.Process, megabytes: int, seconds: float) -> None:
    """What the gateway's own process works, which a busy machine changes little."""

    def spent() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    before = spent()
    whole(place)
    between = spent()
    count = ranges(place, seconds) * seconds
    print(
        f"work of the gateway: {(between - before) / megabytes * 1000:.2f} s of a core for a GB, "
        f"{(spent() - between) / count * 1000:.2f} ms for a range"
    )


def memory(place: Place, process: psutil.Process, seconds: float) -> None:
    """The API's memory while many clients take files of 7 GB, fast and slow ones."""
    before = process.memory_info().rss
    end = time.monotonic() + seconds

    def enough(_: int) -> bool:
        return time.monotonic() > end

    def slowly(_: int) -> bool:
        time.sleep(0.2)
        return enough(0)

    totals: list[int] = []
    threads = [
        threading.Thread(target=lambda how=how: totals.append(taken(place.url, {}, how)))
        for how in ([enough, slowly] * CLIENTS)[:CLIENTS]
    ]
    for thread in threads:
        thread.start()
    peak = before
    while any(thread.is_alive() for thread in threads):
        peak = max(peak, process.memory_info().rss)
        time.sleep(0.02)
    print(
        f"memory with {CLIENTS} clients at once   before {before / 1e6:.0f} MB   peak {peak / 1e6:.0f} MB   "
        f"through it went {sum(totals) / 1e6:.0f} MB"
    )


def provider(megabytes: int, line: Connection) -> None:
    archive = carbon_mapper.Archive.generate(1)
    archive.tokens[TOKEN] = 1 << 60
    archive.storage.files = {FILE: Stored(endless=megabytes << 20), HUGE: Stored(endless=7 << 30)}
    with serve(archive.storage.app()) as storage, serve(carbon_mapper.app(archive)) as api:
        archive.storage.root = storage
        line.send(f"{api}/api/v1")
        line.recv()


@contextmanager
def catalog() -> Iterator[Settings]:
    with temporary_data_dir() as folder:
        settings = Settings(data_dir=folder)
        database = databases.open_database(settings)
        store_catalog(database)
        assets = {"file": FILE, "huge": HUGE}
        store_gated(database, {key: {"href": CARBON_MAPPER + name, "type": HDF5} for key, name in assets.items()})
        yield settings


@contextmanager
def gateway(root: str, settings: Settings) -> Iterator[tuple[str, psutil.Process]]:
    with listening("127.0.0.1", 0) as free:
        url = address_of(free)
    known = {"TERCET_CARBON_MAPPER_URL": root, "CARBONMAPPER_TOKEN": TOKEN, "TERCET_DATA_DIR": str(settings.data_dir)}
    command = [sys.executable, "-m", "tercet", "serve", "--port", url.rpartition(":")[2]]
    with subprocess.Popen(command, env={**os.environ, **known}, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(url)
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()


def wait_for(url: str) -> None:
    for _ in range(600):
        connection, _ = connected(url)
        try:
            connection.request("GET", "/_mgmt/ping")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the API did not start")


if __name__ == "__main__":
    main()
