"""How searches are answered: over pgSTAC's tables directly where that gives the same answer, else by pgSTAC."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import asyncpg
import orjson
from fastapi import Request, Response
from geojson_pydantic.geometries import parse_geometry_obj
from pydantic import ValidationError
from stac_fastapi.api.models import GeoJSONResponse
from stac_fastapi.pgstac.models.links import ItemCollectionLinks, PagingLinks, SearchLinks
from stac_fastapi.types.errors import NotFoundError
from stac_fastapi.types.requests import get_base_url
from starlette.exceptions import HTTPException

from stac_api.boxes import spatial
from stac_api.collection_search import CollectionsClient, once
from stac_api.conditions import understood
from stac_api.filters import properties
from stac_api.reading.catalog import Catalog
from stac_api.reading.features import Item, link, read_items, written
from stac_api.reading.hydration import Fields
from stac_api.reading.pages import read_page
from stac_api.reading.tokens import for_pgstac
from stac_api.related import add_related
from stac_api.requests import SearchRequest

_SEARCHED = ("collections", "ids", "bbox", "limit", "token")


class CatalogClient(CollectionsClient):
    """stac-fastapi-pgstac's answers, over searches that mean what STAC says."""

    async def get_search(self, request: Request, **asked: Any) -> Response:  # noqa: ANN401 - as in the class above
        """Answer ``GET /search``."""
        answer = await self._search_base(self._search(**asked), request)
        return _geojson(answer, await SearchLinks(request=request).get_links(extra_links=answer["links"]))

    async def post_search(self, search_request: SearchRequest, request: Request, **_: Any) -> Response:  # noqa: ANN401 - as above
        """Answer ``POST /search``."""
        answer = await self._search_base(search_request, request)
        return _geojson(answer, await SearchLinks(request=request).get_links(extra_links=answer["links"]))

    async def item_collection(self, collection_id: str, request: Request, **asked: Any) -> Response:  # noqa: ANN401 - as above
        """Answer ``GET /collections/{id}/items``."""
        search = self._search(**asked, collections=[collection_id])
        answer = await self._search_base(search, request, within=collection_id)
        links = ItemCollectionLinks(collection_id=collection_id, request=request)
        return _geojson(answer, await links.get_links(extra_links=answer["links"]))

    async def get_item(self, item_id: str, collection_id: str, request: Request, **_: Any) -> Response:  # noqa: ANN401 - as above
        """Answer ``GET /collections/{id}/items/{id}``."""
        search = self.pgstac_search_model(ids=[item_id], collections=[collection_id], limit=1)
        answer = await self._search_base(search, request, within=collection_id)
        if not answer["features"]:
            raise NotFoundError(f"Item {item_id} in Collection {collection_id} does not exist.")
        return Response(orjson.dumps(answer["features"][0]), media_type=GeoJSONResponse.media_type)

    def _search(self, **asked: Any) -> SearchRequest:  # noqa: ANN401 - as above
        """Read the parameters of a GET request."""
        arguments = {name: asked.pop(name, None) for name in _SEARCHED}
        arguments["query"] = orjson.loads(asked.pop("query", None) or "null")
        filters = {"filter_query": asked.pop("filter_expr", None), "intersects": once(asked.pop("intersects", None))}
        try:
            search: SearchRequest = self.pgstac_search_model(**self._clean_search_args(arguments, **asked, **filters))
        except ValidationError as error:
            raise HTTPException(400, "the search is not valid") from error
        return search

    async def all_collections(self, request: Request, **asked: Any) -> Response:  # noqa: ANN401 - as above
        """Answer ``GET /collections``."""
        return await _once_a_state(request, partial(super().all_collections, request=request, **asked))

    async def get_collection(self, collection_id: str, request: Request, **asked: Any) -> Response:  # noqa: ANN401 - as above
        """Answer ``GET /collections/{id}``."""
        return await _once_a_state(request, partial(super().get_collection, collection_id, request=request, **asked))

    async def _search_base(
        self, search_request: SearchRequest, request: Request, *, within: str | None = None
    ) -> dict[str, Any]:
        """Search, whichever way it was asked; links keep what the user sent.

        Raises:
            NotFoundError: there is no Collection ``within``.
        """
        search = await understood(search_request, request)
        changes: dict[str, Any] = {"conf": None}  # pgSTAC's settings are not the client's
        if search.bbox:
            changes |= _spatial(search.bbox)
        async with request.app.state.get_connection(request, "r") as connection:
            catalog = await request.app.state.catalog.read(connection)
            if within is not None and within not in catalog.collections:
                raise NotFoundError(f"Collection {within} does not exist.")
            if not _names_collections(search):
                changes["collections"] = catalog.current
            search = search.model_copy(update=changes)
            answer = await self._read(search, request, connection, catalog)
        return answer or await self._ask_pgstac(search, request)

    async def _read(
        self, search: SearchRequest, request: Request, connection: asyncpg.Connection, catalog: Catalog
    ) -> dict[str, Any] | None:
        """Answer a search from pgSTAC's tables; None where pgSTAC has to."""
        asked = _wanted(search)
        page = await read_page(connection, catalog, asked)
        if page is None:
            return None
        fields = Fields.of(asked.get("fields"))
        try:
            items = read_items(page.rows, catalog, fields)
        except KeyError:
            return None
        link(items, get_base_url(request), fields)
        answer = {
            "type": "FeatureCollection",
            "features": await _finished(items, request, connection),
            "links": await PagingLinks(request=request, next=page.next, prev=page.previous).get_links(),
            "numberReturned": len(items),
        }
        return answer if page.matched is None else {**answer, "numberMatched": page.matched}

    async def _ask_pgstac(self, search: SearchRequest, request: Request) -> dict[str, Any]:
        token = for_pgstac(search.token, _wanted(search).get("sortby"))
        answer: dict[str, Any] = await super()._search_base(search.model_copy(update={"token": token}), request)
        async with request.app.state.get_connection(request, "r") as connection:
            return {**answer, "features": await _finished(answer["features"], request, connection)}


async def _finished(
    items: Sequence[Item], request: Request, connection: asyncpg.Connection
) -> Sequence[orjson.Fragment]:
    root = get_base_url(request)
    await add_related(items, connection, root)
    return written(items, getattr(request.app.state, "item_views", ()), root)


async def _once_a_state(request: Request, make: Callable[[], Awaitable[Any]]) -> Response:
    """Answer a request about Collections, from memory where nothing in the database has changed since the last."""
    async with request.app.state.get_connection(request, "r") as connection:
        catalog = await request.app.state.catalog.read(connection)
    asked = str(request.base_url), request.url.path, request.url.query
    known: bytes | None = catalog.answers.get(asked)
    if known is None:
        answer = await make()
        known = catalog.answers.keep(asked, answer.body if isinstance(answer, Response) else orjson.dumps(answer))
    return Response(known, media_type="application/json")


def _wanted(search: SearchRequest) -> Mapping[str, Any]:
    """The search as pgSTAC gets it."""
    wanted: Mapping[str, Any] = search.model_dump(mode="json", exclude_none=True, by_alias=True)
    return wanted


def _spatial(bbox: object) -> dict[str, Any]:
    changes = spatial(bbox)
    if "intersects" in changes:
        changes["intersects"] = parse_geometry_obj(changes["intersects"])
    return changes


def _names_collections(search: SearchRequest) -> bool:
    """Whether a search says in which Collections, by name, by Item ids or by a filter on ``collection``."""
    return bool(search.collections or search.ids) or "collection" in set(properties(search.filter_expr))


def _geojson(answer: Mapping[str, Any], links: Sequence[Mapping[str, Any]]) -> Response:
    return Response(orjson.dumps({**answer, "links": links}), media_type=GeoJSONResponse.media_type)
