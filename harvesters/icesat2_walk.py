"""The way through CMR's answers: Collections looked up, granules page by page to the documented end."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import stamina

from harvesters.base import Record
from harvesters.icesat2_query import Query
from tercet import fetch
from tercet.errors import ConfigError, UpstreamError
from tercet.fetch import Fetcher

PROVIDER: Final = "NSIDC_CPRD"
"""NSIDC in the Earthdata Cloud; its archive before that, NSIDC_ECS, is gone from the searches."""

UMM_VERSION: Final = "v1_6_6"
"""Pinned: without it CMR sends the newest, and a field that changes would reach us unseen."""

LONGEST_URL: Final = 6000
"""CMR asks for POST beyond some six thousand characters."""

SEARCH_AFTER: Final = "CMR-Search-After"


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a product as CMR lists it.

    Attributes:
        version: three digits.
        concept_id: of its Collection: C…-NSIDC_CPRD.
    """

    version: str
    concept_id: str


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
    """CMR ran into its own time limit and sent what it had by then."""


async def find_release(fetcher: Fetcher, root: str, product: str) -> Release:
    """Look up the release that is meant: the one named, or the newest that CMR lists.

    Args:
        fetcher: the client.
        root: of CMR.
        product: ATL08, or ATL08.006.

    Raises:
        ConfigError: CMR lists the product, but not that release.
        UpstreamError: CMR lists no Collection of the product.
    """
    short_name, _, wanted = product.partition(".")
    url = f"{root}/search/collections.umm_json"
    asked = {"short_name": short_name, "provider": PROVIDER, "page_size": "100"}
    answer = await fetcher.json(url, params=asked)
    releases = sorted(_releases(_items(answer, url), short_name), key=lambda release: release.version)
    if not releases:
        raise UpstreamError(f"CMR lists no Collection of {short_name} at {PROVIDER}: it may have moved", url=url)
    chosen = [release for release in releases if release.version == wanted] if wanted else releases
    if not chosen:
        listed = ", ".join(f"{short_name}.{release.version}" for release in releases)
        raise ConfigError(f"CMR has no release {wanted} of {short_name}; there is: {listed}")
    return chosen[-1]


def _releases(items: Sequence[Record], short_name: str) -> list[Release]:
    return [
        Release(str(item["umm"]["Version"]).zfill(3), item["meta"]["concept-id"])
        for item in items
        # CMR matches short names in any case
        if item["umm"].get("ShortName") == short_name
    ]


@dataclass(frozen=True, slots=True)
class Walk:
    """One query, read to its end."""

    fetcher: Fetcher
    search: str
    query: Query

    async def answers(self) -> AsyncIterator[Answer]:
        """Give the pages in order.

        The end is an empty page, or one without the header that leads on; a page that is not full is none.

        Raises:
            UpstreamError: no whole answer after all attempts, or not the one that CMR documents.
        """
        after: str | None = None
        while True:
            answer = await self._whole(after)
            items = _items(answer, self.search)
            if items:
                yield Answer(items, _hits(answer))
            following = answer.headers.get(SEARCH_AFTER)
            if not items or following is None:
                return
            if following == after:
                raise UpstreamError("CMR sent the same page twice: try again later", url=self.search)
            after = following

    async def _whole(self, after: str | None) -> fetch.Answer:
        """One page, asked for again where CMR's time was up before it was whole."""
        attempts = self.fetcher.politeness.attempts
        try:
            async for attempt in stamina.retry_context(on=_PartOnlyError, attempts=attempts, timeout=None):
                with attempt:
                    return _checked(await self._ask(after))
        except _PartOnlyError as error:
            raise UpstreamError(
                f"CMR ran out of time {attempts} times and sent a part of the page only: ask for less at once, "
                "by --since and --until or a smaller area, or try again later",
                url=self.search,
            ) from error
        raise AssertionError("stamina ends by returning or raising")

    async def _ask(self, after: str | None) -> fetch.Answer:
        url = f"{self.search}/granules.umm_json_{UMM_VERSION}"
        headers = {SEARCH_AFTER: after} if after else {}
        if len(url) + len(urlencode(self.query, doseq=True)) > LONGEST_URL:
            return await self.fetcher.json(url, method="POST", form=_sendable(self.query), headers=headers)
        return await self.fetcher.json(url, params=_sendable(self.query), headers=headers)


def _sendable(query: Query) -> dict[str, str | int | float | list[str] | list[float]]:
    return dict(query)


def _items(answer: fetch.Answer, url: str) -> Sequence[Record]:
    items = answer.document.get("items") if isinstance(answer.document, dict) else None
    # a maintenance page that is JSON is not the end of the archive
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and item.keys() >= {"meta", "umm"} for item in items
    ):
        raise UpstreamError("CMR sent an answer without records in 'items': try again later", url=url)
    return items


def _hits(answer: fetch.Answer) -> int | None:
    said = answer.headers.get("CMR-Hits", "")
    return int(said) if said.isdecimal() else None


def _checked(answer: fetch.Answer) -> fetch.Answer:
    # the documentation spells the header both ways
    if any(answer.headers.get(name, "").lower() == "true" for name in ("CMR-Timed-Out", "CMR-Time-Out")):
        raise _PartOnlyError
    return answer
