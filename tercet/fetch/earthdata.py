"""Who we are at NASA: a bearer token of Earthdata Login, or the user name and password it is got with.

Every data host of NASA's that we read takes the bearer token. Whom it does not know, it sends to the login's own
host; nobody follows there: a password goes to the login, in one request, and to no other host.

Source: NASA's "EDL Token Sharing" and user token pages; the tools that read `.netrc`.
"""

import netrc
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from pydantic import SecretStr

from tercet.errors import AuthError, ConfigError
from tercet.fetch.answers import json_object
from tercet.fetch.credentials import THIS_MACHINE, Client, Credential
from tercet.fetch.tokens import FixedToken
from tercet.settings import Settings

MACHINE = "urs.earthdata.nasa.gov"
"""As `.netrc` spells the login."""
_EARLY = timedelta(days=1)
_YOUNG = timedelta(seconds=30)
"""A token that was just made and is refused nevertheless is refused for another reason than its age."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_REFUSED = frozenset({400, 401, 403})


def credential(settings: Settings, hosts: frozenset[str]) -> Credential | None:
    """What the settings or `.netrc` say of us; a token wins over user name and password, None means nobody.

    Args:
        settings: of this deployment.
        hosts: that may see the token.

    Raises:
        ConfigError: one of user name and password is missing, `.netrc` cannot be read, or a password would travel
            in the clear.
    """
    if settings.earthdata_token:
        return FixedToken(hosts, settings.earthdata_token)
    user, password = settings.earthdata_username, settings.earthdata_password
    if bool(user) != bool(password):
        missing = "EARTHDATA_PASSWORD" if user else "EARTHDATA_USERNAME"
        raise ConfigError(f"{missing} is not set: set both it and its partner, or EARTHDATA_TOKEN instead")
    known = (user, password) if user and password else _in_netrc()
    if known is None:
        return None
    root = settings.earthdata_login_url
    if root.scheme != "https" and root.host not in THIS_MACHINE:
        raise ConfigError(f"TERCET_EARTHDATA_LOGIN_URL is {root}: a password travels by https only")
    return Login(hosts, str(root).rstrip("/"), *known)


@dataclass(slots=True)
class Login:
    """User name and password, and the token that they were last exchanged for: it lives for sixty days.

    A data host that does not take it sends us to the login's host.
    """

    hosts: frozenset[str]
    root: str
    user: str = field(repr=False)
    password: SecretStr = field(repr=False)
    _token: str | None = field(default=None, repr=False)
    _ends: datetime = field(default=_NEVER, repr=False)
    _made: datetime = field(default=datetime.min.replace(tzinfo=UTC), repr=False)

    @property
    def login_host(self) -> str:
        """The login's host."""
        return httpx2.URL(self.root).host

    async def token(self, client: Client, *, renew: bool) -> str | None:
        """The token: kept until the day before it ends; the login has one for us, or makes it.

        Raises:
            AuthError: user name and password are refused.
            httpx2.HTTPStatusError: the exchange failed for the moment.
        """
        now = datetime.now(UTC)
        if renew and now - self._made < _YOUNG:
            return None  # a new one would be refused, too: this account lacks a right
        if self._token is None or renew or now >= self._ends - _EARLY:
            before, self._token, self._made = self._token, None, now
            await self._exchange(client)
            if renew and self._token == before:
                return None  # the login finds the one that was just refused: there is no other
        return self._token

    async def _exchange(self, client: Client) -> None:
        url = f"{self.root}/api/users/find_or_create_token"
        password = self.password.get_secret_value()
        answer = await client.post(url, auth=httpx2.BasicAuth(self.user, password), follow_redirects=False)
        if answer.status_code in _REFUSED:
            raise AuthError(
                "Earthdata Login does not take the user name and password: check EARTHDATA_USERNAME and "
                f"EARTHDATA_PASSWORD, or the line of {MACHINE} in .netrc, or set EARTHDATA_TOKEN",
                url=url,
                status=answer.status_code,
            )
        answer.raise_for_status()
        said = json_object(answer.content)
        token = said.get("access_token")
        if not isinstance(token, str) or not token:
            raise AuthError("Earthdata Login sent no access_token; try again later", url=url)
        self._token, self._ends = token, _end(said.get("expiration_date"))


def _end(date: object) -> datetime:
    """When a token ends: the login says the day, as 10/24/2026."""
    try:
        return datetime.strptime(str(date), "%m/%d/%Y").replace(tzinfo=UTC)
    except ValueError:
        return _NEVER


def _in_netrc() -> tuple[str, SecretStr] | None:
    path = Path(os.environ.get("NETRC") or "~/.netrc")
    try:
        known = netrc.netrc(path.expanduser()).authenticators(MACHINE)
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # the last: a user without a home
        return None
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError) as error:
        # the parser's own message may hold a password
        where = f" at line {error.lineno}" if isinstance(error, netrc.NetrcParseError) else ""
        raise ConfigError(f"{path} cannot be read{where}: mend it, or set EARTHDATA_TOKEN") from None
    if known is None or not known[0] or not known[2]:
        return None
    return known[0], SecretStr(known[2])
