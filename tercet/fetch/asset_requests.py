"""One request for a file: who we are goes to the provider's own host, and redirects lead to its storage only."""

import asyncio
import ssl
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Literal

import httpx2

from tercet.fetch.accounts import Account, origin, port_of
from tercet.fetch.addresses import PublicTransport
from tercet.fetch.answers import without_query
from tercet.fetch.asset_answers import (
    USABLE,
    ForbiddenRedirectError,
    is_page,
    provider_of,
    refusal,
    unknown,
    unusable,
)
from tercet.fetch.client import USER_AGENT
from tercet.fetch.credentials import THIS_MACHINE, HostBearer
from tercet.fetch.proxies import proxied
from tercet.fetch.signed import Signed

Hosts = Literal["any", "providers"]

_MOST_REDIRECTS = 5


class AssetRequests:
    """Requests for files, and what is remembered between them: tokens, and signed addresses.

    Args:
        known: the providers' accounts.
        hosts: which may be asked; see `tercet.fetch.assets.AssetClient`.
        timeout: of each request.
        connections: open at once, to all hosts together.
    """

    def __init__(self, known: Sequence[Account], hosts: Hosts, timeout: httpx2.Timeout, connections: int) -> None:
        self._hosts = hosts
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._client = _client(known, hosts, timeout, limits)
        self._login = proxied(httpx2.AsyncClient, verify=_trust(), timeout=timeout, headers={"User-Agent": USER_AGENT})
        self._bearers = {one.source: HostBearer(one.credential, self._login) for one in known if one.credential}
        self._signed = Signed()

    async def aclose(self) -> None:
        """Close all connections."""
        await asyncio.gather(self._client.aclose(), self._login.aclose())

    def without_secrets(self, account: Account | None, text: str) -> str:
        """A provider's words without the tokens that it may have echoed."""
        bearer = self._bearers.get(account.source) if account else None
        return bearer.without_secrets(text) if bearer else text

    async def answer(
        self, account: Account | None, url: httpx2.URL, href: str, headers: Mapping[str, str]
    ) -> httpx2.Response:
        """The answer at the end of the redirects, to be closed; the signed address is remembered while it holds.

        Raises:
            AuthError: the provider sends us to its login.
            ForbiddenRedirectError: it redirects to where we do not go.
            NoFileError: it answers with something else than a file.
            UpstreamError: it sends a page for people.
            httpx2.HTTPError: no answer.
        """
        known = self._signed.get(href)
        if known:
            response = await self._sent(None, known, headers)
            if response.status_code in USABLE and not is_page(response):
                return response
            await response.aclose()  # it has expired, or so: ask the provider for another
            self._signed.forget(href)
        response, here = await self._followed(account, url, headers)
        if response.status_code not in USABLE or is_page(response):
            await self._refuse(account, response)
        if origin(here) != origin(url):
            self._signed.remember(href, here)
        return response

    async def _followed(
        self, account: Account | None, url: httpx2.URL, headers: Mapping[str, str]
    ) -> tuple[httpx2.Response, httpx2.URL]:
        here = url
        for _ in range(_MOST_REDIRECTS + 1):
            is_home = origin(here) == origin(url)
            response = await self._sent(account if is_home else None, here, headers)
            if not response.has_redirect_location:
                return response, here
            await response.aclose()
            here = self._following(account, here, response.headers["Location"])
        raise ForbiddenRedirectError(f"{without_query(url)} redirects too often", url=without_query(url))

    async def _refuse(self, account: Account | None, response: httpx2.Response) -> None:
        try:
            if response.status_code in USABLE:
                raise unusable(provider_of(account, response.request.url), response.request.url)
            raise await refusal(response)
        finally:
            await response.aclose()

    async def _sent(self, account: Account | None, url: httpx2.URL, headers: Mapping[str, str]) -> httpx2.Response:
        bearer = self._bearers.get(account.source) if account else None
        request = self._client.build_request("GET", url, headers=headers)
        return await self._client.send(request, auth=bearer, stream=True, follow_redirects=False)

    def _following(self, account: Account | None, here: httpx2.URL, location: str) -> httpx2.URL:
        """Where a redirect leads, if that is neither a login nor where we do not go."""
        try:
            following = here.join(location)
        except httpx2.InvalidURL:
            raise ForbiddenRedirectError(
                f"{without_query(here)} redirects to no address", url=without_query(here)
            ) from None
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
        return following


def _client(
    known: Sequence[Account], hosts: Hosts, timeout: httpx2.Timeout, limits: httpx2.Limits
) -> httpx2.AsyncClient:
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    if hosts == "any" or urllib.request.getproxies().keys() & {"https", "all"}:
        # a proxy looks names up itself: what remains to us then are the names
        client = proxied(httpx2.AsyncClient, verify=_trust(), timeout=timeout, headers=headers, limits=limits)
    else:
        transport = PublicTransport(_trust(), limits, frozenset(_set_by_us(known)))
        client = httpx2.AsyncClient(timeout=timeout, headers=headers, transport=transport)
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
