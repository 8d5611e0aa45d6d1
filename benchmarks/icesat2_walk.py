"""A walk through a fake CMR of 600,000 granules: requests, memory, what a kill and a later hour cost.

Run with ``python benchmarks/icesat2_walk.py [--granules N]``. The fake serves in a process of its own, as CMR would;
its granules have few pictures, so that making them takes no longer than need be.
"""

import argparse
import asyncio
import math
import operator
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import AnyHttpUrl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.another_process import peak_mb, served  # noqa: E402 - the checkout first
from harvesters.base import Record, Selection  # noqa: E402
from harvesters.icesat2 import LARGEST_PAGE, ICESat2  # noqa: E402
from tercet.settings import Settings  # noqa: E402
from tests.upstreams.faults import Faults, faulty  # noqa: E402
from tests.upstreams.icesat2 import Archive, app  # noqa: E402
from tests.upstreams.server import serve  # noqa: E402


@dataclass
class Walked:
    """What came of a walk."""

    count: int = 0
    seen: bytearray = field(default_factory=bytearray)
    cursor: str | None = None
    withdrawn: int = 0
    listed: bool = False
    requests: int = 0
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--granules", type=int, default=600_000)
    count = parser.parse_args().granules
    with served(_serve, count) as (url, tell):
        before = peak_mb()
        whole = walk(url, count)
        pages = math.ceil(count / LARGEST_PAGE)
        print(f"first walk: {whole.count} granules, {sum(whole.seen)} different, {whole.seconds:.0f} s")
        print(
            f"  requests {whole.requests} = {pages} full pages + {whole.requests - pages}; all listed: {whole.listed}"
        )
        print(f"  memory {before:.0f} MB before, {peak_mb():.0f} MB at its peak")
        killed = walk(url, count, most=pages // 3)
        rest = walk(url, count, cursor=killed.cursor)
        both = bytes(map(operator.add, killed.seen, rest.seen))
        print(
            f"killed after {killed.count}: the rest took {rest.requests} requests, {rest.count} granules; "
            f"missing {both.count(0)}, twice {both.count(2)}"
        )
        tell.send("change")
        tell.recv()
        hour = walk(url, count, cursor=whole.cursor)
        print(
            f"an hour with 45 granules made again and 5 deleted: {hour.requests} requests, {hour.count} granules, "
            f"{hour.withdrawn} withdrawn, {hour.seconds:.1f} s"
        )


def walk(url: str, granules: int, *, cursor: str | None = None, most: int | None = None) -> Walked:
    return asyncio.run(_walk(url, granules, cursor, most))


async def _walk(url: str, granules: int, cursor: str | None, most: int | None) -> Walked:
    source, settings, walked = ICESat2(), Settings(cmr_url=AnyHttpUrl(url)), Walked(seen=bytearray(granules))
    began = time.perf_counter()
    async with source.fetcher(settings) as fetcher:
        pages: Any = source.pages(fetcher, settings, Selection("ATL08", cursor=cursor))
        number = 0
        async for page in pages:
            number += 1
            walked.count += len(page.records)
            for record in page.records:
                walked.seen[index_of(record)] = 1
            walked.cursor = page.cursor or walked.cursor
            walked.withdrawn += len(page.withdrawn)
            walked.listed = walked.listed or bool(page.listed)
            if number == most:
                break
        await pages.aclose()
        walked.requests = fetcher.traffic.requests
    walked.seconds = time.perf_counter() - began
    return walked


def index_of(record: Record) -> int:
    """Which granule of the fake's archive a record is of: flat memory is what is measured."""
    return (int(record["meta"]["concept-id"][1:].partition("-")[0]) - 4_000_000_000) // 10


def _serve(count: int, line: Connection) -> None:
    archive = Archive(count, pictures=0)
    with serve(faulty(app(archive), Faults())) as url:
        line.send(url)
        while line.recv():
            now = archive.now()
            archive.revised.update({index * (count // 50): now + timedelta(seconds=index) for index in range(45)})
            archive.withdrawn.update(count // 100 + index for index in range(5))
            line.send("changed")


if __name__ == "__main__":
    main()
