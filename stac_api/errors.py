"""Errors as answers: a bad request is a 400 with a sentence, whoever noticed it first."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from stac_fastapi.types.errors import InvalidQueryParameter, NotFoundError
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)

# classes of SQLSTATE that a client's words lead to, without missing rights and tables; PostgreSQL's own text explains
_CLIENTS_FAULT = re.compile(r"0A|21|22|42(?!501|P01|P02)|54|P0")
_GEOMETRY = re.compile(r"geos|geom|topology|lwpoly|lwline", re.IGNORECASE)  # PostGIS calls it an internal error
_TOO_LONG = "57014"


def answer_errors(app: FastAPI) -> None:
    """Make every error an answer ``{"code", "description"}`` as STAC API asks, with the right status."""
    handlers: Mapping[type[Exception], Callable[[Request, Any], JSONResponse]] = {
        RequestValidationError: lambda _, error: _answer(400, _sentences(error.errors())),
        HTTPException: _http,
        orjson.JSONDecodeError: lambda _, error: _answer(400, f"a parameter is not valid JSON: {error}"),
        InvalidQueryParameter: lambda _, error: _answer(400, str(error)),
        NotFoundError: lambda _, error: _answer(404, str(error) or "there is no such thing here"),
        asyncpg.PostgresError: _database,
        asyncpg.InterfaceError: _unreachable,
        OSError: _unreachable,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _answer(status: int, description: str) -> JSONResponse:
    names = {400: "BadRequest", 404: "NotFound", 500: "InternalError", 503: "Unavailable"}
    return JSONResponse({"code": names.get(status, str(status)), "description": description}, status)


def _http(_: Request, error: HTTPException) -> JSONResponse:
    if isinstance(error.__cause__, ValidationError):
        return _answer(error.status_code, _sentences(error.__cause__.errors()))
    answer = _answer(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _sentences(errors: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(dict.fromkeys(_sentence(error) for error in errors))


def _sentence(error: Mapping[str, Any]) -> str:
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
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
