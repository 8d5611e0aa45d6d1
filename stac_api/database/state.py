"""How the database is doing, for people and programs that ask."""

from dataclasses import asdict, dataclass
from typing import Any

from stac_api.database.addresses import label_of, parameters_of
from stac_api.database.cluster import Cluster
from stac_api.database.connection import connect
from stac_api.database.embedded import embedded_label
from stac_api.database.schema import read_versions
from stac_api.database.translation import translated


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a database; None is unknown.

    Attributes:
        database: its label, without password.
        embedded: whether Tercet runs its server.
        running: whether the server answers.
        pid: the server's process, where it is ours.
        port: where the embedded server listens on 127.0.0.1.
        postgresql: the server's version.
        pgstac: the version of its pgSTAC.
        migrations: those of Tercet's own that it has had.
        size_bytes: what the database takes on the server's disk.
        next_step: what keeps it from being used, and what to do.
    """

    database: str
    embedded: bool
    running: bool
    pid: int | None = None
    port: int | None = None
    postgresql: str | None = None
    pgstac: str | None = None
    migrations: tuple[str, ...] = ()
    size_bytes: int | None = None
    next_step: str | None = None

    def document(self) -> dict[str, Any]:
        """Give what is known as JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def embedded_status(cluster: Cluster) -> Status:
    """Look at the embedded database; starts nothing."""
    label = embedded_label(cluster)
    url = cluster.reachable_url() if cluster.files.exists else None
    if url is None:
        step = "`tercet db start` starts it" if cluster.files.exists else "`tercet db start` makes it"
        return Status(label, embedded=True, running=False, pid=cluster.pid, next_step=step)
    return Status(
        label, embedded=True, running=True, pid=cluster.pid, port=cluster.files.access().port, **_asked(url, label)
    )


def given_status(url: str) -> Status:
    """Look at a database that the user named.

    Raises:
        DatabaseError: it cannot be reached.
    """
    label = label_of(parameters_of(url, variable="DATABASE_URL"))
    return Status(label, embedded=False, running=True, **_asked(url, label))


def _asked(url: str, label: str) -> dict[str, Any]:
    with connect(url, label) as connection, translated(label):
        versions = read_versions(connection)
        server, size = connection.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database())"
        ).fetchone() or (None, None)
    return {
        "postgresql": str(server).split()[0],
        "pgstac": versions.pgstac,
        "migrations": tuple(sorted(versions.ours)),
        "size_bytes": size,
        "next_step": versions.complaint(),
    }
