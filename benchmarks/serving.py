"""How fast the API answers, against stac-fastapi-pgstac as it ships on the same database.

Run with ``python benchmarks/serving.py [--items N] [--seconds S]``. Both are whole processes asked over loopback HTTP,
turn by turn in one run, with the same requests; ratios are what counts. ``--database URL`` measures on a catalog that
is there already, and writes nothing but pgSTAC's own caches to it.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

import orjson
import psycopg
from psycopg import sql

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from stac_api.database import open_database  # noqa: E402 - the checkout first
from stac_api.database.addresses import parameters_of  # noqa: E402
from tercet.settings import Settings  # noqa: E402
from tests.data_dirs import temporary_data_dir  # noqa: E402
from tests.upstreams import carbon_mapper_archive, earthcare_archive, icesat2_archive  # noqa: E402

PLUMES = "carbon-mapper-plumes"
GRANULES = ("ATL03", "ATL06", "ATL07", "ATL08", "ATL10", "ATL13")
FRAMES = (
    *("AC__CLP_2B", "AC__TC__2B", "ACM_CAP_2B", "ATL_TC__2A", "BM__RAD_2B", "MSI_COP_2A"),
    *("ATL_ALD_2A", "ATL_CTH_2A", "ATL_EBD_2A", "CPR_CLD_2A", "CPR_FMR_2A", "MSI_CM__2A"),
)
DEEP = 200
"""Which page is deep."""
PROPERTY = "a property"
"""In the names of scenarios that our indexes on properties serve."""
AT_ONCE = (1, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200_000, help="Items of the catalog that is made")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--database", help="URL of a catalog that is there already")
    parser.add_argument("--only", default="", help="scenarios whose names hold this")
    asked = parser.parse_args()
    with catalog(asked.items, asked.database) as url, ours(url) as our_port, peer(url) as peer_port:
        columns = "".join(f"{title:>9}" for title in ("req/s", "p50 ms", "p95 ms", "peer", "p50 ms", "p95 ms", "ratio"))
        print(f"{'':28}{'at once':>9}{columns}")
        wanted = {name: paths for name, paths in scenarios() if asked.only in name}
        for name, paths in wanted.items():
            if PROPERTY not in name:
                compare(name, paths, our_port, peer_port, asked.seconds)
        by_property = {name: paths for name, paths in wanted.items() if PROPERTY in name}
        times = {name: both_ways(name, paths, our_port, asked.seconds) for name, paths in by_property.items()}
        if by_property and not asked.database:
            drop_indexes(url)  # they are ours: the peer as it ships has none
        for name, paths in by_property.items():
            show(name, times[name], both_ways(name, paths, peer_port, asked.seconds))


@contextmanager
def catalog(count: int, given: str | None) -> Iterator[str]:
    """A catalog of so many Items of three sources in 19 Collections."""
    if given:
        yield given
        return
    with temporary_data_dir() as folder:
        url = open_database(Settings(data_dir=folder)).conninfo
        for source, records in sources(count):
            file = folder / "records.ndjson"
            with file.open("wb") as lines:
                lines.writelines(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in records)
            command = [sys.executable, "-m", "tercet", "harvest", source, "--records", str(file)]
            subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, cwd=ROOT, check=True, capture_output=True)
            file.unlink()
        yield url


def sources(count: int) -> Iterator[tuple[str, Iterator[object]]]:
    """Generated raw records: two fifths plumes, the rest granules and frames."""
    plumes = carbon_mapper_archive.Archive.generate(count * 2 // 5)
    yield "carbon-mapper", (plumes.record(index) for index in range(count * 2 // 5))
    each = count * 3 // 10 // len(GRANULES)
    archives = [icesat2_archive.Archive(each, seed, product) for seed, product in enumerate(GRANULES)]
    yield "icesat2", (archive.record(index, "007") for archive in archives for index in range(each))
    frames = earthcare_archive.Archive(count * 3 // 10, product_types=FRAMES)
    yield "earthcare", (frames.record(index) for index in range(count * 3 // 10))


@contextmanager
def ours(url: str) -> Iterator[int]:
    """``tercet serve``."""
    port = free_port()
    with process([sys.executable, "-m", "tercet", "serve", "--port", str(port)], {"DATABASE_URL": url}, port):
        yield port


@contextmanager
def peer(url: str) -> Iterator[int]:
    """stac-fastapi-pgstac's own application."""
    port, server = free_port(), parameters_of(url, variable="DATABASE_URL")
    names = {"PGUSER": "user", "PGPASSWORD": "password", "PGHOST": "host", "PGPORT": "port", "PGDATABASE": "dbname"}
    environment = {name: server.get(parameter, "") for name, parameter in names.items()}
    if environment["PGHOST"].startswith("/"):
        environment["PGHOST"] = "127.0.0.1"  # it makes a URL of it; the embedded server listens there too
    command = [sys.executable, "-m", "uvicorn", "stac_fastapi.pgstac.app:create_app", "--factory"]
    with process([*command, "--port", str(port), "--log-level", "warning"], environment, port):
        yield port


@contextmanager
def process(command: Sequence[str], environment: dict[str, str], port: int) -> Iterator[None]:
    """A server while the context is open."""
    server = subprocess.Popen(
        command, env={**os.environ, **environment}, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, server)
        yield
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"{' '.join(map(str, server.args))} did not start")  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def scenarios() -> Iterator[tuple[str, list[str]]]:
    """What is asked: no two requests of a scenario are alike where clients would not repeat themselves."""
    chance = random.Random(6)
    yield "landing page", ["/"]
    yield "collections", ["/collections"]
    yield "items, 10", [f"/collections/{PLUMES}/items?limit=10"]
    yield "search, 10", ["/search?limit=10"]
    yield "search bbox + datetime, 10", [f"/search?limit=10&{box(chance)}&{month(chance)}" for _ in range(2000)]
    yield "search bbox, 100", [f"/search?limit=100&{box(chance)}" for _ in range(2000)]
    bounds = [quote(f"cm:emission > {chance.uniform(50, 3000):.2f}") for _ in range(2000)]
    yield "CQL2 on a property, 10", [f"/search?collections={PLUMES}&limit=10&filter={bound}" for bound in bounds]
    yield "sort by a property, 10", [f"/search?collections={PLUMES}&limit=10&sortby=-properties.cm:emission"]
    yield f"page {DEEP} of 10", [f"/collections/{PLUMES}/items?limit=10"]
    yield "one item", []


def box(chance: random.Random) -> str:
    west, south = chance.uniform(-175, 145), chance.uniform(-80, 60)
    return f"bbox={west:.3f},{south:.3f},{west + chance.uniform(5, 30):.3f},{south + chance.uniform(5, 20):.3f}"


def month(chance: random.Random) -> str:
    year, first = chance.randint(2019, 2025), chance.randint(1, 12)
    return f"datetime={year}-{first:02}-01T00:00:00Z/{year}-{first:02}-28T00:00:00Z"


def compare(name: str, paths: list[str], our_port: int, peer_port: int, seconds: float) -> None:
    """Ask both the same, one request and eight at a time."""
    show(name, *(both_ways(name, paths, port, seconds) for port in (our_port, peer_port)))


def both_ways(name: str, paths: list[str], port: int, seconds: float) -> list["Took"]:
    """Ask one server, one request and eight at a time."""
    asked = asyncio.run(prepared(name, paths, port))
    return [asyncio.run(measure(port, asked, at_once, seconds)) for at_once in AT_ONCE]


def show(name: str, ours: list["Took"], peers: list["Took"]) -> None:
    for at_once, one, other in zip(AT_ONCE, ours, peers, strict=True):
        label = name if at_once == AT_ONCE[0] else ""
        print(f"{label:28}{at_once:9}{line(one)}{line(other)}{one.rate / other.rate:9.1f}", flush=True)


def drop_indexes(url: str) -> None:
    """Take away the indexes on properties that our harvests make."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE '%\\_tercet'").fetchall()
        for (name,) in rows:
            connection.execute(sql.SQL("DROP INDEX pgstac.{}").format(sql.Identifier(name)))


async def prepared(name: str, paths: list[str], port: int) -> list[str]:
    """The paths of a scenario, where a server's own links lead to them."""
    async with Client(port) as client:
        if name == "one item":
            page = orjson.loads(await client.get(f"/collections/{PLUMES}/items?limit=500&sortby=id"))
            return [f"/collections/{PLUMES}/items/{feature['id']}" for feature in page["features"]]
        if name.startswith("page"):
            path = paths[0]
            for _ in range(DEEP - 1):
                links = orjson.loads(await client.get(path))["links"]
                following = next(link["href"] for link in links if link["rel"] == "next")
                path = f"{urlsplit(following).path}?{urlsplit(following).query}"
            return [path]
        await client.get(paths[0])  # connections are open, plans and settings known
    return paths


@dataclass(frozen=True)
class Took:
    """How long requests took."""

    rate: float
    each_ms: list[float]


def line(took: Took) -> str:
    p95 = statistics.quantiles(took.each_ms, n=20)[-1] if len(took.each_ms) > 1 else took.each_ms[0]
    return f"{took.rate:9.1f}{statistics.median(took.each_ms):9.1f}{p95:9.1f}"


async def measure(port: int, paths: Sequence[str], at_once: int, seconds: float) -> Took:
    """Ask as fast as answers come."""
    following, each_ms = itertools.cycle(paths), []
    ends = time.perf_counter() + seconds

    async def ask() -> None:
        async with Client(port) as client:
            while (began := time.perf_counter()) < ends:
                await client.get(next(following))
                each_ms.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(at_once)))
    return Took(len(each_ms) / (time.perf_counter() - began), each_ms)


class Client:
    """One connection that asks and reads, and does next to nothing else: both processors are the servers'."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def get(self, path: str) -> bytes:
        """Give the body of an answer."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        if not head.startswith(b"http/1.1 200"):
            sys.exit(f"{path} was answered {head[:20].decode()} {json.dumps(body[:300].decode())}")
        return body


if __name__ == "__main__":
    main()
