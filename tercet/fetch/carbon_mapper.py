"""Who we are at Carbon Mapper: a long-lived token, or a pair of short-lived ones got with e-mail and password.

Public plumes need neither, but what an account may see can be more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from tercet.errors import AuthError, ConfigError
from tercet.fetch.answers import json_object
from tercet.fetch.credentials import Client, Credential
from tercet.fetch.tokens import FixedToken
from tercet.settings import Settings

_REFUSED = frozenset({400, 401, 403, 422})
_OK = 200


def credential(settings: Settings, root: str) -> Credential | None:
    """What the settings say of us; a token wins over e-mail and password, None means nobody in particular.

    Args:
        settings: of this deployment.
        root: the API's address, whose host alone may see the token. The host that serves signed
            files is another one on purpose: a signature is all that it wants.

    Raises:
        ConfigError: there is an e-mail address without a password, or the other way round.
    """
    host = settings.carbon_mapper_url.host or ""
    hosts = frozenset({host})
    if settings.carbonmapper_token:
        return FixedToken(hosts, settings.carbonmapper_token)
    email, password = settings.carbonmapper_email, settings.carbonmapper_password
    if email and password:
        return Login(hosts, root, email, password)
    if email or password:
        missing = "CARBONMAPPER_PASSWORD" if email else "CARBONMAPPER_EMAIL"
        raise ConfigError(
            f"{missing} is not set: set both it and its partner, or neither (public plumes need no login)"
        )
    return None


@dataclass(slots=True)
class Login:
    """E-mail and password, and the pair of tokens that they were last exchanged for.

    How long the pair lives is not documented: it is renewed when it is refused.
    """

    hosts: frozenset[str]
    root: str
    email: str = field(repr=False)
    password: SecretStr = field(repr=False)
    _access: str | None = field(default=None, repr=False)
    _refresh: str | None = field(default=None, repr=False)

    async def token(self, client: Client, *, renew: bool) -> str | None:
        """The access token: kept, refreshed, or got with e-mail and password.

        Raises:
            AuthError: e-mail and password are refused.
        """
        if self._access is None or renew:
            self._access = None
            if not await self._refreshed(client):
                await self._log_in(client)
        return self._access

    async def _refreshed(self, client: Client) -> bool:
        if self._refresh is None:
            return False
        tokens = await self._exchange(client, "token/refresh", {"refresh": self._refresh})
        self._keep(tokens or {"refresh": None})
        return self._access is not None

    async def _log_in(self, client: Client) -> None:
        form = {"email": self.email, "password": self.password.get_secret_value()}
        self._keep(await self._exchange(client, "token/pair", form) or {})
        if self._access is None:
            raise AuthError(
                "Carbon Mapper does not take CARBONMAPPER_EMAIL and CARBONMAPPER_PASSWORD: check both, "
                "or make a token under Account > API Tokens and set CARBONMAPPER_TOKEN",
                url=f"{self.root}/token/pair",
            )

    def _keep(self, tokens: Mapping[str, object]) -> None:
        access, refresh = tokens.get("access"), tokens.get("refresh", self._refresh)
        self._access = access if isinstance(access, str) and access else None
        self._refresh = refresh if isinstance(refresh, str) and refresh else None

    async def _exchange(self, client: Client, path: str, body: Mapping[str, str]) -> Mapping[str, object] | None:
        """What the account service answers, None where it refuses.

        A password follows no redirect. Whatever else goes wrong is the caller's to try again.
        """
        answer = await client.post(f"{self.root}/{path}", json=body, follow_redirects=False)
        if answer.status_code in _REFUSED:
            return None
        answer.raise_for_status()
        return json_object(answer.content) or None if answer.status_code == _OK else None
