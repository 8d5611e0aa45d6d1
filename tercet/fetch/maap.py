"""Who we are at ESA's MAAP: an offline token of ninety days, exchanged for access tokens of hours.

The token opens files only. Catalogue, browse images and metadata need none, although they are on the same host.

Source: ESA's data access pages, and the working clients of 2025 and 2026.
"""

import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2

from tercet.errors import AuthError, ConfigError
from tercet.fetch.answers import json_object
from tercet.fetch.credentials import THIS_MACHINE, Client
from tercet.settings import Settings

log = logging.getLogger(__name__)

PORTAL = "https://portal.maap.eo.esa.int/ini/services/auth/token/"
"""Where people get an offline token."""
PATH = "/data/"
"""Of what the token opens."""
LIFE = timedelta(days=90)
"""Of an offline token that does not say when it ends."""
SOON = timedelta(days=14)
"""Before its end whoever opens files is warned."""
_CLIENT_ID = "offline-token"
_UNSAID = timedelta(seconds=300)
"""How long an access token is used that comes without a word on it."""
_EARLY = timedelta(seconds=60)
"""An access token is exchanged so long before it ends: a request takes its time."""
_YOUNG = timedelta(seconds=30)
"""One that was just made and is refused nevertheless is refused for another reason than its age."""
_LATEST = 1e11
"""No date, in seconds since 1970, is later: what is, are milliseconds or nonsense."""
_REFUSED = frozenset({400, 401, 403})


def _now() -> datetime:
    return datetime.now(UTC)


def credential(settings: Settings) -> "OfflineToken | None":
    """What the settings, or the file that ESA's examples read, say of us; None where neither has a token.

    Raises:
        ConfigError: the file cannot be read, or the token would travel in the clear.
    """
    said = _in_file(settings.maap_credentials)
    token = settings.maap_offline_token.get_secret_value() if settings.maap_offline_token else said.get("OFFLINE_TOKEN")
    if not token:
        return None
    url = settings.maap_token_url
    if url.scheme != "https" and url.host not in THIS_MACHINE:
        raise ConfigError(f"TERCET_MAAP_TOKEN_URL is {url}: the offline token travels by https only")
    secret = settings.maap_client_secret.get_secret_value() if settings.maap_client_secret else None
    return OfflineToken(
        frozenset({settings.maap_url.host or ""}),
        str(url),
        token,
        client_id=said.get("CLIENT_ID", _CLIENT_ID),
        client_secret=secret or said.get("CLIENT_SECRET", ""),
    )


@dataclass(slots=True)
class OfflineToken:
    """An offline token, and the access token that it was last exchanged for.

    Attributes:
        hosts: whose files it opens.
        url: of the service that exchanges it; nothing else is sent there, and nowhere else.
        offline: the token; a JWT, of which only the dates are read.
        client_id: of the client that the token was made for: the same for everybody.
        client_secret: printed in ESA's pages; "" sends none.
    """

    hosts: frozenset[str]
    url: str
    offline: str = field(repr=False)
    client_id: str = _CLIENT_ID
    client_secret: str = field(default="", repr=False)
    now: Callable[[], datetime] = field(default=_now, repr=False)
    _access: str | None = field(init=False, default=None, repr=False)
    _made: datetime = field(init=False, default=datetime.min.replace(tzinfo=UTC))
    _ends: datetime = field(init=False, default=datetime.min.replace(tzinfo=UTC))
    _is_told: bool = field(init=False, default=False)

    def covers(self, path: str) -> bool:
        """Whether the token is for what lies there."""
        return path.startswith(PATH)

    @property
    def expires(self) -> datetime | None:
        """When the offline token ends, by its own dates; None where it says nothing of them."""
        dates = _dates(self.offline)
        moment = dates.get("exp") or (dates.get("iat", 0) + LIFE.total_seconds() if dates.get("iat") else 0)
        return datetime.fromtimestamp(moment, UTC) if moment else None

    async def token(self, client: Client, *, renew: bool) -> str | None:
        """The access token: kept until shortly before its end, then exchanged anew.

        Called under the lock of whoever sends it, so that of many requests the first exchanges for all.

        Raises:
            AuthError: the offline token is refused; the message says where to get another.
            httpx2.HTTPStatusError: the exchange failed for the moment.
        """
        self._warn()
        moment = self.now()
        if renew and moment - self._made < _YOUNG:
            return None  # a new one would be refused, too: this account may not have the file, or there is none
        if self._access is None or renew or moment >= self._ends - _EARLY:
            await self._exchange(client)
        return self._access

    async def _exchange(self, client: Client) -> None:
        form = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "grant_type": "refresh_token",
            "refresh_token": self.offline,
            "scope": "offline_access openid",
        }
        sent = {key: value for key, value in form.items() if value}
        self._access, moment = None, self.now()
        answer = await client.post(self.url, data=sent, follow_redirects=False)
        if answer.status_code in _REFUSED:
            raise self._refusal(answer)
        answer.raise_for_status()
        said = json_object(answer.content)
        access, lasts = said.get("access_token"), said.get("expires_in")
        if not isinstance(access, str) or not access:
            raise AuthError(f"{self.url} sent no access_token; try again later", url=self.url)
        self._access, self._made = access, moment
        self._ends = moment + (timedelta(seconds=lasts) if isinstance(lasts, int | float) and lasts > 0 else _UNSAID)

    def _refusal(self, answer: httpx2.Response) -> AuthError:
        error = str(json_object(answer.content).get("error", ""))
        # the description may repeat what was sent; the error is a word of RFC 6749
        word = f" ({error})" if error.isidentifier() else ""
        if "client" in error:
            hint = "set MAAP_CLIENT_SECRET, or CLIENT_SECRET in ~/credentials.txt, to the one that ESA's pages print"
        else:
            ended = self.expires is not None and self.expires <= self.now()
            hint = f"{'it has expired: ' if ended else ''}get a new one at {PORTAL} and set MAAP_OFFLINE_TOKEN"
        return AuthError(
            f"ESA MAAP does not take the offline token{word}: {hint}", url=self.url, status=answer.status_code
        )

    def _warn(self) -> None:
        if self._is_told or self.expires is None:
            return
        left = self.expires - self.now()
        if left < SOON:
            when = "expired" if left < timedelta(0) else "expires"
            log.warning(
                "the offline token of ESA MAAP %s on %s: get a new one at %s", when, self.expires.date(), PORTAL
            )
        self._is_told = True


def _in_file(path: Path) -> Mapping[str, str]:
    """The lines KEY=VALUE of a file; none where there is no such file."""
    try:
        text = path.expanduser().read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError, RuntimeError):  # the last: a user without a home
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(
            f"{path} cannot be read: {reason}; mend it, or name another in TERCET_MAAP_CREDENTIALS"
        ) from None
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs if value.strip()}


def _dates(token: str) -> Mapping[str, float]:
    """The dates in a JWT, in seconds since 1970; nothing of it is verified."""
    parts = token.split(".")
    try:
        claims = json_object(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, binascii.Error, ValueError):
        return {}
    dates = {key: claims.get(key) for key in ("exp", "iat")}
    return {key: value for key, value in dates.items() if isinstance(value, int | float) and 0 < value < _LATEST}
