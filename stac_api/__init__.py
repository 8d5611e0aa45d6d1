"""The database, the loader with its ledger, and the served API."""

import logging

# stac-fastapi makes settings of its own when it is imported, and warns that they have no title
logging.getLogger("stac_fastapi.types.config").setLevel(logging.ERROR)
