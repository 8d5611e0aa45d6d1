"""The fake's STAC API: collections, and a search by GET and POST with offsets, and links to the next page."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.upstreams.carbon_mapper_archive import Archive
from tests.upstreams.carbon_mapper_features import Scene, feature
from tests.upstreams.carbon_mapper_holdings import Holding, acquired, extents, holdings, modified
from tests.upstreams.carbon_mapper_requests import (
    RefusedError,
    box_in,
    check_token,
    epoch_ms,
    json,
    query_of,
    within,
)

DEFAULT_LIMIT, MAX_LIMIT = 10, 100
COMPARED = {"gt": np.greater, "gte": np.greater_equal, "lt": np.less, "lte": np.less_equal}

Member = tuple[str, int]
"""A collection, and an index or number in it."""


class Stac:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._holdings: tuple[Any, dict[str, Holding]] = (None, {})
        self._scenes: dict[str, int] = {}

    def routes(self, at: str) -> list[Route]:
        return [
            Route(f"{at}/stac/collections", self.collections),
            Route(f"{at}/stac/collections/{{collection}}/items/{{item}}", self.item),
            Route(f"{at}/stac/search", self.search, methods=["GET", "POST"]),
        ]

    async def collections(self, request: Request) -> Response:
        self._check(request)
        empty = self._archive.habits.empty_collections
        ids = [*sorted(self._held()), *empty, "l2-cloud-mask-planet", "l3c-attribution"]
        return json(
            {
                "collections": [{"type": "Collection", "id": name, "stac_version": "1.0.0"} for name in ids],
                "links": [{"rel": "root", "href": self._root(request)}],
            }
        )

    async def item(self, request: Request) -> Response:
        self._check(request)
        name, wanted = request.path_params["collection"], request.path_params["item"]
        for collection, member in self._named([wanted]):
            if collection == name:
                return json(self._feature((collection, member)))
        raise RefusedError(404, {"messages": [{"message": "Not found"}]})

    async def search(self, request: Request) -> Response:
        self._check(request)
        if request.method == "POST" and self._archive.habits.refuses_post:
            raise RefusedError(405, {"detail": "Method Not Allowed"})
        asked = await self._asked(request)
        limit, offset = min(int(asked.get("limit", DEFAULT_LIMIT)), MAX_LIMIT), int(asked.get("offset", 0))
        members = self._found(asked)
        page = members[offset : offset + limit]
        habits = self._archive.habits
        if habits.lost_features and len(page) > 1:
            habits.lost_features -= 1
            page = page[1:]
        answer: dict[str, Any] = {
            "type": "FeatureCollection",
            "stac_version": "1.0.0",
            "stac_extensions": [],
            "context": {"limit": limit, "offset": offset, "matched": len(members)},
            "numberMatched": len(members),
            "numberReturned": len(page),
            "features": [self._feature(member) for member in page],
            "links": [{"rel": "root", "href": self._root(request)}],
        }
        if habits.links_pages and offset + limit < len(members):
            answer["links"].append(self._next(request, offset + limit * (not habits.circles)))
        return json(answer)

    def _check(self, request: Request) -> None:
        if not self._archive.habits.has_stac:
            raise RefusedError(404, {"detail": "Not Found"})
        check_token(request, self._archive)

    async def _asked(self, request: Request) -> Mapping[str, Any]:
        """A search as its POST would say it: what a GET joins with commas is taken apart."""
        if request.method == "POST":
            asked: Any = orjson.loads(await request.body())
            ignored = self._archive.habits.ignores
            return {name: value for name, value in asked.items() if name not in ignored}
        query = dict(query_of(request, self._archive))
        joined: dict[str, Any] = {
            name: query.pop(name).split(",") for name in ("collections", "ids", "bbox") if name in query
        }
        return {**query, **joined}

    def _found(self, asked: Mapping[str, Any]) -> list[Member]:
        if ids := asked.get("ids"):
            wanted = asked.get("collections")
            return [member for member in self._named(ids) if not wanted or member[0] in wanted]
        held = self._held()
        names = [name for name in asked.get("collections") or sorted(held) if name in held]
        return [(name, int(member)) for name in names for member in held[name].members[self._chosen(held[name], asked)]]

    def _chosen(self, holding: Holding, asked: Mapping[str, Any]) -> NDArray[np.bool_]:
        chosen = np.ones(len(holding.members), dtype=bool)
        chosen &= within(asked.get("datetime"), acquired(self._archive, holding), "datetime")
        if box := box_in(asked.get("bbox", [])):
            west, south, east, north = extents(self._archive, holding)
            chosen &= (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
        query = asked.get("query", {}) if self._archive.habits.searches_changes else {}
        for compared, value in query.get("cm:modified", {}).items():
            chosen &= COMPARED[compared](modified(self._archive, holding), epoch_ms(value))
        return chosen

    def _named(self, ids: list[str]) -> list[Member]:
        """All that bears one of these ids, in any collection."""
        plumes = {index for name in ids if (index := self._archive.index_of(name)) is not None}
        scenes = {number for name in ids if (number := self._number_of(name)) is not None}
        found = []
        for collection, holding in sorted(self._held().items()):
            wanted = scenes if holding.kind in ("l2b", "rgb") else plumes
            if wanted:
                found += [(collection, int(one)) for one in holding.members[np.isin(holding.members, sorted(wanted))]]
        return found

    def _number_of(self, name: str) -> int | None:
        if "-" in name:
            return None
        for number in range(len(self._scenes), 2 * -(-self._archive.count // 3)):
            self._scenes[Scene(self._archive, number).name] = number
        return self._scenes.get(name)

    def _feature(self, member: Member) -> dict[str, Any]:
        return feature(self._archive, member[0], self._held()[member[0]], member[1])

    def _held(self) -> dict[str, Holding]:
        archive = self._archive
        state = (archive.count, frozenset(archive.withdrawn), frozenset(archive.reprocessed), str(archive.surfaces))
        if self._holdings[0] != state:
            self._holdings = (state, holdings(archive))
        return self._holdings[1]

    def _next(self, request: Request, offset: int) -> dict[str, Any]:
        elsewhere = self._archive.habits.links_elsewhere
        if request.method == "POST":
            href = f"{self._root(request)}/search"
            return {"rel": "next", "method": "POST", "href": href, "merge": True, "body": {"offset": offset}}
        url = request.url.include_query_params(offset=offset)
        return {"rel": "next", "href": str(url.replace(netloc="elsewhere.example") if elsewhere else url)}

    def _root(self, request: Request) -> str:
        return str(request.base_url).rstrip("/") + "/api/v1/stac"
