"""Walks through a fake MAAP of 200,000 products, six types in three collections: requests, memory, a kill, an hour.

Run with ``python benchmarks/earthcare_walk.py [--products N]``. The fake serves in a process of its own, as the MAAP
would. Two of three collections hold three of the types both, so that there are more records than products.
"""

import argparse
import asyncio
import operator
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import AnyHttpUrl

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.another_process import peak_mb, served  # noqa: E402 - the checkout first
from harvesters.base import Record, Selection  # noqa: E402
from harvesters.earthcare import EarthCARE  # noqa: E402
from tercet.fetch import Fetcher, Politeness  # noqa: E402
from tercet.settings import Settings  # noqa: E402
from tests.upstreams.earthcare import app  # noqa: E402
from tests.upstreams.earthcare_archive import FIRST, OVERLAPPING, SIX_TYPES, Archive  # noqa: E402
from tests.upstreams.earthcare_orbit import Frame  # noqa: E402
from tests.upstreams.faults import Faults, faulty  # noqa: E402
from tests.upstreams.server import serve  # noqa: E402
from transforms.earthcare_names import ProductName  # noqa: E402

AT_ONCE = Politeness(concurrency=2, per_second=100_000)
"""The real MAAP is asked five times a second; here the walk itself is measured."""


@dataclass
class Walked:
    """What came of walks through all types."""

    came: dict[str, bytearray]
    cursors: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    seconds: float = 0.0
    claims: int = 0

    @property
    def different(self) -> int:
        """How many records came, each once."""
        return sum(len(seen) - seen.count(0) for seen in self.came.values())

    @property
    def twice(self) -> int:
        """How many came more than once from the same collection."""
        return sum(len(seen) - seen.count(0) - seen.count(1) for seen in self.came.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=200_000)
    count = parser.parse_args().products
    expected = records_of(count)
    now = Frame.numbered(Archive.overlapping(count).first + count // len(SIX_TYPES)).end + timedelta(days=1)
    with served(_serve, count) as (url, tell):
        before = peak_mb()
        whole = walk(url, count, now)
        print(f"first walk: {whole.different} of {expected} records, {whole.twice} twice, {whole.seconds:.0f} s")
        print(f"  requests {whole.requests}, claims {whole.claims}")
        print(f"  memory {before:.0f} MB before, {peak_mb():.0f} MB at its peak")
        killed = walk(url, count, now, most=expected // 3)
        rest = walk(url, count, now, since=killed.cursors)
        both = {name: bytes(map(operator.or_, seen, rest.came[name])) for name, seen in killed.came.items()}
        missing = expected - sum(len(seen) - seen.count(0) for seen in both.values())
        print(f"killed after {killed.different}: missing {missing}; the rest took {rest.requests} requests")
        tell.send("change")
        tell.recv()
        hour = walk(url, count, now + timedelta(hours=1), since=whole.cursors)
        print(f"an hour later, 60 changed: {hour.requests} requests, {hour.different} records")


def records_of(count: int) -> int:
    """How many records the collections hold together."""
    each, rest = divmod(count, len(SIX_TYPES))
    held = {kind: sum(kind in types for types in OVERLAPPING.values()) for kind in SIX_TYPES}
    return sum(held[kind] * (each + (place < rest)) for place, kind in enumerate(SIX_TYPES))


def walk(
    url: str, count: int, now: datetime, *, since: dict[str, str] | None = None, most: int | None = None
) -> Walked:
    walked = Walked({name: bytearray(count) for name in OVERLAPPING})
    asyncio.run(_walk(walked, url, now, since or {}, most))
    return walked


async def _walk(walked: Walked, url: str, now: datetime, since: dict[str, str], most: int | None) -> None:
    source, settings = EarthCARE(now=lambda: now), Settings(maap_url=AnyHttpUrl(f"{url}/catalogue/"))
    began = time.perf_counter()
    async with Fetcher("ESA MAAP", AT_ONCE) as fetcher:
        for product in SIX_TYPES:
            pages: Any = source.pages(fetcher, settings, Selection(product, cursor=since.get(product)))
            async for page in pages:
                for record in page.records:
                    walked.came[record["collection"]][index_of(record)] += 1
                walked.claims += len(page.listed)
                walked.cursors[product] = page.cursor or walked.cursors.get(product, "")
                if most is not None and walked.different >= most:
                    break
            await pages.aclose()
            if most is not None and walked.different >= most:
                break
        walked.requests = fetcher.traffic.requests
    walked.cursors = {product: cursor for product, cursor in walked.cursors.items() if cursor}
    walked.seconds = time.perf_counter() - began


def index_of(record: Record) -> int:
    """Which product of the fake's archive a record is of: flat memory is what is measured."""
    name = ProductName.parse(record["id"])
    return ((name.orbit or 0) * 8 + "ABCDEFGH".index(name.frame or "") - FIRST) * 6 + SIX_TYPES.index(name.type)


def _serve(count: int, line: Connection) -> None:
    archive = Archive.overlapping(count)
    archive.service.tells_changes = True
    with serve(faulty(app(archive), Faults())) as url:
        line.send(url)
        while line.recv():
            last = Frame.numbered(archive.first + count // len(SIX_TYPES)).end
            archive.changed = {
                index * (count // 60): last + timedelta(days=1, minutes=index % 50) for index in range(60)
            }
            line.send("changed")


if __name__ == "__main__":
    main()
