"""Walks through the fake of ESA's MAAP, for the tests of the harvester."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AnyHttpUrl

from harvesters.base import Page, Selection, Window
from harvesters.earthcare import EarthCARE
from tercet.fetch import Fetcher, Politeness
from tercet.settings import Settings
from tests.upstreams.earthcare import Archive, app
from tests.upstreams.earthcare_orbit import frame_number
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

PRODUCT = "MSI_COP_2A"
START = datetime(2025, 6, 1, tzinfo=UTC)
FIRST = frame_number(START)
FAST = Politeness(per_second=10_000, attempts=3)


@contextlib.contextmanager
def serving(archive: Archive, faults: Faults | None = None) -> Iterator[Settings]:
    """Serve an archive on loopback."""
    with serve(faulty(app(archive), faults or Faults())) as url:
        yield Settings(maap_url=AnyHttpUrl(f"{url}/catalogue/"))


def days(count: int, **changes: Any) -> Archive:
    """Some days of frames from START on, without a gap."""
    return Archive(count * 125, first=FIRST, **changes)


def selection(length: float = 3, **changes: Any) -> Selection:
    """So many days from START on."""
    return replace(Selection(PRODUCT, Window(START, START + timedelta(days=length))), **changes)


async def walked(source: EarthCARE, settings: Settings, selected: Selection) -> list[Page]:
    async with Fetcher("ESA MAAP", FAST) as fetcher:
        return [page async for page in source.pages(fetcher, settings, selected)]


async def harvested(archive: Archive, selected: Selection | None = None, *, page_size: int = 200) -> list[str]:
    """The ids that a walk brings."""
    with serving(archive) as settings:
        return ids(await walked(EarthCARE(page_size=page_size), settings, selected or selection()))


def ids(pages: list[Page]) -> list[str]:
    return [record["id"] for page in pages for record in page.records]


def cursors(pages: list[Page]) -> list[str]:
    return [page.cursor for page in pages if page.cursor]


def overlapping(archive: Archive, selected: Selection) -> set[str]:
    """What a walk ought to bring: all that overlaps its window."""
    start, end = selected.window.start, selected.window.end
    last = end - timedelta(milliseconds=1) if end else None
    there = (index for index in archive.between(start, last) if index not in archive.withdrawn)
    return {archive.record(index)["id"] for index in there if archive.row(index)["type"] == selected.product}
