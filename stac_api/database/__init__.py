"""The database: the embedded one, made and run by us, or one that the user named."""

from stac_api.database.choice import destroy, migrate, open_database, start, status, stop, url
from stac_api.database.connection import Database
from stac_api.database.state import Status

__all__ = ["Database", "Status", "destroy", "migrate", "open_database", "start", "status", "stop", "url"]
