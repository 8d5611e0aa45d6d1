import time
from collections.abc import Iterator

import psycopg
import pytest

from stac_api.batch import Reject
from stac_api.database import Database
from stac_api.ledger import Ledger
from tercet.errors import SinkError

pytestmark = pytest.mark.database


@pytest.fixture
def connection(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        yield connection


@pytest.fixture
def ledger(connection: psycopg.Connection) -> Ledger:
    return Ledger(connection)


def test_a_second_harvest_of_a_source_is_refused_and_of_another_is_not(ledger: Ledger, database: Database) -> None:
    ledger.lock("a")
    with database.connect() as other:
        with pytest.raises(SinkError, match="another harvest of a is under way in this database: wait until"):
            Ledger(other).lock("a")
        Ledger(other).lock("b")


def test_the_lock_ends_with_its_connection_however_that_ends(database: Database) -> None:
    with database.connect() as survivor:
        dying = database.connect()
        Ledger(dying).lock("a")
        survivor.execute("SELECT pg_terminate_backend(%s)", [dying.info.backend_pid])
        deadline = time.monotonic() + 10
        while True:
            try:
                Ledger(survivor).lock("a")
                break
            except SinkError:
                assert time.monotonic() < deadline, "the lock outlived its connection"
                time.sleep(0.02)
        dying.close()


def test_a_run_that_was_killed_is_closed_by_the_next_of_its_source(ledger: Ledger) -> None:
    ledger.begin("a", "p", {})
    ledger.begin("b", "p", {})
    ledger.end(ledger.begin("a", "q", {"since": "2024"}), "done", {"new": 1})
    runs = {(run.source, run.product): (run.outcome, run.message, run.report) for run in ledger.latest_runs()}
    assert runs == {
        ("a", "p"): ("stopped", "did not end by itself", None),
        ("b", "p"): ("running", None, None),
        ("a", "q"): ("done", None, {"new": 1}),
    }


def test_the_latest_run_of_a_product_is_shown(ledger: Ledger) -> None:
    for _ in range(2):
        last = ledger.begin("a", "p", {})
    assert [run.id for run in ledger.latest_runs()] == [last]


def test_a_cursor_belongs_to_source_and_product(ledger: Ledger) -> None:
    ledger.move_cursor("a", "p", "1")
    ledger.move_cursor("a", "p", "2")
    ledger.move_cursor("a", "q", "3")
    assert (ledger.cursor("a", "p"), ledger.cursor("b", "p")) == ("2", None)
    assert [(one.product, one.value) for one in ledger.cursors()] == [("p", "2"), ("q", "3")]
    assert (ledger.forget_cursor("a", "p"), ledger.forget_cursor("a", "p")) == (True, False)
    assert ledger.cursor("a", "p") is None


def test_a_record_is_rejected_once_and_its_newest_reason_stands(ledger: Ledger) -> None:
    run = ledger.begin("a", "p", {})
    for reason in ("first", "second"):
        ledger.reject("a", "p", run, [Reject("x", "RecordError", reason, {"x": 1})])
    ledger.reject("b", "p", run, [Reject("x", "RecordError", "first", {"x": 1})])
    (kept,) = ledger.rejects("a")
    assert kept.reason == "second"
    assert len(ledger.rejects()) == 2
    ledger.drop_rejects([kept.id])
    assert ledger.rejects("a") == []
