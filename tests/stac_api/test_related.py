"""Items that belong together are linked when they are served."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx2
import psycopg
import pytest

from stac_api.app import create_app
from stac_api.batch import Batch
from stac_api.database import Database
from stac_api.ledger import Ledger
from stac_api.loader import CatalogSink
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.items import Tracks, checked, entry
from transforms.entry import Entry, Kin
from transforms.listing import Withdrawn

pytestmark = pytest.mark.database

Links = set[tuple[str, str]]


def related(name: str, *kin: Kin, collection: str = "tracks", version: int = 1) -> Entry:
    return replace(entry(name, version, collection=collection), kin=kin)


ORBIT = Kin("orbit:7")
GRANULE, PHOTONS = related("granule", ORBIT), related("photons", ORBIT, collection="photons")
PLUME = related("plume", Kin("scene:1", "derived_from"), collection="plumes")
SCENE = related("scene", Kin("scene:1", ""), collection="scenes")


@contextmanager
def served(settings: Settings, database: Database) -> Iterator[httpx2.Client]:
    with (
        serve_in_background(create_app(settings, database)) as url,
        httpx2.Client(base_url=url, timeout=60) as client,
    ):
        yield client


def store(connection: psycopg.Connection, *entries: Entry, **more: Any) -> None:
    run = Ledger(connection).begin("tracks", "tracks", {})
    CatalogSink(connection, "tracks", "tracks", Tracks(), run).store(Batch(checked(*entries), **more))


def links(item: dict[str, Any], root: object) -> Links:
    found = [link for link in item["links"] if link["rel"] in {"related", "derived_from"}]
    return {(link["rel"], link["href"].removeprefix(f"{root}".rstrip("/"))) for link in found}


def links_of(client: httpx2.Client, path: str) -> Links:
    return links(client.get(path).raise_for_status().json(), client.base_url)


def test_kin_are_linked_both_ways_where_both_say_so(settings: Settings, database: Database) -> None:
    with database.connect() as connection:
        store(connection, GRANULE, PHOTONS, PLUME, SCENE)
    with served(settings, database) as client:
        assert links_of(client, "/collections/tracks/items/granule") == {
            ("related", "/collections/photons/items/photons")
        }
        assert links_of(client, "/collections/photons/items/photons") == {
            ("related", "/collections/tracks/items/granule")
        }
        assert links_of(client, "/collections/plumes/items/plume") == {
            ("derived_from", "/collections/scenes/items/scene")
        }
        assert links_of(client, "/collections/scenes/items/scene") == set()
        found = client.get("/search", params={"ids": "granule,plume"}).raise_for_status().json()["features"]
        assert [len(links(item, client.base_url)) for item in found] == [1, 1]
        for item in found:
            for link in item["links"]:
                if link["rel"] in {"related", "derived_from"}:
                    assert client.get(link["href"]).status_code == 200


def test_links_lead_to_what_is_there_and_current(settings: Settings, database: Database) -> None:
    with database.connect() as connection, served(settings, database) as client:
        store(connection, GRANULE)
        assert links_of(client, "/collections/tracks/items/granule") == set()
        store(connection, PHOTONS)
        newer = related("photons", ORBIT, collection="photons", version=2)
        store(connection, newer)
        assert links_of(client, "/collections/tracks/items/granule") == {
            ("related", "/collections/photons/items/photons")
        }
        assert links_of(client, "/collections/photons-superseded/items/photons_1") == {
            ("related", "/collections/tracks/items/granule")
        }
        store(connection, withdrawn=[Withdrawn("photons", f"photons_{number}", "1") for number in (1, 2)])
        assert links_of(client, "/collections/tracks/items/granule") == set()


def test_a_change_of_kin_alone_is_stored(settings: Settings, database: Database) -> None:
    with database.connect() as connection, served(settings, database) as client:
        store(connection, GRANULE, related("photons", collection="photons"))
        store(connection, PHOTONS)
        assert links_of(client, "/collections/tracks/items/granule") != set()


def test_fields_without_links_stay_without(settings: Settings, database: Database) -> None:
    with database.connect() as connection, served(settings, database) as client:
        store(connection, GRANULE, PHOTONS)
        found = client.get("/search", params={"ids": "granule", "fields": "id,-links"}).raise_for_status().json()
        assert "links" not in found["features"][0]
