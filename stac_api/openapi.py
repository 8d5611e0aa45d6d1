"""The OpenAPI document: stac-fastapi's, in our words, with examples of this catalog and the errors that there are."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI

_OPERATIONS: Mapping[str, tuple[str, str]] = {
    "GET /": ("Landing page", "What this catalog is, and links to all that it offers."),
    "GET /conformance": ("Conformance", "The parts of STAC API and OGC API that are served, by their identifiers."),
    "GET /collections": ("Find Collections", "All Collections by id, or those that meet every condition."),
    "GET /collections/{collection_id}": ("One Collection", "What it holds, where and when, its files and its terms."),
    "GET /collections/{collection_id}/items": ("Items of a Collection", "The newest first, or as sortby says."),
    "GET /collections/{collection_id}/items/{item_id}": ("One Item", "A plume, scene, source, granule or frame."),
    "GET /collections/{collection_id}/queryables": (
        "Queryables of a Collection",
        "The properties that its Items can be searched by, with types, units and the values that occur.",
    ),
    "GET /collections/{collection_id}/sortables": ("Sortables of a Collection", "What its Items can be sorted by."),
    "GET /queryables": ("Queryables", "The properties that Items of any Collection can be searched by."),
    "GET /sortables": ("Sortables", "The properties that Items of any Collection can be sorted by."),
    "GET /search": (
        "Search Items",
        "Items that meet every condition, of the named Collections or of all; superseded ones where they are named.",
    ),
    "POST /search": ("Search Items", "The same as GET, with the conditions in a JSON body."),
    "GET /_mgmt/ping": ("Whether it runs", "Answers as long as the process does."),
    "GET /_mgmt/health": ("Whether the database answers", "200 and the version of pgSTAC, or 503."),
}
"""Summary and description of what stac-fastapi leaves undescribed."""

_PARAMETERS: Mapping[str, tuple[str, Any]] = {
    "collection_id": ("Id of a Collection.", "carbon-mapper-plumes"),
    "item_id": ("Id of an Item.", "tan20250617t184242c05s4001-A"),
    "asset_key": ("Key of an asset of the Item.", "mask"),
    "collections": ("Ids of Collections, with commas between.", "carbon-mapper-plumes,icesat2-atl08-007"),
    "ids": ("Ids of Items, with commas between.", "tan20250617t184242c05s4001-A"),
    "bbox": (
        "West, south, east, north in degrees; west > east is across the antimeridian, heights are left out of account.",
        "-104.5,31,-102,33.5",
    ),
    "intersects": (
        "A GeoJSON geometry. Not together with bbox.",
        '{"type": "Point", "coordinates": [-103.3, 32.2]}',
    ),
    "datetime": (
        "A moment of RFC 3339, or an interval, open with `..`.",
        "2025-06-01T00:00:00Z/2025-06-30T23:59:59Z",
    ),
    "limit": ("Items, or Collections, on a page: at most 10,000. Links of rel `next` lead on.", 10),
    "query": (
        "Tests of properties as JSON: eq, neq, lt, lte, gt, gte, in, startsWith, endsWith, contains.",
        '{"platform": {"eq": "tanager-1"}}',
    ),
    "sortby": ("Properties with commas between, `-` before what descends.", "-properties.datetime,id"),
    "fields": ("Fields to send, with commas between, `-` before what to leave out.", "id,properties.datetime,-assets"),
    "filter": ("A condition in CQL2; see /queryables.", "cm:emission > 1000 AND platform = 'tanager-1'"),
    "filter-lang": ("How the filter is written.", "cql2-text"),
    "filter-crs": ("The reference system of the filter's geometries: only CRS84, longitude before latitude.", None),
    "q": (
        "Words or phrases with commas between, of which one must be in id, title, description or keywords.",
        "methane,landfill",
    ),
    "token": ("The page, as links of rel `next` and `previous` have it.", None),
    "offset": ("How many Collections to skip, as links of rel `next` have it.", None),
    "f": ("`html` or `json`, where no Accept header can be set.", None),
}
"""Meaning and example of parameters, and of the fields of a body that are called the same."""

_BODY = {
    "collections": ["carbon-mapper-plumes"],
    "bbox": [-104.5, 31, -102, 33.5],
    "datetime": "2025-06-01T00:00:00Z/..",
    "filter": {"op": ">", "args": [{"property": "cm:emission"}, 1000]},
    "sortby": [{"field": "properties.cm:emission", "direction": "desc"}],
    "limit": 10,
}
_ERROR = {
    "type": "object",
    "title": "Error",
    "required": ["code", "description"],
    "properties": {
        "code": {"type": "string", "description": "The kind of error, for programs."},
        "description": {"type": "string", "description": "What is wrong and what to do, for people."},
    },
}
_FAILURES = {
    "400": "A parameter makes no sense: the description names it",
    "404": "No such Collection or Item: the description says what there is",
    "413": "The body is too large",
    "503": "The database does not answer, or not in time",
}


def describe(app: FastAPI) -> None:
    """Let the API describe itself with this module's words; made once, when it is first asked for."""
    made: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(made())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _described(document: dict[str, Any]) -> dict[str, Any]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _describe_operation(operation, method.upper(), path)
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Error"] = _ERROR
    _describe_body(schemas["SearchPostRequest"])
    return document


def _describe_operation(operation: dict[str, Any], method: str, path: str) -> None:
    name = f"{method} {path}"
    if name in _OPERATIONS:
        operation["summary"], operation["description"] = _OPERATIONS[name]
    for parameter in operation.get("parameters", ()):
        _describe_parameter(parameter)
    if name == "POST /search":
        operation["requestBody"]["content"]["application/json"]["example"] = _BODY
    if operation["responses"].pop("422", None) is not None:
        operation["responses"].setdefault("400", _failure("400"))
    if "{" in path:
        operation["responses"].setdefault("404", _failure("404"))
    if method == "POST":
        operation["responses"]["413"] = _failure("413")
    if path != "/_mgmt/ping":
        operation["responses"].setdefault("503", _failure("503"))


def _describe_parameter(parameter: dict[str, Any]) -> None:
    if parameter["name"] in _PARAMETERS:
        parameter["description"], example = _PARAMETERS[parameter["name"]]
        parameter.pop("examples", None)
        parameter["schema"].pop("description", None)
        if example is not None:
            parameter["example"] = example


def _describe_body(schema: dict[str, Any]) -> None:
    fields = schema["properties"]
    fields.pop("conf")  # pgSTAC's settings, which are not the client's
    for name, field in fields.items():
        field["description"] = _PARAMETERS[name][0]
        field.pop("examples", None)
        if name in _BODY:
            field["examples"] = [_BODY[name]]


def _failure(status: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {"description": _FAILURES[status], "content": content}
