"""Connections to public addresses only: what a name resolves to is checked, and then that address is connected to.

A name can lead into the operator's own network, and can change between two questions; so the address is looked up
once, by the one who connects. TLS goes on checking the name.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable

import httpcore2
import httpx2

_AT_ONCE = 256 * 1024
"""Bytes that are read at once. The library asks for a quarter, and what the socket has more is copied about."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(httpcore2.ConnectError):
    """A name that leads to this machine, its network or nowhere."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public Internet, whatever wraps it."""
    try:
        return all(one.is_global and not one.is_multicast for one in _meant(ipaddress.ip_address(address)))
    except ValueError:
        return False


def _meant(address: _Address) -> list[_Address]:
    """An address, and the IPv4 address that it carries: a gateway may unwrap it."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:  # is the IPv4 address and nothing else
        return [address.ipv4_mapped]
    carried = [address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        carried.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [address, *(one for one in carried if one)]


class PublicNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to public addresses, and to the named exceptions.

    Args:
        inner: that opens the connections.
        exceptions: hosts and ports that the operator set as a provider's address, wherever that is; port 0 is any.
    """

    def __init__(self, inner: httpcore2.AsyncNetworkBackend, exceptions: frozenset[tuple[str, int]]) -> None:
        self._inner = inner
        self._exceptions = exceptions

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the protocol's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address that answers.

        Raises:
            PrivateAddressError: there is no public address.
        """
        is_set = not self._exceptions.isdisjoint({(host, port), (host, 0)})
        addresses = [host] if is_set else await _public_addresses(host, port)
        for last, address in enumerate(addresses, 1 - len(addresses)):
            try:
                stream = await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
                return _Stream(stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if not last:
                    raise
        raise PrivateAddressError(f"{host} leads to no public address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


class _Stream(httpcore2.AsyncNetworkStream):
    """A connection that is read in large pieces."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner
        self.write = inner.write  # type: ignore[method-assign]  # as it is
        self.aclose = inner.aclose  # type: ignore[method-assign]
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the protocol's
        return await self._inner.read(max(max_bytes, _AT_ONCE), timeout)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the protocol's
    ) -> httpcore2.AsyncNetworkStream:
        return _Stream(await self._inner.start_tls(ssl_context, server_hostname, timeout))


async def _public_addresses(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"{host} is not known") from error
    return [address for address in dict.fromkeys(str(one[4][0]) for one in found) if is_public(address)]


class PublicTransport(httpx2.AsyncHTTPTransport):
    """The transport of a client that reaches public addresses, and the named exceptions, only."""

    def __init__(self, trust: ssl.SSLContext, limits: httpx2.Limits, exceptions: frozenset[tuple[str, int]]) -> None:
        super().__init__(verify=trust, limits=limits)
        # the library lets nobody say it in words: a test holds that it took
        self._pool._network_backend = PublicNetwork(self._pool._network_backend, exceptions)  # noqa: SLF001
