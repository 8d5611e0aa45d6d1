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
        _address(database.read_conninfo), min_size=1, max_size=10, init=con_init, server_settings=SESSION
    ) as pool:
        app.state.readpool = pool
        app.state.get_connection = get_connection
        app.state.catalog = CatalogReader()
        yield


def _address(conninfo: str) -> str:
    parameters = parameters_of(conninfo, variable="DATABASE_READ_URL")
    return url_of({name: value for name, value in parameters.items() if name not in _ONLY_LIBPQ})
