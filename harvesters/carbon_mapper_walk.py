"""Paging through ``plumes/annotated``, which has offsets only, while plumes appear and vanish."""

import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harvesters.base import Record
from harvesters.carbon_mapper_query import Query
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher

log = logging.getLogger(__name__)

OVERLAP = 20
"""Records that each page repeats of the one before: what vanished in between moves all later ones forward."""
_MOST_STEPS_BACK = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """One page as the provider sent it.

    Attributes:
        items: its records.
        total: how many the whole walk has, None where the answer does not count this query.
        limit: how many a full page has.
    """

    items: list[Any]
    total: int | None
    limit: int


@dataclass(slots=True)
class Walk:
    """One walk in order of publication.

    Offsets count from the first plume published. What is published meanwhile comes last and is met in the end.
    What vanishes meanwhile moves the rest forward: each page begins `OVERLAP` records early, and where it
    has no record that was read before, the walk goes back. Memory holds the ids of two pages, so that a record
    comes twice only where more than that vanish at once.

    Attributes:
        lost: how many the provider counted and did not list, once the walk is over.
    """

    fetcher: Fetcher
    url: str
    query: Query
    page_size: int
    lost: int = 0
    _recent: dict[str, None] = field(default_factory=dict)

    async def answers(self) -> AsyncIterator[tuple[Answer, list[Record]]]:
        """Each page, and those of its records that were not on the pages before.

        Raises:
            UpstreamError: an answer is not a page, or the order of the archive does not hold still.
        """
        overlap = min(OVERLAP, self.page_size // 2)
        position = steps_back = seen = 0
        while True:
            offset = max(0, position - overlap)
            answer = await self._ask(offset)
            if offset < position and not self._continues(answer):
                steps_back += 1
                if steps_back > _MOST_STEPS_BACK:
                    raise UpstreamError(
                        f"Carbon Mapper changes the order of {self.url} between pages: try again later", url=self.url
                    )
                position = max(0, position - self.page_size)
                continue
            fresh = self._fresh(answer.items)
            seen += len(fresh)
            yield answer, fresh
            reached = offset + len(answer.items)
            if self._is_last(answer, reached) or reached <= position:
                self._compare(seen, answer.total)
                return
            position = reached

    async def _ask(self, offset: int) -> Answer:
        params = {**self.query.params, "limit": self.page_size, "offset": offset}
        document = (await self.fetcher.json(self.url, params=params)).document
        count = self.query.count
        items = document.get("items") if isinstance(document, Mapping) else None
        # a wrong value drops the counts, an outage drops all; neither is the end of the data
        if not isinstance(items, list) or not isinstance(document.get("total_count"), int):
            raise UpstreamError(
                f"Carbon Mapper answered {self.url} without 'items' or 'total_count': a parameter has a value that it "
                "does not know, or it is out of order; try again later",
                url=self.url,
            )
        total, limit = document.get(count) if count else None, document.get("limit")
        return Answer(
            items,
            total if isinstance(total, int) else None,
            min(limit, self.page_size) if isinstance(limit, int) and limit > 0 else self.page_size,
        )

    def _continues(self, answer: Answer) -> bool:
        """Whether the page reaches back to what was read: whatever precedes a known record was read before it."""
        return any(_key(item) in self._recent for item in answer.items)

    def _fresh(self, items: list[Any]) -> list[Record]:
        fresh = [item for item in items if _key(item) not in self._recent]
        self._recent.update(dict.fromkeys(map(_key, fresh)))
        while len(self._recent) > 2 * self.page_size:
            del self._recent[next(iter(self._recent))]
        return fresh

    def _is_last(self, answer: Answer, reached: int) -> bool:
        if answer.total is None:
            return len(answer.items) < answer.limit
        return reached >= answer.total

    def _compare(self, seen: int, total: int | None) -> None:
        if total is not None and seen < total:
            self.lost = total - seen
            log.warning(
                "Carbon Mapper counts %d plumes and listed %d: run again, with --full-refresh if it stays so",
                total,
                seen,
            )


def _key(item: Any) -> str:  # noqa: ANN401 - any JSON value
    """The record's identity: its UUID, or whatever it is where it has none."""
    if isinstance(item, Mapping):
        return str(item.get("id") or item.get("plume_id") or item)
    return repr(item)
