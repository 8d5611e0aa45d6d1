"""What a client that accepts any encoding gets: gzip, which all can read."""

from starlette.types import ASGIApp, Receive, Scope, Send


class AnyEncodingMiddleware:
    """Takes ``Accept-Encoding: *`` for ``gzip``.

    By HTTP's rules it allows zstd and br, but programs send it that can decode neither: stac-api-validator does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            headers = [(b"accept-encoding", b"gzip") if _is_any(*header) else header for header in scope["headers"]]
            scope = {**scope, "headers": headers}
        await self._app(scope, receive, send)


def _is_any(name: bytes, value: bytes) -> bool:
    return name == b"accept-encoding" and value.strip() == b"*"
