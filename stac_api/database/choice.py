"""Which database: the one that the user named, else the embedded one; and what can be asked of either."""

import dataclasses

import psycopg

from stac_api.database.addresses import label_of, parameters_of, url_of, with_options
from stac_api.database.cluster import READER
from stac_api.database.connection import READ_SETTINGS, Database
from stac_api.database.embedded import embedded_cluster, embedded_label, migrate_embedded, open_embedded
from stac_api.database.given import given_database, given_reader
from stac_api.database.making import OWNER
from stac_api.database.schema import migrate_schema
from stac_api.database.state import Status, embedded_status, given_status
from tercet.errors import DatabaseError
from tercet.settings import Settings


def open_database(settings: Settings) -> Database:
    """Open the database of these settings, ready to be used.

    ``DATABASE_URL`` names it, else libpq's ``PG*`` variables do, else it is the embedded one, which is
    made, started and migrated where it is not yet. A named one is never migrated unasked.

    Raises:
        DatabaseError: it cannot be reached or made, or is not of the versions that we speak;
            the message names the next step.
        ConfigError: DATABASE_URL or DATABASE_READ_URL is not an address.
    """
    owner = given_database(settings)
    if owner is None:
        return open_embedded(settings)
    database = Database(owner, owner, _label(owner), embedded=False)
    database.connect().close()
    return dataclasses.replace(database, read_conninfo=_reader_of(owner, given_reader(settings)))


def migrate(settings: Settings) -> str:
    """Bring the database of these settings to the versions that we speak, and say which they are.

    Raises:
        DatabaseError: it cannot be reached, is newer than we are, or lets this user create nothing.
        ConfigError: DATABASE_URL is not an address.
    """
    owner = given_database(settings)
    if owner is None:
        cluster = embedded_cluster(settings)
        cluster.start()
        label = embedded_label(cluster)
        versions = migrate_embedded(cluster.reachable_url() or cluster.url(), label, cluster.files.access())
    else:
        label = _label(owner)
        versions = migrate_schema(owner, label)
    ours = ", ".join(sorted(versions.ours)) or "none"
    return f"{label}: pgSTAC {versions.pgstac}, Tercet's own migrations: {ours}"


def start(settings: Settings) -> Database:
    """Start the embedded server where it does not run; ``started`` tells.

    Raises:
        DatabaseError: it does not start, or the database is one that the user named.
    """
    _only_embedded(settings, "start")
    return open_embedded(settings)


def stop(settings: Settings) -> bool:
    """Stop the embedded server; True where it ran.

    Raises:
        DatabaseError: it does not stop, or the database is one that the user named.
    """
    _only_embedded(settings, "stop")
    return embedded_cluster(settings).stop()


def destroy(settings: Settings) -> bool:
    """Stop and remove the embedded database with all that is in it; False where there was none.

    Raises:
        DatabaseError: it does not stop, or the database is one that the user named.
    """
    _only_embedded(settings, "remove")
    cluster = embedded_cluster(settings)
    existed = cluster.files.folder.exists()
    if existed:
        cluster.destroy()
    return existed


def status(settings: Settings) -> Status:
    """Look at the database of these settings; starts nothing.

    Raises:
        DatabaseError: the user named one and it cannot be reached.
    """
    owner = given_database(settings)
    return embedded_status(embedded_cluster(settings)) if owner is None else given_status(owner)


def url(settings: Settings, *, read_only: bool = False) -> str:
    """Give the address for other programs, with its password; for the embedded one through 127.0.0.1.

    Raises:
        DatabaseError: the embedded database was not made yet.
    """
    owner = given_database(settings)
    if owner is not None:
        return (given_reader(settings) if read_only else None) or owner
    cluster = embedded_cluster(settings)
    if not cluster.files.exists:
        raise DatabaseError(f"there is no {embedded_label(cluster)} yet: `tercet db start` makes it")
    return cluster.url(role=READER if read_only else OWNER, loopback=True)


def _reader_of(owner: str, reader: str | None) -> str:
    """Give an address that only reads: the named one, else the owner's with less rights where the server lets it.

    A user who migrated may act as pgSTAC's reading role; a pooler in between may refuse session settings.
    """
    parameters = parameters_of(reader or owner, variable="DATABASE_READ_URL")
    wishes = [READ_SETTINGS] if reader else [{"role": "pgstac_read"} | READ_SETTINGS, READ_SETTINGS]
    for wish in wishes:
        address = url_of(with_options(parameters, wish))
        if _is_accepted(address):
            return address
    return reader or owner


def _is_accepted(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _only_embedded(settings: Settings, verb: str) -> None:
    owner = given_database(settings)
    if owner is not None:
        raise DatabaseError(
            f"{_label(owner)} was named by DATABASE_URL or PG* variables and is not ours to {verb}: "
            "unset them to use the embedded database"
        )


def _label(address: str) -> str:
    return label_of(parameters_of(address, variable="DATABASE_URL"))
