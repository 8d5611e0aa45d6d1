"""What a client may ask for: parameters are checked before anything is done with them."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fastapi import HTTPException, Request
from pydantic import field_validator, model_validator
from stac_fastapi.pgstac.types.search import PgstacSearch
from stac_fastapi.types.rfc3339 import str_to_interval

FILTER_LENGTH = 20_000
"""Characters of a CQL2 filter."""
FILTER_DEPTH = 100
"""Brackets in brackets of a CQL2 filter: the parser recurses, and some thousand levels end the process."""
JSON_DEPTH = 64
"""Levels of a CQL2 filter as JSON, two for each operator: the time that its check takes grows with their cube."""

_SIGNS = re.compile(rf"(?:[-+]\s*|\bNOT\b\s*){{{FILTER_DEPTH}}}", re.IGNORECASE)  # nest without a bracket

_DIMENSIONS = {4: 2, 6: 3}
_OPENING, _CLOSING = "([{", ")]}"


class SearchRequest(PgstacSearch):  # type: ignore[misc]  # stac-fastapi-pgstac is not typed
    """A search as it is sent to ``POST /search``, and as GET requests are turned into."""

    @model_validator(mode="before")
    @classmethod
    def _check_object(cls, body: object) -> object:
        if not isinstance(body, Mapping):
            raise ValueError("the body must be a JSON object")  # noqa: TRY004 - pydantic reports ValueErrors only
        _refuse_free_text(body)
        check_depth(body.get("filter"))
        return body

    @field_validator("bbox", mode="before", check_fields=False)
    @classmethod
    def _check_bbox(cls, value: object) -> object:
        return None if value is None else checked_bbox(value)

    @field_validator("datetime", mode="before", check_fields=False)
    @classmethod
    def _check_datetime(cls, value: object) -> object:
        return None if value is None else checked_datetime(value)


def checked_bbox(value: object) -> list[float]:
    """Check a bounding box and drop its heights, which PostGIS cannot search by.

    Args:
        value: west, south, east, north in degrees, or with heights west, south, low, east, north, high.
            West > east crosses the antimeridian.

    Returns:
        West, south, east, north.

    Raises:
        ValueError: it is not that.
    """
    numbers = value if isinstance(value, list | tuple) else []
    if len(numbers) not in _DIMENSIONS or not all(_is_number(number) for number in numbers):
        raise ValueError(f"bbox {_shown(value)} must have 4 numbers (west, south, east, north), or 6 with heights")
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:  # noqa: PLR2004 - the globe
        raise ValueError(f"bbox {_shown(value)} must lie within -180, -90, 180, 90")
    if south > north:
        raise ValueError(f"bbox {_shown(value)} has its south above its north: the order is west, south, east, north")
    return [float(west), float(south), float(east), float(north)]


def checked_datetime(value: object) -> str:
    """Check an instant or interval.

    Raises:
        ValueError: it is neither.
    """
    try:
        if isinstance(value, str) and str_to_interval(value):
            return value
    except HTTPException:
        pass  # its sentence names neither the parameter nor the next step
    raise ValueError(
        f"datetime {_shown(value)} must be an instant or an interval of RFC 3339, the earlier first, "
        "such as 2025-05-01T00:00:00Z or 2025-05-01T00:00:00Z/.."
    )


def check_depth(cql2: object) -> None:
    """Check that a filter does not nest deeper than we read.

    Raises:
        ValueError: it does.
    """
    level = [cql2]
    for _ in range(JSON_DEPTH):
        below = [node.values() if isinstance(node, Mapping) else node for node in level]
        level = [child for node in below if not isinstance(node, str) and isinstance(node, Iterable) for child in node]
    if level:
        raise ValueError(f"filter nests deeper than {JSON_DEPTH // 2} operators: write it flatter")


async def check_query(request: Request) -> None:
    """Check the query of any GET request; a dependency of every route.

    Raises:
        HTTPException: 400, with a sentence that names the parameter.
    """
    try:
        for name, value in request.query_params.multi_items():
            if name in _CHECKS:
                _CHECKS[name](value)
        if request.url.path.endswith(("/search", "/items")):
            _refuse_free_text(request.query_params)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error


def _check_bbox_text(value: str) -> None:
    try:
        numbers: list[float] | str = [float(number) for number in value.split(",")]
    except ValueError:
        numbers = value
    checked_bbox(numbers)


def _check_fields(value: str) -> None:
    if any(not name.strip("+- ") for name in value.split(",")):
        raise ValueError(f"fields {_shown(value)} names an empty field")


def _check_filter(value: str) -> None:
    if len(value) > FILTER_LENGTH:
        raise ValueError(f"filter has {len(value)} characters and may have {FILTER_LENGTH}: use several requests")
    if max(_depths(value), default=0) > FILTER_DEPTH or _SIGNS.search(value):
        raise ValueError(f"filter nests deeper than {FILTER_DEPTH} levels: write it flatter")


def _depths(text: str) -> Iterator[int]:
    depth = 0
    for sign in text:
        depth += (sign in _OPENING) - (sign in _CLOSING)
        yield depth


_CHECKS: Mapping[str, Callable[[str], object]] = {
    "bbox": _check_bbox_text,
    "datetime": checked_datetime,
    "fields": _check_fields,
    "filter": _check_filter,
}


def _refuse_free_text(parameters: Mapping[str, Any]) -> None:
    if parameters.get("q"):
        raise ValueError("q finds Collections only (GET /collections?q=…): search Items with filter")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"'{text[:100]}'"
