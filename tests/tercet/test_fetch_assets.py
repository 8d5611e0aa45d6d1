"""Files by their hrefs: who sees which credential, where redirects lead, and what failures say."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import AnyHttpUrl, SecretStr

from tercet.errors import AuthError, ConfigError, NotServedError, UpstreamError
from tercet.fetch.addresses import is_public
from tercet.fetch.assets import AssetClient, ForbiddenHrefError, ForbiddenRedirectError
from tercet.fetch.downloads import download
from tercet.settings import Settings
from tests.upstreams.earthdata import APPROVAL, Earthdata
from tests.upstreams.server import serve
from tests.upstreams.stored import Stored

HOST = "https://data.nsidc.earthdatacloud.nasa.gov"
PATH = "nsidc-cumulus-prod-protected/ATLAS/ATL08/007/g.h5"
HREF = f"{HOST}/{PATH}"
CONTENT = bytes(range(256)) * 1000


@contextmanager
def earthdata(cloud: Earthdata, **changes: Any) -> Iterator[Settings]:
    """Give settings for a fake Earthdata Cloud: three hosts on this machine."""
    cloud.storage.files.setdefault(PATH, Stored(CONTENT))
    with ExitStack() as stack:
        apps = (cloud.distribution_app(), cloud.storage.app(), cloud.login_app())
        distribution, cloud.storage.root, cloud.login = (stack.enter_context(serve(app)) for app in apps)
        cloud.login = cloud.login.replace("127.0.0.1", "localhost")
        known = {"nsidc_url": AnyHttpUrl(distribution), "earthdata_login_url": AnyHttpUrl(cloud.login), "attempts": 2}
        yield Settings(**{"maap_credentials": Path("/nowhere"), **known, **changes})


def with_token(cloud: Earthdata, token: str = "a-secret-token") -> dict[str, Any]:
    cloud.tokens.add(token)
    return {"earthdata_token": SecretStr(token)}


async def test_a_file_of_nasa_is_read_through_its_signed_storage_which_never_sees_the_token() -> None:
    cloud = Earthdata()
    with earthdata(cloud, **with_token(cloud)) as settings:
        async with AssetClient(settings) as client:
            async with client.open(HREF) as answer:
                assert (answer.status, await answer.read()) == (200, CONTENT)
            async with client.open(HREF, headers={"Range": "bytes=10-19"}) as answer:
                assert (answer.status, await answer.read()) == (206, CONTENT[10:20])
    assert cloud.storage.seen == []
    assert cloud.storage.signed == 1, "the second range asked the provider again"


async def test_a_signature_that_storage_does_not_take_any_more_is_asked_for_again() -> None:
    cloud = Earthdata()
    with earthdata(cloud, **with_token(cloud)) as settings:
        async with AssetClient(settings) as client:
            for _ in range(2):
                async with client.open(HREF) as answer:
                    assert answer.status == 200
                cloud.storage.valid.clear()
    assert cloud.storage.signed == 2


async def test_a_user_name_and_password_are_changed_for_a_token_once() -> None:
    cloud = Earthdata(accounts={"me": "hush"})
    with earthdata(cloud, earthdata_username="me", earthdata_password=SecretStr("hush")) as settings:
        async with AssetClient(settings) as client:
            for other in ("a", "b"):
                cloud.storage.files[other] = Stored(b"1")
                async with client.open(f"{HOST}/{other}") as answer:
                    assert await answer.read() == b"1"
    assert cloud.exchanged == 1


async def test_netrc_is_read_where_no_variable_says_who_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine urs.earthdata.nasa.gov login me password hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    cloud = Earthdata(accounts={"me": "hush"})
    with earthdata(cloud) as settings:
        async with AssetClient(settings) as client, client.open(HREF) as answer:
            assert answer.status == 200


def test_a_netrc_that_cannot_be_read_is_an_error_without_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine urs.earthdata.nasa.gov login me pasword hush\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pytest.raises(ConfigError, match=r"netrc cannot be read") as caught:
        AssetClient(Settings(maap_credentials=Path("/nowhere")))
    assert "hush" not in str(caught.value)


async def test_a_token_that_the_archive_sends_to_the_login_is_renewed_once() -> None:
    cloud = Earthdata(accounts={"me": "hush"})
    with earthdata(cloud, earthdata_username="me", earthdata_password=SecretStr("hush")) as settings:
        async with AssetClient(settings) as client:
            bearer = client._requests._bearers["icesat2"]
            async with client.open(HREF) as answer:
                assert answer.status == 200
            cloud.tokens.clear()
            cloud.storage.valid.clear()
            bearer._credential._made = bearer._credential._made.replace(year=2000)  # type: ignore[attr-defined]
            async with client.open(HREF) as answer:
                assert answer.status == 200
    assert cloud.exchanged == 2


@pytest.mark.parametrize(
    ("known", "said"),
    [({}, "set EARTHDATA_TOKEN"), ({"earthdata_token": SecretStr("a-wrong-secret")}, "does not know us")],
    ids=["nobody", "a wrong token"],
)
async def test_who_is_not_known_is_told_what_to_set_and_the_login_is_not_followed(
    known: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cloud = Earthdata()
    with earthdata(cloud, **known) as settings:
        async with AssetClient(settings) as client:
            with pytest.raises(AuthError, match=said) as caught:
                async with client.open(HREF):
                    pass
    assert caught.value.status == 401
    assert "a-wrong-secret" not in caplog.text + str(caught.value)


async def test_a_licence_that_was_not_accepted_is_named_with_the_page_that_accepts_it() -> None:
    cloud = Earthdata(unapproved=True)
    with earthdata(cloud, **with_token(cloud)) as settings:
        async with AssetClient(settings) as client:
            with pytest.raises(AuthError, match="EULA") as caught:
                async with client.open(HREF):
                    pass
    assert caught.value.status == 403
    assert APPROVAL in str(caught.value)


async def test_what_is_not_there_is_said_to_be_gone() -> None:
    cloud = Earthdata()
    with earthdata(cloud, **with_token(cloud)) as settings:
        async with AssetClient(settings) as client:
            with pytest.raises(NotServedError, match="not there"):
                async with client.open(f"{HOST}/gone.h5"):
                    pass


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:1/",
        "https://127.0.0.2/",
        "file:///etc/passwd",
        "ftp://archive.example/x",
        "https://d1.cloudfront.net.evil.example/",
        "https://me:pw@d1.cloudfront.net/",
        "http://d1.cloudfront.net/",
        "https://d1.cloudfront.net:8443/",
    ],
)
async def test_redirects_lead_to_the_providers_storage_only(target: str) -> None:
    cloud = Earthdata()
    with earthdata(cloud, **with_token(cloud)) as settings:
        async with AssetClient(settings, hosts="providers") as client:
            cloud.login = target  # the distribution redirects whom it does not know to whatever this is
            cloud.tokens.clear()
            with pytest.raises(ForbiddenHrefError):
                async with client.open(HREF):
                    pass


async def test_redirects_in_a_circle_come_to_an_end() -> None:
    cloud = Earthdata()
    with earthdata(cloud) as settings:
        async with AssetClient(settings, hosts="providers") as client:
            cloud.login = ""
            with pytest.raises(ForbiddenRedirectError, match="too often"):
                async with client.open(HREF):
                    pass


async def test_a_redirect_to_no_address_is_an_error() -> None:
    cloud = Earthdata(accounts={"me": "hush"})
    with earthdata(cloud, earthdata_username="me", earthdata_password=SecretStr("hush")) as settings:
        async with AssetClient(settings, hosts="providers") as client:
            async with client.open(HREF):
                cloud.tokens.clear()
                cloud.storage.valid.clear()
            cloud.login = "https://x:y"
            with pytest.raises(ForbiddenRedirectError, match="no address"):
                async with client.open(HREF):
                    pass


@pytest.mark.parametrize(
    "href",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "https://data.nsidc.earthdatacloud.nasa.gov.evil.example/x",
        "https://data.nsidc.earthdatacloud.nasa.gov@evil.example/x",
        "http://data.nsidc.earthdatacloud.nasa.gov/x",
        "https://data.nsidc.earthdatacloud.nasa.gov:8443/x",
        "https://api.carbonmapper.org/api/v1/account/tokens",
        "https://api.carbonmapper.org/api/v1/catalog/../account/tokens",
        "https://api.carbonmapper.org/api/v1/catalog/%2e%2e/account/tokens",
        "https://api.carbonmapper.org/api/v1/catalog/..%2faccount/tokens",
        "https://api.carbonmapper.org/api/v1/catalog/%252e%252e/account/tokens",
        "https://api.carbonmapper.org\\@evil.example/api/v1/catalog/",
        "https://catalog.maap.eo.esa.int/data/\r\nX: y",
        "//catalog.maap.eo.esa.int/data/x",
        "",
    ],
)
async def test_only_files_of_the_providers_are_asked_for_others(href: str) -> None:
    async with AssetClient(Settings(maap_credentials=Path("/nowhere")), hosts="providers") as client:
        with pytest.raises(ForbiddenHrefError):
            async with client.open(href):
                pass


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("192.168.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:7f00:1::", False),
        ("nonsense", False),
    ],
)
def test_public_addresses_are_told_from_all_others(address: str, public: bool) -> None:  # noqa: FBT001 - a column
    assert is_public(address) is public


async def test_a_name_that_leads_into_this_machine_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def lookup(_loop: Any, host: str, port: int, **_: Any) -> Any:
        async def found() -> list[Any]:
            asked.append(host)
            return [(2, 1, 6, "", ("127.0.0.1", port)), (2, 1, 6, "", ("10.0.0.1", port))]

        return found()

    monkeypatch.setattr("asyncio.base_events.BaseEventLoop.getaddrinfo", lookup)
    settings = Settings(maap_credentials=Path("/nowhere"))
    async with AssetClient(settings, hosts="providers") as client:
        with pytest.raises(ForbiddenHrefError, match="leads to no public address"):
            async with client.open(HREF):
                pass
    assert asked == ["data.nsidc.earthdatacloud.nasa.gov"], "it was looked up twice, or tried again"


async def test_a_reader_may_open_hosts_of_nobody_without_any_credential() -> None:
    cloud = Earthdata()
    stored = Stored(b"of nobody")
    cloud.storage.files["x"] = stored
    with earthdata(cloud, **with_token(cloud)) as settings:
        cloud.storage.valid.add("s")
        async with (
            AssetClient(settings) as client,
            client.open(f"{cloud.storage.root}/x?X-Amz-Signature=s") as answer,
        ):
            assert await answer.read() == b"of nobody"
    assert "authorization" not in stored.asked[0]


def test_a_file_is_downloaded_whole_although_the_connection_is_cut(tmp_path: Path) -> None:
    cloud = Earthdata()
    stored = cloud.storage.files[PATH] = Stored(CONTENT, cut_after=100_000)
    with earthdata(cloud, **with_token(cloud)) as settings:
        assert download(HREF, settings, tmp_path / "g.h5").read_bytes() == CONTENT
    assert [asked.get("range") for asked in stored.asked] == [None, "bytes=100000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["g.h5"]


def test_a_download_that_fails_leaves_nothing(tmp_path: Path) -> None:
    cloud = Earthdata()
    cloud.storage.files[PATH] = Stored(CONTENT, silent_after=65_536)
    with (
        earthdata(cloud, **with_token(cloud), timeout_s=0.2, attempts=1) as settings,
        pytest.raises(UpstreamError, match="did not answer"),
    ):
        download(HREF, settings, tmp_path / "g.h5")
    assert list(tmp_path.iterdir()) == []
