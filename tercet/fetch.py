"""The one place that speaks HTTP: time limits, retries, politeness, credentials, and errors with a next step."""

import asyncio
import datetime as dt
import email.utils
import logging
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import httpx2
import orjson
import stamina

from tercet.errors import AuthError, UpstreamError

log = logging.getLogger(__name__)

RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})
USER_AGENT = f"tercet/{version('tercet')}"

Params = Mapping[str, str | int | float | list[str] | list[float]]

Client = httpx2.AsyncClient
"""What a `Credential` logs in with: named here so that nobody else needs the HTTP library."""


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


class Credential(Protocol):
    """Who we are, for some hosts only."""

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that may see the token."""

    async def token(self, client: Client, *, renew: bool) -> str | None:
        """A bearer token; with ``renew`` a new one, or None where there is no way to get one."""


class _HostBearer(httpx2.Auth):
    """A bearer token for named hosts: the same client also talks to others, and follows redirects."""

    def __init__(self, credential: Credential, client: httpx2.AsyncClient) -> None:
        self._credential = credential
        self._client = client

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        if request.url.host not in self._credential.hosts:
            yield request
            return
        token = await self._credential.token(self._client, renew=False)
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        # a token may have expired under way: one new one, then the provider's no is final
        if response.status_code == httpx2.codes.UNAUTHORIZED and token:
            renewed = await self._credential.token(self._client, renew=True)
            if renewed:
                request.headers["Authorization"] = f"Bearer {renewed}"
                yield request


class _WrongBodyError(Exception):
    """An answer of status 200 that is not the JSON that was asked for: an outage page, or cut short."""


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
    credential: Credential | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    _client: httpx2.AsyncClient = field(init=False)
    _slots: asyncio.Semaphore = field(init=False)
    _next_start: float = field(init=False, default=0.0)

    async def __aenter__(self) -> Self:
        for name in ("httpx2", "httpcore2"):  # they log whole URLs and, when debugging, headers
            logging.getLogger(name).setLevel(logging.WARNING)
        self._client = httpx2.AsyncClient(
            timeout=self.politeness.timeout_s,
            headers={"User-Agent": USER_AGENT, **self.headers},
            follow_redirects=True,
            max_redirects=5,
        )
        self._slots = asyncio.Semaphore(self.politeness.concurrency)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

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
            UpstreamError: no usable answer after all attempts; ``status`` and ``detail`` say more.
        """
        request = self._client.build_request(
            method,
            url,
            params=params,
            json=body,
            data=form,
            headers={"Accept": "application/json", **(headers or {})},
        )
        where = _without_query(request.url)
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
                    return await self._once(request)
        except httpx2.HTTPStatusError as error:
            raise self._refused(error.response, where) from error
        except _WrongBodyError as error:
            raise UpstreamError(
                f"{self.provider} answered {where} with {error}: it may be under maintenance, try again later",
                url=where,
            ) from error
        except httpx2.HTTPError as error:
            raise UpstreamError(
                f"{self.provider} did not answer {where} ({_reason(error)}) in {self.politeness.attempts} attempts: "
                "check the network, or try again later",
                url=where,
            ) from error
        raise AssertionError("stamina ends by returning or raising")

    async def _once(self, request: httpx2.Request) -> Answer:
        async with self._slots:
            await self._wait_for_turn()
            self.traffic.requests += 1
            auth = _HostBearer(self.credential, self._client) if self.credential else None
            response = await self._client.send(request, auth=auth)
        response.raise_for_status()
        return Answer(_parsed(response), response.status_code, response.headers)

    async def _wait_for_turn(self) -> None:
        loop = asyncio.get_running_loop()
        start = max(loop.time(), self._next_start)
        self._next_start = start + 1 / self.politeness.per_second
        await asyncio.sleep(start - loop.time())

    def _worth_retrying(self, error: Exception) -> bool | dt.timedelta:
        """Whether to ask again, and when: the server's word beats our back-off."""
        if isinstance(error, httpx2.HTTPStatusError):
            if error.response.status_code not in RETRYABLE:
                return False
            wait = retry_after(error.response.headers.get("Retry-After", ""))
            if wait is None:
                return True
            return wait if wait.total_seconds() <= self.politeness.max_wait_s else False
        return isinstance(error, httpx2.TransportError | _WrongBodyError)

    def _refused(self, response: httpx2.Response, where: str) -> UpstreamError:
        status, detail = response.status_code, _detail(response)
        said = f": {detail}" if detail else ""
        facts = {"url": where, "status": status, "detail": detail}
        if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
            return AuthError(
                f"{self.provider} answered {status} at {where}{said}; check its credentials in the environment",
                **facts,
            )
        hint = "try again later" if status in RETRYABLE else "check what was asked for"
        return UpstreamError(f"{self.provider} answered {status} at {where}{said}; {hint}", **facts)


def retry_after(value: str) -> dt.timedelta | None:
    """Read a Retry-After header, in seconds or as an HTTP date (RFC 9110, section 10.2.3).

    Returns:
        How long to wait from now, never negative; None where the header is absent or unreadable.
    """
    value = value.strip()
    if value.isdecimal():
        return dt.timedelta(seconds=int(value))
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(moment - dt.datetime.now(dt.UTC), dt.timedelta(0))


def _parsed(response: httpx2.Response) -> Any:  # noqa: ANN401 - any JSON value
    body = response.content
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind in ("text/html", "application/xhtml+xml") or body.lstrip()[:1] == b"<":
        raise _WrongBodyError("an HTML or XML page where JSON was due")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        what = "nothing" if not body.strip() else f"{len(body)} bytes that are not whole JSON ({error.msg})"
        raise _WrongBodyError(what) from error


def _detail(response: httpx2.Response, limit: int = 300) -> str:
    """The provider's own words in an error body; each spells them differently."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return ""
    return " ".join(" ".join(_sentences(body)).split())[:limit]


def _sentences(body: Any) -> Iterable[str]:  # noqa: ANN401 - any JSON value
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for part in body:
            yield from _sentences(part)
    elif isinstance(body, Mapping):
        # CMR: errors; FedEO: error.message; django-ninja: detail[].msg; Keycloak: error_description
        for key in (
            "errors",
            "error",
            "detail",
            "messages",
            "message",
            "msg",
            "error_description",
            "description",
        ):
            yield from _sentences(body.get(key))


def _without_query(url: httpx2.URL) -> str:
    return str(url.copy_with(query=None, fragment=None, username=None, password=None))


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
