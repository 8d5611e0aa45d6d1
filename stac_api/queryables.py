"""Queryables: which properties of a Collection's Items clients may filter and sort by, and as what."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from transforms.catalog import CollectionSpec, Queryable

_WRAPPERS: Mapping[str, str | None] = {
    "string": "to_text",
    "strings": "to_text_array",
    "number": "to_float",
    "integer": "to_int",
    "boolean": None,  # pgSTAC has none: left open, it goes by what the property is compared with
    "datetime": "to_tstz",
}
"""The function through which pgSTAC reads a property: without the right one numbers sort as text."""

# A row for one Collection only is ours. Rows for several or for all Collections are the operator's:
# pgSTAC refuses a second row of such a name, and what the operator registered stands.
_STORED = "SELECT name, definition, property_wrapper FROM pgstac.queryables WHERE collection_ids = ARRAY[%s]"
_TAKEN = """
SELECT name FROM pgstac.queryables
WHERE (collection_ids IS NULL OR %s = ANY(collection_ids)) AND collection_ids IS DISTINCT FROM ARRAY[%s]
"""
# no property_index_type: every index makes every load slower
_INSERT = """
INSERT INTO pgstac.queryables (name, definition, property_wrapper, collection_ids)
SELECT name, definition, wrapper, ARRAY[%s]
FROM jsonb_to_recordset(%s) AS wanted (name text, definition jsonb, wrapper text) ORDER BY name
"""
_UPDATE = """
UPDATE pgstac.queryables AS stored SET definition = wanted.definition, property_wrapper = wanted.wrapper
FROM jsonb_to_recordset(%s) AS wanted (name text, definition jsonb, wrapper text)
WHERE stored.name = wanted.name AND stored.collection_ids = ARRAY[%s]
"""
_DELETE = "DELETE FROM pgstac.queryables WHERE collection_ids = ARRAY[%s] AND name = ANY(%s)"
# pgSTAC locks each name until the transaction ends; two harvests that lock them in turns would deadlock
_ONE_WRITER = "SELECT pg_advisory_xact_lock(hashtext('tercet.queryables'))"

_Row = tuple[Mapping[str, Any], str | None]


def write_queryables(connection: psycopg.Connection, spec: CollectionSpec) -> bool:
    """Register a Collection's queryables with pgSTAC, typed, so that numbers sort as numbers; no index is made.

    One row per property and Collection: pgSTAC looks after the indexes of every Collection that a written
    row names, so a row shared by all would make each new Collection slower than the one before.

    Args:
        connection: as a role that writes pgSTAC's tables; inside a transaction this is part of it.
        spec: of a Collection that pgSTAC already has.

    Returns:
        Whether anything was written.
    """
    stored: dict[str, _Row] = {
        name: (definition, wrapper) for name, definition, wrapper in connection.execute(_STORED, [spec.id])
    }
    taken = {name for (name,) in connection.execute(_TAKEN, [spec.id, spec.id])}
    wanted = {name: _row(queryable) for name, queryable in spec.queryables.items() if name not in taken}
    if wanted == stored:
        return False
    changed = {name: row for name, row in wanted.items() if name in stored and row != stored[name]}
    new = {name: row for name, row in wanted.items() if name not in stored}
    with connection.transaction():
        connection.execute(_ONE_WRITER)
        if gone := sorted(stored.keys() - wanted.keys()):
            connection.execute(_DELETE, [spec.id, gone])
        if changed:
            connection.execute(_UPDATE, [_records(changed), spec.id])
        if new:
            connection.execute(_INSERT, [spec.id, _records(new)])
    return True


def _row(queryable: Queryable) -> _Row:
    return queryable.schema(), _WRAPPERS[queryable.type]


def _records(rows: Mapping[str, _Row]) -> Jsonb:
    return Jsonb(
        [{"name": name, "definition": definition, "wrapper": wrapper} for name, (definition, wrapper) in rows.items()]
    )
