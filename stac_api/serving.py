"""Runs the API: in a thread beside other work, or in the foreground until it is told to stop."""

import errno
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from tercet.errors import ConfigError, TercetError

_START_TIMEOUT_S = 60.0

_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {
        name: {"handlers": ["stderr"], "level": "INFO", "propagate": False} for name in ("uvicorn", "stac_api")
    },
}
"""All of it to stderr: stdout is for results."""


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take a port, so that nothing is started for an API that could not be reached.

    Args:
        host: a name or address of this machine.
        port: 0 takes any free one.

    Raises:
        ConfigError: the port is taken, or the address is not this machine's.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
    except OSError as error:
        raise ConfigError(f"{host} is not an address of this machine ({error}): choose another --host") from error
    with listener:
        # a port that a server left a moment ago is free
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(2048)
        except OSError as error:
            advice = "stop what uses it, or choose another --port"
            if error.errno == errno.EADDRNOTAVAIL:
                advice = "it is an address of another machine; choose another --host"
            raise ConfigError(f"cannot listen on {host} port {port} ({error.strerror}): {advice}") from error
        yield listener


def address_of(listener: socket.socket) -> str:
    """Give the URL under which this machine reaches a listening socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: FastAPI, listener: socket.socket, *, root_path: str = "") -> None:
    """Serve in the foreground until Ctrl-C or SIGTERM; requests that run are finished. Logs go to stderr.

    Args:
        app: what to serve.
        listener: from `listening`.
        root_path: the path under which a proxy shows it, and which the proxy cuts off, such as ``/stac``.

    Raises:
        TercetError: the API did not start.
    """
    app.state.listening_on = listener.getsockname()[0]
    server = uvicorn.Server(uvicorn.Config(app, log_config=_LOGGING, ws="none", root_path=root_path))
    with suppress(KeyboardInterrupt):  # uvicorn has stopped cleanly and hands the signal on
        server.run(sockets=[listener])
    if not server.started:
        raise TercetError("the API did not start: the lines above say why")


@contextmanager
def serve_in_background(app: FastAPI, host: str = "127.0.0.1", port: int = 0, *, root_path: str = "") -> Iterator[str]:
    """Serve in a thread while the context is open, and give the base URL.

    Raises:
        ConfigError: the port is taken, or the address is not this machine's.
        TercetError: the API did not start.
    """
    with listening(host, port) as listener, serve_beside(app, listener, root_path=root_path):
        yield address_of(listener)


@contextmanager
def serve_beside(app: FastAPI, listener: socket.socket, *, root_path: str = "") -> Iterator[None]:
    """Serve in a thread while the context is open, on a port that was taken before (see `listening`).

    Raises:
        TercetError: the API did not start.
    """
    app.state.listening_on = listener.getsockname()[0]
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, log_level=logging.WARNING, ws="none", root_path=root_path)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="tercet-api", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    waited_s = 0.0
    while not server.started:
        thread.join(timeout=0.01)
        waited_s += 0.01
        if not thread.is_alive() or waited_s > _START_TIMEOUT_S:
            raise TercetError("the API did not start: is the database still running? `tercet db status` tells")
