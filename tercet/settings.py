"""What may differ between two deployments, read once from the environment and handed down."""

import logging
import os
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import AfterValidator, AnyHttpUrl, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tercet.errors import ConfigError

log = logging.getLogger(__name__)

PREFIX = "TERCET_"


def _root(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.username or url.password or url.query or url.fragment:
        # it stands in messages, logs and Items; and it is joined with paths
        raise PydanticCustomError(
            "root",
            "holds a user name, password, query or fragment: leave them out, credentials have their own variables",
        )
    return url


def _token(secret: SecretStr) -> SecretStr:
    # a line break comes along when it is copied; what else cannot travel in a header would be printed by whoever fails
    value = secret.get_secret_value().strip()
    if not all("!" <= character <= "~" for character in value):
        raise PydanticCustomError("token", "holds spaces or characters that no token has: copy it again")
    return SecretStr(value)


def _folder(path: Path) -> Path:
    try:
        return path.expanduser()  # .env is not read by a shell
    except RuntimeError as error:
        raise PydanticCustomError("folder", "begins with the home of a user who has none") from error


def _listed(value: object) -> object:
    """A list as one line of an environment: with commas."""
    return tuple(part.strip().lower() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _folders(value: object) -> object:
    """Folders as PATH lists them."""
    if not isinstance(value, str):
        return value
    return tuple(_folder(Path(part)) for part in value.split(os.pathsep) if part.strip())


Root = Annotated[AnyHttpUrl, AfterValidator(_root)]
Token = Annotated[SecretStr, AfterValidator(_token)]


class Settings(BaseSettings):
    """How this Tercet talks to the providers and where it keeps its data.

    Every field is an environment variable, ``TERCET_`` and the name in upper case, or a line of
    ``.env``; secrets keep the names that other tools already use. The database is spelled with
    ``DATABASE_URL`` or ``PGHOST``, ``PGUSER``… as libpq does; with none of them it is the embedded one.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,  # compose files and CI pass on what is not set as ""
        extra="ignore",  # PGHOST and friends share the .env
        frozen=True,
        hide_input_in_errors=True,  # a malformed secret must not be printed
        populate_by_name=True,
    )

    carbon_mapper_url: Root = AnyHttpUrl("https://api.carbonmapper.org/api/v1")
    """Root of Carbon Mapper's API."""
    cmr_url: Root = AnyHttpUrl("https://cmr.earthdata.nasa.gov")
    """Root of NASA's Common Metadata Repository."""
    maap_url: Root = AnyHttpUrl("https://catalog.maap.eo.esa.int/catalogue/")
    """Root of ESA MAAP's STAC catalogue."""
    maap_token_url: Root = AnyHttpUrl("https://iam.maap.eo.esa.int/realms/esa-maap/protocol/openid-connect/token")
    """Where ESA MAAP's offline token is exchanged for access tokens."""

    carbonmapper_token: Token | None = Field(default=None, validation_alias="CARBONMAPPER_TOKEN")
    """Optional: public plumes need none. Made on the provider's account page."""
    carbonmapper_email: str | None = Field(default=None, validation_alias="CARBONMAPPER_EMAIL", repr=False)
    """Together with the password another way to log in to Carbon Mapper."""
    carbonmapper_password: SecretStr | None = Field(default=None, validation_alias="CARBONMAPPER_PASSWORD")
    """Together with the e-mail address another way to log in to Carbon Mapper."""

    maap_offline_token: Token | None = Field(default=None, validation_alias="MAAP_OFFLINE_TOKEN")
    """Optional: opens EarthCARE's files; searching needs none. Made on ESA MAAP's portal, for ninety days."""
    maap_client_secret: Token | None = Field(default=None, validation_alias="MAAP_CLIENT_SECRET")
    """What ESA's pages print beside the offline token, the same for everybody."""
    maap_credentials: Path = Path("~/credentials.txt")
    """A file with CLIENT_ID, CLIENT_SECRET and OFFLINE_TOKEN, as ESA's examples read it; the environment wins."""

    earthdata_token: Token | None = Field(default=None, validation_alias="EARTHDATA_TOKEN")
    """Optional: metadata of ICESat-2 are public, its files want it. Made on Earthdata Login's page of tokens."""
    earthdata_username: str | None = Field(default=None, validation_alias="EARTHDATA_USERNAME", repr=False)
    """Together with the password another way to log in at NASA; a line of ~/.netrc is a third."""
    earthdata_password: SecretStr | None = Field(default=None, validation_alias="EARTHDATA_PASSWORD")
    """Together with the user name another way to log in at NASA."""
    earthdata_login_url: Root = AnyHttpUrl("https://urs.earthdata.nasa.gov")
    """Root of Earthdata Login, which changes a user name and password for a token."""
    nsidc_url: Root = AnyHttpUrl("https://data.nsidc.earthdatacloud.nasa.gov")
    """Root of ICESat-2's files."""
    storage_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Hosts that a provider's files may be redirected to beyond those that we know; no credential goes there."""

    api_url: Root = AnyHttpUrl("http://127.0.0.1:8080")
    """Where the catalog is served: readers ask it for Items that are named collection/id, and for a plume's scene."""

    gateway: Literal["auto", "on", "off"] = "auto"
    """Whether the API serves files with this deployment's credentials: auto does for this machine only."""
    asset_hrefs: Literal["upstream", "gateway"] = "upstream"
    """Where the assets of served Items point; with "gateway" the upstream address is an alternate."""
    gateway_key: Token | None = None
    """What clients of the gateway must send, as X-Api-Key, bearer token or password."""
    gateway_requests_per_minute: int = Field(default=1200, ge=0)
    """What one client may ask of a gateway that is on for others; 0 for no limit."""
    gateway_bytes_per_day: int = Field(default=0, ge=0)
    """What a gateway that is on for others sends in a day, to all clients together; 0 for no limit."""
    gateway_roots: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_folders)] = ()
    """Folders whose files the gateway serves to Items that hold file: addresses."""
    gateway_cache: Annotated[Path, AfterValidator(_folder)] | None = None
    """A folder where the gateway keeps parts of files that it fetched; without it, nothing is kept."""
    gateway_cache_bytes: int = Field(default=10 * 2**30, ge=2**24)
    """The size of that folder; what was not asked for longest goes first."""

    timeout_s: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    """Seconds of silence after which an answer of a provider counts as lost; all of it may take ten times as long."""
    attempts: int = Field(default=6, ge=1)
    """How often one request is tried before a harvest gives up."""
    max_wait_s: float = Field(default=300.0, gt=0, allow_inf_nan=False)
    """The longest pause that a provider may ask for with Retry-After before a harvest gives up."""

    batch_size: int = Field(default=1000, ge=1, le=20_000)
    """Items that are written in one transaction; memory grows with it."""
    workers: int | None = Field(default=None, ge=0)
    """Processes that make Items of records in large harvests: by default one for each core but one, four at most."""
    data_dir: Annotated[Path, AfterValidator(_folder)] = user_data_path("tercet", appauthor=False)
    """Where the embedded database lives. For root it is /var/lib/tercet where this is not set."""
    files: str | None = None
    """Where made files go: a folder, or an object store such as s3://bucket/prefix; by default in the data folder."""
    files_url: Root | None = None
    """The address under which others read what lies there."""
    tiler_url: Root | None = None
    """Root of a titiler-pgstac over the same catalog: Items then link to their tiles."""
    browser_url: AnyHttpUrl | None = None
    """A STAC Browser that shows this catalog: the API's pages for people link to it."""
    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    """Another PostgreSQL than the embedded one: postgresql://user:password@host:port/database."""
    database_read_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_READ_URL")
    """Optional: the same database as DATABASE_URL, as a user who may only read. The API uses it."""


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        ConfigError: a variable does not have the form it needs; its name is in the message, its value is not.
            Or .env cannot be read.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        lines = "; ".join(f"{_variable(part['loc'])}: {part['msg']}" for part in error.errors(include_input=False))
        raise ConfigError(f"the environment or .env is wrong: {lines}") from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{Settings.model_config.get('env_file')} cannot be read: {reason}") from None
    _warn_of_strangers()
    return settings


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0])
    return name if name.isupper() else PREFIX + name.upper()


def _warn_of_strangers() -> None:
    known = {_variable((field.validation_alias or name,)) for name, field in Settings.model_fields.items()}  # type: ignore[arg-type]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, n=1)
            log.warning("%s is no setting of Tercet%s", name, f": did you mean {near[0]}?" if near else "")
