"""The providers' real answers, recorded beside the project, through the whole of a harvest."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from harvesters.recorded import recorded_pages
from harvesters.registry import SOURCES
from stac_api.database import Database
from stac_api.joining import joined
from stac_api.versions import Subject
from tercet.pipeline.batches import make_batch
from tercet.pipeline.spooled_parts import SpooledParts
from tests.commands import Outcome, harvest
from tests.dumps import differences, every_row
from tests.stac_schemas import SHARED, core_errors, extension_errors
from transforms.entry import Item

pytestmark = pytest.mark.database

SAMPLES = {
    "carbon-mapper": "upstream/carbon-mapper/samples",
    "icesat2": "upstream/cmr-icesat2/samples/cmr",
    "earthcare": "upstream/maap-earthcare/samples/items",
}


@pytest.fixture(params=SAMPLES)
def source(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if not samples_of(name).is_dir():
        pytest.skip(f"no recorded answers of {name} in {samples_of(name).resolve()}")
    return name


def samples_of(source: str) -> Path:
    return SHARED / SAMPLES[source]


@pytest.fixture
def first(source: str, database: Database) -> Outcome:  # noqa: ARG001 - the harvest goes where DATABASE_URL points
    return harvest(source, "--records", samples_of(source))


def stored_items(database: Database) -> Iterator[Item]:
    with database.connect() as connection:
        for row in connection.execute("SELECT pgstac.content_hydrate(i) FROM pgstac.items AS i"):
            yield row[0]


def test_every_record_is_an_item_or_a_reject_whose_reason_a_person_understands(
    source: str, first: Outcome, database: Database
) -> None:
    pages = list(recorded_pages(SOURCES[source], [str(samples_of(source))]))
    batch = make_batch(SOURCES[source], pages)
    together = joined(batch, SpooledParts(), SOURCES[source].assemble)
    usable = {one.version for one in together.checked}
    left = together.without_fragments_of({Subject(collection, subject) for collection, subject, _ in usable})
    with psycopg.connect(database.conninfo, row_factory=dict_row) as connection:
        versions = connection.execute("SELECT collection, subject, rank FROM tercet.item").fetchall()
        rejects = connection.execute("SELECT name, reason, record FROM tercet.reject").fetchall()
    assert usable
    assert {(row["collection"], row["subject"], row["rank"]) for row in versions} == usable
    assert sum(1 for _ in stored_items(database)) == len(usable)
    assert first.report["fetched"] == batch.records
    assert first.report["fetched"] == sum(first.report[kind] for kind in ("new", "changed", "same", "rejected"))
    assert first.code == (3 if left else 0), first.said
    assert {row["name"] for row in rejects} == {reject.name for reject in left}
    for row in rejects:
        assert len(row["reason"].split()) >= 4, row
        assert row["record"] not in ("", "null"), row


def test_the_samples_hold_records_that_cannot_be_used(source: str, first: Outcome) -> None:
    """They do as they were recorded: a harvest that rejects nothing has not looked."""
    assert first.report["rejected"] > 0
    assert first.code == 3, f"{source}: {first.said}"


def test_a_second_harvest_finds_all_the_same_and_changes_no_row(
    source: str, first: Outcome, database: Database
) -> None:
    before = every_row(database.conninfo)
    second = harvest(source, "--records", samples_of(source))
    assert differences(before, every_row(database.conninfo)) == []
    assert second.code == first.code
    counts = Counter({kind: second.report[kind] for kind in ("new", "changed", "superseded", "deleted")})
    assert counts.total() == 0, second.report
    assert second.report["rejected"] == first.report["rejected"]
    assert second.report["same"] == first.report["fetched"] - first.report["rejected"]
    assert second.report["collections"] == first.report["collections"]


@pytest.mark.usefixtures("source", "first")
def test_items_of_real_records_are_valid(database: Database) -> None:
    wrong = {
        item["id"]: errors for item in stored_items(database) if (errors := core_errors(item) + extension_errors(item))
    }
    assert wrong == {}
