from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stac_api.versions import VERSION_EXTENSION, Address, Known, Plan, Subject, places, plan, withdraw
from tests.items import checked, entry
from transforms.check import Checked
from transforms.entry import Item

A = Subject("tracks", "a")


class Catalog:
    """What the loader and the ledger make of plans, in memory."""

    def __init__(self) -> None:
        self.known: dict[Subject, dict[str, Known]] = {}
        self.items: dict[Address, Item] = {}

    def store(self, batch: Sequence[Checked], whole: Collection[Subject] = ()) -> Plan:
        known: Mapping[Subject, Sequence[Known]] = {at: list(rows.values()) for at, rows in self.known.items()}
        changes = plan(batch, known, whole)
        stored = {write.stored_at: self.items[write.stored_at] for write in changes.writes if write.stored_at}
        for address in changes.removals:
            del self.items[address]
        for write in changes.writes:
            at = write.stored_at
            base = write.incoming.item if write.incoming else stored[at] if at else None
            assert base is not None
            self.items[write.place.address] = write.place.dressed(base)
        keys = [(subject, version.rank) for subject, version, _ in changes.rows]
        assert len(keys) == len(set(keys)), "PostgreSQL refuses to write a row twice in one statement"
        for subject, version, _ in changes.forgotten:
            del self.known[subject][version.rank]
        for subject, version, _ in changes.rows:
            self.known.setdefault(subject, {})[version.rank] = version
        return changes

    def withdraw(self, gone: Mapping[Subject, set[str]]) -> Plan:
        changes = withdraw(gone, {at: list(rows.values()) for at, rows in self.known.items()})
        stored = {write.stored_at: self.items[write.stored_at] for write in changes.writes if write.stored_at}
        for address in changes.removals:
            del self.items[address]
        for write in changes.writes:
            assert write.stored_at is not None
            self.items[write.place.address] = write.place.dressed(stored[write.stored_at])
        for subject, version, _ in changes.forgotten:
            del self.known[subject][version.rank]
        return changes


def tidy(items: Mapping[Address, Item]) -> dict[Address, Any]:
    return {at: {**item, "links": sorted(map(str, item["links"]))} for at, item in items.items()}


def arrival(name: str, version: int, moment: int, count: int) -> Checked:
    return checked(entry(name, version, freshness=f"{moment}", **{"track:count": count}))[0]


# what a record says is a function of when it was changed, so that there are no true ties; and it says the same
# again later, as after a change that no Item shows
ARRIVALS = [arrival(name, version, moment, moment % 2) for name in "ab" for version in (1, 2, 3) for moment in range(4)]
BATCHES = st.lists(st.lists(st.sampled_from(ARRIVALS), max_size=6), max_size=5)


@given(BATCHES, st.randoms(use_true_random=False))
def test_the_catalog_does_not_depend_on_the_order_or_the_batches_of_what_came(
    batches: list[list[Checked]], random: Any
) -> None:
    shuffled = [one for batch in batches for one in batch]
    random.shuffle(shuffled)
    first, second = Catalog(), Catalog()
    for batch in batches:
        first.store(batch)
    while shuffled:
        size = random.randint(1, len(shuffled))
        second.store(shuffled[:size])
        shuffled = shuffled[size:]
    assert tidy(first.items) == tidy(second.items)
    assert first.known == second.known


@given(BATCHES)
def test_every_version_lies_somewhere_and_its_newest_record_stands(batches: list[list[Checked]]) -> None:
    catalog, newest = Catalog(), dict[tuple[str, str], Checked]()
    for batch in batches:
        catalog.store(batch)
        for one in batch:
            key = one.version[1:]
            newest[key] = max(newest.get(key, one), one, key=lambda other: other.freshness)
    assert len(catalog.items) == len(newest)
    for (name, rank), one in newest.items():
        place = places("tracks", catalog.known[Subject("tracks", name)].values())[rank]
        stored = catalog.items[place.address]["properties"]
        assert stored["track:count"] == one.item["properties"]["track:count"]


@given(BATCHES)
def test_every_arrival_is_counted_once(batches: list[list[Checked]]) -> None:
    catalog = Catalog()
    for batch in batches:
        changes = catalog.store(batch)
        assert changes.new + changes.changed + changes.same == len(batch)


@given(BATCHES)
def test_what_came_before_changes_nothing_when_it_comes_again(batches: list[list[Checked]]) -> None:
    catalog = Catalog()
    for batch in batches:
        catalog.store(batch)
    for batch in batches:
        changes = catalog.store(batch)
        assert (changes.same, changes.writes, changes.removals, changes.rows) == (len(batch), [], [], [])


def test_a_first_version_is_new_and_is_stored_as_it_is() -> None:
    changes = plan(checked(entry()), {})
    assert (changes.new, changes.changed, changes.same, changes.superseded) == (1, 0, 0, 0)
    assert changes.writes[0].place.dressed(entry().item) == entry().item
    assert changes.touched == {"tracks"}


def test_an_older_record_of_the_same_version_is_a_replay() -> None:
    catalog = Catalog()
    catalog.store(checked(entry(freshness="2024-02", gsd=2)))
    changes = catalog.store(checked(entry(freshness="2024-01", gsd=1)))
    assert (changes.same, changes.writes) == (1, [])


def test_among_records_of_one_moment_the_last_word_stands() -> None:
    catalog = Catalog()
    changes = catalog.store(checked(entry(gsd=2), entry(gsd=1)))
    assert (changes.new, changes.same) == (1, 1)
    assert catalog.items[Address("tracks", "a")]["properties"]["gsd"] == 1


def test_a_record_that_shows_no_change_keeps_older_ones_out() -> None:
    catalog = Catalog()
    catalog.store(checked(entry(freshness="1", gsd=1)))
    confirmed = catalog.store(checked(entry(freshness="3", gsd=1)))
    assert (confirmed.same, confirmed.writes, len(confirmed.rows)) == (1, [], 1)
    catalog.store(checked(entry(freshness="2", gsd=2)))
    assert catalog.items[Address("tracks", "a")]["properties"]["gsd"] == 1


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_three_versions_are_linked_both_ways_whatever_came_first(order: tuple[int, ...]) -> None:
    catalog = Catalog()
    for version in order:
        catalog.store(checked(entry(version=version)))
    old, middle = (Address("tracks-superseded", f"a_{version}") for version in (1, 2))
    latest = Address("tracks", "a")
    assert set(catalog.items) == {old, middle, latest}
    links = {
        at: {link["rel"]: link["href"] for link in item["links"] if link["rel"] != "via"}
        for at, item in catalog.items.items()
    }
    assert links == {
        old: {"successor-version": middle.href, "latest-version": latest.href},
        middle: {
            "predecessor-version": old.href,
            "successor-version": latest.href,
            "latest-version": latest.href,
        },
        latest: {"predecessor-version": middle.href},
    }
    deprecated = {at: item["properties"].get("deprecated") for at, item in catalog.items.items()}
    assert deprecated == {old: True, middle: True, latest: None}
    assert all(item["stac_extensions"] == [VERSION_EXTENSION] for item in catalog.items.values())
    assert all((item["collection"], item["id"]) == at for at, item in catalog.items.items())


def test_only_neighbours_of_what_arrives_are_written() -> None:
    catalog = Catalog()
    catalog.store(checked(*(entry(version=version) for version in (1, 2, 3, 5))))
    changes = catalog.store(checked(entry(version=4)))
    written = {write.place.address.item_id for write in changes.writes}
    assert written == {"a_3", "a_4", "a"}
    assert changes.superseded == 1
    assert changes.removals == []


def test_dressing_leaves_the_item_alone_that_it_is_given() -> None:
    given_item = entry().item
    before = replace(entry()).item
    versions = [Known(f"00{n}", f"a_{n}", "a", "", bytes(16)) for n in (1, 2)]
    places(A.collection, versions)["001"].dressed(given_item)
    assert given_item == before


VERSIONS = st.sets(st.sampled_from([1, 2, 3, 4]))


@given(VERSIONS, VERSIONS)
def test_what_is_left_lies_as_if_the_rest_had_never_come(versions: set[int], gone: set[int]) -> None:
    catalog, never = Catalog(), Catalog()
    catalog.store([arrival("a", version, 0, 0) for version in versions])
    catalog.withdraw({A: {f"{version:03}" for version in gone}})
    never.store([arrival("a", version, 0, 0) for version in versions - gone])
    assert catalog.known.get(A, {}) == never.known.get(A, {})
    assert tidy(catalog.items) == tidy(never.items)


@given(VERSIONS, VERSIONS)
def test_what_is_known_of_a_whole_subject_is_what_was_said_last(before: set[int], after: set[int]) -> None:
    catalog, afresh = Catalog(), Catalog()
    catalog.store([arrival("a", version, 0, 0) for version in before])
    changes = catalog.store([arrival("a", version, 1, 1) for version in after], {A})
    afresh.store([arrival("a", version, 1, 1) for version in after])
    assert catalog.known.get(A, {}) == afresh.known.get(A, {})
    assert tidy(catalog.items) == tidy(afresh.items)
    assert (changes.new, changes.changed) == (len(after - before), len(after & before))


def test_a_version_that_a_record_alone_tells_outlives_what_parts_say() -> None:
    catalog = Catalog()
    catalog.store([arrival("a", 1, 0, 0)._replace(record=b"codeof a record")])
    catalog.store([arrival("a", 2, 0, 0)], {A})
    assert set(catalog.known[A]) == {"001", "002"}


def test_the_same_item_made_by_newer_code_is_remembered_and_not_rewritten() -> None:
    catalog = Catalog()
    old, new = (checked(entry("a"))[0]._replace(record=code + b"record") for code in (b"old.", b"new."))
    catalog.store([old])
    changes = catalog.store([new])
    assert (changes.same, changes.writes) == (1, [])
    assert catalog.known[A]["001"].record == b"new.record"
    assert catalog.store([new._replace(record=b"new.another that says the same")]).rows == []
