"""Who may read files, how much of them, and which hrefs lead anywhere."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import HTTPException
from pydantic import SecretStr

from stac_api.app import create_app
from stac_api.database import Database
from stac_api.gateway_access import Limits
from stac_api.gateway_assets import Asset
from stac_api.gateway_hrefs import GatewayHrefs
from stac_api.serving import serve_in_background
from tercet.errors import ConfigError
from tercet.settings import Settings
from tests.stac_api.gated import (
    CARBON_MAPPER,
    CONTENT,
    ITEM,
    MAAP,
    NASA,
    TIFF,
    Providers,
    Stored,
    api,
    store_catalog,
    store_gated,
)
from tests.stac_api.served import PLUMES, shared_database

pytestmark = pytest.mark.database

PLUME = "l3a/plume.tif"
AT = f"/assets/{PLUMES}/{ITEM}"
KEY = "the-key-of-the-operator"

ELSEWHERE = {
    "metadata of a cloud": "http://169.254.169.254/latest/meta-data/",
    "this machine": "http://127.0.0.1:5432/",
    "this machine by name": "http://localhost/",
    "this machine in IPv6": "http://[::1]/",
    "this machine as a number": "http://2130706433/",
    "this machine, short": "http://127.1/",
    "a private network": "http://10.0.0.1/admin",
    "a name that resolves inside": "http://127.0.0.1.nip.io/",
    "a file of the server": "file:///etc/passwd",
    "a path of the server": "/etc/passwd",
    "a file with dots": "file:///nowhere/../etc/passwd",
    "a file of another host": "file://169.254.169.254/x",
    "another scheme": "gopher://127.0.0.1:6379/_FLUSHALL",
    "data": "data:text/html,<script>alert(1)</script>",
    "s3": "s3://nsidc-cumulus-prod-protected/x",
    "a provider's name in front": "https://api.carbonmapper.org.evil.example/api/v1/catalog/x",
    "a provider as a user name": "https://api.carbonmapper.org@evil.example/api/v1/catalog/x",
    "a provider's account service": "https://api.carbonmapper.org/api/v1/account/tokens",
    "dots to the account service": CARBON_MAPPER + "../../account/tokens",
    "hidden dots to it": CARBON_MAPPER + "%2e%2e/%2e%2e/account/tokens",
    "a provider without TLS": "http://api.carbonmapper.org/api/v1/catalog/asset/x",
    "a provider on another port": "https://api.carbonmapper.org:8443/api/v1/catalog/asset/x",
    "a line break": CARBON_MAPPER + "x\r\nX-Evil: 1",
    "nothing": "",
}


@pytest.fixture(scope="module")
def catalog(embedded: Settings) -> Iterator[tuple[Providers, Settings, Database]]:
    """Give fake providers, and a catalog with hrefs good and bad."""
    fakes = Providers()
    fakes.plumes.stored = {PLUME: Stored(CONTENT)}
    with shared_database(embedded) as (settings, database), fakes.serving(settings) as changed:
        store_catalog(database)
        good = {"plume": {"href": CARBON_MAPPER + PLUME, "type": TIFF, "roles": ["data"], "auth:refs": ["bearer"]}}
        bad = {f"bad_{number}": {"href": href} for number, href in enumerate(ELSEWHERE.values())}
        service = {"opendap": {"href": f"{NASA}x", "roles": ["data", "service"]}}
        plain = {"page": {"href": "https://example.com/x.json"}}
        store_gated(database, {**good, **bad, **service, **plain})
        yield fakes, changed, database


Catalog = tuple[Providers, Settings, Database]


@pytest.fixture(scope="module")
def client(catalog: Catalog) -> Iterator[httpx2.Client]:
    with api(catalog[1], catalog[2]) as found:
        yield found


@pytest.mark.parametrize("number", range(len(ELSEWHERE)), ids=list(ELSEWHERE))
def test_hrefs_that_lead_elsewhere_are_not_followed(client: httpx2.Client, number: int) -> None:
    answer = client.get(f"{AT}/bad_{number}")
    assert answer.status_code in (403, 404), answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("said", "media_type", "name"),
    [
        ({"href": "https://h/x.h5", "type": "application/x-hdf5"}, "application/x-hdf5", "x.h5"),
        ({"href": "https://h/x", "type": TIFF}, TIFF, "x"),
        ({"href": "https://h/x", "type": 'a/b;profile="http://x/1.0"'}, 'a/b;profile="http://x/1.0"', "x"),
        ({"href": "https://h/x", "type": "a/b\r\nSet-Cookie: a=b"}, "application/octet-stream", "x"),
        ({"href": "https://h/x", "type": "a/b; x\n"}, "application/octet-stream", "x"),
        ({"href": "https://h/x", "type": None}, "application/octet-stream", "x"),
        ({"href": "https://h/x", "type": "☃/b"}, "application/octet-stream", "x"),
        ({"href": 'https://h/a"b%0d%0aSet-Cookie:%20c'}, "application/octet-stream", "a_b_Set-Cookie_c"),
        ({"href": "https://h/%2e%2e%2fpasswd"}, "application/octet-stream", "passwd"),
        ({"href": "https://h/.."}, "application/octet-stream", "key"),
        ({"href": "https://h/?x=1"}, "application/octet-stream", "key"),
        ({}, "application/octet-stream", "key"),
    ],
)
def test_no_word_of_an_item_becomes_a_header_of_its_own(said: dict[str, Any], media_type: str, name: str) -> None:
    asset = Asset.of(said, "key")
    assert (asset.media_type, asset.name) == (media_type, name)
    assert asset.disposition.isprintable()


def settled(catalog: Catalog, **changes: Any) -> Settings:
    return catalog[1].model_copy(update=changes)


@pytest.mark.parametrize("forwarded", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_for_whom_a_proxy_stands_it_is_off_until_it_is_switched_on(client: httpx2.Client, forwarded: str) -> None:
    refused = client.get(f"{AT}/plume", headers={forwarded: "127.0.0.1"})
    assert refused.status_code == 403
    assert "TERCET_GATEWAY=on" in refused.json()["description"]


def test_on_a_public_address_it_is_off_until_it_is_switched_on(catalog: Catalog) -> None:
    for mode, status in {"auto": 403, "on": 200, "off": 403}.items():
        app = create_app(settled(catalog, gateway=mode), catalog[2])
        with serve_in_background(app) as url, httpx2.Client(base_url=url, timeout=60) as found:
            assert app.state.listening_on == "127.0.0.1"
            app.state.listening_on = "0.0.0.0"  # tests listen on this machine only
            assert found.get(f"{AT}/plume").status_code == status


def test_the_key_is_taken_from_headers_and_from_nothing_else(catalog: Catalog) -> None:
    basic = base64.b64encode(f"anybody:{KEY}".encode()).decode()
    good = [{"X-Api-Key": KEY}, {"Authorization": f"Bearer {KEY}"}, {"Authorization": f"Basic {basic}"}]
    bad = [{}, {"X-Api-Key": f"{KEY}x"}, {"Authorization": f"Basic {KEY}"}, {"Authorization": f"Digest {KEY}"}]
    with api(settled(catalog, gateway="on", gateway_key=SecretStr(KEY)), catalog[2]) as found:
        assert [found.get(f"{AT}/plume", headers=one).status_code for one in good] == [200, 200, 200]
        refused = [found.get(f"{AT}/plume", headers=one) for one in bad]
        assert {one.status_code for one in refused} == {401}
        assert refused[0].headers["WWW-Authenticate"].startswith("Basic")
        assert found.get(f"{AT}/plume?key={KEY}").status_code == 401
        assert found.get(f"/collections/{PLUMES}").status_code == 200, "the catalog itself is open"
    assert catalog[0].plumes.stored[PLUME].asked
    assert all(KEY not in str(asked) for asked in catalog[0].plumes.stored[PLUME].asked)


def test_one_client_may_ask_so_often_in_a_minute(catalog: Catalog) -> None:
    with api(settled(catalog, gateway="on", gateway_requests_per_minute=3), catalog[2]) as found:
        answers = [found.head(f"{AT}/plume") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 20


def test_a_days_budget_of_bytes_is_kept_and_what_was_not_sent_is_given_back(catalog: Catalog) -> None:
    budget = len(CONTENT) + 100
    with api(settled(catalog, gateway="on", gateway_bytes_per_day=budget), catalog[2]) as found:
        assert found.get(f"{AT}/plume", headers={"Range": "bytes=0-99"}).status_code == 206
        assert found.head(f"{AT}/plume").status_code == 200
        assert found.get(f"{AT}/plume").status_code == 200
        refused = found.get(f"{AT}/plume", headers={"Range": "bytes=0-0"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0


def test_limits_are_each_clients_own_and_an_ipv6_network_is_one_client() -> None:
    limits = Limits(per_minute=1, per_day=0)
    limits.count("10.0.0.1")
    limits.count("10.0.0.2")
    with pytest.raises(HTTPException, match="requests a minute"):
        limits.count("10.0.0.1")


def test_an_answer_of_unknown_length_cannot_outlast_the_budget() -> None:
    limits = Limits(per_minute=0, per_day=100)
    answer = limits.reserve(0)
    answer.spend(60)
    with pytest.raises(HTTPException, match="budget"):
        answer.spend(60)
    answer.close()
    limits.reserve(40).close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files" / "inside").mkdir(parents=True)
    (tmp_path / "files" / "inside" / "made.tif").write_bytes(CONTENT)
    (tmp_path / "secret.txt").write_text("root:")
    (tmp_path / "files" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (tmp_path / "files" / "good.tif").symlink_to(tmp_path / "files" / "inside" / "made.tif")
    os.mkfifo(tmp_path / "files" / "pipe")
    return tmp_path


def test_files_of_this_machine_are_served_below_the_operators_folders_only(catalog: Catalog, folder: Path) -> None:
    database, root = catalog[2], folder / "files"
    hrefs = {
        "made": (root / "inside" / "made.tif").as_uri(),
        "path": str(root / "inside" / "made.tif"),
        "good_link": (root / "good.tif").as_uri(),
        "link": (root / "link.txt").as_uri(),
        "dots": f"{root.as_uri()}/inside/../../secret.txt",
        "hidden_dots": f"{root.as_uri()}/inside/%2e%2e/%2e%2e/secret.txt",
        "beside": (folder / "secret.txt").as_uri(),
        "folder": root.as_uri(),
        "pipe": (root / "pipe").as_uri(),
        "nul": f"{root.as_uri()}/a%00b",
        "gone": f"{root.as_uri()}/gone.tif",
    }
    store_gated(database, {key: {"href": href, "type": TIFF} for key, href in hrefs.items()}, "local")
    at = f"/assets/{PLUMES}/local"
    with api(settled(catalog, gateway_roots=(root,)), database) as found:
        statuses = {key: found.get(f"{at}/{key}").status_code for key in hrefs}
        whole = found.get(f"{at}/made")
        etag = whole.headers["ETag"]
        part = found.get(f"{at}/made", headers={"Range": "bytes=-3", "If-Range": etag})
        same = found.get(f"{at}/made", headers={"If-None-Match": etag})
        head = found.head(f"{at}/made")
        beyond = found.get(f"{at}/made", headers={"Range": "bytes=999999-"})
    assert [key for key, status in statuses.items() if status == 200] == ["made", "path", "good_link"]
    assert set(statuses.values()) == {200, 404}
    assert whole.content == CONTENT
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (
        206,
        CONTENT[-3:],
        "bytes 255997-255999/256000",
    )
    assert (same.status_code, same.content) == (304, b"")
    assert (head.headers["Content-Length"], head.content) == ("256000", b"")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */256000")


def test_without_folders_no_file_of_this_machine_is_served(
    catalog: Catalog, client: httpx2.Client, folder: Path
) -> None:
    store_gated(catalog[2], {"made": {"href": (folder / "files" / "inside" / "made.tif").as_uri()}}, "nowhere")
    assert client.get(f"/assets/{PLUMES}/nowhere/made").status_code == 404


def view(catalog: Catalog, **changes: Any) -> GatewayHrefs:
    settings = settled(catalog, asset_hrefs="gateway", **changes)
    return GatewayHrefs(create_app(settings, catalog[2]), settings)


def a_gated_item() -> dict[str, Any]:
    return {
        "id": "p 1/x",
        "collection": PLUMES,
        "stac_extensions": [],
        "properties": {"auth:schemes": {"bearer": {"type": "http"}}},
        "assets": {
            "plume": {
                "href": CARBON_MAPPER + PLUME,
                "type": TIFF,
                "auth:refs": ["bearer"],
                "alternate": {"s3": {"href": "s3://x"}},
            },
            "data": {"href": f"{MAAP}/data/x.h5"},
            "opendap": {"href": f"{NASA}x", "roles": ["data", "service"]},
            "page": {"href": "https://example.com/x.json"},
            "local": {"href": "file:///srv/files/made.tif"},
            "other": {"href": "file:///etc/passwd"},
        },
    }


def test_assets_point_to_the_gateway_and_keep_their_own_address_as_an_alternate(catalog: Catalog) -> None:
    item, shared = a_gated_item(), a_gated_item()
    item["assets"] = nested = shared["assets"]
    view(catalog, gateway_roots=(Path("/srv/files"),))(item, "https://stac.example/api/")
    assert nested == a_gated_item()["assets"], "what may be shared was changed"
    base = f"https://stac.example/api/assets/{PLUMES}/p%201%2Fx/"
    hrefs = {key: asset["href"] for key, asset in item["assets"].items()}
    assert hrefs == {
        "plume": f"{base}plume",
        "data": f"{base}data",
        "opendap": f"{NASA}x",
        "page": "https://example.com/x.json",
        "local": f"{base}local",
        "other": "file:///etc/passwd",
    }
    plume = item["assets"]["plume"]
    assert plume["alternate"]["upstream"] == {
        "href": CARBON_MAPPER + PLUME,
        "alternate:name": "Upstream",
        "auth:refs": ["bearer"],
    }
    assert plume["alternate"]["s3"] == {"href": "s3://x"}
    assert "auth:refs" not in plume
    assert item["stac_extensions"] == ["https://stac-extensions.github.io/alternate-assets/v1.2.0/schema.json"]


def test_a_key_is_named_as_the_way_to_log_in(catalog: Catalog) -> None:
    item = a_gated_item()
    view(catalog, gateway="on", gateway_key=SecretStr(KEY))(item, "https://stac.example/")
    assert item["assets"]["plume"]["auth:refs"] == ["gateway_key"]
    assert item["properties"]["auth:schemes"]["gateway_key"]["name"] == "X-Api-Key"
    assert set(item["properties"]["auth:schemes"]) == {"bearer", "gateway_key"}
    assert KEY not in str(item)


def test_chosen_fields_are_left_as_they_are(catalog: Catalog) -> None:
    change = view(catalog)
    for part in (
        {"id": "x", "collection": PLUMES},
        {"assets": {"a": {"href": CARBON_MAPPER}}},
        {"id": "x", "assets": {}},
    ):
        item = {**part}
        change(item, "http://127.0.0.1/")
        assert item == part


def test_hrefs_of_a_gateway_that_is_off_are_refused(catalog: Catalog) -> None:
    with pytest.raises(ConfigError, match="TERCET_GATEWAY"):
        create_app(settled(catalog, asset_hrefs="gateway", gateway="off"), catalog[2])
