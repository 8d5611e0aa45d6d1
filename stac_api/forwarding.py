"""Which address a client used: what proxies in between say of it, where that makes sense.

stac-fastapi's own middleware ends with an error for bytes that are no UTF-8, cuts IPv6 addresses at their first
colon, and believes anything: a host becomes part of every link.
"""

import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

_HOST = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>\d{1,5}))?")
_PAIR = re.compile(r'(?P<name>[A-Za-z]+)=(?:"(?P<quoted>[^"]*)"|(?P<plain>[^;,\s"]*))')
_SCHEMES = {"http": 80, "https": 443}
_PORTS = range(1, 65_536)


class ForwardingMiddleware:
    """Sets scheme and host of a request to what ``Forwarded`` (RFC 7239) or ``X-Forwarded-*`` say.

    Of several proxies the first one counts: it stood before the client. What makes no sense is left out. A host that
    no client could have connected to becomes ``localhost``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            scope = {**scope, **_addressed(scope)}
        await self._app(scope, receive, send)


def _addressed(scope: Scope) -> dict[str, object]:
    headers = {name: value.decode("latin-1") for name, value in reversed(scope["headers"])}
    said = _forwarded(headers.get(b"forwarded", "")) or _x_forwarded(headers)
    scheme = said["proto"] if said.get("proto") in _SCHEMES else scope.get("scheme", "http")
    host = _host((said.get("host"), headers.get(b"host")), scheme, said.get("port", "") if said else "")
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {"scheme": scheme, "headers": [*others, (b"host", host.encode("ascii"))]}


def _forwarded(header: str) -> dict[str, str]:
    pairs = _PAIR.finditer(header.split(",", 1)[0])
    return {pair["name"].lower(): pair["quoted"] or pair["plain"] or "" for pair in pairs}


def _x_forwarded(headers: dict[bytes, str]) -> dict[str, str]:
    said = {name: headers.get(f"x-forwarded-{name}".encode(), "") for name in ("proto", "host", "port")}
    return {name: value.split(",", 1)[0].strip() for name, value in said.items() if value}


def _host(candidates: Iterable[str | None], scheme: str, port: str) -> str:
    found = next((match for text in candidates if text and (match := _HOST.fullmatch(text))), None)
    name, own_port = (found["name"], found["port"]) if found else ("localhost", None)
    chosen = next((int(text) for text in (own_port, port) if text and text.isdecimal() and int(text) in _PORTS), None)
    return name if chosen in {None, _SCHEMES.get(scheme)} else f"{name}:{chosen}"
