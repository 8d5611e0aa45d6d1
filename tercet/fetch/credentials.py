"""Who we are, for the hosts that it concerns and no other."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Protocol, runtime_checkable

import httpx2

from tercet.errors import AuthError

_REFUSALS = frozenset({httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN})
"""What is said to an old token: storage behind a login says the second."""

THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})

Client = httpx2.AsyncClient
"""What a credential logs in with."""


class Credential(Protocol):
    """Who we are, for some hosts only."""

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that may see the token."""

    async def token(self, client: Client, *, renew: bool) -> str | None:
        """A bearer token; with ``renew`` a new one, or None where there is no way to get one."""


@runtime_checkable
class Covering(Protocol):
    """A credential that is for some paths of its hosts only."""

    def covers(self, path: str) -> bool:
        """Whether the token is for what lies there."""


@runtime_checkable
class Referring(Protocol):
    """A credential of a provider that sends those whom it does not know to a login on another host."""

    @property
    def login_host(self) -> str:
        """Where it sends them."""


class HostBearer(httpx2.Auth):
    """A bearer token for named hosts: the same client also talks to others, and follows redirects."""

    def __init__(self, credential: Credential, client: Client) -> None:
        self._credential = credential
        self._client = client
        self._lock = asyncio.Lock()
        self._seen: set[str] = set()

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the token where it belongs, and a new one where the first was refused."""
        if not self._may_see(request.url):
            yield request
            return
        token = await self._token()
        if token is None:
            yield request
            return
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        # where it was redirected to, the token did not come along: nobody refused it
        seen = "Authorization" in response.request.headers
        # it may have expired under way: one new one, then the provider's no is final
        if seen and self._is_refusal(response):
            renewed = await self._token(instead_of=token)
            if renewed:
                request.headers["Authorization"] = f"Bearer {renewed}"
                yield request

    def _may_see(self, url: httpx2.URL) -> bool:
        if isinstance(self._credential, Covering) and not self._credential.covers(url.path):
            return False
        # a provider's link to its own plain http would show the token to everybody in between
        return url.host in self._credential.hosts and (url.scheme == "https" or url.host in THIS_MACHINE)

    def _is_refusal(self, response: httpx2.Response) -> bool:
        if not isinstance(self._credential, Referring) or not response.has_redirect_location:
            return response.status_code in _REFUSALS
        try:
            return response.request.url.join(response.headers["Location"]).host == self._credential.login_host
        except httpx2.InvalidURL:
            return False

    def without_secrets(self, text: str) -> str:
        """A provider's words without the tokens that it may have echoed."""
        for token in self._seen:
            text = text.replace(token, "[token]")
        return text

    async def _token(self, *, instead_of: str | None = None) -> str | None:
        """A token, or another one; of many requests that want one together, the first logs in for all."""
        async with self._lock:
            token = await self._credential.token(self._client, renew=False)
            if token and token == instead_of:
                token = await self._credential.token(self._client, renew=True)
        if token is None:
            return None
        self._seen.add(token)
        if not all("!" <= character <= "~" for character in token):
            # the library would refuse it too, and say it
            hosts = ", ".join(sorted(self._credential.hosts))
            raise AuthError(f"the token for {hosts} holds spaces or characters that no token has: copy it again")
        return token
