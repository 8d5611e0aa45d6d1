"""Bodies that are larger than any search are refused before they are read."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 2_000_000
"""Bytes of a request: a polygon of forty thousand corners fits."""


class BodyLimitMiddleware:
    """Answers 413 to a body that says it is too large, or proves to be."""

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, await self._limited(receive), send)
        except _TooLargeError:
            words = f"the body has more than {self._limit} bytes: send fewer ids or a simpler geometry"
            answer = JSONResponse({"code": "ContentTooLarge", "description": words}, 413, {"Connection": "close"})
            await answer(scope, receive, send)

    async def _limited(self, receive: Receive) -> Receive:
        """Read the body, as far as it may go, and give it again to whoever asks.

        Raises:
            _TooLargeError: it goes further.
        """
        chunks: list[Message] = []
        size = 0
        while True:
            chunk = await receive()
            chunks.append(chunk)
            size += len(chunk.get("body", b""))
            if size > self._limit:
                raise _TooLargeError
            if not chunk.get("more_body"):
                break

        async def again() -> Message:
            return chunks.pop(0) if chunks else await receive()

        return again


class _TooLargeError(Exception):
    pass
