"""Files of the providers by their hrefs: the right credential for each host, redirects by rule, bytes as a stream."""

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from types import TracebackType
from typing import Self

import httpx2
import stamina

from tercet.errors import UpstreamError
from tercet.fetch.accounts import Account, accounts
from tercet.fetch.addresses import PrivateAddressError
from tercet.fetch.answers import without_query
from tercet.fetch.asset_answers import (
    AssetAnswer,
    ForbiddenHrefError,
    ForbiddenRedirectError,
    NoFileError,
    failed,
    provider_of,
    silent,
)
from tercet.fetch.asset_requests import AssetRequests, Hosts
from tercet.fetch.client import quiet
from tercet.fetch.failures import worth_retrying
from tercet.settings import Settings

__all__ = ["AssetAnswer", "AssetClient", "ForbiddenHrefError", "ForbiddenRedirectError"]

_CONNECT_S = 15.0
_FULL_S = 30.0
"""To wait for one of the connections, where all are taken."""


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
        timeout = httpx2.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s), pool=_FULL_S)
        self._requests = AssetRequests(self._accounts, hosts, timeout, connections)
        self._located = lru_cache(maxsize=4096)(self._locate)  # a file is read in many ranges

    async def __aenter__(self) -> Self:
        quiet()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._requests.aclose()

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
            yield AssetAnswer(response.status_code, response.headers, response, provider_of(account, url))

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
                    response = await self._requests.answer(account, url, href, headers)
        except NoFileError as error:
            words = self._requests.without_secrets(account, error.detail)
            raise failed(account, error, without_secrets=words) from error
        except httpx2.HTTPStatusError as error:
            raise silent(f"the login of {provider_of(account, url)}", error.request.url, error) from None
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


def _parsed(href: str) -> httpx2.URL | None:
    if not href.isascii() or not href.isprintable() or "\\" in href:
        return None
    try:
        url = httpx2.URL(href)
    except (httpx2.InvalidURL, ValueError):
        return None
    return url if url.scheme in ("http", "https") and url.host and not url.userinfo else None


def _unreached(account: Account | None, url: httpx2.URL, error: httpx2.HTTPError) -> UpstreamError:
    if isinstance(error.__cause__, PrivateAddressError):
        return ForbiddenRedirectError(str(error), url=without_query(url))
    return silent(provider_of(account, url), url, error)
