"""Indexes on the properties that users sort and filter by most, in the very words of pgSTAC's filters.

Each costs its part of every harvest and of every plan, so not every queryable has one: `Queryable.indexed` says which.
An operator asks for more by pgSTAC's own ``property_index_type``; those are left alone. They are made when a harvest
ends: into a table that has them, Items go slower. The id makes an order complete where values are alike: pages begin
at once wherever they are.
"""

import logging
from collections.abc import Mapping

import psycopg
from psycopg import sql

from transforms.catalog import CollectionSpec

LEAST_ITEMS = 25_000
"""Items of a Collection that can as well be read one by one: that takes a tenth of a second, six indexes take more."""

_SUFFIX = "_tercet"

_PARTITIONS = """
SELECT relname AS partition
FROM pgstac.collections, pg_partition_tree(to_regclass(format('pgstac._items_%%s', key))) AS leaf
JOIN pg_class ON pg_class.oid = leaf.relid
WHERE id = %s AND leaf.isleaf
AND (SELECT items FROM tercet.collection AS counted WHERE counted.id = collections.id) >= %s
"""
_WANTED = """
SELECT left(md5(q.expression || ', id'), 8) AS key, q.expression || ', id'
FROM unnest(%s::text[]) AS wanted (name) CROSS JOIN LATERAL pgstac.queryable(wanted.name, ARRAY[%s]) AS q
WHERE NOT EXISTS (SELECT FROM pgstac.queryables AS own
    WHERE own.name = wanted.name AND own.property_index_type IS NOT NULL AND coalesce(%s = ANY(collection_ids), true))
"""
_THERE = """
SELECT indexname FROM pg_indexes WHERE schemaname = 'pgstac' AND tablename = %s AND right(indexname, %s) = %s
"""

log = logging.getLogger(__name__)


def make_indexes(connection: psycopg.Connection, spec: CollectionSpec) -> int:
    """Make the indexes of one Collection that are not there yet, and drop those that nobody wants any more.

    Writers of this Collection wait meanwhile, readers do not. Whoever may not make indexes goes without, and so does
    a property whose values, stored by others, are not what it is registered as.

    Args:
        connection: in autocommit, with pgSTAC's ``search_path``.
        spec: its queryables are registered, its Items counted.

    Returns:
        How many were made.
    """
    names = [name for name, queryable in spec.queryables.items() if queryable.indexed]
    made = 0
    for (partition,) in connection.execute(_PARTITIONS, [spec.id, LEAST_ITEMS]).fetchall():
        rows = connection.execute(_WANTED, [names, spec.id, spec.id]).fetchall()
        wanted = {f"{partition}_{key}{_SUFFIX}": expression for key, expression in rows}
        try:
            made += _bring_to(connection, partition, wanted)
        except psycopg.errors.InsufficientPrivilege as error:
            log.warning("%s goes without indexes on its properties: %s", spec.id, str(error).strip())
            break
    return made


def _bring_to(connection: psycopg.Connection, partition: str, wanted: Mapping[str, str]) -> int:
    there = {name for (name,) in connection.execute(_THERE, [partition, len(_SUFFIX), _SUFFIX])}
    missing = {name: expression for name, expression in wanted.items() if name not in there}
    if not missing and there <= wanted.keys():
        return 0
    with connection.transaction():
        connection.execute("SET LOCAL ROLE pgstac_admin")  # who owns the partitions
        # the rows of a partition are few pages, what they point to is not: let PostgreSQL use its workers
        connection.execute("SET LOCAL min_parallel_table_scan_size TO 0")
        for name in there - wanted.keys():
            connection.execute(sql.SQL("DROP INDEX pgstac.{}").format(sql.Identifier(name)))
        made = [_create(connection, name, partition, expression) for name, expression in missing.items()]
        if any(made):  # without statistics PostgreSQL takes a rare value for a frequent one; 9,000 rows give them
            connection.execute("SET LOCAL default_statistics_target TO 30")
            connection.execute(sql.SQL("ANALYZE pgstac.{}").format(sql.Identifier(partition)))
    return sum(made)


def _create(connection: psycopg.Connection, name: str, partition: str, expression: str) -> bool:
    described = sql.SQL("CREATE INDEX {} ON pgstac.{}").format(sql.Identifier(name), sql.Identifier(partition))
    try:
        with connection.transaction():
            connection.execute(described + sql.SQL(f" ({expression})"))  # pgSTAC's own text, quoted by it
    except psycopg.DataError as error:
        log.warning("%s is not indexed: %s", expression, str(error).strip())
        return False
    return True
