from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvesters.carbon_mapper_listing import Leaf, Listing
from tercet.errors import UpstreamError


def listing_of(leaves: Sequence[Leaf]) -> Listing:
    """Of pages that come one after the other, whatever is asked for; the last one again and again."""
    left = list(leaves)

    async def ask(_offset: int, _following: Any) -> Leaf:
        return left.pop(0) if len(left) > 1 else left[0]

    return Listing(ask, str, "things")


async def listed(listing: Listing) -> list[Any]:
    return [item for _, fresh in [pair async for pair in listing.leaves()] for item in fresh]


async def test_pages_that_lead_in_a_circle_are_an_error() -> None:
    with pytest.raises(UpstreamError, match="lead in a circle"):
        await listed(listing_of([Leaf([1, 2], None, "on"), Leaf([3], None, "on"), Leaf([1, 2], None, "on")]))


async def test_without_count_and_link_the_same_page_again_is_the_end() -> None:
    assert await listed(listing_of([Leaf([1, 2], None)])) == [1, 2]


async def test_without_a_count_an_empty_page_is_the_end() -> None:
    assert await listed(listing_of([Leaf([1, 2], None), Leaf([3], None), Leaf([], None)])) == [1, 2, 3]


async def test_what_is_missing_after_some_looks_is_counted() -> None:
    listing = listing_of([Leaf([1, 2], 3), Leaf([2], 3), Leaf([], 3)])
    assert await listed(listing) == [1, 2]
    assert listing.lost == 1


@given(st.integers(1, 60), st.integers(1, 20), st.lists(st.integers(0, 3), max_size=30))
async def test_whatever_is_put_in_front_during_the_walk_each_record_comes_once(
    count: int, page: int, new: list[int]
) -> None:
    things, added = list(range(count)), iter(new)

    async def ask(offset: int, _following: Any) -> Leaf:
        leaf = Leaf(things[offset : offset + page], len(things))
        things[:0] = [len(things) + number for number in range(next(added, 0))]
        return leaf

    found = await listed(Listing(ask, str, "things"))
    assert len(found) == len(set(map(str, found)))
    assert {str(number) for number in range(count)} <= set(map(str, found))
