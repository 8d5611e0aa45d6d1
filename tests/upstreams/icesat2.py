"""A fake of NASA's CMR search, with its own rules over generated granules.

Rules: a granule search names a Collection; what CMR does not know or take is a 400 in its own words; 2,000 records a
page at most; long addresses are a 413; pages are chained by CMR-Search-After, which is sent even with the last
records and is absent from the empty page after them; answers may be cut short by CMR's own time limit and say so in
a header only; deletions are told for a year.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.upstreams import icesat2_collections
from tests.upstreams.icesat2_archive import PROVIDER, Archive, iso, records
from tests.upstreams.icesat2_rules import RefusedError, Test, check, first, page_size, revised, tests

__all__ = ["Archive", "app", "records"]

LONGEST_URL = 8000
MEDIA_TYPE = "application/vnd.nasa.cmr.umm_results+json;version=1.6.6; charset=utf-8"
GRANULES = "/search/granules.umm_json"
OF_COLLECTIONS = frozenset({"short_name", "provider", "version", "page_size"})
OF_DELETIONS = frozenset({"revision_date", "provider", "parent_collection_id"})
FEED_REACHES = timedelta(days=365)


def app(archive: Archive) -> ASGIApp:
    """The service over an archive."""
    service = _Service(archive)
    return Starlette(
        routes=[
            Route("/search/collections.umm_json", service.collections),
            Route("/search/deleted-granules.json", service.deletions),
            Route(f"{GRANULES}_v1_6_6", service.granules, methods=["GET", "POST"]),
            Route(GRANULES, service.granules, methods=["GET", "POST"]),
        ],
        exception_handlers={RefusedError: _refused},
    )


async def _refused(_request: Request, error: Exception) -> Response:
    return JSONResponse({"errors": [str(error)]}, 400)


class _Service:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    async def collections(self, request: Request) -> Response:
        asked = _only(await _parameters(request), OF_COLLECTIONS)
        archive = self._archive
        wanted = first(asked, "short_name").upper() == archive.short_name and first(asked, "provider") == PROVIDER
        items = [icesat2_collections.item(archive, release) for release in archive.releases if wanted]
        headers = {"CMR-Hits": str(len(items))}
        return JSONResponse({"hits": len(items), "took": 5, "items": items}, headers=headers)

    async def deletions(self, request: Request) -> Response:
        asked = _only(await _parameters(request), OF_DELETIONS)
        if not first(asked, "revision_date"):
            raise RefusedError("One revision date is required for deleted granules search.")
        if "," in first(asked, "revision_date"):
            raise RefusedError("Only one revision date is allowed, no ranges.")
        since = datetime.fromisoformat(first(asked, "revision_date"))
        if self._archive.now() - since > FEED_REACHES:
            raise RefusedError("Revision date must be within one year of today.")
        self._archive.asked.append(asked)
        parent = first(asked, "parent_collection_id")
        told = [one for one in self._archive.deletions(since) if parent in ("", one["parent-collection-id"])]
        return JSONResponse(told, headers={"CMR-Hits": str(len(told))})

    async def granules(self, request: Request) -> Response:
        if len(str(request.url)) > LONGEST_URL:
            return JSONResponse({"errors": ["Request URI is too long"]}, 413)
        asked = await _parameters(request)
        check(asked)
        self._archive.asked.append(asked)
        release = self._release(asked)
        since, until = revised(asked)
        backwards = first(asked, "sort_key").startswith("-")
        wanted = tests(asked, self._archive, release)
        mark = json.loads(request.headers.get("CMR-Search-After", "null"))
        following = self._following(release, (since, until), mark, backwards=backwards)
        size = page_size(asked)
        page = list(islice((index for index in following if _passes(index, wanted)), size))
        if mark and page and self._archive.repeats:
            page = [mark[2], *page][:size]
        return self._answer(release, page, self._hits(release, since, until, wanted))

    def _following(self, release: str, span: tuple[datetime, datetime], mark: Any, *, backwards: bool) -> Iterator[int]:
        """Granules after the mark."""
        archive, (since, until) = self._archive, span
        if not mark:
            yield from archive.in_order(release, since, until, backwards=backwards)
            return
        moment, last = datetime.fromisoformat(mark[1]), (mark[1], mark[2])
        rest = (since, min(until, moment)) if backwards else (max(since, moment), until)
        for index in archive.in_order(release, *rest, backwards=backwards):
            place = (iso(archive.revision_date(index, release)), index)
            if place < last if backwards else place > last:
                yield index

    def _hits(self, release: str, since: datetime, until: datetime, wanted: list[Test]) -> int:
        if not wanted:
            return self._archive.size_between(release, since, until)
        return sum(1 for index in self._archive.in_order(release, since, until) if _passes(index, wanted))

    def _answer(self, release: str, page: list[int], hits: int) -> Response:
        archive = self._archive
        headers = {"CMR-Hits": str(hits), "CMR-Took": "31", "Content-Type": MEDIA_TYPE}
        if page:
            last = iso(archive.revision_date(page[-1], release))
            headers["CMR-Search-After"] = json.dumps([PROVIDER.lower(), last, page[-1]])
        if archive.parts > 0 or (archive.slow_above is not None and len(page) > archive.slow_above):
            archive.parts -= 1
            page = page[: len(page) // 2]
            headers["CMR-Timed-Out"] = "true"
        items = [archive.record(index, release) for index in page]
        return Response(orjson.dumps({"hits": hits, "took": 31, "items": items}), headers=headers)

    def _release(self, asked: Mapping[str, list[str]]) -> str:
        wanted = first(asked, "collection_concept_id")
        for release in self._archive.releases:
            if self._archive.concept_id(release) == wanted:
                return release
        raise RefusedError(
            "The CMR does not allow querying across granules in all collections. You should limit your query using "
            "conditions that identify one or more collections."
        )


def _passes(index: int, wanted: list[Test]) -> bool:
    return all(test(index) for test in wanted)


async def _parameters(request: Request) -> dict[str, list[str]]:
    """Parameters by their names, without the brackets of lists."""
    query = request.url.query + "&" + (await request.body()).decode()
    asked: dict[str, list[str]] = {}
    for name, values in parse_qs(query, keep_blank_values=True).items():
        asked.setdefault(name.removesuffix("[]"), []).extend(values)
    return asked


def _only(asked: dict[str, list[str]], known: frozenset[str]) -> dict[str, list[str]]:
    for name in asked:
        if name not in known:
            raise RefusedError(f"Parameter [{name}] was not recognized.")
    return asked
