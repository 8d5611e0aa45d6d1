"""The asset gateway: files of the providers through this API, with the operator's credentials."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from stac_api.database import Database
from stac_api.gateway_access import Access
from stac_api.gateway_assets import Asset, Assets
from stac_api.gateway_blocks import Blocks
from stac_api.gateway_cache import Cache
from stac_api.gateway_files import local_path, open_file
from stac_api.gateway_hrefs import include_gateway_hrefs
from stac_api.gateway_ranges import Wanted, wanted
from stac_api.gateway_stream import Source, Streamed
from stac_api.gateway_upstream import failure, open_upstream
from tercet.errors import ConfigError
from tercet.fetch.assets import AssetClient
from tercet.settings import Settings

log = logging.getLogger(__name__)

_CONNECTIONS = 200
_ATTEMPTS = 2
"""Once more where a connection broke or a provider stumbled; a client that waits knows best how often to ask."""

_SAFE = {
    # a file is nobody's page: what is in it must not run as part of this site
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    # who may read it is asked for anew each time; a browser may keep it for its user
    "Cache-Control": "private, no-cache",
    # a proxy that takes gigabytes into its own memory would take them faster than its client does
    "X-Accel-Buffering": "no",
}
_PACKABLE = ("text/", "application/geo+json", "application/json", "application/xml")

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "The range that was asked for."},
    304: {"description": "Not changed since."},
    401: {"description": "The operator's key is missing."},
    403: {"description": "The gateway is off, or the operator's account lacks a right, which the answer names."},
    404: {"description": "There is no such asset, or the provider has no such file."},
    416: {"description": "No such range, or several at once."},
    429: {"description": "Too much, here or at the provider; Retry-After says when to come again."},
    502: {"description": "The provider failed."},
    504: {"description": "The provider did not answer in time."},
}


@dataclass(slots=True)
class Gateway:
    """What the routes share, of one process."""

    settings: Settings
    access: Access = field(init=False)
    _cache: Cache | None = field(init=False)
    assets: Assets = field(default_factory=Assets)
    _client: AssetClient | None = None
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    def __post_init__(self) -> None:
        self.access = Access(self.settings)
        folder, limit = self.settings.gateway_cache, self.settings.gateway_cache_bytes
        self._cache = Cache(Blocks(folder, limit), limit) if folder else None

    async def answer(self, request: Request, collection: str, item: str, key: str) -> Response:
        """Answer GET or HEAD of one asset.

        Raises:
            HTTPException: see `_ANSWERS`.
        """
        self.access.check(request)
        asked = wanted(request)
        asset = await self.assets.find(request, collection, item, key)
        source = await self._source(asset, asked, only_head=request.method == "HEAD")
        try:
            length = 0 if request.method == "HEAD" else int(source.headers.get("Content-Length", 0))
            budget = self.access.reserve(length)
        except HTTPException:
            await source.close()
            raise
        what = f"{collection}/{item}/{key}"
        return Streamed(source, _headers(asset, source), budget, what=what)

    async def _source(self, asset: Asset, asked: Wanted, *, only_head: bool) -> Source:
        if path := local_path(asset.href):
            return await open_file(path, self.settings.gateway_roots, asked)
        client = await self._providers()
        kept = await self._cache.open(client, asset.href, asked) if self._cache else None
        return kept or await open_upstream(client, asset.href, asked, only_head=only_head)

    async def _providers(self) -> AssetClient:
        """The client of the providers, made when it is first needed: an API without files needs no credentials."""
        if self._client is None:
            try:
                client = AssetClient(self.settings, hosts="providers", connections=_CONNECTIONS, attempts=_ATTEMPTS)
            except ConfigError as error:
                log.warning("the gateway cannot work: %s", error)
                raise failure(error) from error
            self._client = await self._open.enter_async_context(client)
        return self._client

    async def aclose(self) -> None:
        """Close all connections."""
        await self._open.aclose()


def _headers(asset: Asset, source: Source) -> dict[str, str]:
    if source.status == 304:  # noqa: PLR2004 - not modified: says nothing of what it has not
        return dict(_SAFE)
    said = {"Content-Type": asset.media_type, "Content-Disposition": asset.disposition, **_SAFE}
    if asset.media_type.startswith(_PACKABLE) and "Content-Encoding" not in source.headers:
        # packed on the way it would have another length and other ranges than its validators say
        said["Content-Encoding"] = "identity"
    return said


def include_gateway(app: FastAPI, settings: Settings, database: Database) -> None:  # noqa: ARG001 - through the pool
    """Add the gateway's routes to the API, where the settings allow it."""
    if settings.gateway == "on" and settings.gateway_key is None:
        log.warning(
            "files are open to everybody who reaches this API, with your accounts: TERCET_GATEWAY_KEY asks for a key"
        )
    gateway = Gateway(settings)
    router = APIRouter(tags=["Assets"])

    @router.get(
        "/assets/{collection_id}/{item_id}/{asset_key}",
        summary="The file of an asset",
        response_class=Response,
        responses=_ANSWERS,
    )
    async def read_asset(request: Request, collection_id: str, item_id: str, asset_key: str) -> Response:
        """Stream the file of an asset from its provider, with the operator's credentials.

        One range (`bytes=0-99`, `bytes=100-`, `bytes=-100`) and conditions are answered as the provider answers them.
        """
        return await gateway.answer(request, collection_id, item_id, asset_key)

    router.head("/assets/{collection_id}/{item_id}/{asset_key}", include_in_schema=False)(read_asset)
    app.include_router(router)
    include_gateway_hrefs(app, settings)
    app.router.lifespan_context = _lifespan(app.router.lifespan_context, gateway)


def _lifespan(inner: Callable[[Any], Any], gateway: Gateway) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - Starlette's
        async with inner(app) as state:
            try:
                yield state
            finally:
                await gateway.aclose()

    return lifespan
