"""The asset gateway: files of the providers through this API, with the operator's credentials."""

from fastapi import FastAPI

from stac_api.database import Database
from tercet.settings import Settings


def include_gateway(app: FastAPI, settings: Settings, database: Database) -> None:
    """Add the gateway's routes to the API, where the settings allow it."""
