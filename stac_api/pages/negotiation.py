"""Who gets HTML: browsers, which ask for it by name. Everybody else gets the JSON that the pages are made of."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stac_api.pages.rendering import POLICY, Surroundings, render

_PAGES = re.compile(r"/|/search|/collections(?:/[^/]+(?:/items(?:/[^/]+)?)?)?|/api\.html")
_FORMATS = {"html", "json"}
_WITH_COLLECTIONS = {"/", "/collections"}
_NOTHING: Mapping[str, str] = {}


class PagesMiddleware:
    """Answers a browser with a page made of what the API says in JSON.

    ``?f=html`` and ``?f=json`` say what is wanted where no header can be set.
    """

    def __init__(self, app: ASGIApp, browser_url: str | None) -> None:
        self._app = app
        self._browser_url = browser_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or scope["method"] != "GET" or not _PAGES.fullmatch(path):
            await self._app(scope, receive, send)
            return
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        wanted = dict(asked).get("f")
        if wanted is not None and wanted not in _FORMATS:
            words = f"f is '{wanted[:50]}' and may be html or json"
            await JSONResponse({"code": "BadRequest", "description": words}, 400)(scope, receive, send)
            return
        if wanted is not None:
            scope = {**scope, "query_string": urlencode([pair for pair in asked if pair[0] != "f"]).encode()}
        is_page = wanted == "html" or (wanted is None and wants_html(Headers(scope=scope).get("accept", "")))
        if is_page or path == "/api.html":
            answer = await self._page(scope, path)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, _varying(send))

    async def _page(self, scope: Scope, path: str) -> Response:
        chosen = filled(scope["query_string"])
        answers = [self._ask(scope, "/api" if path == "/api.html" else path, chosen)]
        if path in _WITH_COLLECTIONS:
            answers += [self._ask(scope, "/collections"), self._ask(scope, "/_mgmt/harvest")]
        (status, headers, document), *others = await asyncio.gather(*answers)
        root = str(Request(scope).base_url)
        json_path = "api" if path == "/api.html" else quote(path.removeprefix("/"))
        json_url = f"{root}{json_path}?{urlencode({**chosen, 'f': 'json'})}"
        around = Surroundings(root, json_url, chosen, self._browser_url, *(other for _, _, other in others))
        page = render(document, around)
        kept = {name: headers[name] for name in ("retry-after", "allow") if name in headers}
        return HTMLResponse(page, status, {**kept, **POLICY, "Vary": "Accept"})

    async def _ask(self, scope: Scope, path: str, query: Mapping[str, str] = _NOTHING) -> tuple[int, Headers, Any]:
        """Ask the API itself for JSON."""
        headers = [(name, value) for name, value in scope["headers"] if name not in {b"accept", b"accept-encoding"}]
        root = scope.get("root_path", "")
        asked = {
            **{key: value for key, value in scope.items() if key not in {"path_params", "endpoint", "route"}},
            "path": root + path,
            "raw_path": quote(root + path).encode(),
            "query_string": urlencode(query).encode(),
            "headers": [*headers, (b"accept", b"application/json")],
        }
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(asked, _nothing, keep)
        body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
        return messages[0]["status"], Headers(raw=messages[0]["headers"]), orjson.loads(body)


def wants_html(accept: str) -> bool:
    """Whether a client names HTML and likes it better than JSON."""
    likes: dict[str, float] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (text.strip() for text in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        likes[kind] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 0.0
    html = max(likes.get("text/html", 0.0), likes.get("application/xhtml+xml", 0.0))
    return html > max(likes.get("application/json", 0.0), likes.get("application/geo+json", 0.0))


def filled(query: bytes) -> Mapping[str, str]:
    """Read a query without the parameters that a form sent empty."""
    return dict(parse_qsl(query.decode("latin-1")))


def _varying(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).add_vary_header("Accept")
        await send(message)

    return sending


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}
