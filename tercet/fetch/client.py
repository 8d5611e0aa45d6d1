"""An HTTP client for one provider: time limits, retries, politeness, and errors with a next step."""

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from types import TracebackType
from typing import Any, Literal, Self

import httpx2
import stamina

from tercet.errors import AuthError, UpstreamError
from tercet.fetch.answers import WrongBodyError, detail_of, parsed, reason_of, retry_after, without_query
from tercet.fetch.credentials import Client, Credential, HostBearer

log = logging.getLogger(__name__)

RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})
USER_AGENT = f"tercet/{version('tercet')}"

Params = Mapping[str, str | int | float | list[str] | list[float]]


@dataclass(frozen=True, slots=True)
class Politeness:
    """What we allow ourselves at one provider.

    Attributes:
        concurrency: requests under way at once.
        per_second: requests started in a second.
        attempts: tries of one request before it counts as failed.
        timeout_s: seconds to wait for one answer.
        max_wait_s: the longest pause that Retry-After may ask for; more is an error, not a wait.
    """

    concurrency: int = 4
    per_second: float = 10.0
    attempts: int = 6
    timeout_s: float = 60.0
    max_wait_s: float = 300.0


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
        headers: sent with every request.
        traffic: counted as it goes.
    """

    provider: str
    politeness: Politeness = field(default_factory=Politeness)
    credential: Credential | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    _client: Client | None = field(init=False, default=None, repr=False)
    _auth: HostBearer | None = field(init=False, default=None, repr=False)
    _slots: asyncio.Semaphore = field(init=False)
    _next_start: float = field(init=False, default=0.0)

    async def __aenter__(self) -> Self:
        for name in ("httpx2", "httpcore2", "stamina"):  # they log whole URLs and, when debugging, headers
            logging.getLogger(name).setLevel(logging.ERROR)
        self._client = Client(
            timeout=self.politeness.timeout_s,
            headers={"User-Agent": USER_AGENT, **self.headers},
            follow_redirects=True,
            max_redirects=5,
            event_hooks={"request": [self._count]},
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
        if self._client is None:
            raise RuntimeError("a Fetcher speaks only inside `async with`")
        request = self._client.build_request(
            method,
            url,
            params=params,
            json=body,
            data=form,
            headers={"Accept": "application/json", **(headers or {})},
        )
        where = without_query(request.url)
        try:
            async for attempt in stamina.retry_context(
                on=self._worth_retrying,
                attempts=self.politeness.attempts,
                timeout=None,
                wait_initial=1.0,
                wait_max=60.0,
            ):
                with attempt:
                    self.traffic.retries += attempt.num > 1
                    return await self._once(self._client, request)
        except httpx2.HTTPStatusError as error:
            raise self._refused(error.response, where) from error
        except WrongBodyError as error:
            raise UpstreamError(
                f"{self.provider} answered {where} with {error}: it may be under maintenance, try again later",
                url=where,
            ) from error
        except httpx2.HTTPError as error:
            raise UpstreamError(
                f"{self.provider} did not answer {where} ({reason_of(error)}) in {self.politeness.attempts} attempts: "
                "check the network, or try again later",
                url=where,
            ) from error
        raise AssertionError("stamina ends by returning or raising")

    async def _once(self, client: Client, request: httpx2.Request) -> Answer:
        async with self._slots:
            await self._wait_for_turn()
            response = await client.send(request, auth=self._auth)
        response.raise_for_status()
        return Answer(parsed(response), response.status_code, response.headers)

    async def _count(self, _request: httpx2.Request) -> None:
        # logins and redirects are requests, too
        self.traffic.requests += 1

    async def _wait_for_turn(self) -> None:
        loop = asyncio.get_running_loop()
        start = max(loop.time(), self._next_start)
        self._next_start = start + 1 / self.politeness.per_second
        await asyncio.sleep(start - loop.time())

    def _worth_retrying(self, error: Exception) -> bool | dt.timedelta:
        """Whether to ask again, and when: the server's word beats our back-off."""
        verdict = self._verdict(error)
        if verdict is not False:
            log.info("%s: %s; asking again", self.provider, self._words(error))
        return verdict

    def _verdict(self, error: Exception) -> bool | dt.timedelta:
        if isinstance(error, httpx2.HTTPStatusError):
            if error.response.status_code not in RETRYABLE:
                return False
            wait = retry_after(error.response.headers.get("Retry-After", ""))
            if wait is None:
                return True
            return wait if wait.total_seconds() <= self.politeness.max_wait_s else False
        if isinstance(error, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError):
            return False  # our own mistake: the same request fails the same way
        return isinstance(error, httpx2.TransportError | httpx2.DecodingError | WrongBodyError)

    def _words(self, error: Exception) -> str:
        if isinstance(error, httpx2.HTTPStatusError):  # its own text holds the query
            return f"status {error.response.status_code} at {without_query(error.request.url)}"
        return reason_of(error)

    def _refused(self, response: httpx2.Response, where: str) -> UpstreamError:
        status, detail = response.status_code, detail_of(response)
        if self._auth:
            detail = self._auth.without_secrets(detail)
        said = f": {detail}" if detail else ""
        if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
            return AuthError(
                f"{self.provider} answered {status} at {where}{said}; check its credentials in the environment",
                url=where,
                status=status,
                detail=detail,
            )
        hint = "try again later" if status in RETRYABLE else "check what was asked for"
        return UpstreamError(
            f"{self.provider} answered {status} at {where}{said}; {hint}", url=where, status=status, detail=detail
        )
