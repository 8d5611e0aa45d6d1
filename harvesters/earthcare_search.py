"""The item search of ESA's MAAP, below pystac-client where the service bends STAC.

It answers POST or GET, takes the old or the new names of its filters, gives no order, matches times by overlap,
and pages by links. Nothing of that is relied on: each variant is tried, each page is checked, and what came
is compared with what the service counted.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harvesters.base import Record
from harvesters.earthcare_dialects import REFUSALS, Speech
from harvesters.earthcare_requests import Query, Request
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher

log = logging.getLogger(__name__)

ACCEPT = {"Accept": "application/geo+json, application/json"}
WALKS = 12
"""How often one query is walked at most while records that the service counts are missing."""
RESTARTS = 2
"""How often one walk starts anew because a later page was refused."""


class TooManyError(Exception):
    """More records match than were wanted at once: the query is to be split."""


@dataclass(slots=True)
class Tally:
    """What a query brought.

    Attributes:
        received: records, each once.
        agrees: whether the service counted the same.
    """

    received: int = 0
    agrees: bool = True


@dataclass(slots=True)
class _Walk:
    """What one walk through the pages of a query brought; `fresh` is what of the last page was new."""

    ids: list[str] = field(default_factory=list)
    pages: int = 0
    matched: int | None = None
    fresh: int = 0

    @property
    def received(self) -> int:
        """How many records came, some of them perhaps twice."""
        return len(self.ids)

    def add(self, document: Mapping[str, Any], features: Sequence[Record]) -> None:
        came = [str(feature.get("id")) for feature in features]
        self.fresh = len(set(came) - set(self.ids))
        self.ids += came
        self.pages += bool(features)
        matched = document.get("numberMatched")
        if isinstance(matched, int):
            self.matched = matched  # the last answer counts: products arrive while we walk

    def lacks(self, limit: int) -> bool:
        """Whether more must be there: by the count; where nothing is counted, a page full of news is not all."""
        return self.fresh >= limit if self.matched is None else self.received < self.matched

    def restart(self) -> None:
        """Forget what came: the walk begins anew."""
        self.ids.clear()
        self.pages = 0

    def is_like(self, other: "_Walk") -> bool:
        """Whether another walk brought the same.

        Where there are several pages, in the same order, too: it is between them that a changing order loses records.
        """
        if self.pages == other.pages == 1:
            return set(self.ids) == set(other.ids)
        return self.ids == other.ids


@dataclass(slots=True)
class Search:
    """Searches one collection in the dialect that it speaks today.

    Attributes:
        fetcher: asks.
        url: of the item search.
        speech: what the collection takes.
        limit: records on a page.
    """

    fetcher: Fetcher
    url: str
    speech: Speech
    limit: int
    _disagreements: int = field(init=False, default=0)

    async def records(self, query: Query, tally: Tally, *, most: int | None = None) -> AsyncIterator[list[Record]]:
        """Every record of a query once, page by page.

        Where fewer came than the service counted, the pages are walked again for what is missing. Where that brings
        the same, and once more with other pages, the count is taken for wrong and the tally says so.

        Raises:
            TooManyError: more than ``most`` match; nothing was yielded.
            UpstreamError: the service refuses every dialect, or pages in a circle.
        """
        seen: set[str] = set()
        last, limits = _Walk(), [self.limit // 2 + 1, self.limit]
        for _ in range(WALKS):
            walk = _Walk()
            async for features in self._walk(query, walk, limits[-1]):
                if most is not None and (walk.matched or 0) > most:
                    raise TooManyError
                fresh = {str(feature.get("id")): feature for feature in features}
                yield [feature for key, feature in fresh.items() if key not in seen]
                seen |= fresh.keys()
            tally.received, tally.agrees = len(seen), walk.matched == len(seen)
            if walk.matched is None or walk.matched <= len(seen):
                return
            if walk.is_like(last):  # asking again the same way changes nothing
                limits.pop()  # cut elsewhere, the pages may hold what is lost between two of them
                if not limits:
                    break
            last = walk
        self._disagree(query, walk.matched, len(seen))

    def _disagree(self, query: Query, matched: int | None, received: int) -> None:
        self._disagreements += 1
        log.log(
            logging.WARNING if self._disagreements == 1 else logging.INFO,
            "ESA MAAP counts %s %s records in %s of %s and sends %s, however it is asked: going on without; what "
            "vanished there cannot be told",
            matched, query.product_type, query.interval, query.collection, received,
        )  # fmt: skip

    async def _walk(self, query: Query, walk: _Walk, limit: int) -> AsyncIterator[list[Record]]:
        restarts = RESTARTS
        while True:
            dialect = self.speech.dialect(query)
            if dialect is None:  # pragma: no cover - refusals are forgotten where none is left
                raise AssertionError("no dialect is left, and nobody said so")
            try:
                request = self.speech.request(dialect, self.url, query, limit)
                async for features in self._pages(query, request, walk, limit):
                    self.speech.taken(dialect)
                    yield features
            except UpstreamError as error:
                if walk.received and error.status in REFUSALS and restarts:
                    # the first page was welcome, a later one is not: the link is stale, or the service has just changed
                    restarts -= 1
                elif not self.speech.refused(dialect, query, error):
                    raise
                walk.restart()
            else:
                return

    async def _pages(self, query: Query, first: Request, walk: _Walk, limit: int) -> AsyncIterator[list[Record]]:
        """Page after page: by the service's links, by record number where these are missing or refused."""
        request: Request | None = first
        visited: set[str] = set()
        way: Literal["link", "instead of a link", "guess"] = "link"
        while request:
            try:
                features = _features(document := await self._ask(request), self.url)
            except UpstreamError as error:
                if error.status in REFUSALS and way == "guess":
                    return
                if error.status not in REFUSALS or way != "link" or request is first:
                    raise
                request, way = first.starting_at(walk.received + 1), "instead of a link"
                continue
            # all of a page: one record alone may be sent twice and begin two pages
            marks = {request.key(), " ".join(str(feature.get("id")) for feature in features)}
            if marks & visited:
                if way != "link":  # it does not know startRecord: then this was all
                    return
                raise UpstreamError(
                    f"ESA MAAP sends the same page of {query.collection}, {query.interval} again: its paging runs in "
                    "a circle; try again later",
                    url=self.url,
                )
            visited |= marks
            walk.add(document, features)
            yield features
            if not features:
                return  # the end, whatever link it carries: the count tells if something is missing
            request, way = request.next(document), "link"
            if request is None and walk.lacks(limit):
                request, way = first.starting_at(walk.received + 1), "guess"

    async def _ask(self, request: Request) -> Any:  # noqa: ANN401 - any JSON value
        method, parameters = request.method, request.parameters
        sent: dict[str, Any] = {"body": parameters} if method == "POST" else {"params": parameters}
        answer = await self.fetcher.json(request.url, method=method, headers=ACCEPT, **sent)
        return answer.document


def _features(document: Any, url: str) -> list[Record]:  # noqa: ANN401 - any JSON value
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list) or not all(isinstance(feature, Mapping) for feature in features):
        raise UpstreamError(f"ESA MAAP answered {url} without a list of features; try again later", url=url)
    return features
