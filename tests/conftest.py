"""What every test gets: no network, no settings of the developer's; and real databases for those that ask."""

import ipaddress
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import stamina
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from stac_api import database as databases
from stac_api.database import Database
from stac_api.database.addresses import parameters_of
from tercet.settings import Settings, load_settings
from tests.addresses import at_database
from tests.data_dirs import temporary_data_dir
from tests.databases import temporary_database

_OURS = ("TERCET_", "PG", "DATABASE_", "CARBONMAPPER_", "EARTHDATA_", "MAAP_")

# a busy machine may take its time
hypothesis_settings.register_profile(
    "patient", hypothesis_settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")

_LONGEST = ("test_kill.py", "test_end_to_end.py")
"""Files of tests that take minutes: begun first, so that none is left running alone at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _LONGEST)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(_OURS)]:
            patch.delenv(name)
        patch.setitem(Settings.model_config, "env_file", None)
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")  # a developer's proxy is not asked for loopback
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard() -> None:
    # a shell that starts tests in the background has them, and all that they start, ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _retries_do_not_wait() -> None:
    stamina.set_testing(True, attempts=100, cap=True)  # as often as in earnest, without the pauses


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    # a command that is called in this process sets it up for the whole of it
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every connection that leaves this machine, and fail the test even where the refusal was caught."""
    refused: list[str] = []

    def guarded(real: Any) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _is_loopback(str(address[0])):
                refused.append(str(address))
                raise OSError(f"tests do not leave this machine: {address}")
            return real(self, address)

        return connect

    real_lookup = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
        if not _is_loopback(name):
            refused.append(name)
            raise socket.gaierror(f"tests do not leave this machine: {name}")
        return real_lookup(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield
    if refused:
        pytest.fail(f"this test tried to reach {', '.join(refused)}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Give an empty folder that the embedded server's account reaches; its database is stopped afterwards."""
    with temporary_data_dir() as folder:
        yield folder


@pytest.fixture(scope="session")
def embedded() -> Iterator[Settings]:
    """Give the settings of an embedded database that runs for the whole session. Tests do not write to it."""
    with temporary_data_dir() as folder:
        settings = Settings(data_dir=folder)
        databases.open_database(settings)
        yield settings


@pytest.fixture
def new_database(embedded: Settings) -> Iterator[Callable[..., str]]:
    """Give a function that makes a database in the embedded cluster, empty or like another, and returns its URL."""
    with ExitStack() as made:

        def make(*, template: str = "template0") -> str:
            return made.enter_context(temporary_database(databases.url(embedded), template))

        yield make


@pytest.fixture
def settings(embedded: Settings, new_database: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Give settings, and an environment for child processes, that name a fresh migrated database of this test's own."""
    url = new_database(template="tercet")
    name = parameters_of(url, variable="DATABASE_URL")["dbname"]
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATABASE_READ_URL", at_database(databases.url(embedded, read_only=True), name))
    return load_settings()


@pytest.fixture
def database(settings: Settings) -> Database:
    """Give a fresh migrated database of this test's own; DATABASE_URL names it too."""
    return databases.open_database(settings)
