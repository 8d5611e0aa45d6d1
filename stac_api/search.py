"""How a request becomes pgSTAC's search: what pgSTAC gets wrong is put right before it sees it."""

from typing import Any

from fastapi import Request, Response
from geojson_pydantic.geometries import parse_geometry_obj
from stac_fastapi.api.models import GeoJSONResponse

from stac_api.boxes import spatial
from stac_api.collection_search import CollectionsClient, once
from stac_api.conditions import understood
from stac_api.filters import properties
from stac_api.related import add_related
from stac_api.requests import SearchRequest
from transforms.catalog import is_superseded


class CatalogClient(CollectionsClient):
    """stac-fastapi-pgstac's answers, over searches that mean what STAC says."""

    async def get_search(self, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``GET /search``."""
        decoded_once = {name: once(kwargs.get(name)) for name in ("query", "intersects")}
        return _as_geojson(await super().get_search(**kwargs | decoded_once))

    async def post_search(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``POST /search``."""
        return _as_geojson(await super().post_search(*args, **kwargs))

    async def item_collection(self, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``GET /collections/{id}/items``."""
        kwargs["query"] = once(kwargs.get("query"))
        return _as_geojson(await super().item_collection(**kwargs))

    async def _search_base(self, search_request: SearchRequest, request: Request) -> Any:  # noqa: ANN401 - as above
        """Search, whichever way it was asked; links keep what the user sent."""
        search_request = await understood(search_request, request)
        changes: dict[str, Any] = {"conf": None}  # pgSTAC's settings are not the client's
        if search_request.bbox:
            changes |= spatial(search_request.bbox)
            if "intersects" in changes:
                changes["intersects"] = parse_geometry_obj(changes["intersects"])
        if not _names_collections(search_request):
            changes["collections"] = await _current_collections(request)
        answer = await super()._search_base(search_request.model_copy(update=changes), request)
        await add_related(answer["features"], request)
        return answer


def _names_collections(search: SearchRequest) -> bool:
    """Whether a search says in which Collections, by name, by Item ids or by a filter on ``collection``."""
    return bool(search.collections or search.ids) or "collection" in set(properties(search.filter_expr))


async def _current_collections(request: Request) -> list[str]:
    async with request.app.state.get_connection(request, "r") as connection:
        rows = await connection.fetch("SELECT id FROM pgstac.collections ORDER BY id")
    return [row["id"] for row in rows if not is_superseded(row["id"])]


def _as_geojson(answer: Any) -> Any:  # noqa: ANN401 - a response, or what becomes one
    """Give an answer with chosen fields the type of any other: stac-fastapi sends it as plain JSON."""
    if isinstance(answer, Response):
        answer.headers["content-type"] = GeoJSONResponse.media_type
    return answer
