"""After a harvest: extents, summaries, queryables and counts of each Collection that changed.

A harvest that changes little reads what it changed; all Items are read after a first one, a large one, and one that
took the Item away which alone held an end of a range or of the extent.
"""

import contextlib
from collections.abc import Iterable

import psycopg
from psycopg.types.json import Jsonb

from stac_api.ledger import Ledger
from stac_api.property_indexes import make_indexes
from stac_api.queryables import write_queryables
from stac_api.summary import Summary, UncertainError
from stac_api.summary_ledger import Names, SummaryLedger
from transforms.catalog import CollectionSpec


def make_true(
    connection: psycopg.Connection, ledger: Ledger, specs: Iterable[CollectionSpec], *, afresh: bool = False
) -> None:
    """Write the extent, summaries and count of Collections as their Items say, drop cached counts, and make indexes.

    Each Collection is one transaction: whoever is killed here leaves the others stale for the next harvest. All Items
    are read where ``afresh`` says so: others may have written or removed some, behind the ledger's back.
    """
    # pgSTAC keeps a count for a day: after a harvest it would be wrong. First, because whoever is killed after the
    # last Collection leaves nothing stale that would bring the next harvest here
    connection.execute("DELETE FROM pgstac.search_wheres")
    for spec in specs:
        with connection.transaction():
            if afresh:
                SummaryLedger(connection).forget(spec.id)
            write_queryables(connection, spec)
            _make_one_true(connection, ledger, spec)
        make_indexes(connection, spec)


def _make_one_true(connection: psycopg.Connection, ledger: Ledger, spec: CollectionSpec) -> None:
    summary = _true_summary(SummaryLedger(connection), spec)
    content = Jsonb({**spec.document(), **summary.described()})
    connection.execute(
        "UPDATE pgstac.collections SET content = %s WHERE id = %s AND content <> %s", [content, spec.id, content]
    )
    ledger.mark_true(spec.id, summary.items)


def _true_summary(ledger: SummaryLedger, spec: CollectionSpec) -> Summary:
    """Of what changed since the last one, where that tells; else of all Items."""
    names = _summarised(spec)
    known, summary = ledger.read(spec.id, names), None
    if known is not None:
        # a value that is no number is for the scan to refuse
        with contextlib.suppress(UncertainError, TypeError, ValueError):
            summary = known.changed(*ledger.changes(spec.id, names))
    if summary is None:
        summary = ledger.scan(spec.id, names)
    ledger.store(spec.id, summary)
    return summary


def _summarised(spec: CollectionSpec) -> Names:
    """The names of the properties whose values, and of those whose ranges, the Collection lists."""
    listed = {name: queryable.type for name, queryable in spec.queryables.items() if queryable.summarise}
    numbers = [name for name, kind in listed.items() if kind in ("number", "integer")]
    return [name for name in listed if name not in numbers], numbers
