"""A small catalog, made by hand, behind the real API on loopback."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from stac_api import database as databases
from stac_api.app import create_app
from stac_api.database import Database
from stac_api.database.addresses import parameters_of
from stac_api.queryables import write_queryables
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.addresses import at_database
from tests.databases import temporary_database
from transforms.catalog import COMMON_QUERYABLES, CollectionSpec, Queryable

EMISSION = Queryable("Emission", "number", "Emission rate of the plume.", "kg/h")
PLUMES, PLUMES_BEFORE, GRANULES = "plumes", "plumes-superseded", "granules"
EMISSIONS = {"p-0": 9, "p-1": 10, "p-2": 100.5, "p-3": 1000, "p-4": 20}


def spec(collection: str, queryables: Mapping[str, Queryable]) -> CollectionSpec:
    return CollectionSpec(
        id=collection,
        title=collection.title(),
        description=f"The Items of {collection}.",
        license="CC-BY-4.0",
        providers=(),
        keywords=("methane",),
        item_assets={},
        queryables=queryables,
    )


def item(collection: str, item_id: str, west: float, south: float, **properties: Any) -> dict[str, Any]:
    east, north = west + 1, south + 1
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": item_id,
        "collection": collection,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [west, south, east, north],
        "properties": {"datetime": "2025-05-01T00:00:00.000Z", **properties},
        "links": [{"rel": "via", "href": "https://example.com/record", "type": "application/json"}],
        "assets": {"data": {"href": "https://example.com/data.tif", "roles": ["data"]}},
    }


CATALOG: Mapping[str, Sequence[dict[str, Any]]] = {
    PLUMES: [
        item(PLUMES, plume, 10.0 * index, 40, **{"cm:emission": emission, "platform": "tanager-1"})
        for index, (plume, emission) in enumerate(EMISSIONS.items())
    ],
    PLUMES_BEFORE: [item(PLUMES_BEFORE, "p-0_v1", 0, 40, **{"cm:emission": 8})],
    GRANULES: [item(GRANULES, "east", 178, -20), item(GRANULES, "west", -179, -20), item(GRANULES, "zero", 0, -20)],
}


def store(database: Database, items: Sequence[Mapping[str, Any]]) -> None:
    with database.connect() as connection:
        for one in items:
            connection.execute("SELECT pgstac.create_item(%s)", [Jsonb(one)])


def store_catalog(database: Database) -> None:
    with database.connect() as connection:
        for collection in CATALOG:
            one = spec(
                collection, {**COMMON_QUERYABLES, **({"cm:emission": EMISSION} if "plumes" in collection else {})}
            )
            connection.execute("INSERT INTO pgstac.collections (content) VALUES (%s)", [Jsonb(one.document())])
            write_queryables(connection, one)
    for items in CATALOG.values():
        store(database, items)


@contextmanager
def shared_database(embedded: Settings) -> Iterator[tuple[Settings, Database]]:
    """Give a fresh migrated database for tests that only read: many share it."""
    with temporary_database(databases.url(embedded), "tercet") as url:
        reading = at_database(databases.url(embedded, read_only=True), parameters_of(url, variable="")["dbname"])
        owner, reader = map(SecretStr, (url, reading))
        settings = Settings(data_dir=embedded.data_dir, database_url=owner, database_read_url=reader)
        yield settings, databases.open_database(settings)


@contextmanager
def served_to_many(embedded: Settings) -> Iterator[httpx2.Client]:
    """Give a client of the catalog's API for tests that only read."""
    with shared_database(embedded) as (settings, database), served(settings, database) as client:
        yield client


@contextmanager
def served(settings: Settings, database: Database, *, root_path: str = "") -> Iterator[httpx2.Client]:
    """Give a client of the catalog's API; its ``base_url`` is the API's."""
    store_catalog(database)
    app = create_app(settings, database)
    with serve_in_background(app, root_path=root_path) as url, httpx2.Client(base_url=url, timeout=60) as client:
        yield client


def found(answer: httpx2.Response) -> list[str]:
    """The ids of the Items of an answer, which says how many they are."""
    assert answer.status_code == 200, answer.text
    items = answer.json()
    ids = [feature["id"] for feature in items["features"]]
    assert items["numberReturned"] == len(ids)
    return sorted(ids)
