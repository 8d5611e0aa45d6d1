"""Paging through a list whose order nobody promised: scenes, and whatever STAC gives."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from harvesters.base import Record
from tercet.errors import UpstreamError

log = logging.getLogger(__name__)

_PASSES = 3


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page as the provider sent it.

    Attributes:
        items: its records.
        total: how many there are in all, None where it does not say.
        following: how it wants to be asked for the next page, None where it does not say.
    """

    items: list[Any]
    total: int | None
    following: Any = None


Ask = Callable[[int, Any], Awaitable[Leaf]]
"""Asks for the page at an offset, or as the page before it said."""


@dataclass(slots=True)
class Listing:
    """One walk through a list, by offset or by the provider's own links.

    What appears or vanishes meanwhile moves the rest, so that pages repeat records or leave some out. Records are
    told apart by key; where fewer came than the provider counts, it is walked through once more.

    Attributes:
        what: the list, for messages.
        lost: how many the provider counted and did not list, once the walk is over.
    """

    ask: Ask
    key: Callable[[Any], str]
    what: str
    lost: int = 0
    _seen: set[str] = field(default_factory=set)

    async def leaves(self) -> AsyncIterator[tuple[Leaf, list[Record]]]:
        """Each page, and those of its records that no page had before.

        Raises:
            UpstreamError: an answer is no page, or the pages lead in a circle.
        """
        for _ in range(_PASSES):
            total: int | None = None
            async for leaf in self._once():
                fresh = {key: item for item in leaf.items if (key := self.key(item)) not in self._seen}
                self._seen |= fresh.keys()
                total = leaf.total
                yield leaf, list(fresh.values())
            self.lost = max(0, (total or 0) - len(self._seen))
            if not self.lost:
                return
        log.warning("Carbon Mapper counts %d more of %s than it lists: run again", self.lost, self.what)

    async def _once(self) -> AsyncIterator[Leaf]:
        offset, following, led, before = 0, None, set[str](), None
        while True:
            leaf = await self.ask(offset, following)
            if leaf.following is not None and repr(leaf.following) in led:
                raise UpstreamError(f"Carbon Mapper's pages of {self.what} lead in a circle: try again later")
            led.add(repr(leaf.following))
            keys = list(map(self.key, leaf.items))
            if leaf.total is None and leaf.following is None and keys == before:  # it takes no offset: that was all
                return
            yield leaf
            offset, following, before = offset + len(keys), leaf.following, keys
            if not keys or (leaf.total is not None and offset >= leaf.total):
                return
