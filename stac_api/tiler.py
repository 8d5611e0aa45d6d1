"""titiler-pgstac on the same database, reading files through the gateway: gated files need no login in the tiler.

``uvicorn --factory stac_api.tiler:create_app``, with titiler-pgstac installed beside Tercet, the database in ``PG*``
as it wants it, and ``TERCET_API_URL`` where the tiler reaches the API. What the gateway does not serve is read where
it is.
"""

from collections.abc import Mapping

from fastapi import FastAPI
from rio_tiler.types import AssetInfo, AssetType
from titiler.pgstac.reader import PgSTACReader, SimpleSTACReader

from stac_api.gateway_hrefs import Served, gateway_href
from tercet.settings import Settings, load_settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make titiler-pgstac's own app, with readers that go through the gateway.

    Args:
        settings: read from the environment where they are not given.

    Raises:
        ConfigError: a setting is wrong.
    """
    # it reads the database's address when it is imported
    from titiler.pgstac import main  # noqa: PLC0415

    through = _Through(settings or load_settings())
    main.stac.reader = through.item_reader()
    for mosaics in (main.searches, main.collection):
        mosaics.dataset_reader = through.mosaic_reader()
    app: FastAPI = main.app
    return app


class _Through:
    """Readers of rio-tiler's kind that ask the gateway for what it serves."""

    def __init__(self, settings: Settings) -> None:
        self._served = Served(settings)
        self._root = f"{str(settings.api_url).rstrip('/')}/"
        key = settings.gateway_key
        self._env = {"GDAL_HTTP_HEADERS": f"X-Api-Key: {key.get_secret_value()}"} if key else {}

    def item_reader(self) -> type[PgSTACReader]:
        """The reader of one Item."""
        through = self

        class ItemReader(PgSTACReader):
            def _get_asset_info(self, asset: AssetType) -> AssetInfo:
                info = super()._get_asset_info(asset)
                found = self.item.assets[info["name"]]
                return through.changed(info, found.to_dict(), self.item.collection_id, self.item.id)

        return ItemReader

    def mosaic_reader(self) -> type[SimpleSTACReader]:
        """The reader of the Items of a search."""
        through = self

        class MosaicReader(SimpleSTACReader):
            def _get_asset_info(self, asset: AssetType) -> AssetInfo:
                info = super()._get_asset_info(asset)
                item = self.input
                return through.changed(info, item["assets"][info["name"]], item["collection"], item["id"])

        return MosaicReader

    def changed(self, info: AssetInfo, asset: Mapping[str, object], collection: str | None, item: str) -> AssetInfo:
        """What rio-tiler knows of an asset, with the gateway's address where it has one."""
        if collection is None or asset not in self._served:
            return info
        url = gateway_href(self._root, collection, item, info["name"])
        return {**info, "url": url, "env": {**info.get("env", {}), **self._env}}
