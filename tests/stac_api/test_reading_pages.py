"""Where pages begin: tokens, and what comes after a place in an order."""

from collections.abc import Iterator

import httpx2
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stac_api import database as databases
from stac_api.database import Database
from stac_api.reading.conditions import Condition, Statement, conditions
from stac_api.reading.tokens import for_pgstac, is_ours, read_token, token
from tercet.settings import Settings
from tests.stac_api.served import PLUMES, found, item, store

pytestmark = pytest.mark.database


@pytest.fixture
def embedded_connection(embedded: Settings) -> Iterator[psycopg.Connection]:
    """Give a session of the embedded database, which tests only ask."""
    with databases.open_database(embedded).connect() as connection:
        yield connection


@given(st.lists(st.none() | st.text(), min_size=1), st.sampled_from(["next", "prev"]))
def test_a_token_leads_to_its_place(place: list[str | None], direction: str) -> None:
    text = f"{direction}:{token(place)}"
    assert is_ours(text)
    assert read_token(text, len(place)) == (direction == "prev", place)


def test_pgstac_finds_the_same_item_by_it() -> None:
    place = ["2025-05-01 00:00:00+00", PLUMES, "p-é"]
    assert for_pgstac(f"next:{token(place)}", None) == f"next:{PLUMES.encode().hex()}:{'p-é'.encode().hex()}"
    assert for_pgstac("next:70:71", None) == "next:70:71"


@pytest.mark.parametrize(
    "text",
    ["next:k.", "next:k.!!", "next:k.W10", "up:" + token(["a", "b", "c"]), "next:" + token(["a"]), "next:x", "k."],
)
def test_a_token_of_another_search_is_a_bad_request(api: httpx2.Client, text: str) -> None:
    answer = api.get("/search", params={"token": text})
    assert answer.status_code == 400
    assert "token" in answer.json()["description"].lower()


def test_values_that_are_none_of_their_type_are_a_bad_request(api: httpx2.Client) -> None:
    forged = token(["'; DROP TABLE pgstac.items; --", PLUMES, "p-0"])
    assert api.get("/search", params={"token": f"next:{forged}"}).status_code == 400
    assert found(api.get("/search", params={"collections": PLUMES}))


def test_a_page_goes_on_where_an_item_was_that_has_gone(own_api: httpx2.Client, database: Database) -> None:
    first = own_api.get(f"/collections/{PLUMES}/items", params={"limit": 2, "sortby": "id"})
    with database.connect() as connection:
        connection.execute("SELECT pgstac.delete_item('p-1')")
    following = next(link["href"] for link in first.json()["links"] if link["rel"] == "next")
    assert found(own_api.get(following)) == ["p-2", "p-3"]


def test_what_is_written_is_seen_at_once(own_api: httpx2.Client, database: Database) -> None:
    plumes = own_api.get("/search", params={"collections": PLUMES, "limit": 1}).json()["numberMatched"]
    extent = own_api.get(f"/collections/{PLUMES}").json()["title"]
    store(database, [item(PLUMES, "new", 0, 0)])
    with database.connect() as connection:
        connection.execute(
            'UPDATE pgstac.collections SET content = content || \'{"title": "New"}\' WHERE id = %s', [PLUMES]
        )
    assert own_api.get("/search", params={"collections": PLUMES, "limit": 1}).json()["numberMatched"] == plumes + 1
    assert extent != own_api.get(f"/collections/{PLUMES}").json()["title"] == "New"


@pytest.mark.parametrize("text", ["2025-05-01T00:00:00Z", "2025-05-01T00:00:00.123456789Z", "2016-12-31T23:59:60Z"])
def test_a_moment_is_the_one_that_postgresql_reads(embedded_connection: psycopg.Connection, text: str) -> None:
    (until, since) = conditions({"datetime": text})
    moments = [condition.parameters[0] for condition in (until, since)]
    casts = [
        embedded_connection.execute("SELECT %s::text::timestamptz", [str(moment)]).fetchone() for moment in moments
    ]
    expected = embedded_connection.execute("SELECT %s::timestamptz", [text]).fetchone()
    assert casts == [expected, expected]


def test_parameters_are_numbered_as_they_come() -> None:
    statement = Statement()
    where = statement.text([*conditions({"ids": ["a"], "bbox": [1, 2, 3, 4]}), Condition("id <> '{0} $9'")])
    assert statement.parameters == [["a"], 1.0, 2.0, 3.0, 4.0]
    assert "ANY($1::text[])" in where
    assert "$2::float8, $3::float8, $4::float8, $5::float8" in where
    assert "(id <> '{0} $9')" in where
