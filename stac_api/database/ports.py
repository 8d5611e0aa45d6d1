"""A port on loopback for the embedded server."""

import random
import socket

_RANGE = range(20_000, 32_768)
"""Below the ports that systems lend to outgoing connections, which would take ours while the server is down."""

_TRIES = 100


def free_port() -> int:
    """Choose a port that nobody listens on now; whoever starts a server there must be ready to choose again."""
    for port in random.sample(_RANGE, _TRIES):
        if _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
