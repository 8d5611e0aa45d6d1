"""Addresses that tests derive from the one of the embedded database."""

from stac_api.database.addresses import parameters_of, url_of


def at_database(url: str, name: str, **changes: str) -> str:
    """Give the address of another database on the same server, or as another user, or elsewhere."""
    return url_of({**parameters_of(url, variable="DATABASE_URL"), "dbname": name, **changes})
