"""A catalog whose files are behind the logins of fake providers, and its API."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from pydantic import AnyHttpUrl, SecretStr

from stac_api.app import create_app
from stac_api.database import Database
from stac_api.serving import serve_in_background
from tercet.settings import Settings
from tests.stac_api.served import PLUMES, item, store, store_catalog
from tests.upstreams import carbon_mapper, earthcare
from tests.upstreams.earthcare_login import CLIENT_SECRET, TOKEN_PATH
from tests.upstreams.earthdata import Earthdata
from tests.upstreams.server import serve
from tests.upstreams.stored import Storage, Stored

SECRET = "the-operators-token"
CARBON_MAPPER = "https://api.carbonmapper.org/api/v1/catalog/asset/"
NASA = "https://data.nsidc.earthdatacloud.nasa.gov/"
MAAP = "https://catalog.maap.eo.esa.int"
CONTENT = bytes(range(256)) * 1000
TIFF = "image/tiff; application=geotiff; profile=cloud-optimized"
HDF5 = "application/x-hdf5"
ITEM = "gated"


@dataclass
class Providers:
    """The fakes, and what tests change in them."""

    plumes: carbon_mapper.Archive = field(default_factory=lambda: carbon_mapper.Archive.generate(1))
    nasa: Earthdata = field(default_factory=Earthdata)
    maap: earthcare.Archive = field(default_factory=lambda: earthcare.Archive.generate(1))

    @contextmanager
    def serving(self, settings: Settings, **changes: Any) -> Iterator[Settings]:
        """Serve them all; gives settings that name them, with an account at each."""
        self.plumes.tokens[SECRET] = 1_000_000
        self.nasa.tokens.add(SECRET)
        offline = "an-offline-token"
        self.maap.service.login.offline.add(offline)
        with ExitStack() as stack:

            def on(app: Any, name: str = "127.0.0.1") -> str:
                return stack.enter_context(serve(app)).replace("127.0.0.1", name)

            api, frames = on(carbon_mapper.app(self.plumes)), on(earthcare.app(self.maap))
            nsidc, login = on(self.nasa.distribution_app()), on(self.nasa.login_app(), "localhost")
            self.nasa.login = login
            for storage in (self.plumes.storage, self.nasa.storage):
                storage.root = on(storage.app())
            yield settings.model_copy(
                update={
                    "carbon_mapper_url": AnyHttpUrl(f"{api}/api/v1"),
                    "carbonmapper_token": SecretStr(SECRET),
                    "nsidc_url": AnyHttpUrl(nsidc),
                    "earthdata_login_url": AnyHttpUrl(login),
                    "earthdata_token": SecretStr(SECRET),
                    "maap_url": AnyHttpUrl(f"{frames}/catalogue/"),
                    "maap_token_url": AnyHttpUrl(f"{frames}{TOKEN_PATH}"),
                    "maap_offline_token": SecretStr(offline),
                    "maap_client_secret": SecretStr(CLIENT_SECRET),
                    "maap_credentials": Path("/nowhere"),
                    "timeout_s": 30.0,
                    **changes,
                }
            )


@contextmanager
def api(settings: Settings, database: Database, **client: Any) -> Iterator[httpx2.Client]:
    """Give a client of the API of a catalog; the app is ``client.app``."""
    with (
        serve_in_background(create_app(settings, database)) as url,
        httpx2.Client(base_url=url, timeout=60, **client) as found,
    ):
        yield found


def store_gated(database: Database, assets: dict[str, dict[str, Any]], item_id: str = ITEM, **fields: Any) -> None:
    """Add an Item with such assets to the plumes."""
    store(database, [{**item(PLUMES, item_id, 5, 5), "assets": assets, **fields}])


__all__ = ["CARBON_MAPPER", "CONTENT", "HDF5", "ITEM", "MAAP", "NASA", "TIFF", "Storage", "Stored", "store_catalog"]
