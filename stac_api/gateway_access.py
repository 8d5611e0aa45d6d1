"""Who may read files through the gateway, and how much."""

import base64
import binascii
import ipaddress
import secrets
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fastapi import HTTPException, Request
from starlette.types import Scope

from tercet.settings import Settings

_MOST_CLIENTS = 100_000
_FORWARDING = frozenset({b"forwarded", b"via", b"x-real-ip"})
_IPV6_CLIENT = 64
"""Bits of an IPv6 address that are one client's: a network is given to each."""


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(slots=True)
class Access:
    """The gateway's door, of one process."""

    settings: Settings
    _limits: "Limits" = field(init=False)

    def __post_init__(self) -> None:
        is_open = self.settings.gateway == "on"
        self._limits = Limits(
            per_minute=self.settings.gateway_requests_per_minute if is_open else 0,
            per_day=self.settings.gateway_bytes_per_day if is_open else 0,
        )

    def check(self, request: Request) -> None:
        """Let a request in.

        Raises:
            HTTPException: 403 where the gateway is off, 401 without its key, 429 for too much.
        """
        if not self._is_on(request):
            raise HTTPException(
                403,
                "files are not served here: the operator of this API can set TERCET_GATEWAY=on (see docs/gateway.md)",
            )
        self._limits.count(_client(request.scope))  # wrong keys count, too
        key = self.settings.gateway_key
        if key and not any(_same(one, key.get_secret_value()) for one in _keys(request)):
            words = "files want the operator's key, as X-Api-Key, as a bearer token, or as a password"
            raise HTTPException(401, words, headers={"WWW-Authenticate": 'Basic realm="files"'})

    def reserve(self, size: int) -> "Reservation":
        """Take bytes from the day's budget.

        Raises:
            HTTPException: 429, there are not so many left.
        """
        return self._limits.reserve(size)

    def _is_on(self, request: Request) -> bool:
        if self.settings.gateway != "auto":
            return self.settings.gateway == "on"
        listening_on = getattr(request.app.state, "listening_on", None)
        ends = [end[0] for name in ("server", "client") if (end := request.scope.get(name))]
        if listening_on is not None:
            ends.append(listening_on)
        return len(ends) > 1 and all(map(is_loopback, ends)) and not _was_forwarded(request.scope)


def _was_forwarded(scope: Scope) -> bool:
    """Whether a proxy stands before us: then whoever asks is not on this machine, whatever the connection says."""
    return any(name in _FORWARDING or name.startswith(b"x-forwarded-") for name, _ in scope["headers"])


def _keys(request: Request) -> list[str]:
    """All that a client may have sent as the key. Never in the address: those are logged and passed on."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    keys = [request.headers.get("X-Api-Key", ""), value.strip() if kind.lower() == "bearer" else ""]
    if kind.lower() == "basic":
        with suppress(binascii.Error, UnicodeDecodeError):
            keys.append(base64.b64decode(value, validate=True).decode().partition(":")[2])
    return keys


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _client(scope: Scope) -> str:
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((address, _IPV6_CLIENT), strict=False)) if address.version > 4 else host  # noqa: PLR2004 - IPv4


@dataclass(slots=True)
class Limits:
    """A client's requests in a minute, and everybody's bytes in a day; 0 for no limit."""

    per_minute: int
    per_day: int
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _day: int = 0
    _spent: int = 0

    def count(self, client: str) -> None:
        """Count a request: as many as a minute holds may come at once, then as fast as they are allowed."""
        if not self.per_minute:
            return
        now, rate = time.monotonic(), self.per_minute / 60
        left, since = self._left.pop(client, (float(self.per_minute), now))
        left = min(left + (now - since) * rate, self.per_minute)
        self._left[client] = (max(left - 1, 0), now) if left >= 1 else (left, now)
        while len(self._left) > _MOST_CLIENTS:
            self._left.popitem(last=False)
        if left < 1:
            raise _too_much(f"at most {self.per_minute} requests a minute", (1 - left) / rate)

    def reserve(self, size: int) -> "Reservation":
        """Take bytes from the day's budget; see `Access.reserve`."""
        now = datetime.now(UTC)
        if now.toordinal() != self._day:
            self._day, self._spent = now.toordinal(), 0
        if self.per_day and self._spent + size > self.per_day:
            tomorrow = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
            raise _too_much("the day's budget of bytes does not hold this", (tomorrow - now).total_seconds())
        self._spent += size
        return Reservation(self, self._day, size)

    def give_back(self, day: int, size: int) -> None:
        """Put back what was not sent."""
        if day == self._day:
            self._spent -= size


@dataclass(slots=True)
class Reservation:
    """Bytes that an answer may send."""

    limits: Limits
    day: int
    left: int

    def spend(self, size: int) -> None:
        """Count bytes that were sent, also beyond what was known to come.

        Raises:
            HTTPException: the budget is spent.
        """
        if size > self.left:
            more = self.limits.reserve(size - self.left)
            self.left += more.left
        self.left -= size

    def close(self) -> None:
        """Put back what was not sent."""
        self.limits.give_back(self.day, self.left)
        self.left = 0


def _too_much(words: str, wait_s: float) -> HTTPException:
    return HTTPException(429, words, headers={"Retry-After": str(max(int(wait_s + 0.999), 1))})
