"""The landing page and the search for Collections: what a request becomes before stac-fastapi-pgstac asks pgSTAC."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus

from fastapi import Request, Response
from stac_fastapi.pgstac.core import CoreCrudClient
from stac_fastapi.types.errors import InvalidQueryParameter
from stac_fastapi.types.requests import get_base_url

from stac_api.boxes import spatial
from stac_api.conditions import as_filter, require_known
from stac_api.filters import both, parsed, properties
from stac_api.free_text import condition, terms_of

COLLECTIONS_PAGE = 1000
"""Collections in one answer where no limit is asked for: many clients do not follow pages of Collections."""

SORTABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/sortables"


class CollectionsClient(CoreCrudClient):  # type: ignore[misc]  # stac-fastapi is not typed
    """stac-fastapi-pgstac's answers about Collections, over searches that mean what STAC says."""

    async def landing_page(self, **kwargs: Any) -> Any:  # noqa: ANN401 - as in the class above
        """Answer ``GET /``."""
        page = await super().landing_page(**kwargs)
        page["links"].append(_sortables(get_base_url(kwargs["request"])))
        return page

    async def get_collection(self, collection_id: str, request: Request, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        """Answer ``GET /collections/{id}``."""
        collection = await super().get_collection(collection_id, request=request, **kwargs)
        collection["links"].append(_sortables(f"{get_base_url(request)}collections/{collection_id}/"))
        return collection

    async def all_collections(self, request: Request, **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        """Answer ``GET /collections``."""
        if "limit" not in request.query_params:
            kwargs["limit"] = COLLECTIONS_PAGE
        kwargs["sortby"] = kwargs.get("sortby") or ["id"]
        if kwargs.get("bbox"):
            kwargs |= spatial(kwargs["bbox"])
            if "intersects" in kwargs:
                kwargs["intersects"] = once(json.dumps(kwargs["intersects"]))
        kwargs |= await self._conditions(request, **kwargs)
        answer = await super().all_collections(request=request, **kwargs)
        found = (
            json.loads(bytes(answer.body)) if isinstance(answer, Response) else answer
        )  # chosen fields make it a response
        for link in found["links"]:
            if link["rel"] in {"next", "previous"}:
                link["type"] = "application/json"  # stac-fastapi says GeoJSON
        return found

    async def _conditions(self, request: Request, **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        """Join filter, query and free text, and refuse properties that no Collection has."""
        try:
            filter_expr = parsed(asked["filter_expr"], asked.get("filter_lang")) if asked.get("filter_expr") else None
            query = json.loads(asked["query"]) if asked.get("query") else None
            named = as_filter(filter_expr, query)
            whole = both(named, condition(terms_of(asked.get("q"))))
        except ValueError as error:
            raise InvalidQueryParameter(str(error)) from error
        sortby = [{"field": name.lstrip("+- ")} for name in asked.get("sortby") or ()]
        await require_known(request.app.state.collections_vocabulary, properties(named), sortby, request)
        as_text = json.dumps(whole) if whole else None
        return {"filter_expr": as_text, "filter_lang": "cql2-json", "query": None, "q": None}

    def _clean_search_args(self, base_args: dict[str, Any], **kwargs: Any) -> Any:  # noqa: ANN401 - as above
        """Read the parameters of a GET request; the filter only where checking it does not take seconds."""
        text, language = kwargs.pop("filter_query", None), kwargs.pop("filter_lang", None)
        clean = super()._clean_search_args(base_args, **kwargs)
        if text:
            try:
                clean |= {"filter": parsed(text, language), "filter_lang": "cql2-json"}
            except ValueError as error:
                raise InvalidQueryParameter(str(error)) from error
        return clean


def once(parameter: str | None) -> str | None:
    """Undo in advance that stac-fastapi decodes a parameter a second time: ``+`` would become a blank."""
    return quote_plus(parameter) if parameter else parameter


def _sortables(root: str) -> Mapping[str, str]:
    return {"rel": SORTABLES_REL, "type": "application/schema+json", "title": "Sortables", "href": f"{root}sortables"}
