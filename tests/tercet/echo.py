"""A provider on loopback that repeats what it was asked, and credentials for it."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tercet.fetch import Client, Fetcher, Politeness
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

FAST = Politeness(attempts=4, per_second=10_000, timeout_s=30)
SECRET = "s3cr3t-token"


@dataclass
class Echo:
    """A provider that says what it was asked."""

    tokens: set[str] = field(default_factory=lambda: {SECRET})
    elsewhere: str = ""
    seen: list[str] = field(default_factory=list)

    async def ask(self, request: Request) -> Response:
        self.seen.append(request.headers.get("Authorization", ""))
        body = (await request.body()).decode()
        return JSONResponse({"method": request.method, "query": str(request.url.query), "body": body})

    async def private(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.seen.append(token)
        return JSONResponse({"ok": True}) if token in self.tokens else JSONResponse({"detail": f"bad {token}"}, 401)

    async def away(self, _request: Request) -> Response:
        return RedirectResponse(self.elsewhere)

    async def packed(self, _request: Request) -> Response:
        body = gzip.compress(b'{"packed": true}')
        return Response(body, media_type="application/json", headers={"Content-Encoding": "gzip"})

    async def broken(self, _request: Request) -> Response:
        return Response(b'{"items": [1, 2', media_type="application/json")

    async def moved(self, request: Request) -> Response:
        return RedirectResponse(self.elsewhere, int(request.query_params["status"]))

    async def drip(self, _request: Request) -> Response:
        async def drops() -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0.02)

        return StreamingResponse(drops(), media_type="application/json")

    async def refused(self, _request: Request) -> Response:
        return JSONResponse({"errors": ["Parameter [x] was not recognized."]}, 400)

    def app(self) -> Starlette:
        names = ("ask", "private", "away", "packed", "broken", "refused", "moved", "drip")
        return Starlette(routes=[Route(f"/{name}", getattr(self, name), methods=["GET", "POST"]) for name in names])


@dataclass
class Tokens:
    """A credential that can be renewed, and counts how often it is."""

    hosts: frozenset[str] = frozenset({"127.0.0.1"})
    current: str = SECRET
    renewals: int = 0

    async def token(self, client: Client, *, renew: bool) -> str | None:  # noqa: ARG002 - the protocol's
        if renew:
            await asyncio.sleep(0.01)
            self.renewals += 1
            self.current = f"renewed-{self.renewals}"
        return self.current


@dataclass
class Login:
    """A credential that asks for its tokens."""

    url: str = ""
    logins: int = 0
    access: str | None = None
    hosts: frozenset[str] = frozenset({"127.0.0.1"})

    async def token(self, client: Client, *, renew: bool) -> str | None:
        if self.access is None or renew:
            (await client.post(self.url)).raise_for_status()
            self.logins += 1
            self.access = f"login-{self.logins}"
        return self.access


def everything_said(error: BaseException) -> str:
    """What a log of the error may hold: its text, its facts and those of its causes."""
    said = repr(vars(error))
    cause: BaseException | None = error
    while cause:
        said += f" {cause} {cause!r}"
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return said


@contextmanager
def provider(echo: Echo | None = None) -> Iterator[tuple[str, Faults]]:
    faults = Faults()
    with serve(faulty((echo or Echo()).app(), faults)) as url:
        yield url, faults


async def fetched(url: str, politeness: Politeness = FAST, **request: Any) -> Any:
    async with Fetcher("The provider", politeness) as fetcher:
        return (await fetcher.json(url, **request)).document
