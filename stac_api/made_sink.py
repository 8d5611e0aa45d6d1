"""Where made assets go: into the ledger and into the Items in pgSTAC, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from stac_api.arrays import columns
from stac_api.loader import refusal
from stac_api.made import MadeLedger
from stac_api.pgstac_loader import ItemLoader, OneConnection
from tercet.errors import SinkError
from transforms.entry import Item, Version
from transforms.made import Made, with_made

_CURRENT = """
SELECT item.collection, subject, rank, pgstac.get_item(item_id, item.collection) FROM tercet.item
JOIN unnest(%b::text[], %b::text[], %b::text[]) AS these (collection, subject, rank) USING (collection, subject, rank)
WHERE NOT EXISTS (SELECT FROM tercet.item AS newer WHERE (newer.collection, newer.subject)
    = (item.collection, item.subject) AND newer.rank > item.rank)
"""


@dataclass(slots=True)
class MadeSink:
    """Stores what was made of current Items.

    Attributes:
        connection: of its own, in autocommit.
    """

    connection: psycopg.Connection
    _loader: ItemLoader = field(init=False)

    def __post_init__(self) -> None:
        # as harvests do: pgSTAC brings a partition's statistics up to date once, in `finish`
        self.connection.execute("SET pgstac.use_queue TO true")
        self._loader = ItemLoader(OneConnection(connection=self.connection))

    def store(self, kind: str, made: Sequence[tuple[Version, Made]]) -> int:
        """Give Items the assets that were made of them: all of these, or none.

        Returns:
            How many were stored: what was superseded or deleted meanwhile is left out.

        Raises:
            SinkError: PostgreSQL refused; nothing of it is stored.
        """
        try:
            with self.connection.transaction():
                ledger = MadeLedger(self.connection)
                ledger.wait(to_store=True)
                items = self._items([version for version, _ in made])
                fitting = [(at, one) for at, one in made if at in items and one.is_of(items[at])]
                for at, one in fitting:
                    ledger.remember(at, kind, one)
                    items[at] = with_made(items[at], [one])
                written = {at for at, _ in fitting}
                self._loader.load(self._loader.row(items[at]) for at in sorted(written))
        except psycopg.Error as error:
            self._loader = ItemLoader(OneConnection(connection=self.connection))
            raise SinkError(refusal(error)) from error
        return len(fitting)

    def finish(self) -> None:
        """Let pgSTAC do what it put off.

        Raises:
            SinkError: PostgreSQL refused.
        """
        try:
            self._loader.db.run_queued()
        except (psycopg.Error, RuntimeError) as error:
            raise SinkError(f"pgSTAC could not bring its partitions up to date, run it again: {error}") from error

    def _items(self, versions: Sequence[Version]) -> dict[Version, Item]:
        rows = self.connection.execute(_CURRENT, columns(set(versions), 3))
        return {(row[0], row[1], row[2]): row[3] for row in rows if row[3] is not None}
