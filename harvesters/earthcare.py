"""EarthCARE from ESA's MAAP: product types, day by day, from every collection that holds them."""

import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harvesters import earthcare_answers, earthcare_file
from harvesters.base import Option, Page, Record, Selection
from harvesters.earthcare_area import Area
from harvesters.earthcare_catalogue import Discoveries, Discovery
from harvesters.earthcare_cursor import Cursor
from harvesters.earthcare_options import OPTIONS, Wanted, fits
from harvesters.earthcare_reading import Reading
from harvesters.earthcare_walk import Walk
from tercet.errors import ConfigError
from tercet.fetch import Fetcher, Politeness
from tercet.settings import Settings
from transforms import earthcare
from transforms.catalog import CollectionSpec
from transforms.earthcare_names import collection_id
from transforms.earthcare_products import PRODUCT_TYPES
from transforms.entry import Entry, Part

log = logging.getLogger(__name__)

OTHER = "OTHER"
"""Every product type that the archive lists and our table does not."""


_TYPE = re.compile(r"[A-Z]{2}[A-Z_]_[A-Z0-9_]{6}")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class EarthCARE:
    """ESA's and JAXA's EarthCARE products, as ESA's MAAP lists them.

    A walk goes through sensing time in windows of a day. The service matches by overlap, so a record belongs to
    the window that it starts in (or to the first window, where it started before). A window's cursor is its
    end. A later walk asks for what changed since; where the service cannot be asked, it reads two weeks again.
    Time is the service's to filter; all else is checked again here. A product in several collections comes from each.
    """

    page_size: int = 200
    now: Callable[[], datetime] = _now
    name: str = "earthcare"
    _discoveries: Discoveries = field(init=False, default_factory=Discoveries, repr=False, compare=False)

    @property
    def products(self) -> tuple[str, ...]:
        """Product types, MSI_COP_2A first; last what the archive has beyond them."""
        return (*PRODUCT_TYPES, OTHER)

    @property
    def options(self) -> Mapping[str, Option]:
        """What narrows a walk, and what stands for several product types."""
        return OPTIONS

    def product(self, name: str) -> str:
        """The product type behind MSI_COP_2A, msi-cop-2a, M-COP, ac-tc-2b or earthcare-ac-tc-2b.

        A type that is spelled as the archive does is taken even where we do not know it.

        Raises:
            ConfigError: there is no such type; the nearest ones are named.
        """
        wanted = _key(name).removeprefix("EARTHCARE-")
        if wanted in _SPELLINGS:
            return _SPELLINGS[wanted]
        if _TYPE.fullmatch(name.strip()):
            return name.strip()
        near = [_SPELLINGS[key] for key in get_close_matches(wanted, _SPELLINGS, n=3)]
        names = " or ".join(dict.fromkeys(near))
        hint = f"did you mean {names}?" if near else f"there are {', '.join(sorted(PRODUCT_TYPES))}"
        raise ConfigError(f"{name} is no EarthCARE product type: {hint}")

    def wanted(self, named: Sequence[str], options: Mapping[str, Any]) -> tuple[str, ...]:
        """The products to harvest: those named, or, where a level or instrument was given, all that fit it.

        Raises:
            ConfigError: none of those named fits.
        """
        selects = "level" in options or "instrument" in options
        if not selects:
            return tuple(named) or self.products[:1]
        fitting = tuple(one for one in named or self.products if one == OTHER or fits(one, options))
        if not fitting:
            raise ConfigError(f"none of {', '.join(named)} fits --level or --instrument: leave them out, or --product")
        return fitting

    def fetcher(self, settings: Settings) -> Fetcher:
        """A client for the MAAP's catalogue, which everyone may search: no login goes there."""
        politeness = Politeness.of(settings, concurrency=2, per_second=5)
        return Fetcher("ESA MAAP", politeness)

    async def pages(self, fetcher: Fetcher, settings: Settings, selection: Selection) -> AsyncIterator[Page]:
        """Walk one product type through time.

        Each window ends with a page that carries its cursor, empty or not; while a walk re-reads what lies before
        the cursor that it was given, pages carry none. What a walk through everything names in a window is all
        that there is, if the service counts the same.

        Raises:
            ConfigError: the selection has both a box and a geometry, or a cursor that is not ours.
            UpstreamError: the service did not answer as it documents.
        """
        area, wanted, cursor = Area.of(selection), Wanted.of(selection), Cursor.read(selection.cursor)
        discovery = await self._discoveries.of(fetcher, str(settings.maap_url))
        types = _types(selection, discovery)
        searches = {one: discovery.searches(one, fetcher, self.page_size) for one in types}
        if not searches:
            return
        yield Page((), described={collection_id(one): discovery.described(one) for one in types})
        reading = Reading(searches, area, wanted)
        of_several = types if selection.product == OTHER else ()
        if cursor and cursor.types != of_several:
            cursor = None  # another type came: its past was never read
        walk = Walk(reading, self.now(), cursor, of_several, claims=discovery.is_whole and reading.is_of_all)
        async for page in _walked(walk, selection):
            yield page

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


def _types(selection: Selection, discovery: Discovery) -> tuple[str, ...]:
    """The product types that a selection means, among those of the wanted levels and instruments."""
    meant = [selection.product]
    if selection.product == OTHER:
        meant = sorted(discovery.product_types.difference(PRODUCT_TYPES))
        log.info("beyond our table ESA MAAP lists %s", ", ".join(meant) or "nothing")
    types = tuple(one for one in meant if fits(one, selection.options))
    if not types and selection.product != OTHER:
        log.warning("%s is not of the wanted level or instrument: nothing is asked for", selection.product)
    return types


def _walked(walk: Walk, selection: Selection) -> AsyncIterator[Page]:
    if walk.cursor:
        return walk.onwards(walk.cursor)
    (start, end), (earliest, latest) = (selection.window.start, selection.window.end), walk.reading.wanted.span
    return walk.through(
        max((moment for moment in (start, earliest) if moment), default=None),
        min((moment for moment in (end, latest) if moment), default=None),
    )


def _key(name: str) -> str:
    return "-".join(part for part in name.strip().upper().replace("_", "-").split("-") if part)


_SPELLINGS: Mapping[str, str] = {
    **{_key(product.short): product.type for product in PRODUCT_TYPES.values() if product.short},
    **{_key(product.type): product.type for product in PRODUCT_TYPES.values()},
    OTHER: OTHER,
}
