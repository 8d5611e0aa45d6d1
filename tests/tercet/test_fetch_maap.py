"""The login of ESA's MAAP: what is exchanged, when, and who sees it."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import AnyHttpUrl, SecretStr

from tercet.errors import AuthError, ConfigError
from tercet.fetch import Fetcher, Politeness
from tercet.fetch.maap import OfflineToken, credential
from tercet.settings import Settings
from tests.tercet.echo import everything_said
from tests.upstreams.earthcare import Archive, app
from tests.upstreams.earthcare_login import CLIENT_SECRET, TOKEN_PATH, Login, jwt, offline_token
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.server import serve

FAST = Politeness(concurrency=8, per_second=10_000, attempts=3, timeout_s=30)
FILE = "/data/earthcare-pdgs-01/EarthCARE/X/X.h5"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@contextmanager
def maap(login: Login, **changes: Any) -> Iterator[tuple[str, Settings, Faults]]:
    """The fake service, and settings that name it; the account has a token that it takes."""
    archive, faults = Archive(1), Faults()
    archive.service.login = login
    token = offline_token()
    login.offline.add(token)
    with serve(faulty(app(archive), faults)) as url:
        given: dict[str, Any] = {
            "maap_url": AnyHttpUrl(f"{url}/catalogue/"),
            "maap_token_url": AnyHttpUrl(url + TOKEN_PATH),
            "maap_offline_token": SecretStr(token),
            "maap_client_secret": SecretStr(CLIENT_SECRET),
            "maap_credentials": Path("/nowhere/credentials.txt"),
        }
        yield url, Settings(**(given | changes)), faults


def known(settings: Settings) -> OfflineToken:
    found = credential(settings)
    assert found is not None
    return found


async def read(url: str, settings: Settings, *paths: str) -> None:
    async with Fetcher("ESA MAAP", FAST, known(settings)) as fetcher:
        await asyncio.gather(*(fetcher.json(url + path) for path in paths or (FILE,)))


async def test_an_offline_token_is_exchanged_once_for_many_files() -> None:
    login = Login()
    with maap(login) as (url, settings, _):
        await read(url, settings, *(f"{FILE}{number}" for number in range(20)))
    assert (login.exchanges, len(login.opened)) == (1, 20)


async def test_the_catalogue_never_sees_a_token() -> None:
    login = Login()
    with maap(login) as (url, settings, faults):
        seen: list[str] = []
        async with Fetcher("ESA MAAP", FAST, known(settings)) as fetcher:
            fetcher._client.event_hooks["request"].append(  # type: ignore[union-attr]
                lambda request: _note(seen, request.headers.get("Authorization", ""))
            )
            await fetcher.json(f"{url}/catalogue/collections")
        assert faults.asked == {"/catalogue/collections": 1}
    assert (seen, login.exchanges) == ([""], 0)


async def _note(seen: list[str], text: str) -> None:
    seen.append(text)


async def test_an_access_token_is_exchanged_before_it_ends() -> None:
    login, clock = Login(lifetime_s=600), [NOW]
    with maap(login) as (url, settings, faults):
        token = known(settings)
        token.now = lambda: clock[0]
        async with Fetcher("ESA MAAP", FAST, token) as fetcher:
            for passed, exchanges in ((0, 1), (500, 1), (541, 2), (900, 2)):
                clock[0] = NOW + timedelta(seconds=passed)
                await fetcher.json(url + FILE)
                assert login.exchanges == exchanges, passed
        assert faults.asked[FILE] == 4  # none was refused


async def test_a_token_that_does_not_say_how_long_it_lives_is_not_kept_long() -> None:
    login, clock = Login(lifetime_s=None), [NOW]
    with maap(login) as (url, settings, _):
        token = known(settings)
        token.now = lambda: clock[0]
        async with Fetcher("ESA MAAP", FAST, token) as fetcher:
            await fetcher.json(url + FILE)
            clock[0] += timedelta(seconds=299)
            await fetcher.json(url + FILE)
    assert login.exchanges == 2


async def test_a_token_that_is_refused_under_way_is_exchanged_once_for_all() -> None:
    login, clock = Login(), [NOW]
    with maap(login) as (url, settings, _):
        token = known(settings)
        token.now = lambda: clock[0]
        async with Fetcher("ESA MAAP", FAST, token) as fetcher:
            await fetcher.json(url + FILE)
            login.revoke()
            clock[0] += timedelta(hours=1)
            await asyncio.gather(*(fetcher.json(f"{url}{FILE}{number}") for number in range(6)))
    assert login.exchanges == 2


async def test_a_file_that_stays_forbidden_is_an_error_after_one_new_token() -> None:
    login, clock = Login(forbidden={FILE}), [NOW]
    with maap(login) as (url, settings, faults):
        token = known(settings)
        token.now = lambda: clock[0]
        async with Fetcher("ESA MAAP", FAST, token) as fetcher:
            await fetcher.json(f"{url}{FILE}0")
            clock[0] += timedelta(hours=1)
            with pytest.raises(AuthError, match="403"):
                await fetcher.json(url + FILE)
            assert (login.exchanges, faults.asked[FILE]) == (2, 2)
            with pytest.raises(AuthError, match="403"):  # the token is new: nobody asks for another
                await fetcher.json(url + FILE)
    assert (login.exchanges, faults.asked[FILE]) == (2, 3)


async def test_an_exchange_that_fails_for_the_moment_is_tried_again() -> None:
    login = Login()
    with maap(login) as (url, settings, faults):
        faults.failing, faults.prefix = 2, TOKEN_PATH
        await read(url, settings)
    assert login.exchanges == 1


async def test_an_offline_token_that_is_refused_is_an_error_that_says_where_to_get_one_and_shows_none() -> None:
    login, token = Login(), offline_token()
    with maap(login, maap_offline_token=SecretStr(token)) as (url, settings, _):
        with pytest.raises(AuthError, match=r"\(invalid_grant\): get a new one at https://portal\.maap") as caught:
            await read(url, settings)
        assert token not in everything_said(caught.value)


async def test_an_expired_offline_token_is_called_so() -> None:
    gone = offline_token(timedelta(days=-3))
    said = pytest.raises(AuthError, match="it has expired: get a new one")
    with maap(Login(), maap_offline_token=SecretStr(gone)) as (url, settings, _), said:
        await read(url, settings)


async def test_a_missing_client_secret_is_named() -> None:
    said = pytest.raises(AuthError, match="set MAAP_CLIENT_SECRET")
    with maap(Login(), maap_client_secret=None) as (url, settings, _), said:
        await read(url, settings)


@pytest.mark.parametrize(
    ("token", "warning"),
    [
        (offline_token(timedelta(days=5)), "expires on "),
        (offline_token(timedelta(days=-1)), "expired on "),
        (offline_token(timedelta(days=30)), None),
        (jwt(exp=0, iat=int((datetime.now(UTC) - timedelta(days=85)).timestamp())), "expires on "),
        (jwt(iat=int(datetime.now(UTC).timestamp())), None),
        (jwt(exp=1e30), None),
        (jwt(exp="soon"), None),
        ("no-jwt", None),
        ("not.base64!.x", None),
    ],
    ids=["soon", "over", "later", "no end, made long ago", "no end, new", "never", "no date", "no JWT", "broken JWT"],
)
async def test_the_end_of_an_offline_token_is_warned_of_in_time(
    token: str, warning: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    login = Login(offline={token})
    with maap(login, maap_offline_token=SecretStr(token)) as (url, settings, _), caplog.at_level(logging.WARNING):
        await read(url, settings, FILE, f"{FILE}2")
    told = [record.getMessage() for record in caplog.records if "offline token" in record.getMessage()]
    assert len(told) == (warning is not None)
    assert all(warning in text and token not in text for text in told if warning)


@pytest.mark.parametrize("written", ["{}", "\ufeff# mine\n\n{}\nOTHER=1=2\n", " {}"])
async def test_the_file_of_esas_examples_is_read(tmp_path: Path, written: str) -> None:
    login, token, path = Login(), offline_token(), tmp_path / "credentials.txt"
    login.offline.add(token)
    lines = f"CLIENT_ID=offline-token\n CLIENT_SECRET = {CLIENT_SECRET} \nOFFLINE_TOKEN={token}"
    path.write_text(written.replace("{}", lines), encoding="utf-8")
    none = {"maap_offline_token": None, "maap_client_secret": None, "maap_credentials": path}
    with maap(login, **none) as (url, settings, _):
        await read(url, settings)
    assert login.exchanges == 1


async def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "credentials.txt"
    path.write_text("OFFLINE_TOKEN=old\nCLIENT_SECRET=wrong\n")
    login = Login()
    with maap(login, maap_credentials=path) as (url, settings, _):
        await read(url, settings)
    assert login.exchanges == 1


def test_without_a_token_nobody_logs_in(tmp_path: Path) -> None:
    assert credential(Settings(maap_credentials=tmp_path / "none.txt")) is None
    (tmp_path / "empty.txt").write_text("CLIENT_ID=offline-token\nOFFLINE_TOKEN=\n")
    assert credential(Settings(maap_credentials=tmp_path / "empty.txt")) is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read: Is a directory; .*TERCET_MAAP_CREDENTIALS"):
        credential(Settings(maap_credentials=tmp_path))
    (tmp_path / "latin").write_bytes(b"OFFLINE_TOKEN=\xe9")
    with pytest.raises(ConfigError, match="it is not UTF-8"):
        credential(Settings(maap_credentials=tmp_path / "latin"))


def test_an_offline_token_never_travels_in_the_clear(tmp_path: Path) -> None:
    settings = Settings(
        maap_offline_token=SecretStr("x.y.z"),
        maap_token_url=AnyHttpUrl("http://iam.maap.eo.esa.int/token"),
        maap_credentials=tmp_path / "none.txt",
    )
    with pytest.raises(ConfigError, match="by https only"):
        credential(settings)


def test_nothing_secret_is_shown() -> None:
    token = OfflineToken(frozenset({"x"}), "https://x", "s3cr3t-offline", client_secret="s3cr3t-client")
    assert "s3cr3t" not in repr(token)
