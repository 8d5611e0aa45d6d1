"""How Carbon Mapper's API reads a request: what it takes, ignores and refuses, for all of its endpoints."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from tests.upstreams.carbon_mapper_archive import Archive

MAX_URL = 8192

Mask = NDArray[np.bool_]


class RefusedError(Exception):
    """The request is refused: a status, and the body that says why."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class UnknownValueError(Exception):
    """A list of values has one that does not exist: the answer is empty and has no counts."""


def query_of(request: Request, archive: Archive) -> QueryParams:
    """The query without what the provider does not know."""
    if len(str(request.url)) > MAX_URL:
        raise RefusedError(414, {"detail": "URI Too Long"})
    known = [pair for pair in request.query_params.multi_items() if pair[0] not in archive.habits.ignores]
    return QueryParams(known)


def check_token(request: Request, archive: Archive, *, is_needed: bool = False) -> None:
    """Everybody may ask, but nobody with a wrong token; files want one."""
    header = request.headers.get("Authorization")
    if header is None:
        if is_needed:
            raise RefusedError(401, {"detail": "Unauthorized"})
        return
    token = header.removeprefix("Bearer ")
    left = archive.tokens.get(token, 0)
    if left < 1 or token.startswith("refresh-"):
        raise RefusedError(401, {"errors": {"token": ["Token is invalid or expired"]}})
    archive.tokens[token] = left - 1


def among(wanted: Sequence[str | None], known: tuple[str | None, ...], column: NDArray[np.int64]) -> Mask | bool:
    if not wanted:
        return True
    if not set(wanted) <= set(known):
        raise UnknownValueError
    return np.isin(column, [known.index(value) for value in wanted])


def box_in(values: list[str]) -> tuple[float, float, float, float] | None:
    if not values:
        return None
    try:
        west, south, east, north = map(float, values)
    except ValueError as error:
        raise invalid("bbox", "Input should be a valid list of 4 numbers") from error
    return west, south, east, north


def in_box(
    box: tuple[float, float, float, float] | None, longitude: NDArray[np.float64], latitude: NDArray[np.float64]
) -> Mask | bool:
    if box is None:
        return True
    west, south, east, north = box
    return (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)


def within(interval: str | None, column: NDArray[np.int64], name: str) -> Mask | bool:
    if interval is None:
        return True
    start, _, end = interval.partition("/")
    try:
        low, high = (None if part in ("", "..") else epoch_ms(part) for part in (start, end))
    except ValueError as error:
        raise invalid(name, "Input should be an RFC 3339 interval") from error
    return (column >= (low if low is not None else -(2**62))) & (column <= (high if high is not None else 2**62))


def epoch_ms(value: str) -> int:
    moment = datetime.fromisoformat(value)
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def whole(query: QueryParams, name: str, default: int, least: int, most: int | None) -> int:
    value = query.get(name, str(default))
    if not value.isdecimal() or int(value) < least or (most is not None and int(value) > most):
        raise invalid(name, f"Input should be a whole number from {least}" + (f" to {most}" if most else ""))
    return int(value)


def invalid(name: str, message: str) -> RefusedError:
    return RefusedError(422, {"detail": [{"type": "value_error", "loc": ["query", name], "msg": message}]})


def json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json; charset=utf-8")
