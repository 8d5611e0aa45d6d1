"""The HTTP client against real servers on loopback that misbehave."""

import asyncio
import datetime as dt
import json
import logging
from collections.abc import AsyncIterator
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
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from tercet.errors import AuthError, ConfigError, UpstreamError
from tercet.fetch import Fetcher, Politeness, exchange, retry_after
from tercet.fetch.answers import RefusedError, detail_of
from tercet.fetch.failures import worth_retrying
from tests.tercet.echo import FAST, Echo, everything_said, fetched, provider
from tests.upstreams.server import serve

HTML = 0
"""Among statuses: a page for people, of status 200."""


@dataclass
class Files:
    """A provider of one file that answers with given statuses, one after the other."""

    statuses: list[int]
    endless: bool = False
    ranges: list[str] = field(default_factory=list)

    async def file(self, request: Request) -> Response:
        self.ranges.append(request.headers.get("Range", ""))
        status = self.statuses.pop(0)
        if self.endless:
            return StreamingResponse(self._without_end(), media_type="image/tiff")
        return HTMLResponse("Back soon.") if status == HTML else Response(b"II", status, media_type="image/tiff")

    async def _without_end(self) -> AsyncIterator[bytes]:
        while True:
            yield bytes(2**16)
            await asyncio.sleep(0.01)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/file.tif", self.file)])


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


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 529])
async def test_what_may_pass_is_asked_again(status: int) -> None:
    with provider() as (url, faults):
        faults.failing, faults.failing_with = 100, status
        with pytest.raises(UpstreamError, match=f"{status} .*try again later"):
            await fetched(f"{url}/ask")
        assert faults.requests == FAST.attempts


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 501, 505])
async def test_what_will_not_pass_is_not_asked_again(status: int) -> None:
    with provider() as (url, faults):
        faults.failing, faults.failing_with = 100, status
        with pytest.raises(UpstreamError, match=str(status)):
            await fetched(f"{url}/ask")
        assert faults.requests == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": ["Parameter [x] was not recognized.", "Nor [y]."]}, "Parameter [x] was not recognized. Nor [y]."),
        ({"error": {"code": 400, "message": "Invalid  bbox.\n"}}, "Invalid bbox."),
        ({"detail": [{"type": "missing", "loc": ["query"], "msg": "Field required"}]}, "Field required"),
        ({"errors": {"token": ["Token is invalid or expired"]}}, "Token is invalid or expired"),
        ({"error": "invalid_grant", "error_description": "Session not active"}, "invalid_grant Session not active"),
        ({"status": "bad"}, ""),
        ([[[[[[[[[["too deep to be a sentence"]]]]]]]]]], ""),
        (None, ""),
    ],
)
def test_the_providers_words_are_found_wherever_it_keeps_them(body: Any, words: str) -> None:
    assert detail_of(json.dumps(body).encode()) == words


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


async def test_an_answer_that_drips_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # the whole may take less than one silence: on a busy machine a drip may come late
    monkeypatch.setattr(exchange, "_SILENCES", 0.01)
    with provider() as (url, _), pytest.raises(UpstreamError, match=r"not all of it in 0\.3 s"):
        await fetched(f"{url}/drip", Politeness(attempts=1, timeout_s=30))


async def test_an_answer_without_an_end_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 10)
    with provider() as (url, faults):
        with pytest.raises(UpstreamError, match=r"/packed with more than .*: ask for less at once"):
            await fetched(f"{url}/packed")
        assert faults.requests == 1


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_forgets_what_was_asked_is_an_error(status: int) -> None:
    with provider(echo := Echo()) as (url, _):
        echo.elsewhere = f"{url}/ask?hush=1"
        with pytest.raises(UpstreamError, match=rf"redirects {url}/moved to {url}/ask, .*new address") as caught:
            await fetched(f"{url}/moved", method="POST", body={"limit": 3}, params={"status": status})
        assert "hush" not in everything_said(caught.value)


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_that_keeps_what_was_asked_is_followed(status: int) -> None:
    with provider(echo := Echo()) as (url, _):
        echo.elsewhere = f"{url}/ask"
        answer = await fetched(f"{url}/moved", method="POST", body={"limit": 3}, params={"status": status})
        assert (answer["method"], answer["body"]) == ("POST", '{"limit":3}')


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


def test_a_date_is_read_by_the_clock_of_the_one_who_sent_it() -> None:
    assert retry_after("Wed, 21 Oct 2015 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:00 GMT") == dt.timedelta(seconds=30)


@pytest.mark.parametrize(("value", "pause"), [("0", 1), ("Wed, 21 Oct 2015 07:28:00 GMT", 1), ("9", 9)])
def test_a_pause_of_nothing_is_still_a_pause(value: str, pause: float) -> None:
    request = httpx2.Request("GET", "https://api.example/ask")
    error = RefusedError(httpx2.Response(429, headers={"Retry-After": value}, request=request), "")
    assert worth_retrying(error, max_wait_s=10) == dt.timedelta(seconds=pause)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_this_machine_is_not_asked_for_by_way_of_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with provider() as (url, _), provider() as (proxy, asked):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        await fetched(url.replace("127.0.0.1", host) + "/ask")
        assert asked.requests == 0
        with pytest.raises(UpstreamError, match="404"):  # the proxy is none
            await fetched("http://elsewhere.example/nowhere")
        assert asked.requests == 1


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
async def test_a_proxy_that_cannot_be_used_is_said(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "ftp://somebody:secret@proxy.example:1")
    with pytest.raises(ConfigError, match=variable) as raised:
        await fetched("http://elsewhere.example/nowhere")
    assert "secret" not in str(raised.value)


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


async def test_redirects_keep_to_the_rate_and_are_counted() -> None:
    with provider(echo := Echo()) as (url, _):
        echo.elsewhere = f"{url}/ask"
        async with Fetcher("The provider", Politeness(per_second=20)) as fetcher:
            began = asyncio.get_running_loop().time()
            for _ in range(4):
                await fetcher.json(f"{url}/away")
        assert asyncio.get_running_loop().time() - began >= 7 / 20
        assert (fetcher.traffic.requests, fetcher.traffic.retries) == (8, 0)


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


@pytest.mark.parametrize(("status", "there"), [(200, True), (206, True), (416, True), (404, False), (410, False)])
async def test_a_file_is_there_or_not(status: int, *, there: bool) -> None:
    with serve(Files([status]).app()) as url:
        async with Fetcher("The provider", FAST) as fetcher:
            assert await fetcher.exists(f"{url}/file.tif") is there


@pytest.mark.parametrize(("status", "error"), [(401, AuthError), (403, AuthError), (400, UpstreamError)])
async def test_a_refusal_does_not_say_whether_a_file_is_there(status: int, error: type[UpstreamError]) -> None:
    with serve(Files([status]).app()) as url:
        async with Fetcher("The provider", FAST) as fetcher:
            with pytest.raises(error, match=str(status)):
                await fetcher.exists(f"{url}/file.tif")


async def test_a_file_is_asked_for_again_after_a_pause_or_a_page_for_people() -> None:
    files = Files([429, 503, HTML, 206])
    with serve(files.app()) as url:
        async with Fetcher("The provider", FAST) as fetcher:
            assert await fetcher.exists(f"{url}/file.tif")
    assert files.ranges == ["bytes=0-1"] * 4


async def test_a_file_that_is_sent_whole_is_not_read() -> None:
    files = Files([200], endless=True)
    with serve(files.app()) as url:
        async with Fetcher("The provider", FAST) as fetcher:
            assert await asyncio.wait_for(fetcher.exists(f"{url}/file.tif"), timeout=30)


async def test_nobody_knows_of_a_file_where_nobody_answers() -> None:
    async with Fetcher("The provider", Politeness(attempts=1)) as fetcher:
        with pytest.raises(UpstreamError, match="did not answer"):
            await fetcher.exists("http://127.0.0.1:9/file.tif")
