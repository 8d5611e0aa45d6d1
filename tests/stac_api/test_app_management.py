"""What operators ask of the served API: readiness, health, freshness as JSON and as Prometheus' text."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from stac_api.batch import Reject
from stac_api.database import Database
from stac_api.ledger import Ledger

pytestmark = pytest.mark.database

REPORT = {"fetched": 7, "new": 4, "changed": 1, "same": 1, "rejected": 1, "seconds": 2.5, "collections": {"plumes": 5}}
SECRET = "what the record says"


@pytest.fixture
def harvested(own_api: httpx2.Client, database: Database) -> httpx2.Client:
    """Give a client of a catalog that two sources were harvested into, one of them without success."""
    with database.connect() as connection:
        ledger = Ledger(connection)
        ledger.end(ledger.begin("carbon-mapper", "plumes", {}), "done", REPORT)
        run = ledger.begin("carbon-mapper", "plumes", {})
        reject = Reject(name="p-7", kind="RecordError", reason=SECRET, record={"words": SECRET})
        ledger.reject("carbon-mapper", "plumes", run, [reject])
        ledger.end(run, "failed", {"fetched": 1}, f"https://example.com answered 500: {SECRET}")
        ledger.end(ledger.begin("carbon-mapper", "replayed", {}), "done", {"new": 1})
        ledger.begin("icesat2", "ATL08", {})
        ledger.mark_stale(["plumes", "granules"], "carbon-mapper")
        ledger.mark_true("plumes", 5)
        connection.execute("UPDATE tercet.run SET ended = ended - interval '1 hour' WHERE product = 'plumes'")
    return own_api


def freshness(client: httpx2.Client) -> dict[str, Any]:
    answer = client.get("/_mgmt/harvest")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    sources: dict[str, Any] = answer.json()["sources"]
    return sources


def test_freshness_is_that_of_the_last_success_whatever_came_after(harvested: httpx2.Client) -> None:
    source = freshness(harvested)["carbon-mapper"]
    assert 3600 <= source["age_s"] < 3700
    age = datetime.now(UTC) - datetime.fromisoformat(source["last_success"])
    assert timedelta(hours=1) <= age < timedelta(hours=1, minutes=1)
    assert (source["items"], source["collections"], source["rejects"]) == (5, {"granules": 0, "plumes": 5}, 1)
    plumes = source["products"]["plumes"]
    assert (plumes["state"], plumes["report"], plumes["rejects"]) == ("failed", {"fetched": 1}, 1)
    assert plumes["last_success"] == source["last_success"]


def test_a_run_that_was_killed_does_not_seem_to_run(harvested: httpx2.Client, database: Database) -> None:
    killed = freshness(harvested)["icesat2"]
    assert (killed["products"]["ATL08"]["state"], killed["last_success"], killed["age_s"]) == ("stopped", None, None)
    with database.connect() as connection:
        Ledger(connection).lock("icesat2")
        assert freshness(harvested)["icesat2"]["products"]["ATL08"]["state"] == "running"


def test_neither_records_nor_reasons_are_told_to_strangers(harvested: httpx2.Client) -> None:
    for path in ("/_mgmt/harvest", "/metrics", "/_mgmt/harvest?f=prometheus"):
        assert SECRET not in harvested.get(path).text


def test_a_catalog_that_was_never_harvested_says_so(api: httpx2.Client) -> None:
    assert freshness(api) == {}
    assert "tercet_items" in api.get("/metrics").text


SAMPLE = re.compile(r'([a-z_]+)\{([a-z]+="(?:[^"\\\n]|\\.)*",?)+\} (\S+)')


def test_prometheus_reads_the_same_numbers(harvested: httpx2.Client) -> None:
    answer = harvested.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert all(line.startswith(("# HELP ", "# TYPE ")) or SAMPLE.fullmatch(line) for line in lines), answer.text
    plumes = '{source="carbon-mapper",product="plumes"'
    assert f"tercet_rejects{plumes}}} 1" in lines
    assert f'tercet_harvest_state{plumes},state="failed"}} 1' in lines
    assert f'tercet_harvest_state{plumes},state="done"}} 0' in lines
    assert 'tercet_items{source="carbon-mapper",collection="plumes"} 5' in lines
    success = next(line for line in lines if line.startswith(f"tercet_harvest_last_success_timestamp_seconds{plumes}"))
    said = freshness(harvested)["carbon-mapper"]["last_success"]
    assert float(success.split()[1]) == datetime.fromisoformat(said).timestamp()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/plain", "text/plain"),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "text/plain"),
    ],
)
def test_who_asks_decides_on_the_format(api: httpx2.Client, accept: str, kind: str) -> None:
    answer = api.get("/_mgmt/harvest", headers={"accept": accept})
    assert answer.headers["content-type"].startswith(kind)
    assert "accept" in answer.headers["vary"].lower()
    assert api.get("/_mgmt/harvest?f=json", headers={"accept": accept}).json() == {"sources": {}}


def test_ready_is_who_has_a_migrated_database(own_api: httpx2.Client, database: Database) -> None:
    assert own_api.get("/_mgmt/ready").json()["status"] == "ready"
    with database.connect() as connection:
        for damage in ("DELETE FROM tercet.migration WHERE name LIKE '0001%'", "DROP TABLE tercet.migration"):
            connection.execute(damage)
            answer = own_api.get("/_mgmt/ready")
            assert answer.status_code == 503
            assert "run `tercet db migrate`" in answer.json()["description"]


def test_alive_is_who_answers(api: httpx2.Client) -> None:
    assert api.get("/_mgmt/ping").json() == {"message": "PONG"}
