"""The HTTP client against real servers on loopback that misbehave."""

import asyncio
import datetime as dt
import gzip
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tercet.errors import AuthError, UpstreamError
from tercet.fetch import Client, Fetcher, Politeness, retry_after
from tercet.fetch.credentials import HostBearer
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

FAST = Politeness(attempts=4, per_second=10_000, timeout_s=5)
SECRET = "s3cr3t-token"


@dataclass
class Echo:
    """A provider that says what it was asked."""

    tokens: set[str] = field(default_factory=lambda: {SECRET})
    elsewhere: str = ""
    seen: list[str] = field(default_factory=list)

    async def ask(self, request: Request) -> Response:
        self.seen.append(request.headers.get("Authorization", ""))
        body = (await request.body()).decode()
        return JSONResponse({"method": request.method, "query": str(request.url.query), "body": body})

    async def private(self, request: Request) -> Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.seen.append(token)
        return JSONResponse({"ok": True}) if token in self.tokens else JSONResponse({"detail": f"bad {token}"}, 401)

    async def away(self, _request: Request) -> Response:
        return RedirectResponse(self.elsewhere)

    async def packed(self, _request: Request) -> Response:
        body = gzip.compress(b'{"packed": true}')
        return Response(body, media_type="application/json", headers={"Content-Encoding": "gzip"})

    async def broken(self, _request: Request) -> Response:
        return Response(b'{"items": [1, 2', media_type="application/json")

    async def refused(self, _request: Request) -> Response:
        return JSONResponse({"errors": ["Parameter [x] was not recognized."]}, 400)

    def app(self) -> Starlette:
        names = ("ask", "private", "away", "packed", "broken", "refused")
        return Starlette(routes=[Route(f"/{name}", getattr(self, name), methods=["GET", "POST"]) for name in names])


@dataclass
class Tokens:
    """A credential that can be renewed, and counts how often it is."""

    hosts: frozenset[str] = frozenset({"127.0.0.1"})
    current: str = SECRET
    renewals: int = 0

    async def token(self, client: Client, *, renew: bool) -> str | None:  # noqa: ARG002 - the protocol's
        if renew:
            await asyncio.sleep(0.01)
            self.renewals += 1
            self.current = f"renewed-{self.renewals}"
        return self.current


def everything_said(error: BaseException) -> str:
    """What a log of the error may hold: its text, its facts and those of its causes."""
    said = repr(vars(error))
    cause: BaseException | None = error
    while cause:
        said += f" {cause} {cause!r}"
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return said


@contextmanager
def provider(echo: Echo | None = None) -> Iterator[tuple[str, Faults]]:
    faults = Faults()
    with serve(faulty((echo or Echo()).app(), faults)) as url:
        yield url, faults


async def fetched(url: str, politeness: Politeness = FAST, **request: Any) -> Any:
    async with Fetcher("The provider", politeness) as fetcher:
        return (await fetcher.json(url, **request)).document


async def test_a_list_repeats_its_key_in_the_query() -> None:
    with provider() as (url, _):
        assert (await fetched(f"{url}/ask", params={"bbox": [1, 2], "limit": 3}))["query"] == "bbox=1&bbox=2&limit=3"


async def test_a_post_carries_json_or_a_form() -> None:
    with provider() as (url, _):
        assert (await fetched(f"{url}/ask", method="POST", body={"a": 1}))["body"] == '{"a":1}'
        assert (await fetched(f"{url}/ask", method="POST", form={"a": ["1", "2"]}))["body"] == "a=1&a=2"


async def test_a_packed_answer_is_unpacked() -> None:
    with provider() as (url, _):
        assert await fetched(f"{url}/packed") == {"packed": True}


@pytest.mark.parametrize("fault", ["throttled", "failing", "html", "cut"])
async def test_a_passing_fault_is_survived_and_counted(fault: str) -> None:
    with provider() as (url, faults):
        setattr(faults, fault, 2)
        async with Fetcher("The provider", FAST) as fetcher:
            assert (await fetcher.json(f"{url}/ask")).document["method"] == "GET"
        assert (fetcher.traffic.requests, fetcher.traffic.retries) == (3, 2)
        assert faults.requests == 3


@pytest.mark.parametrize("fault", ["throttled", "failing", "html", "cut"])
async def test_a_lasting_fault_ends_after_the_attempts(fault: str) -> None:
    with provider() as (url, faults):
        setattr(faults, fault, 100)
        with pytest.raises(UpstreamError, match=r"The provider .*/ask") as caught:
            await fetched(f"{url}/ask", params={"secret": "hush"})
        assert faults.requests == FAST.attempts
        assert "try again" in str(caught.value)
        assert "hush" not in everything_said(caught.value)


async def test_broken_json_is_no_answer() -> None:
    with provider() as (url, _), pytest.raises(UpstreamError, match="15 bytes that are not whole JSON"):
        await fetched(f"{url}/broken")


async def test_a_refusal_is_final_and_says_the_providers_words() -> None:
    with provider() as (url, faults):
        with pytest.raises(UpstreamError, match=r"Parameter \[x\] was not recognized") as caught:
            await fetched(f"{url}/refused")
        assert (caught.value.status, faults.requests) == (400, 1)


async def test_nobody_there_is_said_with_the_address() -> None:
    with serve(Echo().app()) as url:
        pass
    with pytest.raises(UpstreamError, match=r"did not answer http://127\.0\.0\.1:\d+/ask .*check the network"):
        await fetched(f"{url}/ask")


async def test_a_slow_answer_is_given_up() -> None:
    with provider() as (url, faults):
        faults.delay_s = 1.0
        with pytest.raises(UpstreamError, match="did not answer"):
            await fetched(f"{url}/ask", Politeness(attempts=1, timeout_s=0.1))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://127.0.0.1/ask", "cannot be asked at ftp://127.0.0.1/ask .* check its address"),
        ("/ask", "cannot be asked at /ask .* check its address"),
        ("http://127.0.0.1:port/ask?signature=hush", "an address at The provider cannot be read: Invalid port"),
    ],
)
async def test_an_address_that_is_none_is_an_error_at_once(url: str, words: str) -> None:
    async with Fetcher("The provider", FAST) as fetcher:
        with pytest.raises(UpstreamError, match=words) as caught:
            await fetcher.json(url)
    assert fetcher.traffic.retries == 0
    assert "hush" not in everything_said(caught.value)


async def test_redirects_in_a_circle_are_not_followed_for_ever() -> None:
    echo = Echo()
    with provider(echo) as (url, faults):
        echo.elsewhere = f"{url}/away"
        with pytest.raises(UpstreamError, match="redirects"):
            await fetched(f"{url}/away")
        assert faults.requests == 6


@pytest.mark.parametrize("retry_after_header", ["1", "date"])
async def test_the_providers_pause_is_kept(retry_after_header: str) -> None:
    stamina.set_testing(False)
    try:
        with provider() as (url, faults):
            faults.throttled, faults.retry_after = 1, retry_after_header
            began = asyncio.get_running_loop().time()
            await fetched(f"{url}/ask")
            # an HTTP date has whole seconds: a second ahead may be only a moment away
            assert asyncio.get_running_loop().time() - began >= (0.9 if retry_after_header == "1" else 0)
    finally:
        stamina.set_testing(True, attempts=100, cap=True)


async def test_a_pause_beyond_all_patience_is_an_error() -> None:
    with provider() as (url, faults):
        faults.throttled, faults.retry_after = 1, "100000"
        with pytest.raises(UpstreamError, match=r"429 .* a pause of 100000 s"):
            await fetched(f"{url}/ask")
        assert faults.requests == 1


@given(st.text() | st.integers().map(str) | st.datetimes().map(format_datetime))
def test_any_retry_after_is_a_pause_or_nothing(value: str) -> None:
    wait = retry_after(value)
    assert wait is None or wait >= dt.timedelta(0)


def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)
    wait = retry_after(format_datetime(soon, usegmt=True))
    assert wait is not None
    assert 85 < wait.total_seconds() <= 90
    assert retry_after("7") == dt.timedelta(seconds=7)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == dt.timedelta(0)
    assert retry_after("1" * 30) == dt.timedelta.max
    assert retry_after("soon") is None
    assert retry_after("") is None


async def test_no_more_requests_at_once_than_is_polite() -> None:
    with provider() as (url, faults):
        faults.delay_s = 0.05
        async with Fetcher("The provider", Politeness(concurrency=2, per_second=10_000)) as fetcher:
            await asyncio.gather(*(fetcher.json(f"{url}/ask") for _ in range(8)))
        assert faults.most_at_once == 2


async def test_no_more_requests_in_a_second_than_is_polite() -> None:
    with provider() as (url, _):
        async with Fetcher("The provider", Politeness(concurrency=50, per_second=20)) as fetcher:
            began = asyncio.get_running_loop().time()
            await asyncio.gather(*(fetcher.json(f"{url}/ask") for _ in range(11)))
        assert asyncio.get_running_loop().time() - began >= 0.5


async def test_a_token_goes_to_its_own_host_only() -> None:
    echo = Echo()
    with provider(echo) as (url, _):
        async with Fetcher("The provider", FAST, Tokens(hosts=frozenset({"elsewhere.example"}))) as fetcher:
            await fetcher.json(f"{url}/ask")
        async with Fetcher("The provider", FAST, Tokens()) as fetcher:
            await fetcher.json(f"{url}/ask")
    assert echo.seen == ["", f"Bearer {SECRET}"]


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://api.example/ask", True),
        ("https://api.example:8443/ask", True),
        ("http://api.example/ask", False),
        ("https://api.example.net/ask", False),
        ("https://api.example@elsewhere.net/ask", False),
        ("http://127.0.0.1:8000/ask", True),
    ],
)
async def test_a_token_travels_to_its_hosts_and_never_in_the_clear(url: str, sent: bool) -> None:  # noqa: FBT001 - a column
    async with Client() as client:
        bearer = HostBearer(Tokens(hosts=frozenset({"api.example", "127.0.0.1"})), client)
        request = await anext(bearer.async_auth_flow(httpx2.Request("GET", url)))
    assert ("Authorization" in request.headers) == sent


async def test_a_token_does_not_follow_a_redirect_to_another_port_or_host() -> None:
    other = Echo()
    with serve(other.app()) as there, provider(echo := Echo()) as (url, _):
        async with Fetcher("The provider", FAST, Tokens()) as fetcher:
            for target in (there, there.replace("127.0.0.1", "localhost")):
                echo.elsewhere = f"{target}/ask"
                await fetcher.json(f"{url}/away")
    assert other.seen == ["", ""]


async def test_an_expired_token_is_renewed_once_for_all_that_were_refused() -> None:
    echo, tokens = Echo(tokens={"renewed-1"}), Tokens()
    with provider(echo) as (url, _):
        async with Fetcher("The provider", Politeness(concurrency=5, per_second=10_000), tokens) as fetcher:
            await asyncio.gather(*(fetcher.json(f"{url}/private") for _ in range(5)))
    assert tokens.renewals == 1


async def test_a_token_that_stays_refused_is_an_error_without_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = Tokens()
    with provider(Echo(tokens=set())) as (url, _):
        with pytest.raises(AuthError, match="credentials") as caught:
            async with Fetcher("The provider", FAST, tokens) as fetcher:
                await fetcher.json(f"{url}/private", params={"signature": "hush"})
        assert tokens.renewals == 1
        said = f"{caught.value} {caught.value.detail} {caplog.text} {fetcher!r}"
    assert caught.value.status == 401
    assert not [secret for secret in (SECRET, tokens.current, "hush") if secret in said]


async def test_a_token_that_a_long_error_echoes_is_not_cut_into_something_else() -> None:
    secret = "t" * 900
    with provider(Echo(tokens=set())) as (url, _):
        with pytest.raises(AuthError) as caught:
            async with Fetcher("The provider", FAST, Tokens(current=secret)) as fetcher:
                await fetcher.json(f"{url}/private")
        assert "ttt" not in everything_said(caught.value)


async def test_user_and_password_in_an_address_are_not_said() -> None:
    with provider() as (url, _):
        with pytest.raises(UpstreamError) as caught:
            await fetched(url.replace("//", "//somebody:hush@") + "/refused", params={"signature": "hush"})
        assert caught.value.url == f"{url}/refused"
        assert "hush" not in everything_said(caught.value)


@pytest.mark.parametrize("named", ["", "httpx2", "httpcore2", "httpcore2.http11", "stamina"])
async def test_logs_hold_no_query_even_when_somebody_debugs(named: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with provider() as (url, faults):
        async with Fetcher("The provider", FAST) as fetcher:
            caplog.set_level(logging.DEBUG, logger=named)
            faults.failing = 1
            await fetcher.json(f"{url}/ask", params={"signature": "hush"})
    assert f"status 503 at {url}/ask; asking again" in caplog.text
    assert "hush" not in "".join(str(vars(record)) for record in caplog.records)
    assert not [record.name for record in caplog.records if record.name.startswith(("httpcore2", "stamina"))]


def test_a_fetcher_does_not_show_its_headers() -> None:
    assert "hush" not in repr(Fetcher("The provider", headers={"X-Key": "hush"}))


async def test_a_fetcher_outside_its_context_says_so() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await Fetcher("The provider").json("http://127.0.0.1/ask")
