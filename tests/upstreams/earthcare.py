"""A fake of ESA's MAAP, with its own rules: what it takes, ignores, refuses and gets wrong.

Rules: unknown parameters are ignored, unknown collections are a 400, filters are CQL2 text in the names of the
day, times match by overlap, items come in no order, pages are linked by ``startRecord``, a landing page
without its slash is a 503, and the first ``rel=search`` link is not the item search.
"""

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import shapely
from shapely.geometry import shape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.upstreams.earthcare_archive import Archive, Service, records
from tests.upstreams.earthcare_filter import BadFilterError, Filter

__all__ = ["Archive", "Service", "app", "records"]

NAMES: Mapping[str, Mapping[str, str]] = {
    "new": {
        "product:type": "type",
        "version": "version",
        "sat:absolute_orbit": "orbit",
        "sat:orbit_state": "state",
        "frame": "frame",
    },
    "old": {
        "productType": "type",
        "productVersion": "version",
        "orbitNumber": "orbit",
        "orbitDirection": "state",
        "frame": "frame",
    },
}
OTHER_MISSIONS = ("AeolusL1BProducts", "BiomassLevel1a")
DEFAULT_LIMIT, MAX_LIMIT = 10, 2001


class RefusedError(Exception):
    """The request is a 400, in the service's own words."""


def app(archive: Archive) -> ASGIApp:
    """The service over an archive, behaving as the archive's own switches say."""
    catalogue = _Catalogue(archive)
    at = "/catalogue"
    return Starlette(
        routes=[
            Route(at, catalogue.overloaded),
            Route(f"{at}/", catalogue.landing),
            Route(f"{at}/search", catalogue.search, methods=["GET", "POST"]),
            Route(f"{at}/collections", catalogue.collections),
            Route(f"{at}/collections/{{collection}}/queryables", catalogue.queryables),
        ],
        exception_handlers={RefusedError: _refused, BadFilterError: _refused},
    )


class _Catalogue:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._service = archive.service

    async def overloaded(self, _request: Request) -> Response:
        return HTMLResponse("<html><body><h1>503 Service Unavailable</h1></body></html>", 503)

    async def landing(self, request: Request) -> Response:
        root = _root(request)
        opensearch = "application/opensearchdescription+xml"
        links = [
            {"rel": "self", "href": f"{root}/", "type": "application/json"},
            {"rel": "search", "href": f"{root}/api?httpAccept={opensearch.replace('+', '%2B')}", "type": opensearch},
            {"rel": "data", "href": f"{root}/collections", "type": "application/json"},
            {"rel": "data", "href": f"{root}/collections", "type": "application/ld+json"},
        ]
        if self._service.advertises_search:
            links.append({"rel": "search", "href": f"{root}/search", "type": "application/geo+json", "method": "GET"})
        return JSONResponse(
            {"type": "Catalog", "id": "fedeo", "stac_version": "1.1.0", "description": "A fake", "links": links}
        )

    async def collections(self, _request: Request) -> Response:
        ids = [*self._archive.collections, *OTHER_MISSIONS]
        return JSONResponse({"collections": [{"type": "Collection", "id": name} for name in ids]})

    async def queryables(self, request: Request) -> Response:
        collection = request.path_params["collection"]
        types = sorted(self._types(collection))
        names = NAMES.get(self._service.listed, {})
        shown: dict[str, Any] = {name: {"title": name, "type": "string"} for name in names}
        for name, meaning in names.items():
            if meaning == "type":
                shown[name]["enum"] = types
        return JSONResponse({"type": "object", "title": f"Queryables for {collection}", "properties": shown})

    async def search(self, request: Request) -> Response:
        if request.method not in self._service.methods:
            return JSONResponse({"error": {"code": 405, "message": "Method not allowed."}}, 405)
        body: dict[str, Any] = await request.json() if request.method == "POST" else _from_query(request)
        self._service.asked.append(body)
        indices = self._matching(body)
        start, limit = int(body.get("startRecord", 1)), min(int(body.get("limit", DEFAULT_LIMIT)), MAX_LIMIT)
        page = indices[start - 1 : start - 1 + limit]
        collection = body["collections"][0]
        features = [self._archive.record(index, collection) for index in page]
        kept = [feature for feature in features if feature["id"] not in self._service.drops]
        self._service.drops.difference_update(feature["id"] for feature in features)
        later = start + limit <= len(indices)
        return JSONResponse(
            {
                "type": "FeatureCollection",
                "numberMatched": len(indices) + self._service.overcounts,
                "numberReturned": len(kept),
                "features": kept,
                "links": [self._next(request, body, start + limit)] if later else [],
            },
            media_type="application/geo+json",
        )

    def _types(self, collection: str) -> tuple[str, ...]:
        if collection not in self._archive.collections:
            raise RefusedError(f"Dataset series {collection} is not searchable.")
        return self._archive.collections[collection]

    def _matching(self, body: Mapping[str, Any]) -> list[int]:
        types = {kind for collection in body.get("collections", ()) for kind in self._types(collection)}
        names = {name: meaning for state in self._service.names for name, meaning in NAMES[state].items()}
        is_filtered = body.get("filter") and not self._service.ignores_filters
        matches = Filter(body["filter"], names).matches if is_filtered else lambda _row: True
        rows = ((index, self._archive.row(index)) for index in self._archive.between(*_interval(body)))
        area = _area(body)
        found = [
            index
            for index, row in rows
            if row["type"] in types and matches(row) and (area is None or self._touches(index, area))
        ]
        salt = 0 if self._service.steady else len(self._service.asked)
        found.sort(key=lambda index: zlib.crc32(f"{salt}/{index}".encode()))
        return found + found[: self._service.repeats]

    def _touches(self, index: int, area: shapely.Geometry) -> bool:
        return bool(shape(self._archive.record(index)["geometry"]).intersects(area))

    def _next(self, request: Request, body: Mapping[str, Any], start: int) -> dict[str, Any]:
        if self._service.circles and start > 1 and "startRecord" in body:
            start = 1
        url = f"{_root(request)}/search"
        if request.method == "POST" and self._service.next_link != "get":
            page = {"startRecord": start}
            is_merge = self._service.next_link == "merge"
            link = {"rel": "next", "href": url, "method": "POST", "type": "application/geo+json"}
            return {**link, "body": page if is_merge else {**body, **page}, **({"merge": True} if is_merge else {})}
        asked = {key: _as_query(value) for key, value in {**body, "startRecord": start}.items()}
        return {"rel": "next", "href": f"{url}?{urlencode(asked)}", "type": "application/geo+json"}


def _refused(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": {"code": 400, "message": str(error), "errors": [{"location": "request"}]}}, 400)


def _root(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/catalogue"


def _from_query(request: Request) -> dict[str, Any]:
    asked: dict[str, Any] = dict(request.query_params)
    if "collections" in asked:
        asked["collections"] = asked["collections"].split(",")
    if "bbox" in asked:
        asked["bbox"] = [float(value) for value in asked["bbox"].split(",")]
    if "intersects" in asked:
        asked["intersects"] = json.loads(asked["intersects"])
    return asked


def _as_query(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(str(part) for part in value)
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _interval(body: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    text = str(body.get("datetime", "../.."))
    start, _, end = text.partition("/")
    return _moment(start), _moment(end or start)


def _moment(text: str) -> datetime | None:
    if text in ("", ".."):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise RefusedError(f"Invalid datetime {text}.") from None


def _area(body: Mapping[str, Any]) -> shapely.Geometry | None:
    if "bbox" in body:
        west, south, east, north = body["bbox"]
        if west > east:
            raise RefusedError("Invalid bbox: west is greater than east.")
        return shapely.box(west, south, east, north)
    return shape(body["intersects"]) if body.get("intersects") else None
