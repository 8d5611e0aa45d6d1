"""An HTTP client for one provider: time limits, retries, politeness, and errors with a next step."""

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx2
import stamina

from tercet.errors import UpstreamError
from tercet.fetch.answers import RefusedError, WrongBodyError, detail_of, parsed, reason_of, without_query
from tercet.fetch.credentials import Client, Credential, HostBearer
from tercet.fetch.exchange import exchanged
from tercet.fetch.failures import moved, refused, unanswered, unusable, worth_retrying
from tercet.fetch.proxies import proxied
from tercet.settings import Settings

log = logging.getLogger(__name__)

USER_AGENT = f"tercet/{version('tercet')}"

# they log whole URLs and, when debugging, headers: secrets, at whatever level somebody sets them to
_TALKATIVE = (
    "httpx2",
    "stamina",
    *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)


def quiet() -> None:
    """Keep the libraries below from logging secrets."""
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_only_errors)


def _only_errors(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


T = TypeVar("T")
_Once = Callable[[httpx2.Request], Awaitable[T]]

_GONE = frozenset({404, 410})
_EMPTY = frozenset({416})
"""There is no first byte in a file of none."""

Params = Mapping[str, str | int | float | list[str] | list[float]]


@dataclass(frozen=True, slots=True)
class Politeness:
    """What we allow ourselves at one provider.

    Attributes:
        concurrency: requests under way at once.
        per_second: requests started in a second.
        attempts: tries of one request before it counts as failed.
        timeout_s: seconds of silence after which an answer counts as lost; all of it may take ten times as long.
        max_wait_s: the longest pause that Retry-After may ask for; more is an error, not a wait.
    """

    concurrency: int = 4
    per_second: float = 10.0
    attempts: int = 6
    timeout_s: float = 60.0
    max_wait_s: float = 300.0

    @classmethod
    def of(cls, settings: Settings, *, concurrency: int, per_second: float) -> Self:
        """What a provider allows, and what this deployment has patience for."""
        return cls(concurrency, per_second, settings.attempts, settings.timeout_s, settings.max_wait_s)


@dataclass(slots=True)
class Traffic:
    """How often we asked, for the report of a harvest."""

    requests: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer: its value, its status and its headers (names in any case)."""

    document: Any
    status: int
    headers: Mapping[str, str]


@dataclass(slots=True)
class Fetcher:
    """An HTTP client for one provider, used as an async context manager.

    Attributes:
        provider: the name that messages use: "Carbon Mapper".
        politeness: limits that hold over all requests of this client.
        credential: who we are, or None where nobody needs to know.
        headers: sent with every request, to whichever host it is redirected: nothing secret.
        traffic: counted as it goes, redirects and logins included.
    """

    provider: str
    politeness: Politeness = field(default_factory=Politeness)
    credential: Credential | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    traffic: Traffic = field(default_factory=Traffic)
    _client: Client | None = field(init=False, default=None, repr=False)
    _auth: HostBearer | None = field(init=False, default=None, repr=False)
    _slots: asyncio.Semaphore = field(init=False, repr=False)
    _next_start: float = field(init=False, default=0.0, repr=False)

    async def __aenter__(self) -> Self:
        quiet()
        self._client = proxied(
            Client,
            timeout=self.politeness.timeout_s,
            headers={"User-Agent": USER_AGENT, **self.headers},
            follow_redirects=True,
            max_redirects=5,
            event_hooks={"request": [self._before_each]},
        )
        if self.credential:
            self._auth = HostBearer(self.credential, self._client)
        self._slots = asyncio.Semaphore(self.politeness.concurrency)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client:
            await self._client.aclose()
            self._client = None

    async def json(  # noqa: PLR0913 - one request has this many parts
        self,
        url: str,
        *,
        method: Literal["GET", "POST"] = "GET",
        params: Params | None = None,
        body: Any = None,  # noqa: ANN401 - any JSON value
        form: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for JSON, again and again where that can help.

        Args:
            url: absolute.
            method: GET, or POST with ``body`` (sent as JSON) or ``form`` (form-encoded).
            params: the query; a list repeats its key.
            body: sent as JSON.
            form: sent form-encoded.
            headers: beyond those of the client.

        Raises:
            AuthError: 401 or 403, after one renewal of the token.
            RuntimeError: it is not used as a context manager.
            UpstreamError: no usable answer after all attempts; ``status`` and ``detail`` say more.
        """
        headers = {"Accept": "application/json", **(headers or {})}
        return await self._told(self._once, method, url, params=params, json=body, data=form, headers=headers)

    async def exists(self, url: str) -> bool:
        """Whether there is a file at an address: its first bytes are asked for, a longer answer is not read.

        Raises:
            AuthError: 401 or 403, after one renewal of the token: nobody said whether it is there.
            RuntimeError: it is not used as a context manager.
            UpstreamError: no answer after all attempts, or one that means neither yes nor no.
        """
        return await self._told(self._found, "GET", url, headers={"Range": "bytes=0-1"})

    async def _told(self, once: _Once[T], method: str, url: str, **parts: Any) -> T:  # noqa: ANN401 - of a request
        """What one kind of question makes of an answer, asked again and again where that can help."""
        if self._client is None:
            raise RuntimeError("a Fetcher speaks only inside `async with`")
        try:
            request = self._client.build_request(method, url, **parts)
        except httpx2.InvalidURL as error:
            raise UpstreamError(f"an address at {self.provider} cannot be read: {error}") from error
        where = without_query(request.url)
        try:
            return await self._persistently(once, request)
        except RefusedError as error:
            detail = self._without_secrets(error.detail)
            raise refused(self.provider, error.response, detail) from error
        except WrongBodyError as error:
            raise unusable(self.provider, where, error) from error
        except httpx2.HTTPError as error:
            raise unanswered(self.provider, where, error, attempts=self.politeness.attempts) from error

    async def _persistently(self, once: _Once[T], request: httpx2.Request) -> T:
        async for attempt in stamina.retry_context(
            on=self._worth_retrying, attempts=self.politeness.attempts, timeout=None, wait_initial=1.0, wait_max=60.0
        ):
            with attempt:
                self.traffic.retries += attempt.num > 1
                return await once(request)
        raise AssertionError("stamina ends by returning or raising")

    async def _exchanged(self, request: httpx2.Request, *, whole: bool = True) -> tuple[httpx2.Response, bytes]:
        if self._client is None:
            raise RuntimeError("a Fetcher was left while it was asking")
        timeout_s = self.politeness.timeout_s
        async with self._slots:
            return await exchanged(self._client, request, self._auth, timeout_s=timeout_s, whole=whole)

    async def _found(self, request: httpx2.Request) -> bool:
        response, body = await self._exchanged(request, whole=False)
        if not (response.is_success or response.status_code in (_EMPTY | _GONE)):
            raise RefusedError(response, detail_of(body))
        if response.is_success and response.headers.get("Content-Type", "").startswith("text/html"):
            raise WrongBodyError("an HTML page where a file was due")
        return response.status_code not in _GONE

    async def _once(self, request: httpx2.Request) -> Answer:
        response, body = await self._exchanged(request)
        if not response.is_success:
            raise RefusedError(response, detail_of(body))
        if response.request.method != request.method:
            raise moved(self.provider, without_query(request.url), without_query(response.request.url))
        return Answer(parsed(body, response.headers.get("Content-Type", "")), response.status_code, response.headers)

    async def _before_each(self, _request: httpx2.Request) -> None:
        # redirects and logins, too: they are requests like any other
        await self._wait_for_turn()
        self.traffic.requests += 1

    async def _wait_for_turn(self) -> None:
        loop = asyncio.get_running_loop()
        start = max(loop.time(), self._next_start)
        self._next_start = start + 1 / self.politeness.per_second
        await asyncio.sleep(start - loop.time())

    def _worth_retrying(self, error: Exception) -> bool | dt.timedelta:
        verdict = worth_retrying(error, max_wait_s=self.politeness.max_wait_s)
        if verdict is not False:
            log.info("%s: %s; asking again", self.provider, reason_of(error))
        return verdict

    def _without_secrets(self, text: str) -> str:
        return self._auth.without_secrets(text) if self._auth else text
