"""A fake of Carbon Mapper's API, with its own rules: what it takes, ignores, refuses and gets wrong.

Rules: offsets only, at most 1000 plumes a page, parameters of unknown names are ignored, an unknown value of
``instrument`` or ``sectors`` empties the answer and drops its counts, a box is four repeated keys (with
commas it is a 422) and has a count of its own, everybody may read plumes but nobody with a wrong token.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.upstreams.carbon_mapper_archive import INSTRUMENTS, SECTORS, Archive, Columns, records, rows

__all__ = ["Archive", "app", "records", "rows"]

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
STATUSES = frozenset({"not_deleted", "published", "publish_ready", "valid", "deleted", "hidden"})
PUBLISHED = frozenset({"not_deleted", "published", "valid"})
MAX_URL = 8192

Mask = NDArray[np.bool_]


class RefusedError(Exception):
    """The request is refused: a status, and the body that says why."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class UnknownValueError(Exception):
    """A list of values has one that does not exist: the answer is empty and has no counts."""


def app(archive: Archive) -> ASGIApp:
    """The API over an archive, below /api/v1."""
    api = _Api(archive)
    at = "/api/v1"
    return Starlette(
        routes=[
            Route(f"{at}/catalog/plumes/annotated", api.annotated),
            Route(f"{at}/catalog/plume/{{name}}", api.plume),
            Route(f"{at}/token/pair", api.pair, methods=["POST"]),
            Route(f"{at}/token/refresh", api.refresh, methods=["POST"]),
        ],
        exception_handlers={RefusedError: _refused},
    )


class _Api:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    async def annotated(self, request: Request) -> Response:
        self._check(request)
        limit, offset = _whole(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT), _whole(request, "offset", 0, 0, None)
        try:
            everywhere, here = self._selected(request)
        except UnknownValueError:
            return _json({"limit": limit, "offset": offset, "items": [], "nearby_items": []})
        chosen = self._sorted(np.flatnonzero(here), request.query_params.get("sort", "desc"))
        page = chosen[offset : offset + limit]
        answer = {
            "bbox_count": int(here.sum()),
            "total_count": int(everywhere.sum()),
            "limit": limit,
            "offset": offset,
            "items": [self._archive.record(int(index)) for index in page],
            "nearby_items": [],
        }
        self._archive.pages_sent += 1
        if self._archive.after_page:
            self._archive.after_page(self._archive.pages_sent)
        return _json(answer)

    async def plume(self, request: Request) -> Response:
        self._check(request)
        name = request.path_params["name"]
        for index in range(self._archive.count):
            record = self._archive.record(index)
            if name in (record["id"], record["plume_id"]) and index not in self._archive.withdrawn:
                return _json(record)
        raise RefusedError(404, {"detail": "Not Found"})

    async def pair(self, request: Request) -> Response:
        form = orjson.loads(await request.body())
        if self._archive.accounts.get(form.get("email")) != form.get("password"):
            raise RefusedError(401, {"detail": "No active account found with the given credentials"})
        return _json({**self._new_tokens(), "groups": "Public", "permissions": []})

    async def refresh(self, request: Request) -> Response:
        token = orjson.loads(await request.body()).get("refresh", "")
        if not token.startswith("refresh-") or token not in self._archive.tokens:
            raise RefusedError(401, {"detail": "Token is invalid or expired"})
        return _json(self._new_tokens())

    def _new_tokens(self) -> dict[str, str]:
        number = len(self._archive.tokens)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self._archive.tokens |= {access: self._archive.token_lifetime, refresh: 1}
        return {"access": access, "refresh": refresh}

    def _check(self, request: Request) -> None:
        if len(str(request.url)) > MAX_URL:
            raise RefusedError(414, {"detail": "URI Too Long"})
        header = request.headers.get("Authorization")
        if header is None:
            return
        token = header.removeprefix("Bearer ")
        left = self._archive.tokens.get(token, 0)
        if left < 1 or token.startswith("refresh-"):
            raise RefusedError(401, {"errors": {"token": ["Token is invalid or expired"]}})
        self._archive.tokens[token] = left - 1

    def _selected(self, request: Request) -> tuple[Mask, Mask]:
        """What all filters but the box let through, and what the box lets through of that."""
        archive, query = self._archive, request.query_params
        columns = archive.columns
        chosen = np.ones(archive.count, dtype=bool)
        chosen[[index for index in archive.withdrawn if index < archive.count]] = False
        if (status := query.get("status", "published")) not in STATUSES:
            raise _invalid("status", f"Input should be one of {sorted(STATUSES)}")
        chosen &= status in PUBLISHED
        chosen &= _within(query.get("datetime"), columns.acquired, "datetime")
        chosen &= _within(query.get("published_at_datetime"), columns.published, "published_at_datetime")
        if gas := query.get("plume_gas"):
            chosen &= columns.is_co2 == (gas == "CO2")
        chosen &= _among(query.getlist("instrument") + query.getlist("instruments"), INSTRUMENTS, columns.instrument)
        chosen &= _among(query.getlist("sectors"), SECTORS, columns.sector)
        if shape := query.get("intersects"):
            chosen &= shapely.intersects_xy(shapely.from_geojson(shape), columns.longitude, columns.latitude)
        return chosen, chosen & _in_box(query.getlist("bbox"), columns)

    def _sorted(self, chosen: NDArray[np.intp], sort: str) -> NDArray[np.intp]:
        columns = self._archive.columns
        keys: dict[str, NDArray[Any]] = {
            "published_asc": columns.published,
            "published_desc": -columns.published,
            "asc": columns.acquired,
            "desc": -columns.acquired,
            "emissions_asc": columns.emission,
            "emissions_desc": -columns.emission,
        }
        if sort not in keys:
            raise _invalid("sort", f"Input should be one of {sorted(keys)}")
        return chosen[np.argsort(keys[sort][chosen], kind="stable")]


def _among(wanted: list[str], known: tuple[str | None, ...], column: NDArray[np.int64]) -> Mask | bool:
    if not wanted:
        return True
    if not set(wanted) <= set(known):
        raise UnknownValueError
    return np.isin(column, [known.index(value) for value in wanted])


def _in_box(values: list[str], columns: Columns) -> Mask | bool:
    if not values:
        return True
    try:
        west, south, east, north = map(float, values)
    except ValueError as error:
        raise _invalid("bbox", "Input should be a valid list of 4 numbers") from error
    longitude, latitude = columns.longitude, columns.latitude
    return (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)


def _within(interval: str | None, column: NDArray[np.int64], name: str) -> Mask | bool:
    if interval is None:
        return True
    start, _, end = interval.partition("/")
    try:
        low, high = (None if part in ("", "..") else _milliseconds(part) for part in (start, end))
    except ValueError as error:
        raise _invalid(name, "Input should be an RFC 3339 interval") from error
    return (column >= (low if low is not None else -(2**62))) & (column <= (high if high is not None else 2**62))


def _milliseconds(value: str) -> int:
    moment = datetime.fromisoformat(value)
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def _whole(request: Request, name: str, default: int, least: int, most: int | None) -> int:
    value = request.query_params.get(name, str(default))
    if not value.isdecimal() or int(value) < least or (most is not None and int(value) > most):
        raise _invalid(name, f"Input should be a whole number from {least}" + (f" to {most}" if most else ""))
    return int(value)


def _invalid(name: str, message: str) -> RefusedError:
    return RefusedError(422, {"detail": [{"type": "value_error", "loc": ["query", name], "msg": message}]})


def _json(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json; charset=utf-8")


async def _refused(_request: Request, error: Exception) -> Response:
    if isinstance(error, RefusedError):
        return _json(error.body, error.status)
    raise error
