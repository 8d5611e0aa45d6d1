"""pgSTAC's schema and ours: which versions a database has, and how it gets the ones we speak."""

import contextlib
import logging
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import LiteralString

import psycopg
import pypgstac
from psycopg import sql
from pypgstac.db import PgstacDB
from pypgstac.migrate import Migrate

from stac_api.database.translation import translated
from tercet.errors import DatabaseError

PGSTAC_VERSION: str = pypgstac.__version__
"""The pgSTAC that we speak."""

OLDEST_SERVER = 140_000
"""PostgreSQL 14, as the server numbers its versions."""

_LOCK = 0x7465_7263_6574  # "tercet"
"""The advisory lock that one migration at a time holds."""

_LEDGER = """
CREATE SCHEMA IF NOT EXISTS tercet;
CREATE TABLE IF NOT EXISTS tercet.migration (
    name text PRIMARY KEY,
    applied timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tercet.migration IS 'The files of stac_api/migrations that this database has had.';
GRANT USAGE ON SCHEMA tercet TO pgstac_read;
GRANT SELECT ON tercet.migration TO pgstac_read;
"""

_OFFERED = "SELECT FROM pg_available_extensions WHERE name = 'postgis'"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Versions:
    """What a database holds: pgSTAC's version, None where it has none, and our migrations' names."""

    pgstac: str | None
    ours: frozenset[str]

    def complaint(self) -> str | None:
        """Say what is wrong and what to do, or None where nothing is."""
        return self.newer() or self.behind()

    def newer(self) -> str | None:
        """Say what only a newer Tercet understands. A newer patch of the same pgSTAC minor is fine."""
        if self.pgstac is not None and _parsed(self.pgstac)[:2] > _parsed(PGSTAC_VERSION)[:2]:
            return f"has pgSTAC {self.pgstac} and this Tercet knows {PGSTAC_VERSION}: upgrade tercet"
        unknown = sorted(self.ours - {name for name, _ in ledger_files()})
        return f"was migrated by a newer Tercet ({', '.join(unknown)}): upgrade tercet" if unknown else None

    def behind(self) -> str | None:
        """Say what migrating would add."""
        if self.pgstac is None:
            return "has no pgSTAC yet: run `tercet db migrate`"
        if _parsed(self.pgstac) < _parsed(PGSTAC_VERSION):
            return f"has pgSTAC {self.pgstac} and this Tercet needs {PGSTAC_VERSION}: run `tercet db migrate`"
        missing = [name for name, _ in ledger_files() if name not in self.ours]
        return f"lacks Tercet's own tables ({', '.join(missing)}): run `tercet db migrate`" if missing else None

    def require_current(self, label: str) -> None:
        """Refuse a database that cannot be used as it is.

        Raises:
            DatabaseError: it is newer or older than we are; the message says what to do.
        """
        complaint = self.complaint()
        if complaint is not None:
            raise DatabaseError(f"{label} {complaint}")

    def require_not_newer(self, label: str) -> None:
        """Refuse what only a newer Tercet understands.

        Raises:
            DatabaseError: it is newer than we are.
        """
        complaint = self.newer()
        if complaint is not None:
            raise DatabaseError(f"{label} {complaint}")


def read_versions(connection: psycopg.Connection) -> Versions:
    """Ask a database for its versions."""
    pgstac = _rows(connection, "SELECT version FROM pgstac.migrations ORDER BY datetime DESC, version DESC LIMIT 1")
    ours = _rows(connection, "SELECT name FROM tercet.migration")
    return Versions(pgstac[0] if pgstac else None, frozenset(ours))


def ledger_files() -> list[tuple[str, str]]:
    """Read our migrations: name without suffix and SQL, in the order in which they are applied."""
    folder = files("stac_api") / "migrations"
    if not folder.is_dir():
        return []
    entries = sorted(
        (entry for entry in folder.iterdir() if re.match(r"\d{4}-.*\.sql$", entry.name)), key=lambda e: e.name
    )
    return [(entry.name.removesuffix(".sql"), entry.read_text(encoding="utf-8")) for entry in entries]


def migrate_schema(url: str, label: str) -> Versions:
    """Bring pgSTAC and our own tables to the versions that we speak; nothing to do is fine.

    Two at once take turns. What is newer than we are stays as it is.

    Raises:
        DatabaseError: the database is newer than we are, has no PostGIS, or lets this user create nothing.
    """
    with translated(label), psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        before = read_versions(connection)
        before.require_not_newer(label)
        _require_server(connection, label)
        if before.pgstac is None or _parsed(before.pgstac) < _parsed(PGSTAC_VERSION):
            _migrate_pgstac(url, label)
        connection.execute(_LEDGER)
        # numberMatched: pgSTAC does not count unless told to. Whoever chose "on" keeps it.
        connection.execute("UPDATE pgstac.pgstac_settings SET value = 'auto' WHERE name = 'context' AND value = 'off'")
        _allow_reading_as_reader(connection)
        # last: a migration that was cut off anywhere above is seen to be missing these, and done again
        for name, text in ledger_files():
            if name not in before.ours:
                _apply(connection, name, text)
        return read_versions(connection)


def _migrate_pgstac(url: str, label: str) -> None:
    database = PgstacDB(dsn=url)
    pool = database.get_pool()
    try:
        Migrate(database).run_migration(PGSTAC_VERSION)
    except psycopg.Error:
        raise
    except Exception as error:  # pypgstac raises nothing narrower
        raise DatabaseError(f"{label}: pgSTAC cannot be migrated to {PGSTAC_VERSION}: {error}") from error
    finally:
        database.disconnect()
        pool.close()
    log.info("migrated %s to pgSTAC %s", label, PGSTAC_VERSION)


def _apply(connection: psycopg.Connection, name: str, text: str) -> None:
    with connection.transaction():
        connection.execute(sql.SQL(text))  # a file of this package
        connection.execute("INSERT INTO tercet.migration (name) VALUES (%s)", [name])
    log.info("applied migration %s", name)


def _allow_reading_as_reader(connection: psycopg.Connection) -> None:
    """Let the migrating user act as pgSTAC's reader, which is how the API reads a given database."""
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):  # then it reads as the user that it is
        connection.execute("GRANT pgstac_read TO CURRENT_USER")


def _require_server(connection: psycopg.Connection, label: str) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        raise DatabaseError(
            f"{label} is PostgreSQL {connection.info.server_version // 10_000}: Tercet needs 14 or newer"
        )
    offered = connection.execute(_OFFERED).fetchone()
    if offered is None:
        raise DatabaseError(
            f"the server of {label} has no PostGIS: install it there (Debian: postgresql-"
            f"{connection.info.server_version // 10_000}-postgis-3), then run `tercet db migrate`"
        )


def _rows(connection: psycopg.Connection, query: LiteralString) -> list[str]:
    try:
        return [str(row[0]) for row in connection.execute(query)]
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return []


def _parsed(version: str) -> tuple[int, ...]:
    """Read ``0.10.0``; a version without numbers ("unreleased") is newer than all."""
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    return tuple(int(number) for number in numbers.groups()) if numbers else (2**31,)
