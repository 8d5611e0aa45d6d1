"""What PostgreSQL says, in our words: what happened, to which database, what to do next. Never a password."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tercet.errors import DatabaseError

_NEXT_STEPS = {
    r"password authentication failed|no password supplied": (
        "refuses this user or password: check DATABASE_URL, or PGUSER and PGPASSWORD"
    ),
    r'role "[^"]*" does not exist|[Ii]dent authentication failed|[Pp]eer authentication failed': (
        "does not know this user: check DATABASE_URL, or PGUSER"
    ),
    r'database "[^"]*" does not exist': (
        "does not exist there: make it with createdb, or check DATABASE_URL or PGDATABASE"
    ),
    r"no pg_hba.conf entry": "does not let this user in from here: its administrator allows it in pg_hba.conf",
    r"Connection refused|No such file or directory": (
        "does not answer: start it (the embedded one with `tercet db start`), "
        "or check host and port in DATABASE_URL or PGHOST and PGPORT"
    ),
    r"resolve host|translate host name": "has a host name that nobody knows: check DATABASE_URL or PGHOST",
    r"timeout expired|timed out": "did not answer in time: check host and port, and the firewall between",
    r"too many clients|remaining connection slots": (
        "has no connection left: close some clients, or raise its max_connections"
    ),
    r"starting up|shutting down|in recovery": "is just starting or stopping: try again in a moment",
    r"definition of service": "is not in the service file: check PGSERVICE and PGSERVICEFILE",
    r"SSL": "cannot agree with us on SSL: check sslmode in DATABASE_URL, or PGSSLMODE",
    r"No space left on device": "has no disk space left: free some",
}


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Turn psycopg's errors about one database into ours.

    Args:
        label: names the database in messages, without its password.

    Raises:
        DatabaseError: instead of any psycopg error.
    """
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise DatabaseError(
            f"{label} does not let this user do that ({_first_line(error)}): its owner runs `tercet db migrate`, "
            "or grants the user what is missing"
        ) from error
    except psycopg.Error as error:
        raise DatabaseError(f"{label} {_complaint(str(error), _first_line(error))}") from error


def _complaint(text: str, first_line: str) -> str:
    for pattern, complaint in _NEXT_STEPS.items():
        if re.search(pattern, text):
            return complaint
    return f"failed: {first_line}"


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().split("\n", 1)[0]
