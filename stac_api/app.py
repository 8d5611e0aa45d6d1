"""The served API: stac-fastapi-pgstac over a database that is only read."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, Depends, FastAPI
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from stac_fastapi.api.app import StacApi
from stac_fastapi.api.models import (
    ItemCollectionUri,
    create_get_request_model,
    create_post_request_model,
)
from stac_fastapi.extensions.filter import ItemCollectionFilterExtension, SearchFilterExtension
from stac_fastapi.extensions.free_text import FreeTextConformanceClasses, FreeTextExtension
from stac_fastapi.extensions.sort import ItemCollectionSortExtension, SearchSortExtension, SortConformanceClasses
from stac_fastapi.pgstac.config import Settings as PgstacSettings
from stac_fastapi.pgstac.models.extensions import Extensions

from stac_api.database import Database
from stac_api.errors import answer_errors
from stac_api.gateway import include_gateway
from stac_api.management import health, include_management
from stac_api.middlewares import middlewares
from stac_api.openapi import describe
from stac_api.pool import open_pool
from stac_api.queryables_client import QueryablesClient
from stac_api.requests import PropertyQueryExtension, SearchRequest, check_query
from stac_api.search import CatalogClient
from stac_api.sortables import SortablesClient
from stac_api.vocabulary import collections_vocabulary, items_vocabulary
from tercet.settings import Settings
from transforms.catalog import STAC_VERSION

TITLE = "Tercet"
DESCRIPTION = (
    "Methane and carbon dioxide plumes of Carbon Mapper, laser altimetry of ICESat-2, "
    "and clouds and aerosols of EarthCARE, in one STAC catalog."
)

_SORT = [
    # clients such as pystac-client 0.9 know sorting under its first name only
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    SortConformanceClasses.ITEM_SEARCH_SORT,
    SortConformanceClasses.ITEM_SEARCH_SORTABLES,
]


class _ApiSettings(PgstacSettings):  # type: ignore[misc]  # stac-fastapi is not typed
    """stac-fastapi's settings as given here; the environment, which it reads by default, is ours to interpret."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic calls with it
        init_settings: PydanticBaseSettingsSource,
        **_: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def create_app(settings: Settings, database: Database) -> FastAPI:
    """Make the API of a database. It connects when it is started, as the role that only reads.

    Args:
        settings: kept as ``app.state.tercet_settings`` for what is mounted beside the API.
        database: migrated; see `stac_api.database.open_database`.
    """
    api_settings = _ApiSettings(
        stac_fastapi_title=TITLE,
        stac_fastapi_description=DESCRIPTION,
        stac_fastapi_version=version("tercet"),
        stac_fastapi_landing_id="tercet",
    )
    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version=version("tercet"),
        openapi_url=api_settings.openapi_url,
        docs_url=api_settings.docs_url,  # links lead there by its name; `stac_api.pages` answers, without a network
        swagger_ui_oauth2_redirect_url=None,
        redoc_url=None,
        lifespan=_lifespan(database),
    )
    app.state.tercet_settings = settings
    app.state.items_vocabulary = items_vocabulary()
    app.state.collections_vocabulary = collections_vocabulary()
    api = _stac_api(app, api_settings)
    api.client.landing_page_id = api_settings.stac_fastapi_landing_id
    api.add_route_dependencies([{"path": "*", "method": "*"}], [Depends(check_query)])
    include_management(app)
    include_gateway(app, settings, database)
    answer_errors(app)
    describe(app)
    return app


def _stac_api(app: FastAPI, settings: _ApiSettings) -> StacApi:
    extensions = _extensions(settings)
    search_request = create_post_request_model(extensions.search, base_model=SearchRequest)
    collections = extensions.collection_search
    return StacApi(
        app=app,
        router=APIRouter(),
        settings=settings,
        stac_version=STAC_VERSION,
        extensions=[*extensions.search, *extensions.item_collection, collections],
        client=CatalogClient(pgstac_search_model=search_request),
        search_get_request_model=create_get_request_model(extensions.search),
        search_post_request_model=search_request,
        items_get_request_model=create_get_request_model(extensions.item_collection, base_model=ItemCollectionUri),
        collections_get_request_model=collections.GET,
        middlewares=middlewares(app, settings.cors_origins),
        health_check=health,  # type: ignore[arg-type]  # it takes the request, which stac-fastapi's type forgets
    )


def _extensions(settings: _ApiSettings) -> Extensions:
    """All that stac-fastapi-pgstac has by default, sortables and free text over Items; nothing that writes."""
    return Extensions(
        search_map={
            "sort": SearchSortExtension(client=SortablesClient(), conformance_classes=_SORT),
            "filter": SearchFilterExtension(client=QueryablesClient()),
            "query": PropertyQueryExtension(),
            "free_text": FreeTextExtension(conformance_classes=[FreeTextConformanceClasses.SEARCH]),
        },
        item_collection_map={
            "sort": ItemCollectionSortExtension(client=SortablesClient()),
            "filter": ItemCollectionFilterExtension(client=QueryablesClient()),
            "free_text": FreeTextExtension(conformance_classes=[FreeTextConformanceClasses.ITEMS]),
        },
        settings=settings,
    )


def _lifespan(database: Database) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_pool(app, database):
            yield

    return lifespan
