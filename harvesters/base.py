"""What every source offers: pages of raw records, and how one record becomes an Item."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from tercet.fetch import Fetcher
from tercet.settings import Settings
from transforms.catalog import CollectionSpec
from transforms.entry import Entry, Item, Part
from transforms.listing import Listed, Window, Withdrawn, iso

__all__ = [
    "Bbox",
    "Listed",
    "Option",
    "Page",
    "Record",
    "Selection",
    "Source",
    "Unreadable",
    "Window",
    "Withdrawn",
    "iso",
]

Bbox = tuple[float, float, float, float]

Record = Mapping[str, Any]
"""One record as the provider sent it, untouched."""


@dataclass(frozen=True, slots=True)
class Option:
    """What can be asked of one source and not of others: ``--rgt`` of ICESat-2.

    Attributes:
        help: one sentence for ``--help``.
        parse: reads what a user wrote; raises ConfigError with what is wrong and what to write. None for a flag.
        metavar: what stands for the value in ``--help``.
        multiple: whether it may be given more than once; the value is then a tuple.
        narrows: whether the walk asks for less than all of a product, so that it cannot move the cursor.
    """

    help: str
    parse: Callable[[str], Any] | None = None
    metavar: str = "TEXT"
    multiple: bool = False
    narrows: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """What one walk through a provider's archive asks for.

    Attributes:
        product: one of the source's products, as the source spells it.
        window: acquisition time.
        bbox: west, south, east, north in degrees; west > east crosses the antimeridian.
        intersects: a GeoJSON geometry.
        cursor: the last `Page.cursor` that was stored, or None for a first or full walk.
        options: the source's own, by name; what was not given is not in it.
        narrowed: whether one of them asks for less than all of the product.
        swept: when a walk last listed all of the product (`Listed` without a window).
        stored: gives the Items that a Collection holds, for what can be asked only of them.
    """

    product: str
    window: Window = field(default_factory=Window)
    bbox: Bbox | None = None
    intersects: Mapping[str, Any] | None = None
    cursor: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    narrowed: bool = False
    swept: datetime | None = None
    stored: Callable[[str], Iterator[Item]] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether the walk asks for all of a product, so that its end may move the cursor."""
        return self.window.is_open and self.bbox is None and self.intersects is None and not self.narrowed


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file, or a line of one, that holds no record of the source.

    Attributes:
        name: the file, with the line where it is a line.
        reason: one sentence: what it is instead, and what to do.
        text: how it begins.
    """

    name: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """Records that came together.

    Attributes:
        records: untouched, in the order of the provider.
        cursor: where a later walk may start once this page and all before it are stored; None where
            the page ends at no such place.
        total: how many records the provider says the walk has in all, where it says so.
        unreadable: what stood among recorded answers and is none.
        withdrawn: what the provider says it has deleted; taken away before the records are stored.
        listed: what the walk is through with; seen to after the records are stored, and before the cursor moves.
        described: what the provider says of Collections, by their id in the catalog: JSON that `Source.collection`
            understands.
    """

    records: Sequence[Record]
    cursor: str | None = None
    total: int | None = None
    unreadable: Sequence[Unreadable] = ()
    withdrawn: Sequence[Withdrawn] = ()
    listed: Sequence[Listed] = ()
    described: Mapping[str, Record] = field(default_factory=dict)


class Source(Protocol):
    """A provider: a stream of raw records, and the way from one of them to an Item."""

    @property
    def name(self) -> str:
        """The name on the command line: carbon-mapper."""

    @property
    def products(self) -> tuple[str, ...]:
        """The products that can be asked for; the first is harvested when none is named."""

    @property
    def options(self) -> Mapping[str, Option]:
        """What can be asked of this source only, by the name of its option without dashes: ``rgt``."""

    def product(self, name: str) -> str:
        """The product that a user means, as the source spells it (raises ConfigError naming the nearest)."""

    def wanted(self, named: Sequence[str], options: Mapping[str, Any]) -> tuple[str, ...]:
        """The products to harvest: those that were named, or what is meant where none was.

        Raises:
            ConfigError: there is none that fits the options.
        """

    def fetcher(self, settings: Settings) -> Fetcher:
        """An HTTP client with this provider's limits and credentials."""

    def pages(self, fetcher: Fetcher, settings: Settings, selection: Selection) -> AsyncIterator[Page]:
        """Walk the archive: the only I/O of a source.

        Raises:
            UpstreamError: the provider did not answer as it documents.
        """

    def records_in(self, document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
        """The raw records in a recorded answer (parsed JSON), or None where it is not this source's."""

    def records_in_file(self, path: Path) -> Iterable[Record] | None:
        """The raw records in a file that is no text, such as a granule's header; None where it is not this source's.

        Raises:
            RecordError: it is this source's, and broken.
        """

    def entry(self, record: Record) -> Entry:
        """The Item of a record, with its place among its versions: same in, same out.

        Raises:
            IncompleteError: an Item can be made of it together with others only.
            RecordError: no Item can be made of it, and why.
        """

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        """The Items of one subject, of all that is known of it; the order of the parts does not matter.

        Called only for entries that have a part. Of one part alone it gives what `entry` gave.
        """

    def collection(self, collection_id: str, said: Record | None = None) -> CollectionSpec:
        """What a Collection of this source says of itself; ``said`` is what `Page.described` last had of it."""
