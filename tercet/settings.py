"""What may differ between two deployments, read once from the environment and handed down."""

from pathlib import Path

from platformdirs import user_data_path
from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from tercet.errors import ConfigError


class Settings(BaseSettings):
    """How this Tercet talks to the providers and where it keeps its data.

    Every field is an environment variable, ``TERCET_`` and the name in upper case, or a line of
    ``.env``; secrets keep the names that other tools already use. The database is spelled with
    ``DATABASE_URL`` or ``PGHOST``, ``PGUSER``… as libpq does; with none of them it is the embedded one.
    """

    model_config = SettingsConfigDict(
        env_prefix="TERCET_",
        env_file=".env",
        extra="ignore",  # PGHOST and friends share the .env
        frozen=True,
        hide_input_in_errors=True,  # a malformed secret must not be printed
        populate_by_name=True,
    )

    carbon_mapper_url: AnyHttpUrl = AnyHttpUrl("https://api.carbonmapper.org/api/v1")
    """Root of Carbon Mapper's API."""
    cmr_url: AnyHttpUrl = AnyHttpUrl("https://cmr.earthdata.nasa.gov")
    """Root of NASA's Common Metadata Repository."""
    maap_url: AnyHttpUrl = AnyHttpUrl("https://catalog.maap.eo.esa.int/catalogue/")
    """Root of ESA MAAP's STAC catalogue."""

    carbonmapper_token: SecretStr | None = Field(default=None, validation_alias="CARBONMAPPER_TOKEN")
    """Optional: public plumes need none. Made on the provider's account page."""
    carbonmapper_email: str | None = Field(default=None, validation_alias="CARBONMAPPER_EMAIL")
    """Together with the password another way to log in to Carbon Mapper."""
    carbonmapper_password: SecretStr | None = Field(default=None, validation_alias="CARBONMAPPER_PASSWORD")
    """Together with the e-mail address another way to log in to Carbon Mapper."""

    timeout_s: float = Field(default=60.0, gt=0)
    """Seconds to wait for one answer of a provider, not for a whole harvest."""
    attempts: int = Field(default=6, ge=1)
    """How often one request is tried before a harvest gives up."""
    max_wait_s: float = Field(default=300.0, gt=0)
    """The longest pause that a provider may ask for with Retry-After before a harvest gives up."""

    batch_size: int = Field(default=2000, ge=1, le=20_000)
    """Items that are written in one transaction; memory grows with it."""
    workers: int | None = Field(default=None, ge=0)
    """Processes that make Items of records in large harvests: by default one for each core but one, four at most."""
    data_dir: Path = user_data_path("tercet", appauthor=False)
    """Where the embedded database lives. For root it is /var/lib/tercet where this is not set."""
    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    """Another PostgreSQL than the embedded one: postgresql://user:password@host:port/database."""
    database_read_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_READ_URL")
    """Optional: the same database as DATABASE_URL, as a user who may only read. The API uses it."""


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        ConfigError: a variable does not have the form it needs; its name is in the message.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = "; ".join(f"{_variable(part['loc'])}: {part['msg']}" for part in error.errors())
        raise ConfigError(f"the environment or .env is wrong: {lines}") from error


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0])
    return name if name.isupper() else f"TERCET_{name.upper()}"
