"""Walks through the fake Carbon Mapper, and through prepared answers, for tests of the harvester."""

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import AnyHttpUrl
from starlette.types import ASGIApp, Receive, Scope, Send

from harvesters.base import Page, Selection
from harvesters.carbon_mapper import CarbonMapper
from tercet.fetch import Answer, Fetcher, Politeness
from tercet.settings import Settings
from tests.upstreams.carbon_mapper import Archive, app
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

FAST = Politeness(per_second=100_000, attempts=3)
PLUMES = Selection("plumes")


@contextlib.contextmanager
def serving(
    archive: Archive, faults: Faults | None = None, *, seen: list[str] | None = None, **settings: Any
) -> Iterator[Settings]:
    """The fake API on loopback; ``seen`` gets the path and query of each request, as they were sent."""
    with serve(recording(faulty(app(archive), faults or Faults()), [] if seen is None else seen)) as url:
        yield Settings(carbon_mapper_url=AnyHttpUrl(f"{url}/api/v1"), **settings)


def recording(inner: ASGIApp, seen: list[str]) -> ASGIApp:
    """An app that keeps what it was asked."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(f"{scope['path'].removeprefix('/api/v1')}?{scope['query_string'].decode()}")
        await inner(scope, receive, send)

    return answer


async def walked(settings: Settings, selection: Selection = PLUMES, page_size: int = 100) -> list[Page]:
    """All pages of a harvest."""
    source = CarbonMapper(page_size)
    credential = source.fetcher(settings).credential
    async with Fetcher("Carbon Mapper", FAST, credential) as fetcher:
        return [page async for page in source.pages(fetcher, settings, selection)]


async def harvested(archive: Archive, selection: Selection = PLUMES, page_size: int = 100) -> list[str]:
    """The ids of the plumes of a harvest."""
    with serving(archive) as settings:
        return names(await walked(settings, selection, page_size))


def incremental(cursor: str | None, **more: Any) -> Selection:
    """A harvest an hour after the last one."""
    return Selection("plumes", cursor=cursor, swept=datetime.now(UTC), **more)


def names(pages: list[Page]) -> list[str]:
    """The ids of the plumes that REST gave."""
    return [record["plume_id"] for page in pages for record in page.records if record.get("type") != "Feature"]


def features(pages: list[Page]) -> list[tuple[str, str]]:
    """The collections and ids of the Items that STAC gave."""
    records = [record for page in pages for record in page.records if record.get("type") == "Feature"]
    return [(record["collection"], record["id"]) for record in records]


def cursor_of(pages: list[Page]) -> str | None:
    """The last cursor of a walk."""
    return next((page.cursor for page in reversed(pages) if page.cursor), None)


def published(archive: Archive) -> list[str]:
    """The ids of all plumes that are published."""
    return [archive.record(index)["plume_id"] for index in range(archive.count) if index not in archive.withdrawn]


class Scripted:
    """A fetcher that gives prepared answers of plumes, one after the other, and keeps what it was asked."""

    def __init__(self, *documents: Any) -> None:
        self._documents = iter(documents)
        self.asked: list[Mapping[str, Any]] = []

    async def json(self, url: str, *, params: Mapping[str, Any] | None = None) -> Answer:
        if url.endswith("/stac/collections"):
            return Answer({"collections": []}, 200, {})
        assert url == "https://api.carbonmapper.org/api/v1/catalog/plumes/annotated"
        self.asked.append(params or {})
        return Answer(next(self._documents), 200, {})


def page_of(items: list[Any], total: int | None = None, **more: Any) -> dict[str, Any]:
    """An answer of plumes/annotated."""
    count = len(items) if total is None else total
    return {"items": items, "total_count": count, "bbox_count": count, "limit": 100, "offset": 0, **more}


async def scripted(selection: Selection, *documents: Any, page_size: int = 100) -> tuple[list[Page], Scripted]:
    """The pages of a harvest of prepared answers."""
    fetcher = Scripted(*documents)
    source = CarbonMapper(page_size)
    pages = [page async for page in source.pages(cast("Fetcher", fetcher), Settings(), selection)]
    return pages, fetcher
