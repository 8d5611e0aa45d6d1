"""EarthCARE from ESA's MAAP: one product type, day by day."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harvesters import earthcare_answers, earthcare_file
from harvesters.base import Option, Page, Record, Selection, iso
from harvesters.earthcare_catalogue import Catalogue
from harvesters.earthcare_windows import Area, SensingWindow
from tercet.errors import ConfigError
from tercet.fetch import Fetcher, Politeness
from tercet.settings import Settings
from transforms import earthcare
from transforms.catalog import CollectionSpec
from transforms.earthcare_products import PRODUCT_TYPES
from transforms.entry import Entry, Part

LAUNCH = datetime(2024, 5, 28, tzinfo=UTC)
"""No product starts before."""
DAY = timedelta(days=1)
LONGEST = timedelta(days=32)
"""Windows that came back empty grow up to this; the first one with records makes them a day again."""
LAG = timedelta(days=14)
"""How far before its cursor a walk starts: products appear in the archive days after their sensing.

What was sensed longer ago and is processed anew is found by a full refresh."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class EarthCARE:
    """ESA's and JAXA's EarthCARE products, as ESA's MAAP lists them.

    A walk goes through sensing time in windows of a day. The service matches by overlap, so a record belongs to
    the window that it starts in (or to the first window, where it started before). A window's cursor is its
    end; a later walk starts `LAG` before it. Time is the service's to filter; the product type and the area are
    checked again here.
    """

    page_size: int = 200
    now: Callable[[], datetime] = _now
    name: str = "earthcare"

    @property
    def products(self) -> tuple[str, ...]:
        """Product types, MSI_COP_2A first."""
        return tuple(PRODUCT_TYPES)

    @property
    def options(self) -> Mapping[str, Option]:
        """None yet."""
        return {}

    def product(self, name: str) -> str:
        """The product type behind MSI_COP_2A, msi-cop-2a, M-COP, ac-tc-2b or earthcare-ac-tc-2b.

        Raises:
            ConfigError: there is no such type; the nearest ones are named.
        """
        wanted = _key(name).removeprefix("EARTHCARE-")
        if wanted in _SPELLINGS:
            return _SPELLINGS[wanted]
        near = [_SPELLINGS[key] for key in get_close_matches(wanted, _SPELLINGS, n=3)]
        hint = f"did you mean {' or '.join(dict.fromkeys(near))}? " if near else ""
        raise ConfigError(
            f"{name} is no EarthCARE product type: {hint}The types are {', '.join(sorted(PRODUCT_TYPES))}"
        )

    def fetcher(self, settings: Settings) -> Fetcher:
        """A client for the MAAP's catalogue, which everyone may search."""
        politeness = Politeness.of(settings, concurrency=2, per_second=5)
        return Fetcher("ESA MAAP", politeness)

    async def pages(self, fetcher: Fetcher, settings: Settings, selection: Selection) -> AsyncIterator[Page]:
        """Walk one product type through time.

        Each window ends with a page that carries its cursor, empty or not; while a walk re-reads what lies before
        the cursor that it was given, pages carry none. A record that is in two collections comes once.

        Raises:
            ConfigError: the selection has both a box and a geometry, or a cursor that is not ours.
            UpstreamError: the service did not answer as it documents.
        """
        area = Area.of(selection)
        start, end = self._span(selection)
        searches = await Catalogue(fetcher, str(settings.maap_url)).searches(selection.product, self.page_size)
        first, width = start, DAY
        while start < end:
            stop = min(start + width, end)
            window = SensingWindow(selection.product, area, start, stop, is_first=start == first)
            empty = True
            async for records in window.records(searches):
                empty = False
                yield Page(records)
            yield Page((), cursor=_cursor(stop, selection.cursor))
            start, width = stop, min(2 * width, LONGEST) if empty else DAY

    def records_in(self, document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
        """Take Items, parts of Items, FeatureCollections, notebooks' tables, and lists of them."""
        return earthcare_answers.records_in(document)

    def entry(self, record: Record) -> Entry:
        """The Item of a record."""
        return earthcare.entry(record)

    def records_in_file(self, path: Path) -> Iterable[Record] | None:
        """Take a product in HDF5, a ZIP of products, or an Earth Explorer header."""
        return earthcare_file.records_in_file(path)

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        """The Items of one frame, of the records of all collections that hold it and of local files."""
        return earthcare.assemble(parts)

    def collection(self, collection_id: str, said: Record | None = None) -> CollectionSpec:
        """What earthcare-msi-cop-2a and its like say of themselves."""
        return earthcare.collection(collection_id, said)

    def _span(self, selection: Selection) -> tuple[datetime, datetime]:
        start = selection.window.start
        if start is None:
            start = max(LAUNCH, _read(selection.cursor) - LAG) if selection.cursor else LAUNCH
        return start, min(selection.window.end or self.now(), self.now())


def _cursor(stop: datetime, before: str | None) -> str | None:
    """The cursor of a finished window, unless the walk has not yet come back to where it started from."""
    cursor = iso(stop)
    return None if before is not None and cursor < before else cursor


def _read(cursor: str) -> datetime:
    try:
        return datetime.fromisoformat(cursor).astimezone(UTC)
    except ValueError as error:
        raise ConfigError(f"{cursor!r} is no cursor of EarthCARE: harvest again with --full-refresh") from error


def _key(name: str) -> str:
    return "-".join(part for part in name.strip().upper().replace("_", "-").split("-") if part)


_SPELLINGS: Mapping[str, str] = {
    **{_key(product.short): product.type for product in PRODUCT_TYPES.values() if product.short},
    **{_key(product.type): product.type for product in PRODUCT_TYPES.values()},
}
