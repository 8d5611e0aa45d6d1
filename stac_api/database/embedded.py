"""The embedded database as others see it: started where it was not, migrated, with its reading role."""

import psycopg
from psycopg import sql

from stac_api.database.cluster import READER, Cluster
from stac_api.database.connection import READ_SETTINGS, Database, connect
from stac_api.database.files import Access, database_files
from stac_api.database.schema import Versions, migrate_schema, read_versions
from stac_api.database.translation import translated
from tercet.errors import DatabaseError
from tercet.settings import Settings


def embedded_cluster(settings: Settings) -> Cluster:
    """Give the embedded server of these settings; touches nothing.

    Raises:
        DatabaseError: its files belong to another user.
    """
    return Cluster(database_files(settings))


def embedded_label(cluster: Cluster) -> str:
    """Name the embedded database in messages."""
    return f"embedded database in {cluster.files.folder}"


def open_embedded(settings: Settings) -> Database:
    """Start the embedded server where it does not run, migrate it where it is behind.

    Raises:
        DatabaseError: no PostgreSQL was found, it does not start, or a newer Tercet migrated it.
    """
    cluster = embedded_cluster(settings)
    started = cluster.start()
    label = embedded_label(cluster)
    owner = cluster.reachable_url()
    if owner is None:
        raise DatabaseError(f"{label} does not answer: see {cluster.files.log}, then try `tercet db start`")
    with connect(owner, label) as connection, translated(label):
        versions, has_reader = read_versions(connection), _has_reader(connection)
    versions.require_not_newer(label)
    if versions.behind() or not has_reader:
        migrate_embedded(owner, label, cluster.files.access())
    reader = cluster.reachable_url(role=READER) or owner
    return Database(owner, reader, label, embedded=True, started=started)


def migrate_embedded(url: str, label: str, access: Access) -> Versions:
    """Migrate the embedded database and make the role that the API reads as.

    Raises:
        DatabaseError: a newer Tercet migrated it, or PostgreSQL refused.
    """
    versions = migrate_schema(url, label)
    with connect(url, label) as connection, translated(label), connection.transaction():
        _make_reader(connection, access.read_password)
    return versions


def _has_reader(connection: psycopg.Connection) -> bool:
    return connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [READER]).fetchone() is not None


def _make_reader(connection: psycopg.Connection, password: str) -> None:
    # two processes that open the database for the first time take turns
    connection.execute("LOCK TABLE tercet.migration IN ACCESS EXCLUSIVE MODE")
    if _has_reader(connection):
        return
    # the server and its log see only the verifier
    verifier = connection.pgconn.encrypt_password(password.encode(), READER.encode(), b"scram-sha-256").decode()
    role = sql.Identifier(READER)
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(verifier)))
    connection.execute(sql.SQL("GRANT pgstac_read TO {}").format(role))
    for name, value in {**READ_SETTINGS, "search_path": "pgstac, public"}.items():
        setting = sql.SQL(", ").join(sql.Literal(part) for part in value.split(", "))
        connection.execute(sql.SQL("ALTER ROLE {} SET {} TO {}").format(role, sql.Identifier(name), setting))
