"""A database that the user names: found, told apart from ours, and refused with the next step."""

import logging
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from stac_api import database as databases
from stac_api.database import Database
from stac_api.database.addresses import parameters_of, url_of
from stac_api.database.ports import free_port
from stac_api.database.schema import PGSTAC_VERSION, ledger_files
from tercet.errors import ConfigError, DatabaseError
from tercet.settings import Settings, load_settings
from tests.addresses import at_database

pytestmark = pytest.mark.database

NewDatabase = Callable[..., str]


@pytest.fixture
def empty(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that name a database without pgSTAC."""
    monkeypatch.setenv("DATABASE_URL", new_database())
    return load_settings()


def pretend_pgstac(settings: Settings, version: str) -> None:
    with databases.open_database(settings).connect() as connection:
        connection.execute(
            "INSERT INTO pgstac.migrations (version, datetime) VALUES (%s, now() + interval '1 s')", [version]
        )


def test_a_named_database_is_used_as_it_is(database: Database) -> None:
    assert not database.embedded
    assert not database.started
    with database.connect() as connection:
        assert connection.execute("SHOW search_path").fetchone() == ("pgstac, public",)


def test_its_reader_reads_and_does_not_write(database: Database) -> None:
    with database.connect(read_only=True) as reader:
        assert reader.execute("SHOW statement_timeout").fetchone() == ("30s",)
        assert reader.execute("SELECT search('{}') ->> 'numberMatched'").fetchone() == ("0",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM pgstac.items")


def test_without_a_reading_user_the_owner_reads_with_less_rights(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_READ_URL")
    database = databases.open_database(load_settings())
    assert settings.database_read_url is not None
    with database.connect(read_only=True) as reader:
        assert reader.execute("SHOW statement_timeout").fetchone() == ("30s",)
        assert reader.execute("SELECT current_user").fetchone() == ("pgstac_read",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("DELETE FROM pgstac.items")


def test_a_user_who_may_not_take_the_reading_role_reads_as_itself(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_read_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_read_url.get_secret_value())
    monkeypatch.delenv("DATABASE_READ_URL")
    with databases.open_database(load_settings()).connect() as connection:
        connection.execute("SELECT 1 FROM pgstac.items")


def test_pg_variables_name_it_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.database_url is not None
    named = parameters_of(settings.database_url.get_secret_value(), variable="DATABASE_URL")
    monkeypatch.delenv("DATABASE_URL")
    for variable, parameter in {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname"}.items():
        monkeypatch.setenv(variable, named[parameter])
    monkeypatch.setenv("PGPASSWORD", named["password"])
    database = databases.open_database(load_settings())
    assert database.label == f"tercet@127.0.0.1:{named['port']}/{named['dbname']}"
    with database.connect() as connection:
        assert connection.info.dbname == named["dbname"]


def test_pg_variables_may_stand_in_the_env_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert settings.database_url is not None
    named = parameters_of(settings.database_url.get_secret_value(), variable="DATABASE_URL")
    lines = [f"PGHOST={named['host']}", f"PGPORT={named['port']}", f"PGUSER=tercet\nPGPASSWORD={named['password']}"]
    (tmp_path / ".env").write_text("\n".join([*lines, f"PGDATABASE={named['dbname']}"]))
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setitem(Settings.model_config, "env_file", str(tmp_path / ".env"))
    with databases.open_database(load_settings()).connect() as connection:
        assert connection.info.dbname == named["dbname"]


def test_a_password_alone_names_no_database(embedded: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "for another server")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    database = databases.open_database(embedded)
    assert database.embedded
    database.connect().close()


def test_an_unmigrated_database_asks_to_be_migrated_and_then_works(empty: Settings) -> None:
    with pytest.raises(DatabaseError, match="no pgSTAC yet: run `tercet db migrate`"):
        databases.open_database(empty)
    assert f"pgSTAC {PGSTAC_VERSION}" in databases.migrate(empty)
    with databases.open_database(empty).connect() as connection:
        assert connection.execute("SELECT pgstac.get_setting('context')").fetchone() == ("auto",)


def test_migrating_twice_changes_nothing(settings: Settings) -> None:
    assert databases.migrate(settings) == databases.migrate(settings)


def test_migrating_prints_nothing(
    empty: Settings, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        databases.migrate(empty)
    assert capfd.readouterr() == ("", "")
    assert caplog.messages == []


def test_an_old_pgstac_is_refused_until_it_is_migrated(empty: Settings) -> None:
    from pypgstac.db import PgstacDB  # noqa: PLC0415 - only this test installs an old version
    from pypgstac.migrate import Migrate  # noqa: PLC0415

    assert empty.database_url is not None
    old = PgstacDB(dsn=empty.database_url.get_secret_value())
    pool = old.get_pool()
    Migrate(old).run_migration("0.9.12")
    old.disconnect()
    pool.close()
    with pytest.raises(DatabaseError, match=r"has pgSTAC 0\.9\.12 .* run `tercet db migrate`"):
        databases.open_database(empty)
    databases.migrate(empty)
    databases.open_database(empty).connect().close()


def test_a_newer_pgstac_is_refused_and_never_migrated(settings: Settings) -> None:
    pretend_pgstac(settings, "0.99.0")
    for use in (databases.open_database, databases.migrate):
        with pytest.raises(DatabaseError, match=r"has pgSTAC 0\.99\.0 .* upgrade tercet"):
            use(settings)


def test_a_newer_patch_of_the_same_pgstac_is_used(settings: Settings) -> None:
    pretend_pgstac(settings, "0.10.99")
    databases.open_database(settings).connect().close()


def test_missing_tables_of_ours_ask_to_be_migrated(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    added = [*ledger_files(), ("9998-added", "CREATE TABLE tercet.added (id text)")]
    monkeypatch.setattr("stac_api.database.schema.ledger_files", lambda: added)
    with pytest.raises(DatabaseError, match=r"lacks Tercet's own tables \(9998-added\): run `tercet db migrate`"):
        databases.open_database(settings)
    databases.migrate(settings)
    with databases.open_database(settings).connect() as connection:
        assert connection.execute("SELECT count(*) FROM tercet.added").fetchone() == (0,)


def test_a_migration_that_fails_leaves_nothing_of_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    database = databases.open_database(settings)
    broken = [*ledger_files(), ("9998-broken", "CREATE TABLE tercet.added (id text); SELECT 1 / 0")]
    monkeypatch.setattr("stac_api.database.schema.ledger_files", lambda: broken)
    with pytest.raises(DatabaseError, match="division by zero"):
        databases.migrate(settings)
    with psycopg.connect(database.conninfo) as connection:
        assert connection.execute("SELECT to_regclass('tercet.added')").fetchone() == (None,)


def test_who_may_create_nothing_is_told_who_must_migrate(empty: Settings, embedded: Settings) -> None:
    assert empty.database_url is not None
    name = parameters_of(empty.database_url.get_secret_value(), variable="DATABASE_URL")["dbname"]
    reader = at_database(databases.url(embedded, read_only=True), name)
    with pytest.raises(DatabaseError, match=r"does not let this user do that .*`tercet db migrate`"):
        databases.migrate(Settings(database_url=SecretStr(reader)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"password": "s3cret"}, "refuses this user or password: check DATABASE_URL"),
        ({"user": "nobody-we-know"}, "refuses this user or password"),
        ({"dbname": "no_such_database"}, "does not exist there"),
        ({"port": str(free_port())}, "does not answer: start it"),
        ({"host": "/no/such/folder"}, "does not answer: start it"),
    ],
)
def test_what_keeps_us_out_is_said_without_the_password(
    settings: Settings, change: dict[str, str], complaint: str
) -> None:
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    wrong = url_of(parameters_of(url, variable="DATABASE_URL") | change)
    password = parameters_of(wrong, variable="DATABASE_URL")["password"]
    for use in (databases.open_database, databases.migrate, databases.status):
        with pytest.raises(DatabaseError, match=complaint) as caught:
            use(Settings(database_url=SecretStr(wrong)))
        assert password not in str(caught.value)


@pytest.mark.parametrize("address", ["postgres:/me:s3cret@host", "postgresql://me:s3cret@[half", "s3cret"])
def test_a_malformed_address_is_named_and_not_printed(address: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL is not the address") as caught:
        databases.open_database(Settings(database_url=SecretStr(address)))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("verb", [databases.start, databases.stop, databases.destroy])
def test_a_named_database_is_not_ours_to_run(settings: Settings, verb: Callable[[Settings], object]) -> None:
    with pytest.raises(DatabaseError, match=r"not ours to .* unset them"):
        verb(settings)
    databases.open_database(settings).connect().close()


def test_a_server_without_postgis_is_told_what_to_install(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stac_api.database.schema._OFFERED", "SELECT FROM pg_available_extensions WHERE name = 'none'")
    with pytest.raises(DatabaseError, match="has no PostGIS: install it there"):
        databases.migrate(empty)


def test_a_connection_that_is_refused_late_is_closed(settings: Settings, recwarn: pytest.WarningsRecorder) -> None:
    pretend_pgstac(settings, "0.99.0")
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    with pytest.raises(DatabaseError):
        Database(url, url, "it", embedded=False).connect()
    assert not recwarn.list
