"""How a request becomes pgSTAC's search: what pgSTAC gets wrong is put right before it sees it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

from cql2 import Expr
from fastapi import Request, Response
from geojson_pydantic.geometries import parse_geometry_obj
from stac_fastapi.api.models import GeoJSONResponse
from stac_fastapi.pgstac.core import CoreCrudClient
from stac_fastapi.types.errors import InvalidQueryParameter
from stac_fastapi.types.requests import get_base_url

from stac_api.related import add_related
from stac_api.requests import SearchRequest, check_depth, checked_bbox
from transforms import geometry
from transforms.catalog import is_superseded

COLLECTIONS_PAGE = 1000
"""Collections in one answer where no limit is asked for: many clients do not follow pages of Collections."""

SORTABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/sortables"


class CatalogClient(CoreCrudClient):  # type: ignore[misc]  # stac-fastapi is not typed
    """stac-fastapi-pgstac's answers, over searches that mean what STAC says."""

    async def landing_page(self, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``GET /``."""
        page = await super().landing_page(**kwargs)
        page["links"].append(
            {
                "rel": SORTABLES_REL,
                "type": "application/schema+json",
                "title": "Sortables available for this Catalog",
                "href": f"{get_base_url(kwargs['request'])}sortables",
            }
        )
        return page

    async def all_collections(self, request: Request, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``GET /collections``."""
        if "limit" not in request.query_params:
            kwargs["limit"] = COLLECTIONS_PAGE
        if kwargs.get("bbox"):
            kwargs |= _spatial(kwargs["bbox"])
            if "intersects" in kwargs:
                kwargs["intersects"] = _once(json.dumps(kwargs["intersects"]))
        kwargs["query"] = _once(kwargs.get("query"))
        return await super().all_collections(request=request, **kwargs)

    async def get_search(self, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``GET /search``."""
        once = {name: _once(kwargs.get(name)) for name in ("query", "intersects")}
        return _as_geojson(await super().get_search(**kwargs | once))

    async def post_search(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``POST /search``."""
        return _as_geojson(await super().post_search(*args, **kwargs))

    async def item_collection(self, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``GET /collections/{id}/items``."""
        kwargs["query"] = _once(kwargs.get("query"))
        return _as_geojson(await super().item_collection(**kwargs))

    async def _search_base(self, search_request: SearchRequest, request: Request) -> Any:  # noqa: ANN401 - as above
        """Search, whichever way it was asked; links keep what the user sent."""
        changes: dict[str, Any] = {"conf": None}  # pgSTAC's settings are not the client's
        if search_request.bbox:
            changes |= _spatial(search_request.bbox)
            if "intersects" in changes:
                changes["intersects"] = parse_geometry_obj(changes["intersects"])
        if not _names_collections(search_request):
            changes["collections"] = await _current_collections(request)
        answer = await super()._search_base(search_request.model_copy(update=changes), request)
        await add_related(answer["features"], request)
        return answer

    def _clean_search_args(self, base_args: dict[str, Any], **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        """Read the parameters of a GET request; the filter only where checking it does not take seconds."""
        if text := kwargs.get("filter_query"):
            _refuse_deep(text, kwargs.get("filter_lang"))
        return super()._clean_search_args(base_args, **kwargs)


def _refuse_deep(text: str, language: str | None) -> None:
    try:
        check_depth(json.loads(text) if language == "cql2-json" else Expr(text).to_json())
    except Exception as error:  # the parser raises nothing narrower
        raise InvalidQueryParameter(f"filter is not {language}: {' '.join(str(error).split())}") from error


def _spatial(bbox: Any) -> dict[str, Any]:  # noqa: ANN401 - list or tuple, 4 or 6 numbers
    """Give the search parameters of a box.

    pgSTAC takes a box that crosses the antimeridian for its complement, and misses points in one without area.
    """
    try:
        west, south, east, north = checked_bbox(bbox)
    except ValueError as error:
        raise InvalidQueryParameter(str(error)) from error
    # a box that only touches the antimeridian lies on one side of it
    if west > east and west == 180:  # noqa: PLR2004 - the antimeridian
        west = -180.0
    if west > east and east == -180:  # noqa: PLR2004 - the antimeridian
        east = 180.0
    if west < east and south < north:
        return {"bbox": (west, south, east, north)}
    return {"bbox": None, "intersects": _shape(west, south, east, north)}


def _shape(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    if south < north and west != east:
        return geometry.box(west, south, east, north)
    if (west, south) == (east, north):
        return {"type": "Point", "coordinates": [west, south]}
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return {"type": "MultiLineString", "coordinates": [[[start, south], [end, north]] for start, end in spans]}


def _once(parameter: str | None) -> str | None:
    """Undo in advance that stac-fastapi decodes a parameter a second time: ``+`` would become a blank."""
    return quote_plus(parameter) if parameter else parameter


def _names_collections(search: SearchRequest) -> bool:
    """Whether a search says in which Collections, by name, by Item ids or by a filter on ``collection``."""
    filters = getattr(search, "filter_expr", None), getattr(search, "query", None)
    return bool(search.collections or search.ids) or "collection" in set(_properties(*filters))


def _properties(cql2: Mapping[str, Any] | None, query: Mapping[str, Any] | None) -> Iterator[str]:
    yield from query or {}
    ahead: list[Any] = [cql2]  # a list, not recursion: filters nest as deep as the client likes
    while ahead:
        node = ahead.pop()
        if isinstance(node, Mapping):
            if isinstance(node.get("property"), str):
                yield node["property"]
            ahead += node.values()
        elif isinstance(node, list):
            ahead += node


async def _current_collections(request: Request) -> list[str]:
    async with request.app.state.get_connection(request, "r") as connection:
        rows = await connection.fetch("SELECT id FROM pgstac.collections ORDER BY id")
    return [row["id"] for row in rows if not is_superseded(row["id"])]


def _as_geojson(answer: Any) -> Any:  # noqa: ANN401 - a response, or what becomes one
    """Give an answer with chosen fields the type of any other: stac-fastapi sends it as plain JSON."""
    if isinstance(answer, Response):
        answer.headers["content-type"] = GeoJSONResponse.media_type
    return answer
