"""``python -m stac_api.database``: print the command that installs what the database lacks, if it lacks any."""

import sys

from stac_api.database.accounts import server_account
from stac_api.database.binaries import find_binaries
from stac_api.database.files import database_folder
from stac_api.database.given import given_database
from stac_api.database.install import install_command
from tercet.errors import DatabaseError
from tercet.settings import load_settings


def main() -> int:
    """Give the exit code: 0 where nothing is lacking, 1 where it is."""
    settings = load_settings()
    if given_database(settings):
        return 0
    try:
        find_binaries(server_account(database_folder(settings)))
    except DatabaseError as error:
        sys.stderr.write(f"{error}\n")
        sys.stdout.write(" ".join(install_command()) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
