"""A fake of NASA's CMR search, with its own rules over generated granules.

Rules: a granule search names a Collection; unknown parameters are a 400; 2,000 records a page at most; long
addresses are a 413; polygons are closed and counter-clockwise; pages are chained by CMR-Search-After, which is
sent even with the last records and is absent from the empty page after them; answers may be cut short by
CMR's own time limit and say so in a header only.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

import shapely
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.upstreams.icesat2_archive import PROVIDER, Archive, iso, records

__all__ = ["Archive", "app", "records"]

LARGEST_PAGE, DEFAULT_PAGE, LONGEST_URL = 2000, 10, 8000
MEDIA_TYPE = "application/vnd.nasa.cmr.umm_results+json;version=1.6.6; charset=utf-8"
KNOWN = frozenset(
    {
        *("collection_concept_id", "concept_id", "short_name", "version", "provider", "temporal", "bounding_box"),
        *("polygon", "line", "point", "revision_date", "sort_key", "page_size", "updated_since", "options"),
    }
)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Test = Callable[[int], bool]


class RefusedError(Exception):
    """The request is a 400, in CMR's own words."""


def app(archive: Archive) -> ASGIApp:
    """The service over an archive."""
    service = _Service(archive)
    return Starlette(
        routes=[
            Route("/search/collections.umm_json", service.collections),
            Route("/search/granules.umm_json_v1_6_6", service.granules, methods=["GET", "POST"]),
            Route("/search/granules.umm_json", service.granules, methods=["GET", "POST"]),
        ],
        exception_handlers={RefusedError: _refused},
    )


async def _refused(_request: Request, error: Exception) -> Response:
    return JSONResponse({"errors": [str(error)]}, 400)


class _Service:
    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    async def collections(self, request: Request) -> Response:
        asked = await _parameters(request)
        archive = self._archive
        wanted = _first(asked, "short_name").upper() == archive.short_name and _first(asked, "provider") == PROVIDER
        items = [
            {
                "meta": {
                    "concept-type": "collection",
                    "concept-id": archive.concept_id(release),
                    "provider-id": PROVIDER,
                },
                "umm": {"ShortName": archive.short_name, "Version": release, "EntryTitle": archive.title(release)},
            }
            for release in archive.releases
            if wanted
        ]
        return JSONResponse({"hits": len(items), "took": 5, "items": items}, headers={"CMR-Hits": str(len(items))})

    async def granules(self, request: Request) -> Response:
        if len(str(request.url)) > LONGEST_URL:
            return JSONResponse({"errors": ["Request URI is too long"]}, 413)
        asked = await _parameters(request)
        self._archive.asked.append(asked)
        release = self._release(asked)
        size = _page_size(asked)
        since = _since(asked)
        tests = [*_in_time(asked, self._archive), *_in_place(asked, self._archive)]

        def matches(index: int) -> bool:
            return all(test(index) for test in tests)

        mark = json.loads(request.headers.get("CMR-Search-After", "null"))
        page = list(islice(self._following(release, since, mark, matches), size))
        if mark and page and self._archive.repeats:
            page = [mark[2], *page][:size]
        hits = self._archive.size_since(release, since) if not tests else self._hits(release, since, matches)
        return self._answer(release, page, hits)

    def _following(self, release: str, since: datetime, mark: Any, matches: Test) -> Iterator[int]:
        """Granules after the mark."""
        archive = self._archive
        last = (mark[1], mark[2]) if mark else ("", -1)
        for index in archive.in_order(release, max(since, _moment_of(mark))):
            if (iso(archive.revision_date(index, release)), index) > last and matches(index):
                yield index

    def _hits(self, release: str, since: datetime, matches: Test) -> int:
        return sum(1 for index in self._archive.in_order(release, since) if matches(index))

    def _answer(self, release: str, page: list[int], hits: int) -> Response:
        archive = self._archive
        headers = {"CMR-Hits": str(hits), "CMR-Took": "31", "Content-Type": MEDIA_TYPE}
        if page:
            last = iso(archive.revision_date(page[-1], release))
            headers["CMR-Search-After"] = json.dumps([PROVIDER.lower(), last, page[-1]])
        if archive.parts > 0:
            archive.parts -= 1
            page = page[: len(page) // 2]
            headers["CMR-Timed-Out"] = "true"
        items = [archive.record(index, release) for index in page]
        return Response(json.dumps({"hits": hits, "took": 31, "items": items}), headers=headers)

    def _release(self, asked: Mapping[str, list[str]]) -> str:
        wanted = _first(asked, "collection_concept_id")
        for release in self._archive.releases:
            if self._archive.concept_id(release) == wanted:
                return release
        raise RefusedError(
            "The CMR does not allow querying across granules in all collections. You should limit your query using "
            "conditions that identify one or more collections."
        )


async def _parameters(request: Request) -> dict[str, list[str]]:
    query = request.url.query + "&" + (await request.body()).decode()
    asked: dict[str, list[str]] = {}
    for name, values in parse_qs(query, keep_blank_values=True).items():
        plain = name.partition("[")[0]
        if plain not in KNOWN:
            raise RefusedError(f"Parameter [{plain}] was not recognized.")
        asked.setdefault(plain if plain != "options" else name, []).extend(values)
    return asked


def _first(asked: Mapping[str, list[str]], name: str) -> str:
    return asked.get(name, [""])[0]


def _page_size(asked: Mapping[str, list[str]]) -> int:
    text = _first(asked, "page_size") or str(DEFAULT_PAGE)
    if not text.isdecimal() or int(text) > LARGEST_PAGE:
        raise RefusedError(f"page_size must be a number between 0 and {LARGEST_PAGE}")
    return int(text)


def _since(asked: Mapping[str, list[str]]) -> datetime:
    start = _first(asked, "revision_date").partition(",")[0]
    return datetime.fromisoformat(start) if start else LONG_AGO


def _moment_of(mark: Any) -> datetime:
    return datetime.fromisoformat(mark[1]) if mark else LONG_AGO


def _in_time(asked: Mapping[str, list[str]], archive: Archive) -> Iterator[Test]:
    for text in asked.get("temporal", ()):
        start, _, end = text.partition(",")
        first = datetime.fromisoformat(start) if start else LONG_AGO
        last = datetime.fromisoformat(end) if end else LONG_AGO + timedelta(days=365 * 200)
        yield lambda index, first=first, last=last: (  # type: ignore[misc]
            archive.granule(index).start <= last and archive.granule(index).end >= first
        )


def _in_place(asked: Mapping[str, list[str]], archive: Archive) -> Iterator[Test]:
    for text in asked.get("bounding_box", ()):
        yield _in_box(text, archive)
    shapes = [_polygon(text) for text in asked.get("polygon", ())]
    if shapes:
        whole = shapely.union_all(shapes)
        shapely.prepare(whole)
        yield lambda index: bool(shapely.contains_xy(whole, archive.granule(index).middle()).any())


def _in_box(text: str, archive: Archive) -> Test:
    west, south, east, north = map(float, text.split(","))
    if south > north:
        raise RefusedError(f"The bounding rectangle north value [{north}] was less than the south value [{south}]")
    wide = (east - west) % 360 or 360
    return lambda index: any(
        south <= y <= north and (x - west) % 360 <= wide for x, y in archive.granule(index).middle()
    )


def _polygon(text: str) -> shapely.Polygon:
    numbers = [float(number) for number in text.split(",")]
    ring = list(zip(numbers[::2], numbers[1::2], strict=True))
    if ring[0] != ring[-1]:
        raise RefusedError("Polygon boundary was not closed. The first and last points must be equal.")
    if not shapely.is_ccw(shapely.linearrings(ring)):
        raise RefusedError(
            "The polygon boundary points are listed in the wrong order (clockwise or counter clockwise). "
            "Points must be provided in counter-clockwise order."
        )
    return shapely.Polygon(ring)
