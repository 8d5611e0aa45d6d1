"""Searches answered over pgSTAC's tables, against pgSTAC's own functions: whole answers, and walks both ways."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx2
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from harvesters.registry import SOURCES
from stac_api import app as app_module
from stac_api.app import create_app
from stac_api.database import Database
from stac_api.pgstac_loader import ItemLoader, OneConnection
from stac_api.queryables import write_queryables
from stac_api.search import CatalogClient
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.stac_api.fields import apart
from tests.stac_api.served import shared_database
from tests.upstreams import carbon_mapper_archive, earthcare_archive, icesat2_archive

pytestmark = pytest.mark.database

EACH = 24
ODD, ODD_COLLECTION = "odd-0", "carbon-mapper-plumes"


class PgstacOnly(CatalogClient):
    """The same API, every search asked of pgSTAC."""

    async def _read(self, *_: Any, **__: Any) -> None:
        return None


class Two(NamedTuple):
    """The same catalog behind both."""

    ours: httpx2.Client
    pgstac: httpx2.Client


@pytest.fixture(scope="module")
def both(embedded: Settings) -> Iterator[Two]:
    """Give clients of one catalog of Items of three sources."""
    with ExitStack() as stack:
        settings, database = stack.enter_context(shared_database(embedded))
        fill(database)
        clients = []
        for client in (CatalogClient, PgstacOnly):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(app_module, "CatalogClient", client)
                app = create_app(settings, database)
            url = stack.enter_context(serve_in_background(app))
            clients.append(stack.enter_context(httpx2.Client(base_url=url, timeout=60)))
        yield Two(*clients)


def fill(database: Database) -> None:
    """Store Items of three sources, with values that repeat and values that lack; and some that are odd."""
    items = [item for name, archive in archives() for item in items_of(name, archive)]
    with database.connect() as connection:
        for collection, source in {item["collection"]: item["properties"]["tercet:source"] for item in items}.items():
            spec = SOURCES[source].collection(collection)
            connection.execute("INSERT INTO pgstac.collections (content) VALUES (%s)", [Jsonb(spec.document())])
            write_queryables(connection, spec)
        loader = ItemLoader(OneConnection(connection=connection))
        loader.load(loader.row(item) for item in items)
        for item in odd(items[0]):
            connection.execute("SELECT pgstac.create_item(%s)", [Jsonb(item)])
        change_base_item(connection, items[1])


def archives() -> Iterator[tuple[str, Any]]:
    yield "carbon-mapper", carbon_mapper_archive.Archive.generate(EACH)
    yield "icesat2", icesat2_archive.Archive(EACH)
    yield "earthcare", earthcare_archive.Archive(EACH, product_types=("MSI_COP_2A", "ATL_TC__2A", "AC__TC__2B"))


def items_of(source: str, archive: Any) -> Iterator[dict[str, Any]]:
    for index in range(EACH):
        record = archive.record(index, "007") if source == "icesat2" else archive.record(index)
        item = dict(SOURCES[source].entry(record).item)
        if index % 3 == 0:
            item["properties"] = {**item["properties"], "gsd": index % 2 + 30.0}
        yield item


def odd(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Items as others store them: members without a value, relative links, empty arrays and objects."""
    yield {
        **item,
        "id": ODD,
        "properties": {**item["properties"], "gsd": None, "empty": {}, "list": [None, {"a": None, "b": 1}], "null": 1},
        "links": [{"rel": "via", "href": "../there?"}, {"rel": "root", "href": "https://example.com"}],
        "assets": {"data": {"href": "a.tif", "title": None}},
    }
    yield {**item, "id": "odd-1", "bbox": [], "links": [], "assets": {}}


def change_base_item(connection: psycopg.Connection, item: dict[str, Any]) -> None:
    """Edit a Collection's ``item_assets``, and store one Item after that: pgSTAC keeps both base items."""
    connection.execute(
        "UPDATE pgstac.collections SET content = jsonb_set(content, '{item_assets,new}', '{\"title\": \"New\"}') "
        "WHERE id = %s",
        [item["collection"]],
    )
    late = {**item, "id": "late-0", "assets": {"new": {"href": "https://example.com/new", "title": "New"}}}
    connection.execute("SELECT pgstac.create_item(%s)", [Jsonb(late)])


COLLECTIONS = ["carbon-mapper-plumes", "icesat2-atl08-007", "earthcare-msi-cop-2a", "earthcare-ac-tc-2b", "nowhere"]
NUMBERS = ["gsd", "cm:emission", "sat:absolute_orbit", "icesat2:cycle"]
SORTED_BY = [*NUMBERS, "datetime", "properties.end_datetime", "id", "collection", "platform", "instruments", "updated"]
PATHS = [
    *("id", "type", "geometry", "bbox", "collection", "links", "assets", "properties", "properties.gsd"),
    *("properties.datetime", "assets.data", "assets.data.href", "assets.thumbnail.title", "properties.list"),
    *("geometry.type", "nowhere", "properties.nowhere.deep", "stac_version"),
]
MOMENTS = ["2019-01-01T00:00:00Z", "2022-07-04T12:00:00.123456+02:00", "2024-12-31t23:59:59.9999999z"]

longitudes = st.sampled_from([-180, -179.5, -100.25, -30, 0, 12.5, 90, 170, 180])
latitudes = st.sampled_from([-90, -60.5, -5, 0, 25, 50.125, 90])


@st.composite
def boxes(draw: st.DrawFn) -> list[float]:
    south, north = sorted([draw(latitudes), draw(latitudes)])
    west, east = draw(longitudes), draw(longitudes)
    return draw(st.sampled_from([[west, south, east, north], [west, south, -10, east, north, 10]]))


@st.composite
def times(draw: st.DrawFn) -> str:
    first, last = sorted([draw(st.sampled_from(MOMENTS)), draw(st.sampled_from(MOMENTS))])
    return draw(st.sampled_from([first, f"{first}/{last}", f"../{last}", f"{first}/..", f"{first}/", f"/{last}"]))


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    number = {"property": draw(st.sampled_from(NUMBERS))}
    value = draw(st.sampled_from([0, 1, 30, 31.0, 100.5, 5000]))
    operator = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]))
    polygon = {"type": "Polygon", "coordinates": [[[-120, -10], [60, -10], [60, 60], [-120, 60], [-120, -10]]]}
    return draw(
        st.sampled_from(
            [
                {"op": operator, "args": [number, value]},
                {"op": "between", "args": [number, 1, value]},
                {"op": "isNull", "args": [number]},
                {"op": "like", "args": [{"property": "platform"}, "%a%"]},
                {"op": "=", "args": [{"op": "casei", "args": [{"property": "platform"}]}, "ICESAT-2"]},
                {"op": "in", "args": [{"property": "tercet:source"}, ["icesat2", "earthcare", "it's {0} $1"]]},
                {"op": "a_contains", "args": [{"property": "instruments"}, ["atlas"]]},
                {"op": "s_intersects", "args": [{"property": "geometry"}, polygon]},
                {"op": "t_after", "args": [{"property": "datetime"}, {"timestamp": MOMENTS[0]}]},
                {"op": "=", "args": [{"property": "collection"}, COLLECTIONS[0]]},
            ]
        )
    )


filters = st.recursive(
    conditions(),
    lambda inner: st.one_of(
        st.builds(
            lambda op, args: {"op": op, "args": args},
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
        st.builds(lambda arg: {"op": "not", "args": [arg]}, inner),
    ),
    max_leaves=4,
)
orders = st.lists(
    st.fixed_dictionaries({"field": st.sampled_from(SORTED_BY), "direction": st.sampled_from(["asc", "desc"])}),
    max_size=3,
    unique_by=lambda one: one["field"],
)


some_paths = st.lists(st.sampled_from(PATHS), max_size=4, unique=True).map(apart)
chosen_fields = st.fixed_dictionaries({}, optional={"include": some_paths, "exclude": some_paths})
where = st.fixed_dictionaries(
    {},
    optional={
        "collections": st.lists(st.sampled_from(COLLECTIONS), min_size=1, max_size=3, unique=True),
        "bbox": boxes(),
        "datetime": times(),
        "filter": filters,
    },
)
named = st.fixed_dictionaries(
    {"ids": st.lists(st.sampled_from([ODD, "odd-1", "late-0", "nobody"]), max_size=4, unique=True)},
    optional={"query": st.just({"gsd": {"gte": 30}})},
)


def asked(two: Two, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask both the same; their answers are alike but for the form of tokens."""
    ours, pgstac = (client.post("/search", json=body) for client in two)
    assert (ours.status_code, ours.headers["content-type"]) == (pgstac.status_code, pgstac.headers["content-type"])
    if ours.status_code == 200:
        assert without_tokens(ours) == without_tokens(pgstac)
    return ours.json(), pgstac.json()


def without_tokens(answer: httpx2.Response) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    root = str(answer.url.copy_with(path="/", query=None))
    for holder in (document, *document["features"]):
        for link in holder.get("links", []):
            link["href"] = link["href"].replace(root, "/")
            link.get("body", {}).pop("token", None)
    return document


def following(answer: dict[str, Any], rel: str) -> dict[str, Any] | None:
    links = [link for link in answer["links"] if link["rel"] == rel]
    return links[0]["body"] if links else None


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(where=where | named, sortby=orders, fields=chosen_fields, limit=st.integers(1, 30))
def test_any_search_is_answered_as_pgstac_answers_it(
    both: Two, where: dict[str, Any], sortby: list[dict[str, str]], fields: dict[str, list[str]], limit: int
) -> None:
    asked(both, {**where, "sortby": sortby, "fields": fields, "limit": limit})


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(
    where=st.sampled_from([{}, {"collections": COLLECTIONS[:2]}, {"bbox": [-180, -90, 0, 90]}]),
    sortby=orders,
    limit=st.integers(5, 20),
)
def test_any_walk_meets_every_item_once_and_leads_back(
    both: Two, where: dict[str, Any], sortby: list[dict[str, str]], limit: int
) -> None:
    bodies: list[dict[str, Any]] = [{**where, "sortby": sortby, "limit": limit}] * 2
    pages = []
    while True:
        answers = [client.post("/search", json=body) for client, body in zip(both, bodies, strict=True)]
        assert without_tokens(answers[0]) == without_tokens(answers[1])
        pages.append([(feature["collection"], feature["id"]) for feature in answers[0].json()["features"]])
        forward = [following(answer.json(), "next") for answer in answers]
        if not forward[0]:
            break
        bodies = [body for body in forward if body]
    met = [one for page in pages for one in page]
    assert len(set(met)) == len(met) == answers[0].json()["numberMatched"]
    back = answers[0].json()
    for page in reversed(pages[:-1]):
        body = following(back, "previous")
        assert body is not None
        back = both.ours.post("/search", json=body).json()
        assert [(feature["collection"], feature["id"]) for feature in back["features"]] == page
    assert following(back, "previous") is None
