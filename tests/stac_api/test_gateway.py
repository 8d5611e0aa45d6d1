"""Files through the API: whole and by range, with the operator's credentials, and what a client is told of failures."""

import logging
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from stac_api.database import Database
from tercet.settings import Settings
from tests.stac_api.gated import (
    CARBON_MAPPER,
    CONTENT,
    HDF5,
    ITEM,
    MAAP,
    NASA,
    SECRET,
    TIFF,
    Providers,
    Stored,
    api,
    store_catalog,
    store_gated,
)
from tests.stac_api.served import PLUMES, shared_database

pytestmark = pytest.mark.database

PLUME, SCENE, GRANULE = "l3a/plume.tif", "l2b/cmf.tif", "nsidc-cumulus-prod-protected/g.h5"
FRAME = "/data/earthcare-pdgs-01/EarthCARE/f.h5"
AT = f"/assets/{PLUMES}/{ITEM}"


@dataclass(frozen=True)
class Shared:
    fakes: Providers
    client: httpx2.Client
    settings: Settings
    database: Database


@pytest.fixture(scope="module")
def providers(embedded: Settings) -> Iterator[Shared]:
    """Give fake providers, and a client of an API over a catalog of their files."""
    fakes = Providers()
    with shared_database(embedded) as (settings, database), fakes.serving(settings) as changed:
        store_catalog(database)
        store_gated(
            database,
            {
                "direct": {"href": CARBON_MAPPER + PLUME, "type": TIFF},
                "signed": {"href": CARBON_MAPPER + SCENE, "type": TIFF},
                "nasa": {"href": NASA + GRANULE, "type": HDF5},
                "esa": {"href": MAAP + FRAME, "type": HDF5},
                "hidden": {"href": f"{CARBON_MAPPER}hidden.tif", "type": TIFF},
                "gone": {"href": f"{NASA}gone.h5", "type": HDF5},
            },
        )
        with api(changed, database) as client:
            yield Shared(fakes, client, changed, database)


@pytest.fixture
def gateway(providers: Shared) -> tuple[Providers, httpx2.Client]:
    """Give the providers with their files as they should be."""
    fakes = providers.fakes
    fakes.plumes.stored = {PLUME: Stored(CONTENT)}
    fakes.plumes.storage.files = {SCENE: Stored(CONTENT)}
    fakes.plumes.hidden = {"hidden.tif"}
    fakes.nasa.storage.files = {GRANULE: Stored(CONTENT)}
    fakes.nasa.unapproved = False
    fakes.maap.service.login.files = {FRAME: Stored(CONTENT)}
    fakes.maap.service.login.forbidden = set()
    return fakes, providers.client


Gateway = tuple[Providers, httpx2.Client]


@pytest.mark.parametrize("key", ["direct", "signed", "nasa", "esa"])
def test_files_of_every_provider_come_without_a_login(gateway: Gateway, key: str) -> None:
    fakes, client = gateway
    answer = client.get(f"{AT}/{key}")
    assert answer.status_code == 200, answer.text
    assert answer.content == CONTENT
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["ETag"] == Stored(CONTENT).etag
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == (HDF5 if key in ("nasa", "esa") else TIFF)
    assert fakes.plumes.storage.seen == fakes.nasa.storage.seen == []


@pytest.mark.parametrize("key", ["direct", "signed", "nasa", "esa"])
@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=1000-1999", (1000, 2000)),
        ("bytes=255990-", (255_990, 256_000)),
        ("bytes=-10", (255_990, 256_000)),
        ("bytes=255990-999999", (255_990, 256_000)),
    ],
)
def test_a_range_is_that_range(gateway: Gateway, key: str, asked: str, span: tuple[int, int]) -> None:
    answer = gateway[1].get(f"{AT}/{key}", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == CONTENT[slice(*span)]
    assert answer.headers["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/256000"


@pytest.mark.parametrize("key", ["direct", "signed", "nasa", "esa"])
def test_head_says_what_get_would_and_sends_nothing(gateway: Gateway, key: str) -> None:
    _, client = gateway
    whole, head = client.get(f"{AT}/{key}"), client.head(f"{AT}/{key}", headers={"Range": "bytes=0-9"})
    assert head.status_code == 200
    assert head.content == b""
    for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges", "Content-Disposition"):
        assert head.headers[name] == whole.headers[name], name


@pytest.mark.parametrize("asked", ["bytes=256000-", "bytes=-0"])
def test_a_range_beyond_the_file_is_told_its_size(gateway: Gateway, asked: str) -> None:
    answer = gateway[1].get(f"{AT}/direct", headers={"Range": asked})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == "bytes */256000"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,4-5", "bytes=" + ",".join(f"{n}-{n}" for n in range(100)), "bytes=x-y", "bytes=5-4", "bytes="]
)
def test_several_ranges_or_none_that_makes_sense_are_refused_and_nobody_is_asked(gateway: Gateway, asked: str) -> None:
    fakes, client = gateway
    answer = client.get(f"{AT}/direct", headers={"Range": asked})
    assert answer.status_code == 416
    assert "one range" in answer.json()["description"]
    assert fakes.plumes.stored[PLUME].asked == []


def test_two_range_headers_are_refused(gateway: Gateway) -> None:
    answer = gateway[1].get(f"{AT}/direct", headers=[("Range", "bytes=0-1"), ("Range", "bytes=2-3")])
    assert answer.status_code == 416


def test_other_units_than_bytes_are_ignored(gateway: Gateway) -> None:
    assert gateway[1].get(f"{AT}/direct", headers={"Range": "seconds=1-2"}).status_code == 200


def test_conditions_are_the_providers_to_judge(gateway: Gateway) -> None:
    _, client = gateway
    etag = client.head(f"{AT}/nasa").headers["ETag"]
    same = client.get(f"{AT}/nasa", headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    changed = client.get(f"{AT}/nasa", headers={"If-None-Match": '"other"', "Range": "bytes=0-4"})
    assert changed.status_code == 206
    part = client.get(f"{AT}/nasa", headers={"If-Range": etag, "Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, CONTENT[:5])
    whole = client.get(f"{AT}/nasa", headers={"If-Range": '"other"', "Range": "bytes=0-4"})
    assert (whole.status_code, whole.content) == (200, CONTENT)


def test_no_header_of_a_client_goes_on_but_ranges_and_conditions(gateway: Gateway) -> None:
    fakes, client = gateway
    sent = {
        "Range": "bytes=0-4",
        "Authorization": "Bearer of-the-client",
        "Cookie": "a=b",
        "X-Forwarded-For": "10.0.0.1",
        "X-Amz-Security-Token": "x",
        "Referer": "https://example.com/?secret",
        "Accept-Encoding": "gzip, br",
        "Connection": "keep-alive, Range",
    }
    client.get(f"{AT}/signed", headers={name: value for name, value in sent.items() if "Forwarded" not in name})
    asked = fakes.plumes.storage.files[SCENE].asked[-1]
    assert asked["range"] == "bytes=0-4"
    assert set(asked) <= {"host", "user-agent", "accept", "accept-encoding", "connection", "range"}
    assert asked["accept-encoding"] == "identity"


def test_pages_of_other_origins_may_read_ranges(gateway: Gateway) -> None:
    _, client = gateway
    answer = client.get(f"{AT}/direct", headers={"Origin": "https://browser.example", "Range": "bytes=0-9"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    exposed = {name.strip().lower() for name in answer.headers["Access-Control-Expose-Headers"].split(",")}
    assert {"etag", "last-modified", "content-length", "content-range", "accept-ranges"} <= exposed
    asked = {"Origin": "https://b.example", "Access-Control-Request-Method": "GET"}
    preflight = client.options(f"{AT}/direct", headers={**asked, "Access-Control-Request-Headers": "range, if-range"})
    assert preflight.status_code == 200


def test_a_file_is_saved_under_its_name_and_is_nobodys_page(gateway: Gateway) -> None:
    answer = gateway[1].get(f"{AT}/nasa", headers={"Range": "bytes=0-1"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="g.h5"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/assets/nowhere/gated/nasa", f"/assets/{PLUMES}/none/nasa", f"{AT}/none", f"{AT}/n%00", f"{AT}/..%5c"]
)
def test_what_the_catalog_does_not_hold_is_not_there(gateway: Gateway, path: str) -> None:
    answer = gateway[1].get(path)
    assert answer.status_code == 404
    assert "catalog has no asset" in answer.json()["description"]


@pytest.mark.parametrize("path", [f"{AT}/../../x", f"{AT}/a/b", f"{AT}/%2e%2e%2fx", "/assets/..%2f..%2fetc/passwd/x"])
def test_no_path_leads_out_of_the_catalog(gateway: Gateway, path: str) -> None:
    assert gateway[1].get(path).status_code == 404


def test_a_missing_file_is_a_404_that_names_it(gateway: Gateway) -> None:
    answer = gateway[1].get(f"{AT}/gone")
    assert answer.status_code == 404
    assert "gone.h5" in answer.json()["description"]


def test_an_account_without_the_right_is_told_which_one(gateway: Gateway) -> None:
    fakes, client = gateway
    fakes.nasa.unapproved = True
    fakes.nasa.storage.valid.clear()
    fakes.maap.service.login.forbidden = {FRAME}
    for key, words in {"hidden": "group of Carbon Mapper", "nasa": "EULA", "esa": "ESA's IAM"}.items():
        answer = client.get(f"{AT}/{key}")
        assert answer.status_code == 403
        assert words in answer.json()["description"]
        assert SECRET not in answer.text


def test_a_token_that_has_ended_is_renewed_once(providers: Shared, gateway: Gateway) -> None:
    fakes, _ = gateway
    fakes.plumes.accounts["me@example.org"], fakes.plumes.token_lifetime = "hush", 1
    account = {"carbonmapper_email": "me@example.org", "carbonmapper_password": SecretStr("hush")}
    changed = providers.settings.model_copy(update={"carbonmapper_token": None, **account})
    with api(changed, providers.database) as client:
        for _ in range(3):
            assert client.get(f"{AT}/direct").content == CONTENT


def test_a_page_where_a_file_was_due_is_a_bad_gateway(gateway: Gateway) -> None:
    fakes, client = gateway
    fakes.plumes.stored[PLUME] = Stored(b"<html>login</html>", media_type="text/html; charset=utf-8")
    answer = client.get(f"{AT}/direct")
    assert answer.status_code == 502
    assert "HTML page" in answer.json()["description"]


def test_a_provider_without_ranges_or_lengths_is_streamed_as_it_is(gateway: Gateway) -> None:
    fakes, client = gateway
    fakes.plumes.stored[PLUME] = Stored(CONTENT, ranged=False, sized=False)
    answer = client.get(f"{AT}/direct", headers={"Range": "bytes=0-4"})
    assert (answer.status_code, answer.content) == (200, CONTENT)
    head = client.head(f"{AT}/direct")
    assert head.status_code == 200
    assert "Content-Length" not in head.headers


def test_an_empty_file_is_an_empty_file(gateway: Gateway) -> None:
    fakes, client = gateway
    fakes.plumes.stored[PLUME] = Stored(b"")
    assert (client.get(f"{AT}/direct").status_code, client.get(f"{AT}/direct").content) == (200, b"")
    head = client.head(f"{AT}/direct")
    assert (head.status_code, head.headers["Content-Length"]) == (200, "0")


def test_a_provider_that_falls_silent_is_a_gateway_timeout(providers: Shared, gateway: Gateway) -> None:
    fakes, _ = gateway
    fakes.plumes.stored[PLUME] = Stored(CONTENT, delay_s=30)
    with api(providers.settings.model_copy(update={"timeout_s": 0.3}), providers.database) as client:
        answer = client.get(f"{AT}/direct")
    assert answer.status_code == 504
    assert "did not answer" in answer.json()["description"]


@pytest.mark.parametrize(("asked", "span"), [({}, (0, 256_000)), ({"Range": "bytes=1000-"}, (1000, 256_000))])
def test_a_connection_that_is_cut_is_taken_up_again(
    gateway: Gateway, asked: dict[str, str], span: tuple[int, int]
) -> None:
    fakes, client = gateway
    stored = fakes.plumes.storage.files[SCENE] = Stored(CONTENT, cut_after=100_000)
    assert client.get(f"{AT}/signed", headers=asked).content == CONTENT[slice(*span)]
    assert stored.asked[-1]["range"] == f"bytes={span[0] + 100_000}-255999"
    assert stored.asked[-1]["if-match"] == stored.etag


def test_a_file_that_was_changed_meanwhile_is_not_taken_up_again(gateway: Gateway) -> None:
    fakes, client = gateway
    stored = fakes.plumes.storage.files[SCENE] = Stored(CONTENT, cut_after=100_000)
    with client.stream("GET", f"{AT}/signed") as answer:
        stored.content = bytes(len(CONTENT))
        with pytest.raises(httpx2.RemoteProtocolError):
            answer.read()


def test_no_more_is_taken_from_a_provider_than_a_client_takes(gateway: Gateway) -> None:
    fakes, client = gateway
    stored = fakes.plumes.stored[PLUME] = Stored(endless=7 << 30)
    with client.stream("GET", f"{AT}/direct") as answer:
        assert answer.headers["Content-Length"] == str(7 << 30)
        parts = answer.iter_raw()
        taken = sum(len(next(parts)) for _ in range(10))
        wait_until(lambda: settled(stored))
        assert stored.sent - taken < 32 << 20
    wait_until(lambda: stored.open == 0)


def test_a_client_that_goes_lets_go_of_a_silent_provider(gateway: Gateway) -> None:
    fakes, client = gateway
    stored = fakes.plumes.stored[PLUME] = Stored(CONTENT, silent_after=65_536)
    with client.stream("GET", f"{AT}/direct") as answer:
        next(answer.iter_raw())
        assert stored.open == 1
    wait_until(lambda: stored.open == 0)  # much sooner than the time limit


def settled(stored: Stored) -> bool:
    """Whether nothing more is taken of a file."""
    before = stored.sent
    time.sleep(0.3)
    return stored.sent == before


def wait_until(condition: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.01)


def test_headers_cannot_be_smuggled(gateway: Gateway) -> None:
    fakes, client = gateway
    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, port), timeout=60) as connection:
        lines = [f"GET {AT}/signed HTTP/1.1", f"Host: {host}", "Range: bytes=0-4\rX-Evil: 1", "Connection: close"]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    assert answer.split(b" ")[1] in (b"400", b"416")
    assert fakes.plumes.storage.files[SCENE].asked == []


def test_nothing_secret_is_logged(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, client = gateway
    for key in ("direct", "signed", "nasa", "esa", "hidden", "gone"):
        client.get(f"{AT}/{key}", headers={"X-Api-Key": "of-the-client"})
    assert "X-Amz-Signature=s" not in caplog.text
    for secret in (SECRET, "access-", "an-offline-token", "of-the-client"):
        assert secret not in caplog.text
