"""What a client may ask for: parameters are checked before anything is done with them."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

import orjson
from fastapi import HTTPException, Request
from pydantic import BaseModel, field_validator, model_validator
from stac_fastapi.extensions.query import QueryExtension
from stac_fastapi.pgstac.types.search import PgstacSearch
from stac_fastapi.types.rfc3339 import str_to_interval

from stac_api.boxes import checked_bbox, checked_geometry, shown
from stac_api.filters import check_size, checked
from stac_api.free_text import terms_of

_CRS84 = ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "https://www.opengis.net/def/crs/OGC/1.3/CRS84")


class SearchRequest(PgstacSearch):  # type: ignore[misc]  # stac-fastapi-pgstac is not typed
    """A search as it is sent to ``POST /search``, and as GET requests are turned into."""

    @model_validator(mode="before")
    @classmethod
    def _check_object(cls, body: object) -> object:
        if not isinstance(body, Mapping):
            raise ValueError("the body must be a JSON object")  # noqa: TRY004 - pydantic reports ValueErrors only
        try:
            orjson.dumps(body)
        except TypeError as error:  # half a surrogate pair, a number of more than 64 bits, or hundreds of levels
            raise ValueError(f"the body cannot be read: {error}") from error
        return body

    @field_validator("filter_lang", check_fields=False)
    @classmethod
    def validate_query_uses_cql(cls, value: str) -> str:
        """Take filter and query together, which the class above refuses: both become one filter."""
        return value

    @field_validator("filter_expr", mode="before", check_fields=False)
    @classmethod
    def _check_filter(cls, value: object) -> object:
        return None if value is None else checked(value)

    @field_validator("filter_crs", mode="before", check_fields=False)
    @classmethod
    def _check_filter_crs(cls, value: object) -> object:
        return None if value is None else _check_crs(value)

    @field_validator("q", mode="before", check_fields=False)
    @classmethod
    def _check_free_text(cls, value: Any) -> list[str] | None:  # noqa: ANN401 - anything may be sent
        return terms_of(value) or None

    @field_validator("bbox", mode="before", check_fields=False)
    @classmethod
    def _check_bbox(cls, value: object) -> object:
        return None if value is None else checked_bbox(value)

    @field_validator("intersects", mode="before", check_fields=False)
    @classmethod
    def _check_geometry(cls, value: object) -> object:
        return checked_geometry(value) if isinstance(value, Mapping) else value

    @field_validator("datetime", mode="before", check_fields=False)
    @classmethod
    def _check_datetime(cls, value: object) -> object:
        return None if value is None else checked_datetime(value)


class _PropertyQuery(BaseModel):
    """The parameter of STAC's query extension; `stac_api.conditions` knows its operators."""

    query: dict[str, dict[str, Any]] | None = None


class PropertyQueryExtension(QueryExtension):
    """STAC's query extension with all its operators."""

    POST = _PropertyQuery


def checked_datetime(value: object) -> str:
    """Check an instant or interval.

    Raises:
        ValueError: it is neither.
    """
    try:
        moments = str_to_interval(value) if isinstance(value, str) else None
        for moment in moments if isinstance(moments, tuple) else (moments,):
            if moment is not None:
                moment.astimezone(UTC)  # which must lie within the years 1 to 9999
        if moments:
            return str(value)
    except (HTTPException, OverflowError):
        pass  # its sentence names neither the parameter nor the next step
    raise ValueError(
        f"datetime {shown(value)} must be an instant or an interval of RFC 3339, the earlier first, "
        "such as 2025-05-01T00:00:00Z or 2025-05-01T00:00:00Z/.."
    )


async def check_query(request: Request) -> None:
    """Check the query of any GET request; a dependency of every route.

    Raises:
        HTTPException: 400, with a sentence that names the parameter.
    """
    try:
        for name, value in request.query_params.multi_items():
            if name in _CHECKS:
                _CHECKS[name](value)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


def _check_bbox_text(value: str) -> None:
    try:
        numbers: list[float] | str = [float(number) for number in value.split(",")]
    except ValueError:
        numbers = value
    checked_bbox(numbers)


def _check_fields(value: str) -> None:
    # the extension lets an empty value mean what a missing one means
    if value and any(not name.strip("+- ") for name in value.split(",")):
        raise ValueError(f"fields {shown(value)} names an empty field")


def _check_crs(value: object) -> str:
    if value not in {"", *_CRS84}:
        raise ValueError(f"filter-crs {shown(value)} is not served: give longitude and latitude, {_CRS84[0]}")
    return str(value)


_CHECKS: Mapping[str, Callable[[str], object]] = {
    "bbox": _check_bbox_text,
    "datetime": checked_datetime,
    "fields": _check_fields,
    "filter": check_size,
    "filter-crs": _check_crs,
}
