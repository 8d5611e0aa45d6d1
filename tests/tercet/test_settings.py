import inspect
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from tercet.errors import ConfigError
from tercet.settings import Settings, load_settings

SECRET = "s3cr3t-of-mine"


@pytest.fixture
def dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Give a function that writes the .env of the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(Settings.model_config, "env_file", ".env")

    def write(content: bytes) -> None:
        (tmp_path / ".env").write_bytes(content)

    return write


def test_nothing_need_be_set() -> None:
    settings = load_settings()
    assert str(settings.cmr_url) == "https://cmr.earthdata.nasa.gov/"
    assert (settings.carbonmapper_token, settings.database_url, settings.workers) == (None, None, None)
    assert settings.data_dir.is_absolute()


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("TERCET_TIMEOUT_S", "soon", "a valid number"),
        ("TERCET_TIMEOUT_S", "0", "greater than 0"),
        ("TERCET_TIMEOUT_S", "inf", "a finite number"),
        ("TERCET_MAX_WAIT_S", "nan", "a finite number"),
        ("TERCET_ATTEMPTS", "0", "greater than or equal to 1"),
        ("TERCET_BATCH_SIZE", "1000000", "less than or equal to 20000"),
        ("TERCET_WORKERS", "-1", "greater than or equal to 0"),
        ("TERCET_CMR_URL", "cmr.earthdata.nasa.gov", "a valid URL"),
        ("TERCET_MAAP_URL", "ftp://catalog.maap.eo.esa.int", "'http' or 'https'"),
        ("TERCET_CARBON_MAPPER_URL", f"https://me:{SECRET}@api.example.org", "leave them out"),
        ("TERCET_CARBON_MAPPER_URL", f"https://api.example.org/?token={SECRET}", "leave them out"),
        ("CARBONMAPPER_TOKEN", f"Bearer {SECRET}", "copy it again"),
        ("CARBONMAPPER_TOKEN", f"{SECRET}\N{EM DASH}", "copy it again"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable_and_not_shown(
    variable: str, value: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=f"{variable}: .*{complaint}") as caught:
        load_settings()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERCET_ATTEMPTS", "many")
    monkeypatch.setenv("TERCET_CMR_URL", "here")
    with pytest.raises(ConfigError, match=r"TERCET_CMR_URL.*; TERCET_ATTEMPTS"):
        load_settings()


def test_secrets_keep_the_names_that_other_tools_use(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CARBONMAPPER_TOKEN", "CARBONMAPPER_PASSWORD", "DATABASE_URL", "DATABASE_READ_URL"):
        monkeypatch.setenv(name, f"{name}-{SECRET}")
    monkeypatch.setenv("CARBONMAPPER_EMAIL", "me@example.org")
    settings = load_settings()
    secrets = (
        settings.carbonmapper_token,
        settings.carbonmapper_password,
        settings.database_url,
        settings.database_read_url,
    )
    assert all(secret and secret.get_secret_value().endswith(SECRET) for secret in secrets)
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert "me@example.org" not in repr(settings)


def test_fields_are_set_by_their_own_names_too() -> None:
    assert Settings(carbonmapper_token=SecretStr("t"), attempts=2).carbonmapper_token == SecretStr("t")


def test_a_line_break_after_a_token_is_not_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARBONMAPPER_TOKEN", f" {SECRET}\r\n")
    assert load_settings().carbonmapper_token == SecretStr(SECRET)


@pytest.mark.parametrize("variable", ["CARBONMAPPER_TOKEN", "DATABASE_URL", "TERCET_WORKERS", "TERCET_DATA_DIR"])
def test_an_empty_variable_is_not_set(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unset = load_settings()
    monkeypatch.setenv(variable, "")
    assert load_settings() == unset


def test_a_data_folder_may_be_spelled_from_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TERCET_DATA_DIR", "~/tercet")
    assert load_settings().data_dir == tmp_path / "tercet"
    monkeypatch.setenv("TERCET_DATA_DIR", "~nobody-of-that-name/tercet")
    with pytest.raises(ConfigError, match="TERCET_DATA_DIR"):
        load_settings()


def test_settings_do_not_change_after_they_were_read() -> None:
    with pytest.raises(ValidationError):
        load_settings().attempts = 3


def test_the_environment_wins_over_dotenv_and_others_may_share_it(
    dotenv: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv(b"TERCET_ATTEMPTS=2\nTERCET_TIMEOUT_S=7\nPGHOST=elsewhere\nexport CARBONMAPPER_TOKEN='t'\n")
    monkeypatch.setenv("TERCET_ATTEMPTS", "3")
    settings = load_settings()
    assert (settings.attempts, settings.timeout_s, settings.carbonmapper_token) == (3, 7, SecretStr("t"))


def test_a_dotenv_that_is_not_text_is_an_error(dotenv: Callable[[bytes], None]) -> None:
    dotenv(b"CARBONMAPPER_PASSWORD=s\xe9same\n")
    with pytest.raises(ConfigError, match=r"\.env cannot be read: it is not UTF-8") as caught:
        load_settings()
    assert "same" not in "".join(traceback.format_exception(caught.value))


def test_a_setting_that_is_none_is_warned_of_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TERCET_CARBONMAPPER_URL", "http://127.0.0.1")
    load_settings()
    assert caplog.messages == [
        "TERCET_CARBONMAPPER_URL is no setting of Tercet: did you mean TERCET_CARBON_MAPPER_URL?"
    ]


def test_every_setting_says_what_it_means() -> None:
    text = inspect.getsource(Settings)
    for name in Settings.model_fields:
        assert text.partition(f"    {name}: ")[2].partition("\n")[2].lstrip().startswith('"""'), name


def test_the_secrets_of_esa_maap_keep_the_names_that_its_pages_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAAP_OFFLINE_TOKEN", f"{SECRET}.offline\n")
    monkeypatch.setenv("MAAP_CLIENT_SECRET", SECRET)
    settings = load_settings()
    assert settings.maap_offline_token == SecretStr(f"{SECRET}.offline")
    assert SECRET not in f"{settings!r} {settings.model_dump_json()}"
    assert str(settings.maap_token_url).startswith("https://iam.maap.eo.esa.int/")
