"""What CMR refuses, in its own words, and which granules its parameters mean.

Sources of the words: cmr.search.services.parameters.parameter_validation, cmr.common_app.services.search, and
cmr.spatial's messages in nasa/Common-Metadata-Repository.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import shapely

from tests.upstreams.icesat2_archive import FOREVER, Archive

LARGEST_PAGE, DEFAULT_PAGE, DEEPEST = 2000, 10, 1_000_000
LEADING_WILDCARDS = 5
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SORT_KEYS = frozenset({"start_date", "end_date", "granule_ur", "provider", "revision_date", "readable_granule_name"})
KNOWN = frozenset(
    {
        *("collection_concept_id", "concept_id", "short_name", "version", "provider", "temporal", "bounding_box"),
        *("polygon", "line", "point", "revision_date", "sort_key", "page_size", "page_num", "updated_since"),
        *("readable_granule_name", "granule_ur", "producer_granule_id", "options"),
    }
)
NAMES = ("readable_granule_name", "granule_ur", "producer_granule_id")

Asked = Mapping[str, list[str]]
Test = Callable[[int], bool]


class RefusedError(Exception):
    """The request is a 400, in CMR's own words."""


def check(asked: Asked) -> None:
    """Raises RefusedError."""
    for name in asked:
        if name.partition("[")[0] not in KNOWN:
            raise RefusedError(f"Parameter [{name}] was not recognized.")
    key = first(asked, "sort_key").lstrip("+-")
    if key and key not in SORT_KEYS:
        raise RefusedError(f"The sort key [{key}] is not a valid field for sorting granules.")
    size, number = page_size(asked), first(asked, "page_num")
    if number and int(number) * size > DEEPEST:
        raise RefusedError(
            f"The paging depth (page_num * page_size) of [{int(number) * size}] exceeds the limit of {DEEPEST}."
        )


def first(asked: Asked, name: str) -> str:
    return asked.get(name, [""])[0]


def page_size(asked: Asked) -> int:
    text = first(asked, "page_size") or str(DEFAULT_PAGE)
    if not text.isdecimal() or int(text) > LARGEST_PAGE:
        raise RefusedError(f"page_size must be a number between 0 and {LARGEST_PAGE}")
    return int(text)


def revised(asked: Asked) -> tuple[datetime, datetime]:
    """The range of revision dates, both ends in it."""
    if "revision_date" not in asked:
        return LONG_AGO, FOREVER
    start, _, end = first(asked, "revision_date").partition(",")
    return _moment(start, LONG_AGO), _moment(end, FOREVER)


def _moment(text: str, default: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text) if text else default
    except ValueError:
        raise RefusedError(f"[{text}] is not a valid datetime") from None


def tests(asked: Asked, archive: Archive, release: str) -> list[Test]:
    """What each of the parameters asks of a granule."""
    return [*_in_time(asked, archive), *_in_place(asked, archive), *_by_name(asked, archive, release)]


def _in_time(asked: Asked, archive: Archive) -> Iterator[Test]:
    for text in asked.get("temporal", ()):
        start, _, end = text.partition(",")
        begin, last = _moment(start, LONG_AGO), _moment(end, LONG_AGO + timedelta(days=365 * 200))
        yield lambda index, begin=begin, last=last: (  # type: ignore[misc]
            archive.granule(index).start <= last and archive.granule(index).end >= begin
        )


def _by_name(asked: Asked, archive: Archive, release: str) -> Iterator[Test]:
    for parameter in NAMES:
        patterns = asked.get(parameter, [])
        if not patterns:
            continue
        is_pattern = first(asked, f"options[{parameter}][pattern]") == "true"
        if is_pattern and sum(pattern[:1] in ("*", "?") for pattern in patterns) > LEADING_WILDCARDS:
            raise RefusedError(
                f"The CMR allows a maximum of {LEADING_WILDCARDS} leading wildcard conditions per query."
            )
        wanted = re.compile(
            "|".join(f"(?:{_expression(pattern, is_pattern=is_pattern)})" for pattern in patterns), re.IGNORECASE
        )
        yield lambda index, parameter=parameter, wanted=wanted: any(  # type: ignore[misc]
            wanted.fullmatch(name) for name in _names(archive, index, release, parameter)
        )


def _expression(pattern: str, *, is_pattern: bool) -> str:
    if not is_pattern:
        return re.escape(pattern)
    return "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)


def _names(archive: Archive, index: int, release: str, parameter: str) -> list[str]:
    granule_ur, producer_id = archive.names(index, release)
    return {"granule_ur": [granule_ur], "producer_granule_id": [producer_id]}.get(parameter, [granule_ur, producer_id])


def _in_place(asked: Asked, archive: Archive) -> Iterator[Test]:
    for text in asked.get("bounding_box", ()):
        yield _in_box(text, archive)
    shapes = [_polygon(text) for text in asked.get("polygon", ())]
    if len(shapes) > 1 and first(asked, "options[polygon][or]") != "true":
        raise AssertionError("several polygons are ANDed: nobody means that")
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
    if any(_same_place(one, other) for one, other in pairwise(ring)):
        raise RefusedError("The shape contained duplicate points.")
    if not shapely.is_ccw(shapely.linearrings(ring)):
        raise RefusedError(
            "The polygon boundary points are listed in the wrong order (clockwise or counter clockwise). "
            "Points must be provided in counter-clockwise order."
        )
    if not shapely.is_valid(shapely.Polygon(ring)) or max(ring)[0] - min(ring)[0] >= 360:
        raise RefusedError("The polygon boundary intersected itself at the following points: ...")
    return shapely.Polygon(ring)


def _same_place(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one == other or (abs(one[1]) == 90 and one[1] == other[1])
