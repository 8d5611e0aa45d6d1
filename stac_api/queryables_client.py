"""Queryables as clients see them: what pgSTAC has registered, with the values that occur.

The values are those of the whole catalog, in every Collection the same: pystac-client drops a property from merged
queryables when two Collections describe it differently.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import attr
from fastapi import Request
from stac_fastapi.pgstac.extensions import FiltersClient

MOST_VALUES = 100
"""Longer lists help nobody to choose, such as of the tracks of a mission."""

_COLLECTION = {"title": "Collection", "description": "Collection identifier", "type": "string"}
"""What pgSTAC searches and sorts by, and does not list."""

_SUMMARIES = """
SELECT content->'summaries' FROM pgstac.collections WHERE content ? 'summaries'
"""


@attr.s
class QueryablesClient(FiltersClient):  # type: ignore[misc]  # stac-fastapi-pgstac is not typed
    """Reads queryables from pgSTAC, and their values from the summaries that each harvest makes true."""

    async def get_queryables(
        self, request: Request, collection_id: str | None = None, **kwargs: object
    ) -> dict[str, Any]:
        """Answer ``GET /queryables`` and ``GET /collections/{id}/queryables``."""
        queryables: dict[str, Any] = await super().get_queryables(request, collection_id, **kwargs)
        async with request.app.state.get_connection(request, "r") as connection:
            summaries = [row[0] for row in await connection.fetch(_SUMMARIES)]
        named = {"collection": _COLLECTION, **queryables["properties"]}
        return {
            **queryables,
            "title": "Queryables",
            "properties": {name: _with_values(schema, name, summaries) for name, schema in named.items()},
            "additionalProperties": False,  # a filter by anything else is refused
        }


def _with_values(schema: Mapping[str, Any], name: str, summaries: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    said = [summary[name] for summary in summaries if name in summary]
    ranges = [one for one in said if isinstance(one, Mapping) and {"minimum", "maximum"} <= one.keys()]
    if ranges:
        least, most = min(one["minimum"] for one in ranges), max(one["maximum"] for one in ranges)
        return {**schema, "minimum": least, "maximum": most}
    values = sorted({value for one in said if isinstance(one, list) for value in one if isinstance(value, str)})
    if not 0 < len(values) <= MOST_VALUES or "enum" in schema:
        return schema
    if schema.get("type") == "array":
        return {**schema, "items": {**schema.get("items", {}), "enum": values}}
    return {**schema, "enum": values} if schema.get("type") == "string" else schema
