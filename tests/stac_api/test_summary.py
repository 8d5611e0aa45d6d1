"""What a Collection says after a harvest is what a look at all of its Items says, however it came to be known."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stac_api import summary_ledger
from stac_api.batch import Batch
from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.loader import CatalogSink
from stac_api.summary import Summary, UncertainError
from stac_api.summary_ledger import Names, SummaryLedger
from tests.items import Tracks, box, checked, entry
from transforms.entry import Entry
from transforms.listing import Withdrawn

NAMES = (["platform"], ["gsd"])
FACTS = st.tuples(
    st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=1),
    st.lists(st.sampled_from([1, 2.5, 3, None]), min_size=1, max_size=1),
    *[st.integers(0, 3)] * 6,
)


@given(st.lists(FACTS, max_size=6), st.lists(FACTS, max_size=4), st.data())
def test_what_changed_tells_what_all_items_tell_or_says_that_it_cannot(before: Any, come: Any, more: Any) -> None:
    gone = more.draw(st.lists(st.sampled_from(range(len(before))), unique=True)) if before else []
    stayed = [facts for at, facts in enumerate(before) if at not in gone]
    try:
        found = summary_of(before).changed([before[at] for at in gone], come)
    except UncertainError:
        assert gone
        return
    assert found == summary_of([*stayed, *come])
    assert found.described() == summary_of([*stayed, *come]).described()


def summary_of(items: Any) -> Summary:
    """Each Item as a group of its own."""
    ends = ([*(value and float(value) for value in numbers * 2), *others] for _, numbers, *others in items)
    return Summary.of(NAMES, [(facts[0], 1, end) for facts, end in zip(items, ends, strict=True)])


@pytest.mark.database
def test_collections_are_true_after_each_harvest_of_whatever_changed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary_ledger, "MOST", 1.0)
    chance, scan, scans = random.Random(7), SummaryLedger.scan, list[str]()

    def counted(ledger: SummaryLedger, collection: str, names: Names) -> Summary:
        scans.append(collection)
        return scan(ledger, collection, names)

    monkeypatch.setattr(SummaryLedger, "scan", counted)
    followed = 0
    with database.connect() as connection:
        for harvest in range(12):
            run = Ledger(connection).begin("tracks", "tracks", {})
            sink = CatalogSink(connection, "tracks", "tracks", Tracks(), run)
            for _ in range(chance.randint(1, 3)):
                sink.store(changes(chance, 40 if harvest == 0 else 3))
            scans.clear()
            counts = sink.finish()
            followed += len(counts) - len(scans)
            told: dict[str, Any] = dict(connection.execute("SELECT id, content FROM pgstac.collections").fetchall())
            assert told.keys() == counts.keys() == {"tracks", "tracks-superseded"}
            for collection, content in told.items():
                read = scan(SummaryLedger(connection), collection, WHAT)
                assert SummaryLedger(connection).read(collection, WHAT) == read
                assert counts[collection] == read.items
                assert {name: content.get(name) for name in ("extent", "summaries")} == read.described()
    assert 4 < followed < 20, "all was read, or all was followed"


WHAT = (["platform", "instruments"], ["gsd", "track:count"])


def changes(chance: random.Random, count: int) -> Batch:
    """Some Items, new, changed, or replacing others, and some that their provider has deleted."""
    gone = [Withdrawn("tracks", f"{subject(chance)}_{chance.randint(1, 2)}", "9") for _ in range(chance.choice([0, 2]))]
    return Batch(checked(*(some_entry(chance) for _ in range(count))), withdrawn=gone)


def some_entry(chance: random.Random) -> Entry:
    more: dict[str, Any] = {
        "platform": chance.choice(["p", "q"]),
        "instruments": chance.sample(["i", "j", "k"], 2),
        "gsd": chance.randint(1, 40) / 4,
        "track:count": chance.randint(0, 20),
    }
    kept = {name: value for name, value in more.items() if chance.random() < 0.8}
    made = entry(
        subject(chance), chance.randint(1, 3), moment=f"2024-05-{chance.randint(1, 28):02}T00:00:00.123Z", **kept
    )
    west, south = chance.randint(-150, 150) / 7, chance.randint(-80, 80) / 7
    made.item.update(geometry=box(west, south, west + 1, south + 1), bbox=[west, south, west + 1, south + 1])
    return made


def subject(chance: random.Random) -> str:
    return f"t{chance.randint(0, 40)}"
