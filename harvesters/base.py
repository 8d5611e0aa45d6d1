"""What every source offers: pages of raw records, and how one record becomes an Item."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from tercet.errors import ConfigError
from tercet.fetch import Fetcher
from tercet.settings import Settings
from transforms.catalog import CollectionSpec
from transforms.entry import Entry

Bbox = tuple[float, float, float, float]

Record = Mapping[str, Any]
"""One record as the provider sent it, untouched."""


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open interval of acquisition time, in UTC; an end that is None is open.

    Raises:
        ConfigError: an end carries no time zone, or the window ends before it starts.
    """

    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for moment in (self.start, self.end):
            if moment is not None and moment.tzinfo is None:
                raise ConfigError(f"{moment.isoformat()} has no time zone: write it in UTC, with a Z")
        if self.start and self.end and self.start >= self.end:
            raise ConfigError(
                f"--since {iso(self.start)} is not before --until {iso(self.end)}: swap them, or leave one out"
            )

    @property
    def is_open(self) -> bool:
        """Whether nothing was asked of the acquisition time."""
        return self.start is None and self.end is None


def iso(moment: datetime) -> str:
    """Spell a moment as RFC 3339 in UTC with milliseconds: 2026-01-02T03:04:05.678Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Selection:
    """What one walk through a provider's archive asks for.

    Attributes:
        product: one of the source's products, as the source spells it.
        window: acquisition time.
        bbox: west, south, east, north in degrees; west > east crosses the antimeridian.
        intersects: a GeoJSON geometry.
        cursor: the last `Page.cursor` that was stored, or None for a first or full walk.
    """

    product: str
    window: Window = field(default_factory=Window)
    bbox: Bbox | None = None
    intersects: Mapping[str, Any] | None = None
    cursor: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether the walk asks for all of a product, so that its end may move the cursor."""
        return self.window.is_open and self.bbox is None and self.intersects is None


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
    """

    records: Sequence[Record]
    cursor: str | None = None
    total: int | None = None
    unreadable: Sequence[Unreadable] = ()


class Source(Protocol):
    """A provider: a stream of raw records, and the way from one of them to an Item."""

    @property
    def name(self) -> str:
        """The name on the command line: carbon-mapper."""

    @property
    def products(self) -> tuple[str, ...]:
        """The products that can be asked for; the first is harvested when none is named."""

    def product(self, name: str) -> str:
        """The product that a user means, as the source spells it (raises ConfigError naming the nearest)."""

    def fetcher(self, settings: Settings) -> Fetcher:
        """An HTTP client with this provider's limits and credentials."""

    def pages(self, fetcher: Fetcher, settings: Settings, selection: Selection) -> AsyncIterator[Page]:
        """Walk the archive: the only I/O of a source.

        Raises:
            UpstreamError: the provider did not answer as it documents.
        """

    def records_in(self, document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
        """The raw records in a recorded answer (parsed JSON), or None where it is not this source's."""

    def entry(self, record: Record) -> Entry:
        """The Item of a record, with its place among its versions: same in, same out.

        Raises:
            RecordError: no Item can be made of it, and why.
        """

    def collection(self, collection_id: str) -> CollectionSpec:
        """What a Collection of this source says of itself."""
