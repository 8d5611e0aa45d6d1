"""Databases of their own for tests, in a server that many tests share."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg import sql

from tests.addresses import at_database

_FILES_COPIED_SINCE: Final = 150000


@contextmanager
def temporary_database(server: str, template: str) -> Iterator[str]:
    """Make a database like another one and give its address; it is removed afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(at_database(server, "postgres"), autocommit=True) as connection:
        # the other way writes each page to the log, which takes twice as long
        strategy = " STRATEGY file_copy" if connection.info.server_version >= _FILES_COPIED_SINCE else ""
        copied = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + strategy)
        connection.execute(copied.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield at_database(server, name)
    finally:
        with psycopg.connect(at_database(server, "postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
