"""Stores batches: Items, fingerprints, rejects and cursor in one transaction, or nothing of them."""

from dataclasses import dataclass, field, replace

import psycopg

from stac_api.batch import Batch, Stored
from stac_api.catalog_writer import Catalogued, CatalogWriter
from stac_api.joining import joined
from stac_api.ledger import Ledger
from stac_api.ledger_items import ItemLedger
from stac_api.parts import PartLedger
from stac_api.pending import Pending
from stac_api.summaries import make_true
from stac_api.sweeps import Sweep, SweepRefusedError
from stac_api.versions import plan, subject_of
from tercet.errors import SinkError
from transforms.listing import Listed

_COMPRESS = """
SELECT set_config(name, 'lz4', false) FROM pg_settings
WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)
"""
"""PostgreSQL's own compression takes a quarter of the time of storing an Item; this, where it is built in, a tenth."""


@dataclass(slots=True)
class CatalogSink:
    """pgSTAC and its ledger, as the target of one harvest of one product.

    Attributes:
        connection: of its own, in autocommit; the harvest's lock lives as long as it does.
        catalogued: what the source says of its Collections.
        run: the open run in the ledger.
        dry_run: do everything in a transaction, and take it back; nothing is swept.
        recorded: whether this is an old story: it does not bring back what its provider has deleted since.
        allow_deletes: sweep away however much is gone.
        afresh: summarise all Items of the Collections that change, whatever was known of them.
    """

    connection: psycopg.Connection
    source: str
    product: str
    catalogued: Catalogued
    run: int = 0
    dry_run: bool = False
    recorded: bool = False
    allow_deletes: bool = False
    afresh: bool = False
    ledger: Ledger = field(init=False)
    _items: ItemLedger = field(init=False)
    _writer: CatalogWriter = field(init=False)
    _pending: Pending = field(init=False, default_factory=Pending)
    _sweep: Sweep | None = field(init=False)
    _refused: SweepRefusedError | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.ledger, self._items = Ledger(self.connection), ItemLedger(self.connection)
        self._writer = CatalogWriter(self.connection, self.source, self.catalogued)
        self._sweep = None
        if not self.dry_run and not self.recorded:
            self._sweep = Sweep(self.connection, self.source, self.allow_deletes)
            self._sweep.begin()
        # pgSTAC rebuilds a partition's constraints after each load, which reads the whole partition;
        # queued, it does so once, when the harvest has ended
        self.connection.execute("SET pgstac.use_queue TO true")
        self.connection.execute(_COMPRESS)

    def store(self, batch: Batch) -> Stored:
        """Store a batch: all of it, or nothing.

        Where more is gone than is likely all is stored but for that, and the cursor stays from then on: the next
        harvest looks at it again.

        Raises:
            SinkError: PostgreSQL refused; nothing of the batch is stored.
        """
        written = _Written()
        try:
            with self.connection.transaction(force_rollback=self.dry_run):
                self._write(batch, written)
                written.committed = not self.dry_run
        except psycopg.Error as error:
            raise SinkError(refusal(error)) from error
        finally:
            if written.committed:
                self._writer.look_again()
            else:
                self._writer.forget_all()
        return written.stored

    def finish(self) -> dict[str, int]:
        """Make true what depends on all Items: extents, summaries, queryables, counts.

        Returns:
            Collections of this source and how many Items each has.

        Raises:
            SweepRefusedError: more is gone than is likely, and was left.
            SinkError: PostgreSQL refused; the next harvest finishes it.
        """
        if self.dry_run:
            return self.ledger.collections(self.source)
        self._make_true()
        if self._refused:
            raise self._refused
        return self.ledger.collections(self.source)

    def _make_true(self) -> None:
        try:
            stale = self.ledger.stale_collections(self.source)
            if stale:
                self._writer.bring_up_to_date()
                specs = [self._writer.spec(collection) for collection in stale]
                make_true(self.connection, self.ledger, specs, afresh=self.afresh)
        except psycopg.Error as error:
            raise SinkError(refusal(error)) from error
        except RuntimeError as error:
            # pypgstac's word for queued statements that PostgreSQL refused time and again
            raise SinkError(f"pgSTAC could not bring its partitions up to date, harvest again: {error}") from error

    def _write(self, batch: Batch, written: "_Written") -> None:
        stored = written.stored
        self.ledger.describe(batch.described, self.source)
        if batch.withdrawn:
            stored.deleted += self._writer.remove(self._items.withdrawn(batch.withdrawn), self.run)
        parts = joined(self._without_buried(batch), PartLedger(self.connection), self.catalogued.assemble)
        subjects = {subject_of(one) for one in parts.checked}
        known = self._items.known(subjects | parts.told)
        changes = plan(parts.checked, known, parts.parts)
        self._writer.write(changes)
        PartLedger(self.connection).store(parts.parts)
        self._pending.settle(stored, parts, subjects | known.keys())
        stored.new, stored.changed, stored.superseded = changes.new, changes.changed, changes.superseded
        stored.same = max(0, batch.records - stored.new - stored.changed - stored.rejected)
        if self.dry_run:
            return
        self.ledger.drop_fragments(stored.completed)
        self.ledger.reject(self.source, self.product, self.run, stored.rejects)
        self._swept(batch, written)
        if batch.cursor is not None and not self._refused:
            self.ledger.move_cursor(self.source, self.product, batch.cursor)

    def _without_buried(self, batch: Batch) -> Batch:
        """Leave out what an old recording says of what was deleted since; the provider's own word brings it back."""
        versions = [one.version for one in batch.checked]
        if not self.recorded:
            self._items.raise_up(versions)
            return batch
        buried = self._items.buried(versions)
        if not buried:
            return batch
        died = [buried.get(version) for version in versions]
        kept = [one for one, then in zip(batch.checked, died, strict=True) if then is None or one.freshness > then]
        return replace(batch, checked=kept)

    def _swept(self, batch: Batch, written: "_Written") -> None:
        if self._sweep is None:
            return
        versions = [one.version for one in batch.checked]
        versions += [
            (reject.fragment.collection, reject.fragment.subject, reject.fragment.part.rank)
            for reject in batch.rejects
            if reject.fragment
        ]
        self._sweep.name(versions, batch.recognised, [reject.name for reject in batch.rejects])
        for listed in batch.listed:
            self._take_away(self._sweep, listed, written)

    def _take_away(self, sweep: Sweep, listed: Listed, written: "_Written") -> None:
        try:
            gone = sweep.gone(listed)
        except SweepRefusedError as error:
            self._refused = self._refused or error
            return
        written.stored.deleted += self._writer.remove(gone, self.run)
        if listed.window.is_open:
            self.ledger.mark_swept(self.source, self.product)


@dataclass(slots=True)
class _Written:
    """What became of a batch."""

    stored: Stored = field(default_factory=Stored)
    committed: bool = False


def refusal(error: psycopg.Error) -> str:
    """Say why PostgreSQL refused, and what to do."""
    first = str(error).strip().split("\n")[0]
    if isinstance(error, psycopg.errors.DiskFull):
        return f"the database's disk is full ({first}): make room and harvest again; it goes on where it stopped"
    if isinstance(error, psycopg.OperationalError):
        return f"the connection to the database was lost ({first}): harvest again; it goes on where it stopped"
    return f"the database refused a batch ({first}); nothing of it was stored"
