"""Tokens: who sees them, when they are renewed, and that nobody says them."""

import asyncio
import logging

import httpx2
import pytest

from tercet.errors import AuthError, UpstreamError
from tercet.fetch import Client, Fetcher, Politeness
from tercet.fetch.credentials import HostBearer
from tests.tercet.echo import FAST, SECRET, Echo, Login, Tokens, everything_said, provider
from tests.upstreams.server import serve


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


async def test_the_first_of_many_requests_logs_in_for_all() -> None:
    login = Login()
    with provider(Echo(tokens={"login-1"})) as (url, _):
        login.url = f"{url}/ask"
        async with Fetcher("The provider", Politeness(concurrency=5, per_second=10_000), login) as fetcher:
            await asyncio.gather(*(fetcher.json(f"{url}/private") for _ in range(5)))
        assert (login.logins, fetcher.traffic.requests) == (1, 6)


async def test_a_login_that_fails_for_the_moment_is_tried_again() -> None:
    login = Login()
    with provider(Echo(tokens={"login-1"})) as (url, faults):
        login.url = f"{url}/ask"
        faults.failing, faults.prefix = 2, "/ask"
        async with Fetcher("The provider", FAST, login) as fetcher:
            await fetcher.json(f"{url}/private")
        assert (login.logins, fetcher.traffic.requests, fetcher.traffic.retries) == (1, 4, 2)


async def test_a_login_that_is_refused_is_an_error_that_repeats_nothing_of_it() -> None:
    login = Login()
    with provider() as (url, _):
        login.url = f"{url}/refused?password=hush"
        with pytest.raises(UpstreamError, match=f"400 at {url}/refused; ") as caught:
            async with Fetcher("The provider", FAST, login) as fetcher:
                await fetcher.json(f"{url}/private")
        assert "hush" not in everything_said(caught.value)
        assert "Parameter" not in everything_said(caught.value)


async def test_a_refusal_by_somebody_who_did_not_see_the_token_does_not_renew_it() -> None:
    tokens = Tokens()
    with serve(Echo().app()) as there, provider(Echo(elsewhere=f"{there}/private")) as (url, _):
        async with Fetcher("The provider", FAST, tokens) as fetcher:
            with pytest.raises(AuthError):
                await fetcher.json(f"{url}/away")
    assert tokens.renewals == 0


@pytest.mark.parametrize("secret", [f"{SECRET}\n", f"{SECRET} ", f"{SECRET}\N{EURO SIGN}"])
async def test_a_token_that_no_header_holds_is_an_error_that_does_not_show_it(secret: str) -> None:
    with provider() as (url, faults):
        with pytest.raises(AuthError, match=r"token for 127\.0\.0\.1 .*copy it again") as caught:
            async with Fetcher("The provider", FAST, Tokens(current=secret)) as fetcher:
                await fetcher.json(f"{url}/ask")
        assert SECRET not in everything_said(caught.value)
        assert faults.requests == 0


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
