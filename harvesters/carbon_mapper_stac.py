"""Carbon Mapper's STAC API: which collections there are by now, and what is in them.

Which versions are in it changes without notice, so it is asked, and nothing is concluded from a version's name.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harvesters.base import Record
from harvesters.carbon_mapper_area import Area
from harvesters.carbon_mapper_listing import Leaf, Listing
from harvesters.carbon_mapper_query import IgnoredError
from harvesters.carbon_mapper_question import Question, Wanted, changed_at
from tercet.errors import AuthError, UpstreamError
from tercet.fetch import Fetcher
from transforms.carbon_mapper_names import ProductCollection

LARGEST_PAGE = 100
"""The provider gives no more Items at once."""
IDS_AT_ONCE = 100
"""Ids that are asked for together: some 4 kB of a URL that may have 8."""
_NOT_SUPPORTED = frozenset({400, 404, 405, 415, 422, 501})

_WITH_AREAS = ("l2b", "l3a", "l4a")
"""Levels by how much of a scene or plume their Items cover; detections (l2c) are points."""


class UnsupportedError(UpstreamError):
    """STAC does not search by what it was asked for; it may still do all else."""


@dataclass(slots=True)
class Stac:
    """The STAC surface during one harvest.

    Attributes:
        url: its root, without a slash at the end.
        wanted: what the harvest wants of it.
        names: ids of all Items that it gave.
        counted: Items that it said there are, of what was asked so far.
        last: the latest change of any.
        lost: Items that it counted and did not list.
    """

    fetcher: Fetcher
    url: str
    wanted: Wanted
    names: set[str] = field(default_factory=set)
    counted: int = 0
    last: datetime | None = None
    lost: int = 0
    _given: set[tuple[str, str]] = field(default_factory=set)

    async def collections(self) -> list[str]:
        """The ids of those that hold what is wanted, as of now; first those whose Items state the area they cover.

        Raises:
            UpstreamError: it lists no collections.
        """
        listing = Listing(self._page_of_collections, _text, "STAC collections")
        found: dict[str, ProductCollection] = {}
        async for _, fresh in listing.leaves():
            for item in fresh:
                identity = item.get("id") if isinstance(item, Mapping) else None
                home = ProductCollection.parse(identity) if isinstance(identity, str) else None
                if home and self.wanted.may_be_in(home):
                    found[home.id] = home
        # what has no area of its own waits for what has: the sooner that comes, the less has to wait
        return sorted(found, key=lambda identity: (_place(found[identity]), identity))

    async def all_of(self, collections: Iterable[str]) -> AsyncIterator[list[Record]]:
        """Everything in some collections, one after the other."""
        for collection in collections:
            async for records in self._searched(Question.of_collection(collection)):
                yield records

    async def within(self, collections: Iterable[str], area: Area) -> AsyncIterator[list[Record]]:
        """What lies in the harvest's window and in an area."""
        async for records in self._once_only(Question.of_part(collections, self.wanted.window, area)):
            yield records

    async def named(self, ids: Iterable[str]) -> AsyncIterator[list[Record]]:
        """What bears one of these ids, in whichever collection."""
        names = sorted(ids)
        for start in range(0, len(names), IDS_AT_ONCE):
            async for records in self._once_only(Question.of_ids(names[start : start + IDS_AT_ONCE])):
                yield records

    async def changed(self, collections: Iterable[str], since: datetime) -> AsyncIterator[list[Record]]:
        """What was changed since a moment.

        Raises:
            UnsupportedError: it cannot be asked for that.
        """
        try:
            async for records in self._once_only(Question.of_changes(collections, since)):
                yield records
        except AuthError:
            raise
        except UpstreamError as error:
            if error.status in _NOT_SUPPORTED or isinstance(error, IgnoredError):
                raise UnsupportedError(str(error)) from error
            raise

    async def _once_only(self, question: Question) -> AsyncIterator[list[Record]]:
        """Records that no other question of this kind brought."""
        async for records in self._searched(question):
            new = [record for record in records if _key(record) not in self._given]
            self._given.update(map(_key, new))
            yield new

    async def _searched(self, question: Question) -> AsyncIterator[list[Record]]:
        async def ask(offset: int, following: Any) -> Leaf:  # noqa: ANN401 - a link
            return await self._search(question, offset, following)

        listing = Listing(ask, _text, f"STAC Items ({self.url}/search)")
        before = self.counted
        async for leaf, fresh in listing.leaves():
            self.counted = before + (leaf.total or 0)
            records = [item for item in fresh if question.wants(item, self.wanted)]
            self._remember(records)
            yield records
        self.lost += listing.lost

    def _remember(self, records: list[Record]) -> None:
        for record in records:
            if isinstance(record, Mapping):
                self.names.add(str(record.get("id")))
                changed = changed_at(record)
                if changed and (self.last is None or changed > self.last):
                    self.last = changed

    async def _search(self, question: Question, offset: int, following: Any) -> Leaf:  # noqa: ANN401 - a link
        paging = {"limit": LARGEST_PAGE, **({"offset": offset} if offset else {})}
        if following:
            document = await self._follow(following, question)
        elif question.body is None:
            document = (await self.fetcher.json(f"{self.url}/search", params={**question.params, **paging})).document
        else:
            body = {**question.body, **paging}
            document = (await self.fetcher.json(f"{self.url}/search", method="POST", body=body)).document
        features = document.get("features") if isinstance(document, Mapping) else None
        if not isinstance(features, list):
            url = f"{self.url}/search"
            raise UpstreamError(f"Carbon Mapper answered {url} without 'features': try again later", url=url)
        return Leaf(features, _matched(document), self._next(document))

    async def _page_of_collections(self, offset: int, following: Any) -> Leaf:  # noqa: ANN401 - a link
        if offset and not following:  # a list of collections has links to its next page, or all is on one
            return Leaf([], None)
        url = f"{self.url}/collections"
        document = await self._follow(following) if following else (await self.fetcher.json(url)).document
        items = document.get("collections") if isinstance(document, Mapping) else None
        if not isinstance(items, list):
            raise UpstreamError(f"Carbon Mapper answered {url} without 'collections': try again later", url=url)
        return Leaf(items, None, self._next(document))

    async def _follow(self, link: Mapping[str, Any], question: Question | None = None) -> Any:  # noqa: ANN401 - JSON
        if str(link.get("method", "GET")).upper() != "POST":
            return (await self.fetcher.json(link["href"])).document
        body = link.get("body") or {}
        if link.get("merge") and question and question.body:
            body = {**question.body, "limit": LARGEST_PAGE, **body}
        return (await self.fetcher.json(link["href"], method="POST", body=body)).document

    def _next(self, document: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The link to the next page; one that leads elsewhere is not followed, its offset is counted."""
        links = document.get("links")
        for link in links if isinstance(links, list) else ():
            if isinstance(link, Mapping) and link.get("rel") == "next":
                return link if str(link.get("href")).startswith(f"{self.url}/") else None
        return None


def _place(home: ProductCollection) -> int:
    if home.kind == "vis":
        return 0
    return 1 + _WITH_AREAS.index(home.level) if home.level in _WITH_AREAS else len(_WITH_AREAS) + 1


def _matched(document: Mapping[str, Any]) -> int | None:
    context = document.get("context")
    said = document.get("numberMatched", context.get("matched") if isinstance(context, Mapping) else None)
    return said if isinstance(said, int) else None


def _key(item: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON value
    """An Item's id is not its own: the same plume is in several collections."""
    if isinstance(item, Mapping):
        return str(item.get("collection")), str(item.get("id") or item)
    return "", repr(item)


def _text(item: Any) -> str:  # noqa: ANN401 - any JSON value
    return "/".join(_key(item))
