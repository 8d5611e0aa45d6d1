"""ICESat-2: granules of NASA's Common Metadata Repository (CMR), in order of their last change."""

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harvesters.base import Listed, Option, Page, Record, Selection, Withdrawn
from harvesters.icesat2_answers import records_in
from harvesters.icesat2_cursor import LAG, Cursor
from harvesters.icesat2_deletions import Deletions, TooManyError
from harvesters.icesat2_ends import EndsWalk
from harvesters.icesat2_files import records_in_file
from harvesters.icesat2_options import OPTIONS, revised
from harvesters.icesat2_query import query
from harvesters.icesat2_releases import Release, find_release
from harvesters.icesat2_tracks import Tracks, told_apart
from tercet.fetch import Fetcher, FixedToken, Politeness
from tercet.settings import Settings
from transforms import icesat2
from transforms.catalog import CollectionSpec
from transforms.entry import Entry, Part
from transforms.icesat2_products import PRODUCTS, product_named

log = logging.getLogger(__name__)

LARGEST_PAGE = 2000
"""CMR gives no more at once."""


@dataclass(frozen=True, slots=True)
class ICESat2:
    """Granules of one product and release in NASA's Earthdata Cloud.

    ``ATL08`` is the newest release that CMR lists when the walk starts, ``ATL08.006`` that one. Window, box and
    geometry are CMR's to filter: by overlap with the granule, whose footprint is wider than its data. A
    cursor is a release and how far its revision dates are read; a later walk starts an hour before it and asks
    for what was deleted since. A newer release starts from the beginning.
    """

    page_size: int = LARGEST_PAGE
    name: str = "icesat2"

    @property
    def products(self) -> tuple[str, ...]:
        """All products by short name."""
        return tuple(PRODUCTS)

    @property
    def options(self) -> Mapping[str, Option]:
        """Tracks, cycles, regions, orbits, names and revisions."""
        return OPTIONS

    def product(self, name: str) -> str:
        """The product behind a user's spelling: atl08, ATL08.006, ATL08_006, icesat2-atl08-006.

        Raises:
            ConfigError: there is no such product; the nearest one is named.
        """
        return product_named(name)

    def wanted(self, named: Sequence[str], options: Mapping[str, Any]) -> tuple[str, ...]:
        """What was named and can be chosen so, or the first (raises ConfigError where none can)."""
        return told_apart(named or self.products[:1], options)

    def fetcher(self, settings: Settings) -> Fetcher:
        """A client for CMR, which publishes no limits: few requests at once, each of up to 2,000 records.

        Metadata are public: a token is sent only where one is given, to CMR alone.
        """
        politeness = Politeness.of(settings, concurrency=2, per_second=4)
        token, hosts = settings.earthdata_token, frozenset({settings.cmr_url.host or ""})
        credential = FixedToken(hosts, token) if token else None
        return Fetcher("NASA's CMR", politeness, credential, headers={"Client-Id": "tercet"})

    async def pages(self, fetcher: Fetcher, settings: Settings, selection: Selection) -> AsyncIterator[Page]:
        """Walk the granules by their last change; then say what is gone.

        Raises:
            ConfigError: the cursor is not one of ours, the selection is none, or there is no such release.
            UpstreamError: CMR did not answer as it documents, or timed out and sent a part.
        """
        root = str(settings.cmr_url).rstrip("/")
        tracks = Tracks.of(selection.product.partition(".")[0], selection.options)
        since, until = revised(selection.options)
        release = await find_release(fetcher, root, selection.product)
        search, described = f"{root}/search", {release.collection: release.said}
        cursor, gone = await _beginning(Deletions(fetcher, search, release), selection)
        is_full = selection.is_everything and cursor.reached is None
        asked = query(selection, release.concept_id, tracks)
        walk = EndsWalk(fetcher, search, asked, self.page_size, cursor, since, until)
        async with aclosing(walk.answers()) as answers:
            async for answer in answers:
                records = [record for record in answer.items if tracks.has(record)]
                yield Page(records, _stored(walk.cursor, selection), answer.hits, described=described)
                described = {}
        listed = [Listed(release.collection, every_version=False)] if is_full and _is_whole(walk, release) else []
        done = walk.cursor if gone is None else replace(walk.cursor, checked=release.now)
        yield Page((), _stored(done, selection), withdrawn=gone or (), listed=listed, described=described)

    def records_in(self, document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
        """The records of a recorded answer, None where it is not CMR's."""
        return records_in(document)

    def entry(self, record: Record) -> Entry:
        """The Item of a granule (raises RecordError)."""
        return icesat2.entry(record)

    def records_in_file(self, path: Path) -> Iterable[Record] | None:
        """The header of a granule on disk, or the rows of a catalogue; None where it is not ICESat-2's.

        Raises:
            RecordError: it is broken, or no granule.
        """
        return records_in_file(path)

    def assemble(self, parts: Sequence[Part]) -> list[Entry]:
        """No record has a part yet."""
        raise AssertionError(f"no entry of {self.name} has a part, and here are {len(parts)}")

    def collection(self, collection_id: str, said: Record | None = None) -> CollectionSpec:
        """What a Collection of ICESat-2 says of itself (raises ConfigError)."""
        return icesat2.collection(collection_id, said)


async def _beginning(deletions: Deletions, selection: Selection) -> tuple[Cursor, list[Withdrawn] | None]:
    """Where the walk starts, and what is gone since its cursor: None where CMR does not say."""
    release = deletions.release
    afresh = Cursor(release.version, checked=release.now)
    if not selection.is_everything:
        return afresh, []
    cursor = Cursor.read(selection.cursor, release.version)
    if cursor.checked is None:
        return afresh, []
    if cursor.is_too_old(release.now):
        log.warning(
            "%s was last harvested on %s: all of it is read again, for CMR tells deletions of a year",
            release.collection,
            cursor.checked.date(),
        )
        return afresh, []
    try:
        return cursor, await deletions.since(cursor.checked - LAG)
    except TooManyError:
        log.warning("%s lost so many granules that all of it is read again", release.collection)
        return afresh, []


def _stored(cursor: Cursor, selection: Selection) -> str | None:
    return cursor.stored if selection.is_everything else None


def _is_whole(walk: EndsWalk, release: Release) -> bool:
    if not walk.is_whole:
        log.warning(
            "%s: CMR says %d granules and sent %d: what is gone is looked for next time",
            release.collection,
            walk.hits,
            walk.seen,
        )
    return walk.is_whole
