"""A database that is ready to be used: what all others get."""

from dataclasses import dataclass, field

import psycopg

from stac_api.database.schema import read_versions
from stac_api.database.translation import translated
from tercet.errors import DatabaseError

READ_SETTINGS = {
    "statement_timeout": "30s",  # a request that asks too much ends
    "synchronous_commit": "off",  # a reader writes pgSTAC's cache of searches and nothing that must survive
}
"""Server settings of sessions that only read."""


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database, embedded or given.

    Attributes:
        conninfo: URL with password, for the role that owns the schemas; read by libpq, psycopg and asyncpg.
        read_conninfo: the same for a role that may only read, with a statement timeout.
        label: names the database in messages; holds no password.
        embedded: whether Tercet runs its server.
        started: whether opening it started its server: who opened it may stop it again.
    """

    conninfo: str = field(repr=False)
    read_conninfo: str = field(repr=False)
    label: str
    embedded: bool
    started: bool = False

    def connect(self, *, read_only: bool = False) -> psycopg.Connection:
        """Open a connection: autocommit, ``search_path`` set to pgSTAC's.

        Raises:
            DatabaseError: it cannot be reached, or is not of the versions that we speak;
                the message names the next step.
        """
        connection = connect(self.read_conninfo if read_only else self.conninfo, self.label)
        try:
            with translated(self.label):
                read_versions(connection).require_current(self.label)
        except DatabaseError:
            connection.close()
            raise
        return connection


def connect(url: str, label: str) -> psycopg.Connection:
    """Open a connection without asking what the database holds.

    Raises:
        DatabaseError: it cannot be reached; the message names the next step.
    """
    with translated(label):
        connection = psycopg.connect(url, autocommit=True, application_name="tercet", connect_timeout=10)
        connection.execute("SET search_path TO pgstac, public")
    return connection
