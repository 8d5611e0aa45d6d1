"""Writes what a plan says into pgSTAC, on the connection and in the transaction that it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from psycopg.types.json import Jsonb

from stac_api.kin import KinLedger
from stac_api.ledger import Ledger
from stac_api.ledger_items import ItemLedger
from stac_api.made import MadeLedger
from stac_api.parts import PartLedger
from stac_api.pgstac_loader import ItemLoader, OneConnection, Row
from stac_api.queryables import write_queryables
from stac_api.summary_ledger import SummaryLedger
from stac_api.versions import Address, Plan, Subject, Write, withdraw
from tercet.errors import SinkError
from transforms.catalog import SUPERSEDED, CollectionSpec, is_superseded
from transforms.entry import Entry, Item, Part, Version
from transforms.made import Made, with_made


class Catalogued(Protocol):
    """What a source says of its Collections, and how it makes Items of parts."""

    def collection(self, collection_id: str, said: Mapping[str, Any] | None = None) -> CollectionSpec:
        """What a Collection says of itself; ``said`` is what its provider last said of it."""

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        """The Items of one subject, of all that is known of it."""


@dataclass(slots=True)
class CatalogWriter:
    """Items, their Collections and kin in pgSTAC, and the ledger's row for each.

    Attributes:
        connection: of a harvest of its own.
        source: its name.
        catalogued: what it says of its Collections.
    """

    connection: psycopg.Connection
    source: str
    catalogued: Catalogued
    _ledger: Ledger = field(init=False)
    _items: ItemLedger = field(init=False)
    _loader: ItemLoader = field(init=False)
    _known_collections: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self._ledger, self._items = Ledger(self.connection), ItemLedger(self.connection)
        self.forget_all()

    def forget_all(self) -> None:
        """Look at what there is anew: a rollback takes Collections, and pypgstac remembers their partitions."""
        self._loader = ItemLoader(OneConnection(connection=self.connection))
        self.look_again()

    def look_again(self) -> None:
        """Look again at which Collections there are."""
        self._known_collections = set() if self.connection.broken else set(self._ledger.collections())

    def write(self, changes: Plan) -> None:
        """Write, move and remove Items as a plan says."""
        for collection in sorted(changes.touched - self._known_collections):
            self._create(collection)
        if changes.writes or changes.removals:
            SummaryLedger(self.connection).note(changes.addresses)
            self._move_and_load(changes)
            KinLedger(self.connection).remember(changes)
        self._items.forget(changes)
        MadeLedger(self.connection).follow(changes)
        self._items.remember(changes, self.source)
        self._ledger.mark_stale(changes.touched, self.source)

    def remove(self, versions: Sequence[Version], run: int) -> int:
        """Take versions away and remember them as tombstones; what they had replaced is current again."""
        gone: dict[Subject, set[str]] = {}
        for collection, name, rank in versions:
            gone.setdefault(Subject(collection, name), set()).add(rank)
        changes = withdraw(gone, self._items.known(gone))
        if changes.forgotten:
            self._items.bury(changes, self._texts([address for *_, address in changes.forgotten]), run)
            self.write(changes)
            PartLedger(self.connection).forget(versions)
        return len(changes.forgotten)

    def bring_up_to_date(self) -> None:
        """Let pgSTAC do what it put off while Items were loaded."""
        self._loader.db.run_queued()

    def spec(self, collection: str) -> CollectionSpec:
        """What a Collection, or the twin of one, says of itself."""
        base = collection.removesuffix(SUPERSEDED)
        spec = self.catalogued.collection(base, self._ledger.description(base))
        return spec.superseded() if is_superseded(collection) else spec

    def _move_and_load(self, changes: Plan) -> None:
        stored = self._read([write.stored_at for write in changes.writes if write.stored_at])
        self._delete(changes)
        made = self._made(changes)
        self._loader.load(self._row(write, stored, made) for write in changes.writes)

    def _row(self, write: Write, stored: Mapping[Address, Item], made: Mapping[Version, list[Made]]) -> Row:
        one = write.incoming
        if one is None:
            if write.stored_at is None:
                raise AssertionError("a version that is neither new nor stored is never written")
            return self._loader.row(write.place.dressed(stored[write.stored_at]))
        its_made = made.get(one.version, ())
        ready = None if its_made or not write.place.is_plain else self._loader.ready_row(one)
        return ready or self._loader.row(with_made(write.place.dressed(one.item), its_made), one.wkb)

    def _made(self, changes: Plan) -> Mapping[Version, list[Made]]:
        """What was made of the Items that are written anew; those that only move bear it already."""
        ledger = MadeLedger(self.connection)
        ledger.wait(to_store=False)
        return ledger.of([write.incoming.version for write in changes.writes if write.incoming])

    def _delete(self, changes: Plan) -> None:
        if not changes.removals:
            return
        subjects = {at for at, *_ in changes.rows} | {at for at, *_ in changes.forgotten}
        # an id may have passed to another thing meanwhile, as a cluster's name does
        claimed = self._items.claimed(changes.removals, subjects)
        for address in set(changes.removals) - claimed:
            self.connection.execute(
                "DELETE FROM pgstac.items WHERE collection = %s AND id = %s", [address.collection, address.item_id]
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

    def _texts(self, addresses: Sequence[Address]) -> Mapping[Address, str]:
        """Items as JSON text, of those that pgSTAC has."""
        rows = self.connection.execute(
            "SELECT collection, id, pgstac.get_item(id, collection)::text "
            "FROM unnest(%b::text[], %b::text[]) AS these (collection, id)",
            [[address.collection for address in addresses], [address.item_id for address in addresses]],
        )
        return {Address(row[0], row[1]): row[2] for row in rows if row[2] is not None}

    def _create(self, collection: str) -> None:
        spec = self.spec(collection)
        self.connection.execute(
            "INSERT INTO pgstac.collections (content) VALUES (%s) ON CONFLICT DO NOTHING", [Jsonb(spec.document())]
        )
        write_queryables(self.connection, spec)
