"""Files as object storage answers for them: whole or by range, with validators (RFC 9110, sections 13 and 14).

A signed address opens one file to GET, and to nothing else; a token opens nothing.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

MODIFIED = "Wed, 05 Mar 2025 12:00:00 GMT"
PIECE = 64 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


@dataclass
class Stored:
    """One file, and how its host behaves; a test may change it while the host runs.

    Attributes:
        content: its bytes.
        media_type: as the host says it, which may be wrong.
        ranged: whether the host knows ranges.
        sized: whether it says how long an answer is.
        endless: bytes of zeros that are sent instead of the content, as fast as they are taken.
        cut_after: bytes of an answer after which the connection ends; used up by one answer.
        silent_after: bytes of an answer after which nothing more comes.
        delay_s: before an answer.
        sent: bytes that were handed to the server, over all answers.
        open: answers that are under way.
        asked: the headers of each request.
    """

    content: bytes = b""
    media_type: str = "binary/octet-stream"
    ranged: bool = True
    sized: bool = True
    endless: int = 0
    cut_after: int | None = None
    silent_after: int | None = None
    delay_s: float = 0.0
    sent: int = 0
    open: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def etag(self) -> str:
        return f'"{hashlib.md5(self.content).hexdigest()}"'

    @property
    def size(self) -> int:
        return self.endless or len(self.content)

    async def answer(self, request: Request) -> Response:
        await asyncio.sleep(self.delay_s)
        self.asked.append(dict(request.headers))
        headers = {"ETag": self.etag, "Last-Modified": MODIFIED, "Content-Type": self.media_type}
        if self.etag in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        if not self.ranged:
            return self._of(200, 0, self.size, headers)
        headers["Accept-Ranges"] = "bytes"
        span = self._span(request)
        if span is None:
            return self._of(200, 0, self.size, headers)
        start, stop = span
        if start >= stop:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{self.size}"})
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{self.size}"
        return self._of(206, start, stop, headers)

    def _span(self, request: Request) -> tuple[int, int] | None:
        found = _RANGE.fullmatch(request.headers.get("Range", ""))
        if found is None or request.headers.get("If-Range", self.etag) not in (self.etag, MODIFIED):
            return None
        first, last = found.groups()
        if first:
            return int(first), min(int(last) + 1 if last else self.size, self.size)
        return (max(self.size - int(last), 0), self.size) if last and int(last) else (self.size, self.size)

    def _of(self, status: int, start: int, stop: int, headers: dict[str, str]) -> Response:
        if self.sized:
            headers = {**headers, "Content-Length": str(stop - start)}
        return StreamingResponse(self._pieces(start, stop), status, headers)

    async def _pieces(self, start: int, stop: int) -> AsyncIterator[bytes]:
        cut, self.cut_after = self.cut_after, None
        self.open += 1
        try:
            sent = 0
            for piece in self._cut_into_pieces(start, stop):
                if cut is not None and sent + len(piece) > cut:
                    yield piece[: cut - sent]
                    raise ConnectionAbortedError
                if self.silent_after is not None and sent >= self.silent_after:
                    await asyncio.sleep(3600)
                sent += len(piece)
                self.sent += len(piece)
                yield piece
        finally:
            self.open -= 1

    def _cut_into_pieces(self, start: int, stop: int) -> Iterator[bytes]:
        zeros = bytes(PIECE)
        for at in range(start, stop, PIECE):
            end = min(at + PIECE, stop)
            yield zeros[: end - at] if self.endless else self.content[at:end]


@dataclass
class Storage:
    """Storage that opens to signed addresses.

    Attributes:
        files: by their paths, without the first slash.
        root: its address.
        lives_s: how long a signature says that it is good for.
        signed: how many signatures were made.
        valid: those that are taken.
        seen: what came of headers that are secrets.
    """

    files: dict[str, Stored] = field(default_factory=dict)
    root: str = ""
    lives_s: int = 3600
    signed: int = 0
    valid: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)

    def app(self) -> ASGIApp:
        return Starlette(routes=[Route("/{path:path}", self.answer)])

    def sign(self, path: str) -> Response:
        """Redirect to a file, with a signature of its own."""
        self.signed += 1
        signature = f"s{self.signed}"
        self.valid.add(signature)
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        query = f"X-Amz-Date={moment}&X-Amz-Expires={self.lives_s}&X-Amz-Signature={signature}"
        return RedirectResponse(f"{self.root}/{path}?{query}", 303)

    async def answer(self, request: Request) -> Response:
        self.seen += [request.headers[name] for name in ("Authorization", "Cookie") if name in request.headers]
        if request.method != "GET" or request.query_params.get("X-Amz-Signature") not in self.valid:
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        return await self.files[request.path_params["path"]].answer(request)
