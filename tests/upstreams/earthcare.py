"""A fake of ESA's MAAP, with its own rules: what it takes, ignores, refuses and gets wrong.

Rules: unknown parameters are ignored, unknown collections are a 400, filters are CQL2 text in the names of the
day and of what the collection lists, times match by overlap, items come in no order and once from each collection
that holds them, footprints are not split at ±180, auxiliary types are found by neither place nor orbit, pages are
linked by ``startRecord``, a landing page without its slash is a 503, the first ``rel=search`` link is not the item
search, other missions are on the same root, and files need a token while the catalogue takes none.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import orjson
import shapely
from shapely.geometry import shape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.upstreams.earthcare_archive import Archive, Service, records
from tests.upstreams.earthcare_filter import BadFilterError, Filter
from tests.upstreams.earthcare_login import TOKEN_PATH

__all__ = ["Archive", "Service", "app", "records"]

NAMES: Mapping[str, Mapping[str, str]] = {
    "new": {
        "product:type": "type",
        "version": "version",
        "sat:absolute_orbit": "orbit",
        "sat:orbit_state": "state",
        "frame": "frame",
        "updated": "updated",
    },
    "old": {
        "productType": "type",
        "productVersion": "version",
        "orbitNumber": "orbit",
        "orbitDirection": "state",
        "frame": "frame",
        "modificationDate": "updated",
    },
    "mixed": {
        "product:type": "type",
        "productVersion": "version",
        "sat:absolute_orbit": "orbit",
        "frame": "frame",
        "modificationDate": "updated",
    },
}
OTHER_MISSIONS = ("AeolusL1BProducts", "BiomassLevel1a", "JAXAAlosPalsar")
WITHOUT_ORBIT = ("EarthCAREAuxiliary_MAAP", "EarthCAREOrbitData_MAAP", "EarthCAREXMETL1DProducts10_MAAP")
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
            Route("/data/{path:path}", archive.service.login.file),
            Route(TOKEN_PATH, archive.service.login.exchange, methods=["POST"]),
        ],
        exception_handlers={RefusedError: _refused, BadFilterError: _refused},
    )


class _GeoJson(Response):
    media_type = "application/geo+json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


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

    async def collections(self, request: Request) -> Response:
        if not self._service.lists_collections:
            return JSONResponse({"error": {"code": 404, "message": "Not found."}}, 404)
        ids = [*OTHER_MISSIONS, *self._archive.collections]
        start, count = int(request.query_params.get("startRecord", 1)) - 1, self._service.collections_on_a_page
        later = f"{_root(request)}/collections?startRecord={start + count + 1}"
        return JSONResponse(
            {
                "collections": [_collection(name, _root(request)) for name in ids[start : start + count]],
                "links": [{"rel": "next", "href": later}] if start + count < len(ids) else [],
            }
        )

    async def queryables(self, request: Request) -> Response:
        collection = request.path_params["collection"]
        types = sorted(self._types(collection))
        names = self._names(collection, (self._service.listed,))
        shown: dict[str, Any] = {name: {"title": name, "type": "string"} for name in names}
        for name, meaning in names.items():
            if meaning == "type" and self._service.lists_types:
                shown[name]["enum"] = types
        shown["platform"] = {"title": "Platform", "type": "string", "enum": ["EarthCARE"]}
        return JSONResponse({"type": "object", "title": f"Queryables for {collection}", "properties": shown})

    async def search(self, request: Request) -> Response:
        service = self._service
        if request.method not in service.methods:
            return JSONResponse({"error": {"code": service.refuses_with, "message": "No."}}, service.refuses_with)
        body: dict[str, Any] = await request.json() if request.method == "POST" else _from_query(request)
        service.asked.append(body)
        indices = self._matching(body)
        start, limit = int(body.get("startRecord", 1)), min(int(body.get("limit", DEFAULT_LIMIT)), MAX_LIMIT)
        page = indices[start - 1 : start - 1 + limit]
        collection = body["collections"][0]
        features = [self._archive.record(index, collection) for index in page]
        names = {feature["id"]: f"{collection}/{feature['id']}" for feature in features}
        kept = [feature for feature in features if not service.drops & {feature["id"], names[feature["id"]]}]
        if not service.keeps_dropping:
            service.drops.difference_update(feature["id"] for feature in features)
        is_linked = start + limit <= len(indices) and service.next_link != "none"
        counts = {"numberMatched": len(indices) + service.overcounts} if service.counts else {}
        return _GeoJson(
            {
                "type": "FeatureCollection",
                **counts,
                "numberReturned": len(kept),
                "features": kept,
                "links": [self._next(request, body, start + limit)] if is_linked else [],
            }
        )

    def _types(self, collection: str) -> tuple[str, ...]:
        if collection not in self._archive.collections or collection in self._service.broken:
            raise RefusedError(f"Dataset series {collection} is not searchable.")
        return self._archive.collections[collection]

    def _names(self, collection: str, generations: Iterable[str]) -> dict[str, str]:
        hidden = {"orbit", "state"} if collection in WITHOUT_ORBIT else set()
        if not self._service.tells_changes:
            hidden.add("updated")
        rows = (NAMES.get(generation, {}) for generation in generations)
        return {name: meaning for row in rows for name, meaning in row.items() if meaning not in hidden}

    def _matching(self, body: Mapping[str, Any]) -> list[int]:
        collection = body["collections"][0]
        types = self._types(collection)
        matches = self._filter(body.get("filter"), collection)
        is_of_changes = any(name in str(body.get("filter")) for name in ("updated", "modificationDate"))
        area, left = _area(body), self._archive.left.get(collection, ())
        found = []
        for index in self._archive.between(*_interval(body)):
            row = self._archive.row(index, with_changes=is_of_changes)
            if row["type"] not in types or index in self._archive.withdrawn or index in left or not matches(row):
                continue
            is_lost = row["type"].startswith("AUX_") and (area is not None or "rbit" in str(body.get("filter")))
            if not is_lost and (area is None or self._touches(index, area)):
                found.append(index)
        salt = 0 if self._service.steady else len(self._service.asked)
        # no checksum: those of two salts differ by a constant, and orders would be alike
        found.sort(key=lambda index: hashlib.blake2b(f"{salt}/{index}".encode(), digest_size=8).digest())
        return found + found[: self._service.repeats]

    def _filter(self, text: str | None, collection: str) -> Callable[[Mapping[str, Any]], bool]:
        if not text or self._service.ignores_filters:
            return lambda _row: True
        taken = self._names(collection, self._service.names)
        names = {name: meaning for name, meaning in taken.items() if name not in self._service.unasked}
        parsed = Filter(text, names, times=self._service.times)
        answer = self._service.changes
        if answer == "all" and "updated" in parsed.asked:
            return Filter(text.partition(" AND ")[0], names).matches
        return (lambda _row: False) if answer == "none" and "updated" in parsed.asked else parsed.matches

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


def _collection(name: str, root: str) -> dict[str, Any]:
    """A collection as the service lists it: without licence, providers and summaries."""
    is_ours = name not in OTHER_MISSIONS
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": name,
        "title": name.replace("_", " "),
        "description": f"{name}, a collection.\r\n\r\nOf the fake.",
        "keywords": ["EarthCARE", "ATLID", "RESTRICTED"] if is_ours else ["Another mission"],
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2024-05-28T00:00:00.000Z", None]]},
        },
        "links": [{"rel": "self", "href": f"{root}/collections/{name}", "type": "application/json"}],
    }


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
