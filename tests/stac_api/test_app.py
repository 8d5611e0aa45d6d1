"""The API as STAC clients meet it: over HTTP, on a real pgSTAC."""

import httpx2
import pytest
from pystac_client import Client, CollectionClient

from stac_api.app import create_app
from stac_api.database import Database
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.stac_api.served import (
    CATALOG,
    EMISSIONS,
    GRANULES,
    PLUMES,
    PLUMES_BEFORE,
    found,
    item,
    served,
    store,
)
from tests.stac_schemas import core_errors

pytestmark = pytest.mark.database


@pytest.fixture
def catalog(api: httpx2.Client) -> Client:
    return Client.open(str(api.base_url))


def test_the_landing_page_says_what_this_is(api: httpx2.Client) -> None:
    page = api.get("/").json()
    assert (page["id"], page["title"], page["stac_version"]) == ("tercet", "Tercet", "1.1.0")
    assert "Carbon Mapper" in page["description"]
    links = {link["rel"]: link["href"] for link in page["links"]}
    for relation in ("self", "root", "data", "conformance", "search", "service-desc", "service-doc"):
        assert api.get(links[relation]).status_code == 200, relation
    sortables = links["http://www.opengis.net/def/rel/ogc/1.0/sortables"]
    assert api.get(sortables).status_code == 200


def test_pystac_client_finds_pages_sorts_and_counts(catalog: Client) -> None:
    search = catalog.search(collections=[PLUMES], sortby="-properties.cm:emission", limit=2)
    # 1000 before 20: numbers, not text. And no warning that sorting is not offered: it would be an error here
    assert [one.id for one in search.items()] == ["p-3", "p-2", "p-4", "p-1", "p-0"]
    assert search.matched() == 5
    assert [len(page.items) for page in search.pages()] == [2, 2, 1]


def test_pystac_client_filters_by_number(catalog: Client) -> None:
    search = catalog.search(
        filter={"op": ">=", "args": [{"property": "cm:emission"}, 20]}, filter_lang="cql2-json", max_items=10
    )
    assert {one.id for one in search.items()} == {"p-2", "p-3", "p-4"}
    text = catalog.search(filter="cm:emission < 10 AND platform = 'tanager-1'", filter_lang="cql2-text", method="GET")
    assert [one.id for one in text.items()] == ["p-0"]


def test_pystac_client_reads_collections_and_queryables(catalog: Client) -> None:
    assert {one.id for one in catalog.get_collections()} == set(CATALOG)
    plumes, granules = (catalog.get_collection(name) for name in (PLUMES, GRANULES))
    assert isinstance(plumes, CollectionClient)
    assert isinstance(granules, CollectionClient)
    assert plumes.get_queryables()["properties"]["cm:emission"] == {
        "title": "Emission",
        "description": "Emission rate of the plume.",
        "type": "number",
        "unit": "kg/h",
    }
    merged = catalog.get_merged_queryables([PLUMES, GRANULES])["properties"]
    assert "gsd" in merged
    assert "cm:emission" not in granules.get_queryables()["properties"]


def test_an_item_as_served_is_valid_and_knows_its_collection(api: httpx2.Client) -> None:
    answer = api.get(f"/collections/{PLUMES}/items/p-0")
    assert answer.headers["content-type"] == "application/geo+json"
    one = answer.json()
    assert one["stac_version"] == "1.1.0"
    links = {link["rel"]: link["href"] for link in one["links"]}
    assert set(links) == {"self", "root", "parent", "collection", "via"}
    assert api.get(links["collection"]).json()["id"] == PLUMES
    assert api.get(links["self"]).json() == one
    assert core_errors(one) == []


def test_a_collection_as_served_is_valid(api: httpx2.Client) -> None:
    one = api.get(f"/collections/{PLUMES}").json()
    assert one["stac_version"] == "1.1.0"
    assert core_errors(one) == []


@pytest.mark.parametrize("parameters", ["", "?fields=id,properties.datetime", "?fields=-assets"])
@pytest.mark.parametrize("path", ["/search", f"/collections/{PLUMES}/items"])
def test_items_are_geojson_whatever_fields_are_chosen(api: httpx2.Client, path: str, parameters: str) -> None:
    assert api.get(path + parameters).headers["content-type"] == "application/geo+json"


def test_what_fields_leave_out_is_left_out(api: httpx2.Client) -> None:
    body = {"collections": [PLUMES], "fields": {"include": ["properties.cm:emission"], "exclude": ["assets"]}}
    answer = api.post("/search", json=body)
    assert answer.headers["content-type"] == "application/geo+json"
    assert {(feature["id"], feature["properties"]["cm:emission"]) for feature in answer.json()["features"]} == set(
        EMISSIONS.items()
    )
    assert not any("assets" in feature for feature in answer.json()["features"])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_count_is_true_straight_after_items_came(own_api: httpx2.Client, database: Database, method: str) -> None:
    def matched() -> int:
        if method == "GET":
            return int(own_api.get("/search", params={"collections": PLUMES}).json()["numberMatched"])
        return int(own_api.post("/search", json={"collections": [PLUMES]}).json()["numberMatched"])

    before = matched()
    store(database, [item(PLUMES, "p-5", 50, 40)])
    assert (before, matched()) == (5, 6)


def test_counts_that_others_left_in_pgstacs_cache_are_not_believed(own_api: httpx2.Client, database: Database) -> None:
    with database.connect() as connection:
        connection.execute("SELECT pgstac.search(%s)", ['{"collections": ["plumes"], "conf": {"context": "on"}}'])
        connection.execute("UPDATE pgstac.search_wheres SET total_count = 999")
        assert connection.execute("SELECT count(*) FROM pgstac.search_wheres").fetchone() == (1,)
    assert own_api.get("/search", params={"collections": PLUMES}).json()["numberMatched"] == 5


def test_searching_writes_nothing(own_api: httpx2.Client, database: Database) -> None:
    found(own_api.get("/search", params={"limit": 2, "sortby": "-cm:emission"}))
    with database.connect() as connection:
        rows = connection.execute("SELECT hash FROM pgstac.searches UNION SELECT _where FROM pgstac.search_wheres")
        assert rows.fetchall() == []


def test_nothing_can_be_written_through_the_api(api: httpx2.Client) -> None:
    new = item(PLUMES, "p-9", 0, 0)
    assert api.post(f"/collections/{PLUMES}/items", json=new).status_code == 405
    assert api.put(f"/collections/{PLUMES}/items/p-0", json=new).status_code == 405
    assert api.delete(f"/collections/{PLUMES}").status_code == 405
    assert not any("transaction" in one for one in api.get("/conformance").json()["conformsTo"])


def test_sortables_are_the_queryables_that_have_an_order(api: httpx2.Client) -> None:
    answer = api.get(f"/collections/{PLUMES}/sortables")
    assert answer.headers["content-type"] == "application/schema+json"
    properties = answer.json()["properties"]
    assert properties["cm:emission"]["unit"] == "kg/h"
    assert {"id", "collection", "datetime", "cm:emission"} <= set(properties)
    assert not {"instruments", "geometry"} & set(properties)
    assert set(properties) <= set(api.get("/sortables").json()["properties"])
    assert api.get("/collections/nowhere/sortables").status_code == 404


def test_both_names_of_sorting_are_advertised_and_nothing_that_is_not_served(api: httpx2.Client) -> None:
    classes = set(api.get("/conformance").json()["conformsTo"])
    assert "https://api.stacspec.org/v1.0.0/item-search#sort" in classes
    assert "https://api.stacspec.org/v1.1.0/item-search#sort" in classes
    assert "https://api.stacspec.org/v1.1.0/item-search#sortables" in classes
    assert not any("children" in one or "browseable" in one or "aggregation" in one for one in classes)
    for part in ("item-search", "ogcapi-features", "collection-search"):
        assert f"https://api.stacspec.org/v1.0.0-rc.1/{part}#free-text" in classes


def test_previous_and_next_lead_back_and_forth(api: httpx2.Client) -> None:
    pages = [api.get(f"/collections/{PLUMES}/items", params={"limit": 2, "sortby": "id"}).json()]
    while following := [link for link in pages[-1]["links"] if link["rel"] == "next"]:
        pages.append(api.get(following[0]["href"]).json())
    assert [[one["id"] for one in page["features"]] for page in pages] == [["p-0", "p-1"], ["p-2", "p-3"], ["p-4"]]
    back = next(link for link in pages[1]["links"] if link["rel"] == "previous")
    assert api.get(back["href"]).json()["features"] == pages[0]["features"]


def test_all_collections_come_in_one_answer_unless_fewer_are_asked_for(
    own_api: httpx2.Client, database: Database
) -> None:
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO pgstac.collections (content) "
            "SELECT content || jsonb_build_object('id', 'more-' || n) FROM pgstac.collections, generate_series(1, 20) n"
            " WHERE id = 'granules'"
        )
    assert len(own_api.get("/collections").json()["collections"]) == len(CATALOG) + 20
    assert len(own_api.get("/collections?limit=2").json()["collections"]) == 2


def test_collections_are_found_by_their_words(api: httpx2.Client) -> None:
    ids = {one["id"] for one in api.get("/collections", params={"q": "granules"}).json()["collections"]}
    assert ids == {GRANULES}


def test_a_browser_on_any_site_may_read(api: httpx2.Client) -> None:
    assert api.get("/", headers={"Origin": "https://example.com"}).headers["access-control-allow-origin"] == "*"
    ask = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    answer = api.options("/search", headers=ask | {"Access-Control-Request-Headers": "content-type"})
    assert answer.status_code == 200
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_links_stay_below_the_path_that_a_proxy_shows(settings: Settings, database: Database) -> None:
    with served(settings, database, root_path="/stac") as api:
        for path in ("/", f"/collections/{PLUMES}/items?limit=1"):
            hrefs = [link["href"] for link in api.get(path).json()["links"]]
            assert hrefs
            assert all(href.startswith(f"{str(api.base_url).rstrip('/')}/stac/") for href in hrefs), hrefs


def test_the_environment_does_not_change_what_is_served(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENABLE_TRANSACTIONS_EXTENSIONS", "true")
    monkeypatch.setenv("PGHOST", "nowhere.example")
    monkeypatch.setenv("STAC_FASTAPI_TITLE", "another")
    with serve_in_background(create_app(settings, database)) as url:
        page = httpx2.get(url, timeout=60).json()
        assert httpx2.post(f"{url}/collections", json={}, timeout=60).status_code == 405
    assert page["title"] == "Tercet"


def test_health_is_that_of_the_database(api: httpx2.Client) -> None:
    assert api.get("/_mgmt/health").json()["pgstac"]["status"] == "UP"


def test_a_superseded_collection_is_listed(api: httpx2.Client) -> None:
    assert PLUMES_BEFORE in {one["id"] for one in api.get("/collections").json()["collections"]}
