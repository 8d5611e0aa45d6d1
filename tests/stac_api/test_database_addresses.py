"""Addresses mean the same in every spelling, and show no password."""

import asyncio

import asyncpg
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from stac_api.database import Database
from stac_api.database.addresses import label_of, parameters_of, url_of, with_options

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
hosts = st.sampled_from(["localhost", "db.example.org", "::1", "192.0.2.7", "/run/a b/ü", "a.example,b.example"])


@given(
    st.fixed_dictionaries(
        {
            "user": words,
            "password": words,
            "dbname": words,
            "host": hosts,
            "port": st.integers(1, 65535).map(str),
            "options": words,
        }
    )
)
def test_a_url_is_read_as_what_it_was_written_from(parameters: dict[str, str]) -> None:
    assert conninfo_to_dict(url_of(parameters)) == parameters


@given(password=words.filter(lambda word: len(word) > 3), host=hosts)
def test_a_label_never_holds_the_password(password: str, host: str) -> None:
    parameters = {"user": "u", "password": f"<{password}>", "dbname": "d", "host": host, "port": "1"}
    assert f"<{password}>" not in label_of(parameters)


def test_both_spellings_of_libpq_are_read() -> None:
    url = parameters_of("postgresql://me:pw@db.example.org:5433/catalog?sslmode=require", variable="DATABASE_URL")
    words = parameters_of(
        "host=db.example.org port=5433 user=me password=pw dbname=catalog sslmode=require", variable="DATABASE_URL"
    )
    assert url == words


def test_options_are_added_to_those_that_are_there() -> None:
    assert with_options({"options": "-c a=1"}, {"b": "2"})["options"] == "-c a=1 -c b=2"


@pytest.mark.database
def test_asyncpg_reads_the_same_addresses(database: Database) -> None:
    async def ask(url: str) -> str:
        connection = await asyncpg.connect(url)
        try:
            return str(await connection.fetchval("SELECT current_user || current_setting('statement_timeout')"))
        finally:
            await connection.close()

    for url in (database.conninfo, database.read_conninfo):
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT current_user || current_setting('statement_timeout')").fetchone()
        assert (asyncio.run(ask(url)),) == row
