"""A database that the user named: ``DATABASE_URL`` or libpq's ``PG*`` variables."""

import os
from collections.abc import Mapping

from dotenv import dotenv_values
from psycopg import pq

from stac_api.database.addresses import parameters_of, url_of
from tercet.settings import Settings

NAMING = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT", "PGUSER")
"""The variables that name a database. PGSSLMODE, PGPASSWORD and the like alone do not."""


def given_database(settings: Settings) -> str | None:
    """Give the URL of the database that the user named, or None where the embedded one is meant.

    Raises:
        ConfigError: DATABASE_URL is not an address.
    """
    if settings.database_url is not None:
        address = settings.database_url.get_secret_value()
        return url_of(parameters_of(address, variable="DATABASE_URL"))
    variables = _pg_variables()
    if not any(variables.get(name) for name in NAMING):
        return None
    return url_of(_named_parameters(variables))


def given_reader(settings: Settings) -> str | None:
    """Give the URL of the same database for reading, where the user named one.

    Raises:
        ConfigError: DATABASE_READ_URL is not an address.
    """
    if settings.database_read_url is None:
        return None
    return url_of(parameters_of(settings.database_read_url.get_secret_value(), variable="DATABASE_READ_URL"))


def _pg_variables() -> dict[str, str]:
    """Read libpq's variables from where the settings are read: .env, then the environment."""
    lines = dotenv_values(str(Settings.model_config.get("env_file") or os.devnull))
    both = {**lines, **os.environ}
    return {name: value for name, value in both.items() if name.startswith("PG") and value}


def _named_parameters(variables: Mapping[str, str]) -> dict[str, str]:
    known = {option.envvar.decode(): option.keyword.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
    return {keyword: variables[name] for name, keyword in known.items() if name in variables}
