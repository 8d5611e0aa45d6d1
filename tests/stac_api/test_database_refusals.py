"""What keeps the embedded database from running is said, with the next step."""

import os
from pathlib import Path

import pytest

from stac_api import database as databases
from stac_api.database.embedded import embedded_cluster
from tercet.errors import DatabaseError
from tercet.settings import Settings

pytestmark = pytest.mark.database


def test_a_short_socket_folder_that_others_can_enter_is_refused(own: Settings) -> None:
    files = embedded_cluster(Settings(data_dir=own.data_dir / ("deep" * 30))).files
    folder = files.socket_folder()
    try:
        folder.chmod(0o777)
        with pytest.raises(DatabaseError, match="closed to others"):
            files.socket_folder()
    finally:
        folder.rmdir()


def test_a_database_made_by_a_newer_tercet_is_refused_and_left_alone(made: Settings) -> None:
    with databases.open_database(made).connect() as connection:
        connection.execute("INSERT INTO tercet.migration (name) VALUES ('9999-from-the-future')")
    with pytest.raises(DatabaseError, match=r"9999-from-the-future.*upgrade tercet"):
        databases.open_database(made)


def test_a_database_of_a_postgresql_that_is_gone_names_the_version_to_install(stopped: Settings) -> None:
    version = embedded_cluster(stopped).files.cluster / "PG_VERSION"
    true_version = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(DatabaseError, match="no PostgreSQL 14 with PostGIS"):
            databases.open_database(stopped)
    finally:
        version.write_text(true_version)


def test_lost_passwords_are_said_so(stopped: Settings) -> None:
    (embedded_cluster(stopped).files.folder / "access.json").write_text("{")
    with pytest.raises(DatabaseError, match=r"access\.json.*destroy"):
        databases.open_database(stopped)


def test_a_server_that_cannot_start_says_why(stopped: Settings) -> None:
    with (embedded_cluster(stopped).files.cluster / "postgresql.conf").open("a") as conf:
        conf.write("shared_buffers = 'a lot'\n")
    with pytest.raises(DatabaseError, match=r"does not start: .*shared_buffers"):
        databases.open_database(stopped)


def test_a_data_folder_that_is_a_file_is_said_so(own: Settings) -> None:
    (own.data_dir / "file").touch()
    with pytest.raises(DatabaseError, match="set TERCET_DATA_DIR"):
        databases.open_database(Settings(data_dir=own.data_dir / "file"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_is_not_ours_is_said_so() -> None:
    with pytest.raises(DatabaseError, match=r"Permission denied.*set TERCET_DATA_DIR"):
        databases.open_database(Settings(data_dir=Path("/tercet-cannot-be-made")))


def test_a_full_disk_is_said_so(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stac_api.database.files._SPACE", 2**60)
    with pytest.raises(DatabaseError, match="MB of free disk space"):
        databases.open_database(own)
