"""Catalogs with Items made by hand."""

from typing import Any

import psycopg

from stac_api.batch import Batch
from stac_api.ledger import Ledger
from stac_api.loader import CatalogSink
from tests.items import Tracks, checked
from transforms.entry import Entry


def harvested(connection: psycopg.Connection, *entries: Entry, **more: Any) -> None:
    """Store entries as a harvest of theirs does; further arguments are the batch's."""
    run = Ledger(connection).begin("tracks", "tracks", {})
    sink = CatalogSink(connection, "tracks", "tracks", Tracks(), run)
    sink.store(Batch(checked(*entries), **more))
    sink.finish()
