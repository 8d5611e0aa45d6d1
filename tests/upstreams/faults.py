"""What goes wrong between a provider and us, switched on by a test while the server runs."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAINTENANCE = "<!DOCTYPE html><html><body>We will be back soon.</body></html>"


@dataclass(slots=True)
class Faults:
    """Switches: each number is how many of the next answers have the fault; and counts of what was asked.

    Attributes:
        throttled: 429, with `retry_after` as it stands: seconds as text, "date" for an HTTP date a second ahead,
            or "" for no header.
        failing: 5xx, of status `failing_with`.
        html: a page for people, of status 200.
        cut: the connection ends in the middle of the body.
        refused: 401.
        delay_s: before every answer.
        prefix: only paths that begin so have faults.
        asked: requests by path.
        most_at_once: the most requests that were under way together.
    """

    throttled: int = 0
    retry_after: str = "1"
    failing: int = 0
    failing_with: int = 503
    html: int = 0
    cut: int = 0
    refused: int = 0
    delay_s: float = 0.0
    prefix: str = "/"
    asked: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    under_way: int = 0

    @property
    def requests(self) -> int:
        """How many requests came."""
        return self.asked.total()

    def answer(self) -> Response | None:
        """The next faulty answer, or None where the provider may speak."""
        if self.throttled:
            self.throttled -= 1
            soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
            wait = soon if self.retry_after == "date" else self.retry_after
            return JSONResponse({"detail": "slow down"}, 429, headers={"Retry-After": wait} if wait else {})
        if self.failing:
            self.failing -= 1
            return HTMLResponse(MAINTENANCE, self.failing_with)
        if self.html:
            self.html -= 1
            return HTMLResponse(MAINTENANCE)
        if self.refused:
            self.refused -= 1
            return JSONResponse({"detail": "who are you?"}, 401)
        return None


def faulty(app: ASGIApp, faults: Faults) -> ASGIApp:
    """An app whose answers have the faults that are switched on."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        faults.asked[scope["path"]] += 1
        faults.under_way += 1
        faults.most_at_once = max(faults.most_at_once, faults.under_way)
        try:
            await asyncio.sleep(faults.delay_s)
            concerned = scope["path"].startswith(faults.prefix)
            response = faults.answer() if concerned else None
            if response is not None:
                await response(scope, receive, send)
            elif concerned and faults.cut:
                faults.cut -= 1
                await app(scope, receive, _cutting(send))
            else:
                await app(scope, receive, send)
        finally:
            faults.under_way -= 1

    return answer


class ConnectionCutError(Exception):
    """Ends a connection in the middle of a body: the server closes what it cannot finish."""


def _cutting(send: Send) -> Send:
    async def cut(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            raise ConnectionCutError
        await send(message)

    return cut
