"""The item search of ESA's MAAP, below pystac-client where the service bends STAC.

It answers POST or GET, takes the old or the new names of its filters, gives no order, matches times by overlap,
and pages by links. Nothing of that is relied on: each variant is tried, each page is checked, and what came
is compared with what the service counted.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harvesters.base import Record
from harvesters.earthcare_requests import Dialect, Method, Query, Request
from harvesters.earthcare_upstream import NEW, OLD, FilterNames
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher

log = logging.getLogger(__name__)

ACCEPT = {"Accept": "application/geo+json, application/json"}
BAD_REQUEST = 400
NO_SUCH_METHOD = frozenset({404, 405, 501})
REFUSALS = NO_SUCH_METHOD | {BAD_REQUEST}
WALKS = 6
"""How often one query is walked at most while records that the service counts are missing."""
RESTARTS = 2
"""How often one walk starts anew because a later page was refused."""


@dataclass(slots=True)
class _Walk:
    """What one walk through the pages of a query brought."""

    ids: set[str] = field(default_factory=set)
    received: int = 0
    matched: int | None = None

    def add(self, document: Mapping[str, Any], features: Sequence[Record]) -> None:
        self.ids.update(str(feature.get("id")) for feature in features)
        self.received += len(features)
        matched = document.get("numberMatched")
        if isinstance(matched, int):
            self.matched = matched  # the last answer counts: products arrive while we walk

    def restart(self) -> None:
        self.ids.clear()
        self.received = 0


class Search:
    """Searches one collection in the dialect that it speaks today."""

    def __init__(self, fetcher: Fetcher, url: str, names: FilterNames | None, *, limit: int) -> None:
        self._fetcher = fetcher
        self._url = url
        self._limit = limit
        first, second = (OLD, NEW) if names is OLD else (NEW, OLD)
        methods: tuple[Method, Method] = ("POST", "GET")
        self._dialects = [Dialect(method, spelling) for method in methods for spelling in (first, second)]

    async def records(self, query: Query) -> AsyncIterator[list[Record]]:
        """Every record of a query once, page by page.

        Where fewer came than the service counted, the pages are walked again for what is missing. What is missing
        from two equal walks is an error, unless the service sent as many as it counted, some of them twice.

        Raises:
            UpstreamError: the service refuses every dialect, pages in a circle, or keeps records back.
        """
        seen: set[str] = set()
        before: set[str] | None = None
        for _ in range(WALKS):
            walk = _Walk()
            async for features in self._walk(query, walk):
                fresh = {str(feature.get("id")): feature for feature in features}
                yield [feature for key, feature in fresh.items() if key not in seen]
                seen |= fresh.keys()
            if walk.matched is None or walk.matched <= len(seen):
                return
            if walk.ids == before:  # asking again changes nothing
                if walk.received < walk.matched:
                    break
                log.warning("ESA MAAP counts some records of %s, %s twice", query.collection, query.interval)
                return
            before = walk.ids
        raise UpstreamError(
            f"ESA MAAP counts {walk.matched} {query.product_type} records in {query.interval} of {query.collection} "
            f"and sends {len(seen)}, again and again: this window does not count as harvested, try again later",
            url=self._url,
        )

    async def _walk(self, query: Query, walk: _Walk) -> AsyncIterator[list[Record]]:
        restarts = RESTARTS
        while True:
            try:
                async for features in self._pages(query, walk):
                    yield features
            except UpstreamError as error:
                if error.status not in REFUSALS:
                    raise
                if walk.received and restarts:
                    # the first page was welcome, a later one is not: the link is stale, or the service has just changed
                    restarts -= 1
                elif not self._change_dialect(error):
                    raise
                walk.restart()
            else:
                return

    def _change_dialect(self, error: UpstreamError) -> bool:
        """Drop what the service has just refused; False where nothing else is left."""
        refused = self._dialects[0]
        left = self._dialects[1:]
        if error.status in NO_SUCH_METHOD:
            left = [dialect for dialect in left if dialect.method != refused.method]
        if not left:
            return False
        self._dialects = left
        log.warning(
            "ESA MAAP answered %s to a %s search with %s names; trying %s with %s names",
            error.status, refused.method, refused.names.label, left[0].method, left[0].names.label,
        )  # fmt: skip
        return True

    async def _pages(self, query: Query, walk: _Walk) -> AsyncIterator[list[Record]]:
        request: Request | None = self._dialects[0].request(self._url, query, self._limit)
        visited: set[str] = set()
        while request:
            document = await self._ask(request)
            features = _features(document, self._url)
            # all of a page: one record alone may be sent twice and begin two pages
            marks = {request.key(), " ".join(str(feature.get("id")) for feature in features)}
            if marks & visited:
                raise UpstreamError(
                    f"ESA MAAP sends the same page of {query.collection}, {query.interval} again: its paging runs in "
                    "a circle; try again later",
                    url=self._url,
                )
            visited |= marks
            walk.add(document, features)
            yield features
            # an empty page is the end, whatever link it carries: the count tells if something is missing
            request = request.next(document) if features else None

    async def _ask(self, request: Request) -> Any:  # noqa: ANN401 - any JSON value
        answer = await self._fetcher.json(
            request.url, method=request.method, params=request.params, body=request.body, headers=ACCEPT
        )
        return answer.document


def _features(document: Any, url: str) -> list[Record]:  # noqa: ANN401 - any JSON value
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list) or not all(isinstance(feature, Mapping) for feature in features):
        raise UpstreamError(f"ESA MAAP answered {url} without a list of features; try again later", url=url)
    return features
