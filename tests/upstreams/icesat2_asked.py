"""The fake CMR in the place of the real one, within a test's own process: what was asked, and what a walk found."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from harvesters.base import Page, Selection
from harvesters.icesat2 import ICESat2
from tercet.fetch import Fetcher
from tercet.settings import Settings

SETTINGS = Settings(cmr_url="http://cmr.test")  # type: ignore[arg-type]


class Asked:
    """Notes the method, path and headers of every request on its way to an app."""

    def __init__(self, inner: ASGIApp) -> None:
        self.inner = inner
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.requests]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.requests.append((scope["method"], scope["path"], headers))
        await self.inner(scope, receive, send)


def placed(monkeypatch: pytest.MonkeyPatch) -> Callable[[ASGIApp], Asked]:
    """Give a function that puts an app where CMR is."""

    def place(inner: ASGIApp) -> Asked:
        asked = Asked(inner)
        transport = httpx2.ASGITransport(asked)
        monkeypatch.setattr(
            "tercet.fetch.client.Client", lambda **facts: httpx2.AsyncClient(transport=transport, **facts)
        )
        monkeypatch.setattr(Fetcher, "_wait_for_turn", _no_wait)
        return asked

    return place


async def _no_wait(_self: Fetcher) -> None: ...


async def walk(
    selection: Selection,
    *,
    page_size: int = 100,
    between: Callable[[], None] | None = None,
    most: int | None = None,
    settings: Settings = SETTINGS,
) -> list[Page]:
    """All pages, or so many of them, with something that happens after each."""
    source = ICESat2(page_size=page_size)
    found: list[Page] = []
    async with source.fetcher(settings) as fetcher:
        pages: Any = source.pages(fetcher, settings, selection)
        async for page in pages:
            found.append(page)
            if between:
                between()
            if len(found) == most:
                break
        await pages.aclose()
    return found


def names(pages: list[Page]) -> list[str]:
    """CMR's names of the granules that came, in their order."""
    return [record["umm"]["GranuleUR"] for page in pages for record in page.records]


def last_cursor(pages: list[Page]) -> str:
    """The last cursor that a harvest of these pages would have stored."""
    return [page.cursor for page in pages if page.cursor][-1]
