"""What Items of several Collections are related by: kept beside them, and turned into links when they are served."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from stac_api.versions import Address, Plan

RELATED: LiteralString = """
SELECT DISTINCT me.collection, me.item_id, me.rel, other.collection, other.item_id
FROM unnest(%(collections)s::text[], %(ids)s::text[]) AS these (collection, item_id)
JOIN tercet.kin AS me USING (collection, item_id)
JOIN tercet.kin AS other ON other.key = me.key AND other.collection <> me.collection
WHERE me.rel <> '' AND NOT ends_with(other.collection, %(twin)s) AND me.collection <> other.collection || %(twin)s
ORDER BY 1, 2, 4, 5
"""
"""Links from these Items to current ones."""


@dataclass(frozen=True, slots=True)
class KinLedger:
    """The keys of the Items of one database, on the given connection."""

    connection: psycopg.Connection

    def remember(self, changes: Plan) -> None:
        """Follow the Items that a batch writes, moves and removes."""
        moves = [(write.stored_at, write.place.address) for write in changes.writes if write.stored_at]
        coming = [(write.place.address, write.incoming.entry.kin) for write in changes.writes if write.incoming]
        rows = [(*address, kin.key, kin.rel) for address, keys in coming for kin in keys]
        moved = {old for old, new in moves if old != new}
        self._forget([at for at in changes.removals if at not in moved])
        self._move([(old, new) for old, new in moves if old != new])
        self._forget([at for at, _ in coming])
        if rows:
            self.connection.execute(
                "INSERT INTO tercet.kin (collection, item_id, key, rel) "
                "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING",
                [list(column) for column in zip(*rows, strict=True)],
            )

    def _move(self, moves: Sequence[tuple[Address, Address]]) -> None:
        if moves:
            columns = [list(column) for column in zip(*((*old, *new) for old, new in moves), strict=True)]
            self.connection.execute(
                "UPDATE tercet.kin AS kin SET collection = moved.new_collection, item_id = moved.new_id "
                "FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) "
                "AS moved (collection, item_id, new_collection, new_id) "
                "WHERE (kin.collection, kin.item_id) = (moved.collection, moved.item_id)",
                columns,
            )

    def _forget(self, addresses: Sequence[Address]) -> None:
        if addresses:
            self.connection.execute(
                "DELETE FROM tercet.kin USING unnest(%s::text[], %s::text[]) AS these (collection, item_id) "
                "WHERE (kin.collection, kin.item_id) = (these.collection, these.item_id)",
                [list(column) for column in zip(*addresses, strict=True)],
            )


def related(rows: Iterable[Sequence[Any]]) -> Mapping[Address, list[tuple[str, Address]]]:
    """The answer of `RELATED`: of each Item the relations and addresses of its kin."""
    found: dict[Address, list[tuple[str, Address]]] = {}
    for collection, item_id, rel, other_collection, other_id in rows:
        found.setdefault(Address(collection, item_id), []).append((rel, Address(other_collection, other_id)))
    return found
