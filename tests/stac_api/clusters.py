"""What tests ask of an embedded server."""

from stac_api import database as databases
from stac_api.database.embedded import embedded_cluster
from tercet.settings import Settings


def kept(settings: Settings) -> int:
    """Open the database and read what the fixture ``stopped`` left there: 42."""
    with databases.open_database(settings).connect() as connection:
        row = connection.execute("SELECT answer FROM tercet.kept").fetchone()
    assert row is not None
    return int(row[0])


def server_pid(settings: Settings) -> int:
    pid = embedded_cluster(settings).pid
    assert pid is not None
    return pid
