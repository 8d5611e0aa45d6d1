"""Files of the providers by their hrefs: the right credential for each host, redirects by rule, bytes as a stream."""

import asyncio
import datetime as dt
import ssl
import urllib.request
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Literal, Self

import httpx2
import stamina

from tercet.errors import UpstreamError
from tercet.fetch.accounts import Account, accounts, origin, port_of
from tercet.fetch.addresses import PrivateAddressError, PublicTransport
from tercet.fetch.answers import without_query
from tercet.fetch.asset_answers import (
    USABLE,
    AssetAnswer,
    NoFileError,
    failed,
    is_page,
    refusal,
    silent,
    unknown,
    unusable,
)
from tercet.fetch.client import USER_AGENT, direct, quiet
from tercet.fetch.credentials import THIS_MACHINE, HostBearer
from tercet.fetch.failures import worth_retrying
from tercet.fetch.signed import Signed
from tercet.settings import Settings

Hosts = Literal["any", "providers"]

_MOST_REDIRECTS = 5
_CONNECT_S = 15.0


class ForbiddenHrefError(UpstreamError):
    """An address that is not asked: it is on another host than the providers'."""


class ForbiddenRedirectError(ForbiddenHrefError):
    """A provider sends us to where we do not go, or its name leads to where we do not go."""


class AssetClient:
    """A client for files, used as an async context manager, in one event loop.

    Args:
        settings: whose credentials are used, each for its own hosts.
        hosts: "any" for whoever reads files for himself; "providers" for whoever reads them for others: then only the
            providers' hosts, and only public addresses, are asked.
        connections: open at once, to all hosts together.
        attempts: tries of a request, where another can help.

    Raises:
        ConfigError: a credential is half there.
    """

    def __init__(
        self, settings: Settings, *, hosts: Hosts = "any", connections: int = 100, attempts: int | None = None
    ) -> None:
        self._accounts = accounts(settings)
        self._hosts = hosts
        self._attempts = attempts or settings.attempts
        self._max_wait_s = settings.max_wait_s
        self._timeout = httpx2.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s), pool=30.0)
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = self._new_client(limits)
        self._login = httpx2.AsyncClient(
            verify=_trust(), timeout=self._timeout, headers={"User-Agent": USER_AGENT}, mounts=direct()
        )
        self._bearers = {
            one.source: HostBearer(one.credential, self._login) for one in self._accounts if one.credential
        }
        self._signed = Signed()
        self._located = lru_cache(maxsize=4096)(self._locate)  # a file is read in many ranges

    async def __aenter__(self) -> Self:
        quiet()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(self._client.aclose(), self._login.aclose())

    def account(self, href: str) -> Account | None:
        """Whose file it is; None where it is none of the providers'."""
        url = _parsed(href)
        return next((one for one in self._accounts if url and one.located(url)), None)

    @asynccontextmanager
    async def open(self, href: str, *, headers: Mapping[str, str] | None = None) -> AsyncIterator[AssetAnswer]:
        """Ask for a file, or with ``Range`` for a part of it; the answer ends with the context.

        Args:
            href: https, as an Item has it.
            headers: ``Range`` and conditions; whatever is given goes to every host on the way.

        Raises:
            AuthError: the provider does not know us, or the account lacks a right, which the message names.
            ForbiddenHrefError: the address is not to be asked, or (ForbiddenRedirectError) where it leads.
            NotServedError: the file is not there.
            UpstreamError: any other failure, ``status`` says which: 429, 5xx, 504 for silence, None for no answer.
        """
        account, url = self._located(href)
        async with self._persistently(account, url, href, headers or {}) as response:
            yield AssetAnswer(response.status_code, response.headers, response, _provider(account, url))

    def _locate(self, href: str) -> tuple[Account | None, httpx2.URL]:
        url = _parsed(href)
        if url is None:
            raise ForbiddenHrefError("the href is no address that a file is read from over HTTP")
        for account in self._accounts:
            if located := account.located(url):
                return account, located
        if self._hosts == "providers":
            raise ForbiddenHrefError(f"{without_query(url)} is not on a host of a provider's files", url=url.host)
        return None, url

    @asynccontextmanager
    async def _persistently(
        self, account: Account | None, url: httpx2.URL, href: str, headers: Mapping[str, str]
    ) -> AsyncIterator[httpx2.Response]:
        response = None
        try:
            async for attempt in stamina.retry_context(
                on=self._worth_retrying, attempts=self._attempts, timeout=None, wait_initial=0.2, wait_max=20.0
            ):
                with attempt:
                    response = await self._followed(account, url, href, headers)
        except NoFileError as error:
            bearer = self._bearers.get(account.source) if account else None
            words = bearer.without_secrets(error.detail) if bearer else error.detail
            raise failed(account, error, without_secrets=words) from error
        except httpx2.HTTPStatusError as error:
            raise silent(f"the login of {_provider(account, url)}", error.request.url, error) from None
        except httpx2.HTTPError as error:
            raise _unreached(account, url, error) from error
        assert response is not None  # noqa: S101 - stamina ends by returning or raising
        try:
            yield response
        finally:
            await response.aclose()

    def _worth_retrying(self, error: Exception) -> bool | dt.timedelta:
        if isinstance(error.__cause__, PrivateAddressError):
            return False
        if self._hosts == "providers" and isinstance(error, httpx2.TimeoutException):
            return False  # whoever waits behind us has waited long enough
        return worth_retrying(error, max_wait_s=self._max_wait_s)

    async def _followed(
        self, account: Account | None, url: httpx2.URL, href: str, headers: Mapping[str, str]
    ) -> httpx2.Response:
        """The answer at the end of the redirects; the signed address is remembered while it holds."""
        known = self._signed.get(href)
        if known:
            response = await self._sent(None, known, headers)
            if response.status_code in USABLE and not is_page(response):
                return response
            await response.aclose()  # it has expired, or so: ask the provider for another
            self._signed.forget(href)
        here = url
        for _ in range(_MOST_REDIRECTS + 1):
            is_home = origin(here) == origin(url)
            response = await self._sent(account if is_home else None, here, headers)
            if not response.has_redirect_location:
                break
            following = here.join(response.headers["Location"])
            await response.aclose()
            self._check(account, here, following)
            here = following
        if response.status_code not in USABLE or is_page(response):
            await self._refuse(account, response)
        if origin(here) != origin(url):
            self._signed.remember(href, here)
        return response

    async def _refuse(self, account: Account | None, response: httpx2.Response) -> None:
        try:
            if response.status_code in USABLE:
                raise unusable(_provider(account, response.request.url), response.request.url)
            raise await refusal(response)
        finally:
            await response.aclose()

    async def _sent(self, account: Account | None, url: httpx2.URL, headers: Mapping[str, str]) -> httpx2.Response:
        bearer = self._bearers.get(account.source) if account else None
        request = self._client.build_request("GET", url, headers=headers)
        return await self._client.send(request, auth=bearer, stream=True, follow_redirects=False)

    def _check(self, account: Account | None, here: httpx2.URL, following: httpx2.URL) -> None:
        """Raise where a redirect leads to a login, or to where it may not."""
        if account and account.login_host == following.host:
            raise unknown(account, here)
        if self._hosts == "providers":
            allowed = account is not None and account.redirects_to(following)
        else:
            allowed = following.scheme == "https" or (following.scheme == "http" and here.scheme == "http")
        if not allowed or following.userinfo:
            raise ForbiddenRedirectError(
                f"{without_query(here)} redirects to {following.host}, where no file of the provider is expected; "
                "if that is its new storage, add it to TERCET_STORAGE_HOSTS",
                url=without_query(here),
            )

    def _new_client(self, limits: httpx2.Limits) -> httpx2.AsyncClient:
        headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        if self._hosts == "any" or urllib.request.getproxies().keys() & {"https", "all"}:
            # a proxy looks names up itself: what remains to us then are the names
            client = httpx2.AsyncClient(
                verify=_trust(), timeout=self._timeout, headers=headers, limits=limits, mounts=direct()
            )
        else:
            transport = PublicTransport(_trust(), limits, frozenset(_set_by_us(self._accounts)))
            client = httpx2.AsyncClient(timeout=self._timeout, headers=headers, transport=transport)
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))  # who we are, the credential says
        return client


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Whom we trust: reading all the certificates takes longer than a request."""
    return httpx2.create_ssl_context()


def _set_by_us(known: Iterable[Account]) -> Iterator[tuple[str, int]]:
    """Hosts and ports that the settings name as a provider's: they may be on this machine or its network."""
    for place in (place for account in known for place in account.places):
        if origin(place.root) != origin(place.published):
            # a fake's storage is on another port
            yield place.root.host, 0 if place.root.host in THIS_MACHINE else port_of(place.root) or 0


def _parsed(href: str) -> httpx2.URL | None:
    if not href.isascii() or not href.isprintable() or "\\" in href:
        return None
    try:
        url = httpx2.URL(href)
    except (httpx2.InvalidURL, ValueError):
        return None
    return url if url.scheme in ("http", "https") and url.host and not url.userinfo else None


def _provider(account: Account | None, url: httpx2.URL) -> str:
    return account.provider if account else url.host


def _unreached(account: Account | None, url: httpx2.URL, error: httpx2.HTTPError) -> UpstreamError:
    if isinstance(error.__cause__, PrivateAddressError):
        return ForbiddenRedirectError(str(error), url=without_query(url))
    return silent(_provider(account, url), url, error)
