"""One query to CMR, read page by page to its documented end."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import stamina

from harvesters.base import Record
from harvesters.icesat2_query import Query
from tercet import fetch
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher, Params

UMM_VERSION: Final = "v1_6_6"
"""Pinned: without it CMR sends the newest, and a field that changes would reach us unseen."""

LONGEST_URL: Final = 6000
"""CMR asks for POST beyond some six thousand characters."""

SEARCH_AFTER: Final = "CMR-Search-After"


@dataclass(frozen=True, slots=True)
class Answer:
    """One page.

    Attributes:
        items: the granules, as sent.
        hits: how many CMR says there are in all.
    """

    items: Sequence[Record]
    hits: int | None


class _PartOnlyError(Exception):
    """CMR ran into its own time limit: it sent what it had by then, or nothing."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One query.

    Attributes:
        fetcher: the client.
        search: CMR's address of searches.
        query: parameters, but for the page's size.
        page_size: granules that are asked for at once; fewer, for a while, where CMR runs out of time.
    """

    fetcher: Fetcher
    search: str
    query: Query
    page_size: int

    async def answers(self) -> AsyncGenerator[Answer]:
        """Give the pages in order.

        The end is an empty page, or one without the header that leads on; a page that is not full is none.

        Raises:
            UpstreamError: no whole answer after all attempts, or not the one that CMR documents.
        """
        after, size = None, self.page_size
        while True:
            answer, size = await self._whole(after, size)
            items = items_of(answer, self.search)
            if items:
                yield Answer(items, hits_of(answer))
            elif after is None and hits_of(answer):
                raise UpstreamError(
                    f"CMR says {hits_of(answer)} granules and sent none: try again later", url=self.search
                )
            following = answer.headers.get(SEARCH_AFTER)
            if not items or following is None:
                return
            if following == after:
                raise UpstreamError("CMR sent the same page twice: try again later", url=self.search)
            after, size = following, min(2 * size, self.page_size)

    async def _whole(self, after: str | None, size: int) -> tuple[fetch.Answer, int]:
        """One page, asked for again and half as long where CMR's time was up before it was whole."""
        attempts = self.fetcher.politeness.attempts
        try:
            async for attempt in stamina.retry_context(on=_PartOnlyError, attempts=attempts, timeout=None):
                with attempt:
                    asked = max(1, size >> (attempt.num - 1))
                    return await self._in_time(after, asked), asked
        except _PartOnlyError as error:
            raise UpstreamError(
                f"CMR ran out of time {attempts} times, at last with a page of {max(1, size >> (attempts - 1))} "
                "granules: ask for less at once, by --since and --until or a smaller area, or try again later",
                url=self.search,
            ) from error
        raise AssertionError("stamina ends by returning or raising")

    async def _in_time(self, after: str | None, size: int) -> fetch.Answer:
        try:
            answer = await self._ask(after, size)
        except UpstreamError as error:
            if error.status == HTTPStatus.GATEWAY_TIMEOUT:
                raise _PartOnlyError from error
            raise
        # the documentation spells the header both ways
        if any(answer.headers.get(name, "").lower() == "true" for name in ("CMR-Timed-Out", "CMR-Time-Out")):
            raise _PartOnlyError
        return answer

    async def _ask(self, after: str | None, size: int) -> fetch.Answer:
        headers = {SEARCH_AFTER: after} if after else {}
        asked: Params = {**self.query, "page_size": str(size)}
        return await ask(self.fetcher, f"{self.search}/granules.umm_json_{UMM_VERSION}", asked, headers)


async def ask(fetcher: Fetcher, url: str, asked: Params, headers: dict[str, str] | None = None) -> fetch.Answer:
    """Ask CMR, by a form where the address would be too long for it (raises UpstreamError)."""
    if len(url) + len(urlencode(asked, doseq=True)) > LONGEST_URL:
        return await fetcher.json(url, method="POST", form=asked, headers=headers)
    return await fetcher.json(url, params=asked, headers=headers)


def items_of(answer: fetch.Answer, url: str) -> Sequence[Record]:
    """The records of an answer.

    Raises:
        UpstreamError: it has none to speak of: a maintenance page that is JSON is not the end of the archive.
    """
    items = answer.document.get("items") if isinstance(answer.document, dict) else None
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and item.keys() >= {"meta", "umm"} for item in items
    ):
        raise UpstreamError("CMR sent an answer without records in 'items': try again later", url=url)
    return items


def hits_of(answer: fetch.Answer) -> int | None:
    """How many records CMR says there are, on all pages."""
    said = answer.headers.get("CMR-Hits", "")
    return int(said) if said.isdecimal() else None
