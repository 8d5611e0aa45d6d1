"""ICESat-2: granules of NASA's Common Metadata Repository (CMR), in order of their last change."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harvesters.base import Option, Page, Record, Selection
from harvesters.icesat2_answers import records_in
from harvesters.icesat2_query import Cursor, query
from harvesters.icesat2_walk import Walk, find_release
from tercet.fetch import Fetcher, Politeness
from tercet.settings import Settings
from transforms import icesat2
from transforms.catalog import CollectionSpec
from transforms.entry import Entry, Part
from transforms.icesat2_products import PRODUCTS, product_named

LARGEST_PAGE = 2000
"""CMR gives no more at once."""


@dataclass(frozen=True, slots=True)
class ICESat2:
    """Granules of one product and release in NASA's Earthdata Cloud; anonymous.

    ``ATL08`` is the newest release that CMR lists when the walk starts, ``ATL08.006`` that one. Window, box and
    geometry are CMR's to filter: by overlap with the granule, whose footprint is wider than its data. A
    cursor is a release and the revision date of the last record read; a later walk starts an hour before
    it, and a newer release starts from the beginning.
    """

    page_size: int = LARGEST_PAGE
    name: str = "icesat2"

    @property
    def products(self) -> tuple[str, ...]:
        """All products by short name."""
        return tuple(PRODUCTS)

    @property
    def options(self) -> Mapping[str, Option]:
        """None yet."""
        return {}

    def product(self, name: str) -> str:
        """The product behind a user's spelling: atl08, ATL08.006, ATL08_006, icesat2-atl08-006.

        Raises:
            ConfigError: there is no such product; the nearest one is named.
        """
        return product_named(name)

    def fetcher(self, settings: Settings) -> Fetcher:
        """A client for CMR, which publishes no limits: few requests at once, each of up to 2,000 records."""
        politeness = Politeness.of(settings, concurrency=2, per_second=4)
        return Fetcher("NASA's CMR", politeness, headers={"Client-Id": "tercet"})

    async def pages(self, fetcher: Fetcher, settings: Settings, selection: Selection) -> AsyncIterator[Page]:
        """Walk the granules in order of their last change.

        Raises:
            ConfigError: the cursor is not one of ours, the geometry is none, or there is no such release.
            UpstreamError: CMR did not answer as it documents, or timed out and sent a part.
        """
        root = str(settings.cmr_url).rstrip("/")
        release = await find_release(fetcher, root, selection.product)
        cursor = Cursor.read(selection.cursor, release.version)
        walk = Walk(fetcher, f"{root}/search", query(selection, release.concept_id, cursor, self.page_size))
        async for answer in walk.answers():
            cursor = cursor.after(answer.items)
            yield Page(answer.items, cursor.stored if selection.is_everything else None, answer.hits)

    def records_in(self, document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
        """The records of a recorded answer, None where it is not CMR's."""
        return records_in(document)

    def entry(self, record: Record) -> Entry:
        """The Item of a granule (raises RecordError)."""
        return icesat2.entry(record)

    def records_in_file(self, path: Path) -> Iterable[Record] | None:  # noqa: ARG002 - none is read yet
        """Files that are no text are not read yet."""
        return None

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        """No record has a part yet."""
        raise AssertionError(f"no entry of {self.name} has a part, and here are {len(parts)}")

    def collection(self, collection_id: str, said: Record | None = None) -> CollectionSpec:  # noqa: ARG002 - not yet
        """What a Collection of ICESat-2 says of itself (raises ConfigError)."""
        return icesat2.collection(collection_id)
