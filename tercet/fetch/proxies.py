"""HTTP_PROXY and the like: followed by all requests, but for those to this machine."""

from collections.abc import Callable
from typing import Any, TypeVar

from tercet.errors import ConfigError
from tercet.fetch.credentials import THIS_MACHINE

T = TypeVar("T")


def proxied(make: Callable[..., T], **options: Any) -> T:  # noqa: ANN401 - what the client takes
    """Make a client of httpx2 whose requests go through the proxies of the environment.

    Raises:
        ConfigError: they cannot go through that proxy.
    """
    try:
        return make(mounts=_direct(), **options)
    except (ImportError, ValueError) as error:  # of SOCKS, and of schemes that nobody knows
        raise ConfigError(
            "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY names a proxy that cannot be used: write http://host:port, "
            "install socksio beside tercet for socks5://host:port, or unset it"
        ) from error


def _direct() -> dict[str, None]:
    """No proxy knows the way to this machine."""
    return {f"all://{f'[{host}]' if ':' in host else host}": None for host in THIS_MACHINE}
