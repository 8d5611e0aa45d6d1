"""How fast records become Items in pgSTAC, against pypgstac's own loader on Items that are ready-made.

Run with ``make bench`` or ``python benchmarks/harvest.py [--records N] [--large M]``. Every figure of one run is
measured on the same machine with the same database server, ours and the peer's turn by turn; ratios are what counts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import LiteralString

import orjson
import psycopg
from psycopg import sql

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from harvesters.registry import SOURCES  # noqa: E402 - the checkout first
from stac_api.database import open_database  # noqa: E402
from stac_api.database.addresses import parameters_of  # noqa: E402
from tercet.settings import Settings  # noqa: E402
from tests.addresses import at_database  # noqa: E402
from tests.data_dirs import temporary_data_dir  # noqa: E402
from tests.upstreams import carbon_mapper_archive, earthcare_archive, icesat2_archive  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000, help="records of each source")
    parser.add_argument("--large", type=int, default=200_000, help="records of the large memory run")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of ours and the peer's in turn")
    asked = parser.parse_args()
    with temporary_data_dir() as folder, tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=folder)
        server = open_database(settings).conninfo
        for source in SOURCES:
            compare(source, asked.records, asked.rounds, server, Path(scratch))
        memory(asked.large, server, Path(scratch))


def compare(source: str, count: int, rounds: int, server: str, scratch: Path) -> None:
    """Ours from raw records against pypgstac from Items; then ours again, unchanged."""
    raw, items, collections = (scratch / f"{source}-{name}.ndjson" for name in ("raw", "items", "collections"))
    write_lines(raw, records(source, count))
    tercet("harvest", source, "--records", str(raw), "--out", str(items))
    write_lines(collections, collection_documents(source, items))
    first, again, peer = [], [], []
    for _ in range(rounds):
        with scratch_database(server) as url:
            first.append(tercet("harvest", source, "--records", str(raw), url=url))
            again.append(tercet("harvest", source, "--records", str(raw), url=url))
        with scratch_database(server) as url:
            pypgstac("load", "collections", str(collections), url=url)
            peer.append(pypgstac("load", "items", str(items), "--method", "delsert", url=url))
    ours, same, theirs = (count / statistics.median(times) for times in (first, again, peer))
    print(f"{source}: {count} records, median of {rounds}, whole processes")
    print(f"  tercet harvest, raw records to pgSTAC   {ours:8.0f} Items/s   {ours / theirs:5.2f} x peer")
    print(f"  pypgstac load --method delsert, Items   {theirs:8.0f} Items/s")
    print(f"  tercet harvest again, nothing changed   {same:8.0f} Items/s   {same / ours:5.2f} x our first")


def memory(large: int, server: str, scratch: Path) -> None:
    """Peak memory of harvests of 10,000 and of many records."""
    for count in (10_000, large):
        raw = scratch / "memory.ndjson"
        write_lines(raw, records("icesat2", count))
        with scratch_database(server) as url:
            began = time.perf_counter()
            peak = peak_memory_mb("harvest", "icesat2", "--records", str(raw), url=url)
            print(f"peak memory at {count:7d} records: {peak:5.0f} MB ({count / (time.perf_counter() - began):.0f}/s)")


def records(source: str, count: int) -> Iterator[object]:
    """Generated raw records in the provider's shape."""
    if source == "icesat2":
        granules = icesat2_archive.Archive.generate(count)
        return (granules.record(index, "007") for index in range(count))
    if source == "carbon-mapper":
        plumes = carbon_mapper_archive.Archive.generate(count)
        return (plumes.record(index) for index in range(count))
    frames = earthcare_archive.Archive.generate(count)
    return (frames.record(index) for index in range(count))


def collection_documents(source: str, items: Path) -> Iterator[object]:
    """The Collections that the peer needs first."""
    with items.open("rb") as lines:
        ids = sorted({orjson.loads(line)["collection"] for line in lines})
    return (SOURCES[source].collection(collection).document() for collection in ids)


def write_lines(path: Path, documents: Iterable[object]) -> None:
    with path.open("wb") as file:
        file.writelines(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE) for document in documents)


class scratch_database:  # noqa: N801 - reads as the context that it is
    """A fresh migrated database on the server."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._name = f"bench_{time.monotonic_ns()}"

    def __enter__(self) -> str:
        self._execute("CREATE DATABASE {} TEMPLATE {}", self._name, parameters_of(self._server, variable="")["dbname"])
        return at_database(self._server, self._name)

    def __exit__(self, *_: object) -> None:
        self._execute("DROP DATABASE {} WITH (FORCE)", self._name)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with psycopg.connect(at_database(self._server, "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def tercet(*words: str, url: str | None = None) -> float:
    return seconds([sys.executable, "-m", "tercet", *words], url, accepted=(0, 3))


def pypgstac(*words: str, url: str) -> float:
    return seconds([str(Path(sys.executable).with_name("pypgstac")), *words, "--dsn", url], url, accepted=(0,))


def seconds(command: list[str], url: str | None, *, accepted: tuple[int, ...]) -> float:
    """Run a command to its end; how long it took."""
    environment = {**os.environ, **({"DATABASE_URL": url} if url else {})}
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    took = time.perf_counter() - began
    if done.returncode not in accepted:
        sys.exit(f"{' '.join(command[:6])} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return took


def peak_memory_mb(*words: str, url: str) -> float:
    """Run a harvest and ask the operating system for its largest resident size."""
    program = (
        "import json, resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True);"
        "print(json.dumps([done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))"
    )
    command = [sys.executable, "-c", program, sys.executable, "-m", "tercet", *words]
    done = subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, capture_output=True, check=True, cwd=ROOT)
    code, kilobytes = json.loads(done.stdout)
    if code not in (0, 3):
        sys.exit(f"the harvest ended with {code}")
    return float(kilobytes) / 1024


if __name__ == "__main__":
    main()
