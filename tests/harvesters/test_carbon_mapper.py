import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from harvesters.carbon_mapper import CarbonMapper
from harvesters.carbon_mapper_cursor import LAG
from tercet.errors import AuthError, ConfigError
from tercet.fetch import FixedToken
from tercet.fetch.carbon_mapper import Login
from tercet.settings import Settings
from tests.upstreams.carbon_mapper import Archive, records, rows
from tests.upstreams.carbon_mapper_walks import names, page_of, published, serving, walked


async def test_without_an_account_nobody_is_named() -> None:
    assert CarbonMapper().fetcher(Settings()).credential is None


async def test_a_token_is_sent_and_a_wrong_one_is_an_error() -> None:
    archive = Archive.generate(10)
    archive.tokens["right"] = 1
    with serving(archive, carbonmapper_token=SecretStr("right")) as settings:
        assert len(names(await walked(settings))) == 10
    assert archive.tokens["right"] == 0
    with (
        serving(archive, carbonmapper_token=SecretStr("wrong-secret")) as settings,
        pytest.raises(AuthError, match="401") as caught,
    ):
        await walked(settings)
    assert "wrong-secret" not in str(caught.value)


def account(archive: Archive, password: str = "a-secret") -> Callable[[], contextlib.AbstractContextManager[Settings]]:
    archive.accounts["me@example.org"] = "a-secret"
    return lambda: serving(archive, carbonmapper_email="me@example.org", carbonmapper_password=SecretStr(password))


async def test_a_login_survives_the_expiry_of_its_tokens() -> None:
    archive = Archive.generate(600, seed=1)
    archive.token_lifetime = 3
    with account(archive)() as settings:
        assert names(await walked(settings, page_size=50)) == published(archive)
    assert len(archive.tokens) >= 8


async def test_a_refresh_that_brings_no_access_token_is_made_up_for_by_a_new_login() -> None:
    archive = Archive.generate(300)
    archive.token_lifetime, archive.habits.null_access = 3, 1
    with account(archive)() as settings:
        assert names(await walked(settings)) == published(archive)
    assert archive.habits.null_access == 0


async def test_a_login_starts_again_where_the_refresh_token_has_expired_too() -> None:
    archive = Archive.generate(300)

    def forget(number: int) -> None:
        if number == 2:
            archive.tokens.clear()

    archive.after_page = forget
    with account(archive)() as settings:
        assert names(await walked(settings)) == published(archive)


async def test_a_wrong_password_is_an_error_without_the_password() -> None:
    archive = Archive.generate(5)
    with (
        account(archive, "wrong-secret")() as settings,
        pytest.raises(AuthError, match="CARBONMAPPER_PASSWORD") as caught,
    ):
        await walked(settings)
    assert "wrong-secret" not in str(caught.value)
    assert "me@example.org" not in str(caught.value)


@pytest.mark.parametrize(
    ("half", "missing"),
    [
        ({"carbonmapper_email": "me@example.org"}, "CARBONMAPPER_PASSWORD"),
        ({"carbonmapper_password": SecretStr("a-secret")}, "CARBONMAPPER_EMAIL"),
    ],
)
def test_half_a_login_is_named(half: dict[str, Any], missing: str) -> None:
    with pytest.raises(ConfigError, match=f"{missing} is not set"):
        CarbonMapper().fetcher(Settings(**half))


def test_credentials_are_for_one_host_and_do_not_show() -> None:
    token = CarbonMapper().fetcher(Settings(carbonmapper_token=SecretStr("a-secret"))).credential
    login = (
        CarbonMapper()
        .fetcher(Settings(carbonmapper_email="me@example.org", carbonmapper_password=SecretStr("a-secret")))
        .credential
    )
    assert isinstance(token, FixedToken)
    assert isinstance(login, Login)
    for credential in (token, login):
        assert credential.hosts == {"api.carbonmapper.org"}
        assert "a-secret" not in repr(credential)
        assert "me@example.org" not in repr(credential)


def test_products_are_found_in_any_case_and_the_nearest_is_named() -> None:
    source = CarbonMapper()
    assert source.product(" Plumes ") == "plumes"
    with pytest.raises(ConfigError, match="did you mean plumes"):
        source.product("plume")
    with pytest.raises(ConfigError, match="There is: plumes"):
        source.product("ATL08")


def test_options_are_asked_of_the_products_that_they_are_about(caplog: pytest.LogCaptureFixture) -> None:
    source = CarbonMapper()
    assert source.wanted((), {"instrument": ("tan",)}) == ("plumes",)
    assert source.wanted(source.products, {"instrument": ("tan",), "published-since": None}) == source.products
    assert caplog.text == ""
    assert source.wanted(source.products, {"gas": "CH4"}) == ("plumes", "sources")
    assert "scenes cannot be chosen so" in caplog.text
    with pytest.raises(ConfigError, match="--verify-assets cannot be asked of sources"):
        source.wanted(("sources",), {"verify-assets": True})


def test_recorded_answers_are_recognised_by_what_they_hold() -> None:
    recognised = CarbonMapper().records_in
    plume, other = records(2)
    line = next(rows(1))
    scene = {"id": "x", "name": "emi20240420t101448p07050", "timestamp": "2024-04-20T10:14:48Z"}
    item = {"type": "Feature", "collection": "l3a-vis-ch4-mfa-v3", "id": plume["plume_id"], "properties": {}}
    cluster = {"type": "Feature", "properties": {"source_name": "CH4_6A_500m_1.00000_2.00000", "plume_ids": []}}
    cases: list[tuple[Any, list[Any]]] = [
        (page_of([plume, other]), [plume, other]),
        (page_of([]), []),
        ({"items": [], "count": 0}, []),
        ({"type": "FeatureCollection", "features": []}, []),
        ({"source_name": None, "plumes": [plume]}, [plume]),
        (plume, [plume]),
        ([plume, other], [plume, other]),
        (line, [line]),
        ([line, {"plume_id": "plume_id", "plume_latitude": "plume_latitude"}], [line]),
        ({"items": [scene], "count": 1}, [scene]),
        (item, [item]),
        ({"type": "FeatureCollection", "features": [item]}, [item]),
        ({"type": "FeatureCollection", "features": [cluster]}, [cluster]),
        ([page_of([plume]), "noise"], [plume, "noise"]),
    ]
    for document, expected in cases:
        found = recognised(document)
        assert found is not None
        assert list(found) == expected


@pytest.mark.parametrize(
    "document",
    [
        None,
        "text",
        7,
        {},
        [],
        [{"file": "a.tif", "bands": 1}],
        {"items": [{"meta": {}, "umm": {}}], "hits": 1},
        {"items": []},
        {"feed": {"entry": []}},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "collection": "EarthCAREL2Validated_MAAP"}]},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"plume_id": "x"}}]},
        {"id": "tan20260730t161512c43s4001-C", "properties": {}},
    ],
)
def test_documents_of_others_are_left_to_them(document: Any) -> None:
    assert CarbonMapper().records_in(document) is None


def test_the_lag_is_longer_than_any_late_publication_that_was_seen() -> None:
    assert timedelta(hours=1) <= LAG
