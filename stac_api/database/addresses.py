"""Addresses of databases: one spelling that libpq, psycopg and asyncpg all read."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tercet.errors import ConfigError

_SHAPE = "postgresql://user:password@host:5432/database"


def url_of(parameters: Mapping[str, str]) -> str:
    """Spell libpq's parameters as a URL.

    A socket's folder and a list of hosts go into the query, where libpq and asyncpg both read them.
    """
    rest = {name: value for name, value in parameters.items() if name not in {"user", "password", "dbname"}}
    login = quote(parameters.get("user", ""), safe="")
    if "password" in parameters:
        login += ":" + quote(parameters["password"], safe="")
    at = "@" if login else ""
    host = ""
    if _is_one_host(rest.get("host", "")):
        name = rest.pop("host")
        host = (f"[{name}]" if ":" in name else name) + _port(rest.pop("port", ""))
    query = f"?{urlencode(rest, quote_via=quote, safe='')}" if rest else ""
    return f"postgresql://{login}{at}{host}/{quote(parameters.get('dbname', ''), safe='')}{query}"


def parameters_of(address: str, *, variable: str) -> dict[str, str]:
    """Read libpq's parameters from a URL or a ``key=value`` string.

    Raises:
        ConfigError: it is neither. The message names the variable and not the value, which may hold a password.
    """
    try:
        return {name: str(value) for name, value in conninfo_to_dict(address).items()}
    except psycopg.Error:
        raise ConfigError(f"{variable} is not the address of a PostgreSQL database; it looks like {_SHAPE}") from None


def with_options(parameters: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Add server settings that every session of this address starts with."""
    options = [parameters.get("options", ""), *(f"-c {name}={value}" for name, value in settings.items())]
    return {**parameters, "options": " ".join(option for option in options if option)}


def label_of(parameters: Mapping[str, str]) -> str:
    """Name a database so that it can be shown: user, host, port and name, never the password."""
    if "service" in parameters:
        return f"service {parameters['service']}"
    host = parameters.get("host") or parameters.get("hostaddr") or "local socket"
    user = f"{parameters['user']}@" if "user" in parameters else ""
    name = parameters.get("dbname") or parameters.get("user") or ""
    return f"{user}{host}{_port(parameters.get('port', ''))}/{name}"


def _is_one_host(host: str) -> bool:
    return bool(host) and not any(sign in host for sign in "/,@")


def _port(port: str) -> str:
    return f":{port}" if port else ""
