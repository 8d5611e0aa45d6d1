"""Rejected records tried again, as after an upgrade that understands them."""

import json
from contextlib import closing

import psycopg

from harvesters.base import Page, Source
from stac_api.batch import Batch
from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.loader import CatalogSink, refusal
from tercet.errors import SinkError
from tercet.pipeline.batches import make_batch
from tercet.pipeline.report import Report

REPLAYED = "replayed"
"""What the ledger calls the product of a run that tried rejects again."""


def replay_rejects(source: Source, database: Database) -> Report:
    """Try the rejected records of a source again; what becomes an Item leaves the rejects.

    Raises:
        SinkError: the database refused, or a harvest of the source is under way.
    """
    try:
        with closing(database.connect()) as connection:
            return _replay(source, connection)
    except psycopg.Error as error:
        raise SinkError(refusal(error)) from error


def _replay(source: Source, connection: psycopg.Connection) -> Report:
    report = Report(source.name)
    ledger = Ledger(connection)
    ledger.lock(source.name)
    # a file that was no answer of the provider cannot become one
    stored = [reject for reject in ledger.rejects(source.name) if reject.kind != "Unreadable"]
    tried = {reject.id: make_batch(source, [Page([json.loads(reject.record)])]) for reject in stored}
    accepted = {number: batch.checked for number, batch in tried.items() if batch.checked}
    report.fetched, report.rejected = len(tried), len(tried) - len(accepted)
    if accepted:
        sink = CatalogSink(connection, source.name, REPLAYED, source, recorded=True)
        sink.run = ledger.begin(source.name, REPLAYED, {})
        report.add(sink.store(Batch([checked for found in accepted.values() for checked in found])))
        ledger.drop_rejects(list(accepted))
        report.collections = sink.finish()
        ledger.end(sink.run, "done", report.as_json())
    return report
