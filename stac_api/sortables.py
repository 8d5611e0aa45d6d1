"""Sortables: the queryables that have an order."""

from typing import Any

import attr
from fastapi import Request
from stac_fastapi.extensions.sort import AsyncBaseSortablesClient

from stac_api.queryables_client import QueryablesClient


@attr.s
class SortablesClient(AsyncBaseSortablesClient):
    """Reads sortables from pgSTAC's queryables."""

    async def get_sortables(self, request: Any = None, **_: object) -> dict[str, Any]:  # noqa: ANN401 - the class above may leave it out
        """Answer ``GET /sortables``."""
        return await _sortables(request, None)

    async def get_collection_sortables(self, collection_id: str, request: Any = None, **_: object) -> dict[str, Any]:  # noqa: ANN401 - as above
        """Answer ``GET /collections/{id}/sortables``."""
        return await _sortables(request, collection_id)


async def _sortables(request: Request, collection_id: str | None) -> dict[str, Any]:
    queryables = await QueryablesClient().get_queryables(request, collection_id)
    ordered = {name: schema for name, schema in queryables["properties"].items() if _has_order(name, schema)}
    return {
        "$schema": queryables["$schema"],
        "$id": queryables["$id"],
        "type": "object",
        "title": "Sortables",
        "properties": ordered,
        "additionalProperties": queryables["additionalProperties"],
    }


def _has_order(name: str, schema: dict[str, Any]) -> bool:
    return name != "geometry" and schema.get("type") != "array"
