"""Errors as answers: a bad request is a 400 with a sentence, whoever noticed it first."""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from stac_fastapi.types.errors import InvalidQueryParameter, NotFoundError
from starlette.exceptions import HTTPException

from tercet.errors import did_you_mean

log = logging.getLogger(__name__)

# classes of SQLSTATE that a client's words lead to, without missing rights and tables; PostgreSQL's own text explains
_CLIENTS_FAULT = re.compile(r"0A|21|22|42(?!501|P01|P02)|54|P0")
_GEOMETRY = re.compile(r"geos|geom|topology|lwpoly|lwline", re.IGNORECASE)  # PostGIS calls it an internal error
_NOT_IN_NAMES = str.maketrans("", "", " -'")
_LONGEST = 1000  # characters of a sentence, some of which the client may have sent
_TOO_LONG = "57014"


def answer_errors(app: FastAPI) -> None:
    """Make every error an answer ``{"code", "description"}`` as STAC API asks, with the right status."""
    handlers: Mapping[type[Exception], Callable[[Request, Any], JSONResponse | Awaitable[JSONResponse]]] = {
        RequestValidationError: lambda _, error: _answer(400, _sentences(error.errors())),
        HTTPException: _http,
        orjson.JSONDecodeError: lambda _, error: _answer(400, f"a parameter is not valid JSON: {error}"),
        InvalidQueryParameter: lambda _, error: _answer(400, str(error)),
        NotFoundError: _not_found,
        asyncpg.PostgresError: _database,
        asyncpg.InterfaceError: _unreachable,
        OSError: _unreachable,
        Exception: _ours,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _answer(status: int, description: str) -> JSONResponse:
    code = HTTPStatus(status).phrase.translate(_NOT_IN_NAMES)
    return JSONResponse({"code": code, "description": description[:_LONGEST]}, status)


def _http(request: Request, error: HTTPException) -> JSONResponse:
    if isinstance(error.__cause__, ValidationError):
        return _answer(error.status_code, _sentences(error.__cause__.errors()))
    words = str(error.detail)
    if words == HTTPStatus(error.status_code).phrase:  # the router's
        words = f"{request.method} {request.url.path[:200]} is nothing that is answered here: GET / lists what is"
    answer = _answer(error.status_code, words)
    answer.headers.update(error.headers or {})
    return answer


async def _not_found(request: Request, error: NotFoundError) -> JSONResponse:
    """Say which part of the path is not there, and what is."""
    collection, item = (request.path_params.get(name) for name in ("collection_id", "item_id"))
    if collection is None:
        return _answer(404, str(error) or "there is no such thing here")
    async with request.app.state.get_connection(request, "r") as connection:
        known = [row[0] for row in await connection.fetch("SELECT id FROM pgstac.collections ORDER BY id")]
    if collection in known and item is not None:
        where = f"/collections/{collection}/items"
        return _answer(404, f"Collection {collection} has no Item {item[:200]}: GET {where} lists those that it has")
    near = get_close_matches(collection, known, n=3)
    advice = f"{did_you_mean(near)}GET /collections lists all {len(known)}"
    return _answer(404, f"there is no Collection {collection[:200]}: {advice}")


def _sentences(errors: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(dict.fromkeys(_sentence(error) for error in errors))


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "json_invalid":
        return f"the body is not JSON: character {error['loc'][-1] + 1}: {error['ctx']['error']}"
    where = ".".join(str(part) for part in error["loc"] if part not in {"query", "body"})
    return f"{where}: {error['msg']}" if where else str(error["msg"])


def _database(request: Request, error: asyncpg.PostgresError) -> JSONResponse:
    state, first = error.sqlstate or "", str(error).split("\n", 1)[0]
    if isinstance(error, asyncpg.NoDataFoundError):
        return _answer(404, first)
    if _CLIENTS_FAULT.match(state) or (state == "XX000" and _GEOMETRY.search(first)):
        return _answer(400, f"the database does not understand this request: {first}")
    if state == _TOO_LONG:
        return _answer(503, "the answer took too long: ask for less, or narrow bbox, datetime or collections")
    log.error("%s %s: %s", request.method, request.url.path, first, exc_info=error)
    return _answer(503 if isinstance(error, asyncpg.PostgresConnectionError) else 500, "the database failed")


def _unreachable(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s: the database does not answer: %s", request.method, request.url.path, error)
    return _answer(503, "the database does not answer: try again in a moment")


def _ours(_: Request, __: Exception) -> JSONResponse:
    """Answer where a fault of ours shows; Starlette logs it with its place."""
    return _answer(500, "something went wrong here: the server's log says what")
