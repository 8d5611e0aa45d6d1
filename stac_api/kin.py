"""What Items of several Collections are related by, kept beside them: `related` turns it into links."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from stac_api.versions import Address, Plan


@dataclass(frozen=True, slots=True)
class KinLedger:
    """The keys of the Items of one database, on the given connection."""

    connection: psycopg.Connection

    def remember(self, changes: Plan) -> None:
        """Follow the Items that a batch writes, moves and removes."""
        moves = [(write.stored_at, write.place.address) for write in changes.writes if write.stored_at]
        coming = [(write.place.address, write.incoming.kin) for write in changes.writes if write.incoming]
        rows = [(*address, kin.key, kin.rel) for address, keys in coming for kin in keys]
        moved = {old for old, new in moves if old != new}
        self._forget([at for at in changes.removals if at not in moved])
        self._move([(old, new) for old, new in moves if old != new])
        self._forget([at for at, _ in coming])
        if rows:
            self.connection.execute(
                "INSERT INTO tercet.kin (collection, item_id, key, rel) "
                "SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[]) ON CONFLICT DO NOTHING",
                [list(column) for column in zip(*rows, strict=True)],
            )

    def _move(self, moves: Sequence[tuple[Address, Address]]) -> None:
        if moves:
            columns = [list(column) for column in zip(*((*old, *new) for old, new in moves), strict=True)]
            self.connection.execute(
                "UPDATE tercet.kin AS kin SET collection = moved.new_collection, item_id = moved.new_id "
                "FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[]) "
                "AS moved (collection, item_id, new_collection, new_id) "
                "WHERE (kin.collection, kin.item_id) = (moved.collection, moved.item_id)",
                columns,
            )

    def _forget(self, addresses: Sequence[Address]) -> None:
        if addresses:
            self.connection.execute(
                "DELETE FROM tercet.kin USING unnest(%b::text[], %b::text[]) AS these (collection, item_id) "
                "WHERE (kin.collection, kin.item_id) = (these.collection, these.item_id)",
                [list(column) for column in zip(*addresses, strict=True)],
            )
