"""Rows made of text are the rows that would be made of the Item."""

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb

from stac_api.database import Database
from stac_api.pgstac_loader import ItemLoader, OneConnection
from stac_api.rows import common_of, ready_content
from tests.items import SPEC, checked, entry, item
from transforms.check import Checked
from transforms.entry import Item
from transforms.item_text import item_of, item_text

DATA, EXTRA = item()["assets"]["data"], {"href": "https://example.org/x", "roles": ["x"]}
WITH_TITLE = {"title": "Data", **DATA}


@pytest.mark.parametrize(
    "assets",
    [{"data": DATA}, {"data": WITH_TITLE}, {"thumbnail": WITH_TITLE, "data": WITH_TITLE}, {"extra": EXTRA}, {}],
)
@pytest.mark.parametrize("more", [{}, {"a:first": {"assets": 1}, "zz": "\"quoted\", \\ and 'ä'"}])
def test_content_made_of_text_is_the_items_own(assets: Item, more: Item) -> None:
    one = entry()
    one.item.update(more, assets=assets)
    (plain,) = checked(one)
    ready = common_of(SPEC).ready(plain, one.item)
    assert orjson.loads(ready_content(ready)) == orjson.loads(common_of(SPEC).content(one.item))
    assert ready.item == one.item


def test_what_has_a_link_to_another_version_is_not_made_ready() -> None:
    one = entry()
    one.item["links"].append({"rel": "latest-version", "href": "https://example.org/b"})
    assert common_of(SPEC).ready(checked(one)[0], one.item).common == b""


def test_text_goes_both_ways_whatever_its_members() -> None:
    odd = {**item(), "a": None, "d": [1], "h": {"b": 1, "a": 2}, 'ä"': 1.5}
    assert item_of(item_text(odd)) == odd
    assert item_of(item_text({})) == {}


@pytest.mark.database
def test_content_is_taken_where_the_collection_says_what_it_was_made_for(database: Database) -> None:
    with database.connect() as connection:
        _is_taken(connection)


def _is_taken(connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO pgstac.collections (content) VALUES (%s)", [Jsonb(SPEC.document())])
    made_for_another = ready()._replace(common=b"another")
    loader = ItemLoader(OneConnection(connection=connection))
    assert loader.ready_row(made_for_another) is None
    assert loader.ready_row(ready()) is not None
    document = SPEC.document()
    document["item_assets"]["data"]["title"] = "Changed"
    connection.execute("UPDATE pgstac.collections SET content = %s", [Jsonb(document)])
    assert ItemLoader(OneConnection(connection=connection)).ready_row(ready()) is None


def ready() -> Checked:
    one = entry()
    return common_of(SPEC).ready(checked(one)[0], one.item)
