"""The API's connections: a pool of sessions that only read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI
from stac_fastapi.pgstac.db import con_init, get_connection

from stac_api.database import Database
from stac_api.database.addresses import parameters_of, url_of
from stac_api.reading.catalog import CatalogReader

SESSION = {
    "application_name": "tercet serve",
    "search_path": "pgstac,public",
    "default_transaction_read_only": "on",
    # pgSTAC notes every search in tables of its own unless told that it may not
    "pgstac.readonly": "true",
    # ... and answers with counts up to a day old: here every search is counted as it is now
    "pgstac.context_stats_ttl": "0 seconds",
    "timezone": "UTC",
    # a plan that knows the box, the time and the Collections skips most partitions; one for all cases skips none
    "plan_cache_mode": "force_custom_plan",
    # pgSTAC's functions look dear, so PostgreSQL would start workers for what takes a millisecond
    "max_parallel_workers_per_gather": "0",
}
"""Server settings of the API's sessions."""

_ONLY_LIBPQ = {
    *("connect_timeout", "client_encoding", "fallback_application_name", "channel_binding", "gssencmode"),
    *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslcompression"),
}
"""Parts of an address that asyncpg would take for server settings."""


@asynccontextmanager
async def open_pool(app: FastAPI, database: Database) -> AsyncIterator[None]:
    """Open the pool where stac-fastapi-pgstac looks for it, and close it at the end."""
    async with asyncpg.create_pool(
        _address(database.read_conninfo),
        min_size=1,
        max_size=10,
        init=con_init,
        reset=_as_it_is,
        server_settings=SESSION,
    ) as pool:
        app.state.readpool = pool
        app.state.get_connection = get_connection
        app.state.catalog = CatalogReader()
        yield


async def _as_it_is(_: asyncpg.Connection) -> None:
    """Hand a connection on without asking the server to reset it, a round trip: nothing here changes a session."""


def _address(conninfo: str) -> str:
    parameters = parameters_of(conninfo, variable="DATABASE_READ_URL")
    return url_of({name: value for name, value in parameters.items() if name not in _ONLY_LIBPQ})
