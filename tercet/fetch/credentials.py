"""Who we are, for the hosts that it concerns and no other."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Protocol

import httpx2

_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})

Client = httpx2.AsyncClient
"""What a credential logs in with."""


class Credential(Protocol):
    """Who we are, for some hosts only."""

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that may see the token."""

    async def token(self, client: Client, *, renew: bool) -> str | None:
        """A bearer token; with ``renew`` a new one, or None where there is no way to get one."""


class HostBearer(httpx2.Auth):
    """A bearer token for named hosts: the same client also talks to others, and follows redirects."""

    def __init__(self, credential: Credential, client: Client) -> None:
        self._credential = credential
        self._client = client
        self._renewing = asyncio.Lock()
        self._seen: set[str] = set()

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the token where it belongs, and a new one where the first was refused."""
        if not self._may_see(request.url):
            yield request
            return
        token = await self._token(renew=False)
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        # a token may have expired under way: one new one, then the provider's no is final
        if response.status_code == httpx2.codes.UNAUTHORIZED and token:
            renewed = await self._renewed(token)
            if renewed:
                request.headers["Authorization"] = f"Bearer {renewed}"
                yield request

    def _may_see(self, url: httpx2.URL) -> bool:
        # a provider's link to its own plain http would show the token to everybody in between
        return url.host in self._credential.hosts and (url.scheme == "https" or url.host in _THIS_MACHINE)

    def without_secrets(self, text: str) -> str:
        """A provider's words without the tokens that it may have echoed."""
        for token in self._seen:
            text = text.replace(token, "[token]")
        return text

    async def _renewed(self, refused: str) -> str | None:
        """A token that is not the refused one; of many requests that were refused together one renews it."""
        async with self._renewing:
            current = await self._token(renew=False)
            return current if current != refused else await self._token(renew=True)

    async def _token(self, *, renew: bool) -> str | None:
        token = await self._credential.token(self._client, renew=renew)
        if token:
            self._seen.add(token)
        return token
