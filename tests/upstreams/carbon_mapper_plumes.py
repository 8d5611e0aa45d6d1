"""The fake's lists of plumes: ``plumes/annotated`` and one plume by name."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.carbon_mapper_archive import INSTRUMENTS, SECTORS, Archive
from tests.upstreams.carbon_mapper_columns import VERSIONS
from tests.upstreams.carbon_mapper_requests import (
    Mask,
    RefusedError,
    UnknownValueError,
    among,
    box_in,
    check_token,
    in_box,
    invalid,
    json,
    query_of,
    whole,
    within,
)

DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
STATUSES = frozenset({"not_deleted", "published", "publish_ready", "valid", "deleted", "hidden"})
PUBLISHED = frozenset({"not_deleted", "published", "valid"})
GASES = ("CH4", "CO2")
UNATTRIBUTED = ("NA", "NULL")


class PlumeLists:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def routes(self, at: str) -> list[Route]:
        return [
            Route(f"{at}/catalog/plumes/annotated", self.annotated),
            Route(f"{at}/catalog/plume/{{name}}", self.plume),
        ]

    async def annotated(self, request: Request) -> Response:
        check_token(request, self._archive)
        query = query_of(request, self._archive)
        limit, offset = whole(query, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT), whole(query, "offset", 0, 0, None)
        try:
            everywhere, here = self._selected(query)
        except UnknownValueError:
            return json({"limit": limit, "offset": offset, "items": [], "nearby_items": []})
        chosen = self._sorted(np.flatnonzero(here), query.get("sort", "desc"))
        answer = {
            "bbox_count": int(here.sum()),
            "total_count": int(everywhere.sum()),
            "limit": limit,
            "offset": offset,
            "items": [self._archive.record(int(index)) for index in chosen[offset : offset + limit]],
            "nearby_items": [],
        }
        self._archive.pages_sent += 1
        if self._archive.after_page:
            self._archive.after_page(self._archive.pages_sent)
        return json(answer)

    async def plume(self, request: Request) -> Response:
        check_token(request, self._archive)
        name = request.path_params["name"]
        index = self._archive.index_of(name)
        if index is None or index in self._archive.withdrawn:
            raise RefusedError(404, {"detail": "Not Found"})
        return json(self._archive.record(index))

    def _selected(self, query: QueryParams) -> tuple[Mask, Mask]:
        """What all filters but the box let through, and what the box lets through of that."""
        columns, chosen = self._archive.columns, in_rest(self._archive)
        if (status := query.get("status", "published")) not in STATUSES:
            raise invalid("status", f"Input should be one of {sorted(STATUSES)}")
        chosen &= status in PUBLISHED
        chosen &= within(query.get("datetime"), columns.acquired, "datetime")
        chosen &= within(query.get("published_at_datetime"), columns.published, "published_at_datetime")
        chosen &= among(query.getlist("plume_gas"), GASES, columns.is_co2.astype(int))
        chosen &= among(query.getlist("instrument") + query.getlist("instruments"), INSTRUMENTS, columns.instrument)
        sectors = [None if code in UNATTRIBUTED else code for code in query.getlist("sectors")]
        chosen &= among(sectors, SECTORS, columns.sector)
        if shape := query.get("intersects"):
            chosen &= shapely.intersects_xy(shapely.from_geojson(shape), columns.longitude, columns.latitude)
        return chosen, chosen & in_box(box_in(query.getlist("bbox")), columns.longitude, columns.latitude)

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
            raise invalid("sort", f"Input should be one of {sorted(keys)}")
        return chosen[np.argsort(keys[sort][chosen], kind="stable")]


def in_rest(archive: Archive) -> Mask:
    """Which plumes REST lists: those of a version that it has, as they are now, less what was withdrawn."""
    now = archive.columns.version.copy()
    now[sorted(index for index in archive.reprocessed if index < archive.count)] = len(VERSIONS) - 1
    listed: Mask = np.array([archive.is_in("rest", version[1]) for version in VERSIONS])[now]
    listed[[index for index in archive.withdrawn if index < archive.count]] = False
    return listed
