"""How fresh the catalog is: what the ledger says of each source and product, for whoever watches the service.

Counts and moments only: rejected records and the words of errors stay in the database, for ``tercet rejects`` and
``tercet status``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg

from transforms.listing import iso

COUNTED = ("fetched", "new", "changed", "same", "superseded", "deleted", "rejected", "retries", "requests", "seconds")
"""The numbers of a run's report."""

NOT_PROVIDERS = frozenset({"replayed"})
"""Products of runs that asked no provider: they make nothing fresher."""

_PRODUCTS = """
SELECT source, product, latest.outcome, latest.started, latest.ended, latest.report, success.ended AS succeeded,
    EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid::bigint = hashtext('tercet')::bigint & 4294967295
        AND objid::bigint = hashtext(source)::bigint & 4294967295
    ) AS locked
FROM (
    SELECT DISTINCT ON (source, product) source, product, outcome, started, ended, report
    FROM tercet.run ORDER BY source, product, started DESC
) AS latest
LEFT JOIN (
    SELECT source, product, max(ended) AS ended FROM tercet.run WHERE outcome = 'done' GROUP BY source, product
) AS success USING (source, product)
ORDER BY source, product
"""
"""The last run of each product, and the end of its last that was done. A harvest holds a lock while it runs."""

_REJECTS = """
SELECT source, product, count(*) FROM tercet.reject GROUP BY source, product
"""
_COLLECTIONS = """
SELECT source, id, items FROM tercet.collection ORDER BY source, id
"""


async def read_freshness(connection: asyncpg.Connection, now: datetime | None = None) -> dict[str, Any]:
    """Read what ``GET /_mgmt/harvest`` answers.

    Returns:
        ``sources``: each with ``last_success`` (RFC 3339) and ``age_s`` of its freshest product (null before the
        first success), ``items`` and ``rejects`` in all, ``collections`` (Items in each) and ``products``, each with
        its last run: ``state`` (``running``, ``done``, ``failed``, or ``stopped``: by somebody, or killed),
        ``started``, ``ended``, ``report`` in numbers, and its own ``last_success``, ``age_s`` and ``rejects``.
    """
    now = now or datetime.now(UTC)
    products: dict[str, dict[str, Any]] = defaultdict(dict)
    rejects = {(row[0], row[1]): row[2] for row in await connection.fetch(_REJECTS)}
    for row in await connection.fetch(_PRODUCTS):
        waiting = rejects.get((row["source"], row["product"]), 0)
        products[row["source"]][row["product"]] = _product(row, waiting, now)
    collections: dict[str, dict[str, int]] = defaultdict(dict)
    for source, collection, items in await connection.fetch(_COLLECTIONS):
        collections[source][collection] = items
    names = sorted({*products, *collections, *(source for source, _ in rejects)})
    return {
        "sources": {
            name: {
                **_fresh(_last_success(products[name]), now),
                "items": sum(collections[name].values()),
                "rejects": sum(count for (source, _), count in rejects.items() if source == name),
                "collections": collections[name],
                "products": products[name],
            }
            for name in names
        }
    }


def _product(row: Mapping[str, Any], rejects: int, now: datetime) -> dict[str, Any]:
    report = row["report"] or {}
    return {
        "state": "stopped" if row["outcome"] == "running" and not row["locked"] else row["outcome"],
        "started": iso(row["started"]),
        "ended": iso(row["ended"]) if row["ended"] else None,
        **_fresh(row["succeeded"], now),
        "rejects": rejects,
        "report": {name: report[name] for name in COUNTED if name in report},
    }


def _last_success(products: Mapping[str, Mapping[str, Any]]) -> datetime | None:
    ends: Iterable[str] = (
        product["last_success"]
        for name, product in products.items()
        if product["last_success"] and name not in NOT_PROVIDERS
    )
    newest = max(ends, default=None)
    return datetime.fromisoformat(newest) if newest else None


def _fresh(success: datetime | None, now: datetime) -> dict[str, Any]:
    if success is None:
        return {"last_success": None, "age_s": None}
    return {"last_success": iso(success), "age_s": round(max(0.0, (now - success).total_seconds()), 1)}
