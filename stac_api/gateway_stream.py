"""A file on its way to a client: no faster than it is taken, and let go of when nobody takes it any more."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

import anyio
from fastapi import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from stac_api.gateway_access import Reservation
from tercet.errors import UpstreamError

log = logging.getLogger(__name__)

SLOWEST_S = 120.0
"""A client that takes nothing for so long is left: it holds a connection to the provider."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from: a provider, this machine's disk, or parts that were kept.

    Attributes:
        status: 200, 206, 304, 412 or 416.
        headers: that say what it is; those of the connection are not among them.
        parts: the bytes, in pieces, as they are asked for.
        close: lets go of what it comes from.
    """

    status: int
    headers: Mapping[str, str]
    parts: AsyncGenerator[bytes, None]
    close: Callable[[], Awaitable[None]]


class Streamed(Response):
    """An answer whose bytes go through this process and stay nowhere in it."""

    def __init__(self, source: Source, headers: Mapping[str, str], budget: Reservation, *, what: str) -> None:
        self.status_code = source.status
        self.background = None
        self.body = b""
        self._source = source
        self._budget = budget
        self._what = what
        self.init_headers({**source.headers, **headers})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it until its end, or until the client goes."""
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_until_gone, receive, tasks.cancel_scope)
                await self._send(scope, send)
                tasks.cancel_scope.cancel()
        finally:
            self._budget.close()
            with anyio.CancelScope(shield=True):
                await self._source.close()

    async def _send(self, scope: Scope, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async with aclosing(self._source.parts) as parts:
                if scope["method"] != "HEAD":
                    await self._send_parts(parts, send)
        except (UpstreamError, OSError, TimeoutError, HTTPException) as error:
            # the status is long sent: an answer that ends early is all that can be said
            log.warning("%s ended early: %s", self._what, error)
            return
        await send({"type": "http.response.body", "body": b""})

    async def _send_parts(self, parts: AsyncGenerator[bytes, None], send: Send) -> None:
        async for part in parts:
            self._budget.spend(len(part))
            with anyio.fail_after(SLOWEST_S):
                await send({"type": "http.response.body", "body": part, "more_body": True})

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Take the headers as they are: a length is not that of our empty body."""
        self.raw_headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()
        ]


async def _until_gone(receive: Receive, work: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    work.cancel()
