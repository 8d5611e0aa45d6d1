"""``python -m stac_api.database``: install PostgreSQL with PostGIS where it is missing and nobody need be asked."""

import sys

from stac_api.database.accounts import server_account
from stac_api.database.binaries import find_binaries
from stac_api.database.files import database_folder
from stac_api.database.given import given_database
from stac_api.database.install import install
from tercet.errors import DatabaseError
from tercet.settings import load_settings


def main() -> int:
    """Give the exit code: 0 where the database has, or now got, what it needs."""
    settings = load_settings()
    if given_database(settings):
        return 0
    try:
        find_binaries(server_account(database_folder(settings)))
    except DatabaseError:
        return install()
    return 0


if __name__ == "__main__":
    sys.exit(main())
