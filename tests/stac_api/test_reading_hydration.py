"""Items put together from what pgSTAC keeps, against pgSTAC's own functions."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from stac_api import database as databases
from stac_api.reading.hydration import Fields, hydrated, without_nulls
from tercet.settings import Settings
from tests.stac_api.fields import apart

pytestmark = pytest.mark.database

_CONTENT_HYDRATE = "SELECT pgstac.content_hydrate(%s::jsonb, %s::jsonb, %s::jsonb)"

NAMES = ["a", "b", "collection", "id"]
leaves = st.sampled_from([None, 0, 1.5, "", "text", True, "𒍟※"])
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from(NAMES), values, min_size=1)
paths = st.lists(st.lists(st.sampled_from(NAMES[:3]), min_size=1, max_size=3).map(".".join), max_size=4)
fields = st.fixed_dictionaries({}, optional={"include": paths.map(apart), "exclude": paths})


@pytest.fixture(scope="module")
def connection(embedded: Settings) -> Iterator[psycopg.Connection]:
    """Give a session of the embedded database, which this test only asks."""
    with databases.open_database(embedded).connect() as session:
        session.execute("SET search_path TO pgstac, public")
        yield session


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(item=documents, base=documents, said=fields)
def test_hydration_is_pgstacs(
    connection: psycopg.Connection, item: dict[str, Any], base: dict[str, Any], said: dict[str, list[str]]
) -> None:
    try:
        row = connection.execute(_CONTENT_HYDRATE, [Jsonb(item), Jsonb(base), Jsonb(said)]).fetchone()
    except psycopg.errors.InvalidTextRepresentation:
        return  # a path into an array is an error of pgSTAC's, and means nothing here
    assert row is not None
    chosen = Fields.of(said)
    ours = without_nulls(hydrated(chosen.chosen(item), chosen.chosen(base)))
    assert ours == (row[0] or {})
