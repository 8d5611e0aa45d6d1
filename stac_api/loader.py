"""Writes batches: Items, fingerprints, rejects and cursor in one transaction, or nothing of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg.types.json import Jsonb

from stac_api.ledger import Ledger, Reject
from stac_api.pgstac_loader import ItemLoader, OneConnection
from stac_api.queryables import write_queryables
from stac_api.summaries import make_true
from stac_api.versions import Address, Plan, Subject, Write, plan
from tercet.errors import SinkError
from transforms.catalog import SUPERSEDED, CollectionSpec, is_superseded
from transforms.check import Checked
from transforms.entry import Item

Describe = Callable[[str], CollectionSpec]
"""What a Collection of a source says of itself, by its id."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What is stored together.

    Attributes:
        checked: Items in the order in which they came.
        rejects: records of which none could be made.
        cursor: where to go on once this is stored, or None where nothing moves.
        recognised: how many more records there were whose Items are stored as they are.
    """

    checked: Sequence[Checked]
    rejects: Sequence[Reject] = ()
    cursor: str | None = None
    recognised: int = 0

    @property
    def records(self) -> int:
        """How many records the batch was made of."""
        return len(self.checked) + len(self.rejects) + self.recognised


@dataclass(slots=True)
class Stored:
    """What a batch changed in the catalog."""

    new: int = 0
    changed: int = 0
    same: int = 0
    superseded: int = 0


@dataclass(slots=True)
class CatalogSink:
    """pgSTAC and its ledger, as the target of one harvest of one product.

    Attributes:
        connection: of its own, in autocommit; the harvest's lock lives as long as it does.
        describe: what the source says of its Collections.
        run: the open run in the ledger.
        dry_run: do everything in a transaction, and take it back.
    """

    connection: psycopg.Connection
    source: str
    product: str
    describe: Describe
    run: int = 0
    dry_run: bool = False
    ledger: Ledger = field(init=False)
    _loader: ItemLoader = field(init=False)
    _known_collections: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.connection)
        self._loader = ItemLoader(OneConnection(connection=self.connection))
        self._known_collections = set(self.ledger.collections())
        # pgSTAC rebuilds a partition's constraints after each load, which reads the whole partition;
        # queued, it does so once, when the harvest has ended
        self.connection.execute("SET pgstac.use_queue TO true")

    def store(self, batch: Batch) -> Stored:
        """Store a batch: all of it, or nothing.

        Raises:
            SinkError: PostgreSQL refused; nothing of the batch is stored.
        """
        changes: Plan | None = None
        try:
            with self.connection.transaction(force_rollback=self.dry_run):
                changes = self._write(batch)
        except psycopg.Error as error:
            raise SinkError(refusal(error)) from error
        finally:
            # a rollback takes the Collections of this batch with it
            self._known_collections = set(self.ledger.collections()) if not self.connection.broken else set()
            if changes is None or self.dry_run:
                # ... and pypgstac's loader remembers their partitions
                self._loader = ItemLoader(OneConnection(connection=self.connection))
        return Stored(changes.new, changes.changed, changes.same + batch.recognised, changes.superseded)

    def _write(self, batch: Batch) -> Plan:
        subjects = {Subject(one.entry.item["collection"], one.entry.subject) for one in batch.checked}
        changes = plan(batch.checked, self.ledger.known(subjects))
        for collection in sorted(changes.touched - self._known_collections):
            self._create(collection)
        if changes.writes:
            self._move_and_load(changes)
        self.ledger.remember(changes, self.source)
        if self.dry_run:
            return changes
        self.ledger.reject(self.source, self.product, self.run, batch.rejects)
        if batch.cursor is not None:
            self.ledger.move_cursor(self.source, self.product, batch.cursor)
        return changes

    def _move_and_load(self, changes: Plan) -> None:
        stored = self._read([write.stored_at for write in changes.writes if write.stored_at])
        for address in changes.removals:
            self.connection.execute(
                "DELETE FROM pgstac.items WHERE collection = %s AND id = %s", [address.collection, address.item_id]
            )
        self._loader.load(
            (_item(write, stored), write.incoming.wkb if write.incoming else None) for write in changes.writes
        )

    def _read(self, addresses: Sequence[Address]) -> Mapping[Address, Item]:
        found: dict[Address, Item] = {}
        for address in addresses:
            row = self.connection.execute(
                "SELECT pgstac.get_item(%s, %s)", [address.item_id, address.collection]
            ).fetchone()
            if row is None or row[0] is None:
                raise SinkError(
                    f"the ledger knows {address.href} and pgSTAC does not: was it deleted by hand? "
                    "Delete its row from tercet.item, too, and harvest again with --full-refresh"
                )
            found[address] = row[0]
        return found

    def _create(self, collection: str) -> None:
        spec = self._spec(collection)
        self.connection.execute(
            "INSERT INTO pgstac.collections (content) VALUES (%s) ON CONFLICT DO NOTHING", [Jsonb(spec.document())]
        )
        write_queryables(self.connection, spec)

    def finish(self) -> dict[str, int]:
        """Make true what depends on all Items: extents, summaries, queryables, counts.

        Returns:
            Collections of this source and how many Items each has.

        Raises:
            SinkError: PostgreSQL refused; the next harvest finishes it.
        """
        if self.dry_run:
            return self.ledger.collections(self.source)
        try:
            stale = self.ledger.stale_collections(self.source)
            if stale:
                self._loader.db.run_queued()
                make_true(self.connection, self.ledger, [self._spec(collection) for collection in stale])
        except psycopg.Error as error:
            raise SinkError(refusal(error)) from error
        except RuntimeError as error:
            # pypgstac's word for queued statements that PostgreSQL refused time and again
            raise SinkError(f"pgSTAC could not bring its partitions up to date, harvest again: {error}") from error
        return self.ledger.collections(self.source)

    def _spec(self, collection: str) -> CollectionSpec:
        spec = self.describe(collection.removesuffix(SUPERSEDED))
        return spec.superseded() if is_superseded(collection) else spec


def _item(write: Write, stored: Mapping[Address, Item]) -> Item:
    if write.incoming is not None:
        return write.place.dressed(write.incoming.entry.item)
    if write.stored_at is None:
        raise AssertionError("a version that is neither new nor stored is never written")
    return write.place.dressed(stored[write.stored_at])


def refusal(error: psycopg.Error) -> str:
    """Say why PostgreSQL refused, and what to do."""
    first = str(error).strip().split("\n")[0]
    if isinstance(error, psycopg.errors.DiskFull):
        return f"the database's disk is full ({first}): make room and harvest again; it goes on where it stopped"
    if isinstance(error, psycopg.OperationalError):
        return f"the connection to the database was lost ({first}): harvest again; it goes on where it stopped"
    return f"the database refused a batch ({first}); nothing of it was stored"
