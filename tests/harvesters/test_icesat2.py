import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from pydantic import AnyHttpUrl, SecretStr
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from harvesters.base import Listed, Selection, Source, Window
from harvesters.icesat2 import ICESat2
from harvesters.icesat2_cursor import Cursor
from tercet.errors import AuthError, ConfigError, NotServedError, UpstreamError
from tests.stac_schemas import SHARED
from tests.upstreams.faults import Faults, faulty
from tests.upstreams.icesat2 import Archive, app, records
from tests.upstreams.icesat2_asked import SETTINGS, Asked, last_cursor, names, placed, walk

WITH_TOKEN = SETTINGS.model_copy(
    update={"cmr_url": AnyHttpUrl("https://cmr.test"), "earthdata_token": SecretStr("e-y-e-s")}
)
SAMPLES = SHARED / "upstream" / "cmr-icesat2" / "samples" / "cmr"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[ASGIApp], Asked]:
    """Give a function that puts an app where CMR is."""
    return placed(monkeypatch)


def test_it_is_a_source() -> None:
    source: Source = ICESat2()
    assert source.name == "icesat2"
    assert source.products[0] == "ATL08"


@pytest.mark.parametrize(("count", "page_size"), [(0, 10), (1, 10), (9, 10), (10, 10), (11, 10), (30, 10), (25, 7)])
async def test_every_granule_once_and_one_request_beyond_the_full_pages(
    at: Callable[[ASGIApp], Asked], count: int, page_size: int
) -> None:
    archive = Archive.generate(count)
    asked = at(app(archive))
    pages = await walk(Selection("ATL08"), page_size=page_size)
    assert names(pages) == [archive.record(index, "007")["umm"]["GranuleUR"] for index in range(count)]
    # the Collections, the pages, and the empty page that ends them
    assert len(asked.requests) == 1 + math.ceil(count / page_size) + 1
    assert {page.total for page in pages if page.records} <= {count}


async def test_it_asks_in_the_pinned_version_and_says_who_it_is(at: Callable[[ASGIApp], Asked]) -> None:
    asked = at(app(Archive.generate(12)))
    await walk(Selection("ATL08"), page_size=10)
    assert all(headers["client-id"] == "tercet" for _, _, headers in asked.requests)
    assert [path for _, path, _ in asked.requests[1:]] == ["/search/granules.umm_json_v1_6_6"] * 3
    assert "cmr-search-after" not in asked.requests[1][2]
    assert asked.requests[2][2]["cmr-search-after"] != asked.requests[3][2]["cmr-search-after"]


async def test_nobody_in_particular_is_asked_for_where_no_token_is_given(at: Callable[[ASGIApp], Asked]) -> None:
    asked = at(app(Archive.generate(12)))
    await walk(Selection("ATL08"))
    assert not any("authorization" in headers for _, _, headers in asked.requests)


async def test_a_token_of_earthdata_login_goes_to_cmr_and_nowhere_else(at: Callable[[ASGIApp], Asked]) -> None:
    elsewhere: list[dict[bytes, bytes]] = []
    inner = app(Archive.generate(12))

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if headers[b"host"] == b"cmr.test":
            where = f"https://elsewhere.test{scope['path']}?{scope['query_string'].decode()}"
            await RedirectResponse(where)(scope, receive, send)
            return
        elsewhere.append(headers)
        await inner(scope, receive, send)

    asked = at(moved)
    assert len(names(await walk(Selection("ATL08"), settings=WITH_TOKEN))) == 12
    at_cmr = [headers for _, _, headers in asked.requests if headers["host"] == "cmr.test"]
    assert {headers.get("authorization") for headers in at_cmr} == {"Bearer e-y-e-s"}
    assert elsewhere
    assert not any(b"authorization" in headers for headers in elsewhere)


async def test_a_token_that_cmr_refuses_is_told_without_it(at: Callable[[ASGIApp], Asked]) -> None:
    faults = Faults(refused=9)
    at(faulty(app(Archive(9)), faults))
    with pytest.raises(AuthError, match=r"NASA's CMR answered 401 .* check its credentials") as error:
        await walk(Selection("ATL08"), settings=WITH_TOKEN)
    assert "e-y-e-s" not in str(error.value)


async def test_a_product_without_a_release_is_the_newest_one(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive(40, releases=("006", "007", "008"))))
    assert all("_008_" in name for name in names(await walk(Selection("ATL08"))))
    assert all("_006_" in name for name in names(await walk(Selection("ATL08.006"))))


async def test_a_release_that_cmr_has_not_is_refused_with_those_that_it_has(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive.generate(5)))
    with pytest.raises(ConfigError, match=r"no release 004 of ATL08; there is: ATL08\.006, ATL08\.007"):
        await walk(Selection("ATL08.004"))


async def test_a_product_that_cmr_does_not_list_is_an_error_not_an_empty_harvest(
    at: Callable[[ASGIApp], Asked],
) -> None:
    at(app(Archive.generate(5)))
    with pytest.raises(NotServedError, match="no Collection of ATL06"):
        await walk(Selection("ATL06"))


async def test_cursors_grow_and_a_later_walk_finds_what_changed_since(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(300)
    asked = at(app(archive))
    pages = await walk(Selection("ATL08"))
    cursors = [page.cursor for page in pages if page.cursor]
    assert len(cursors) == len(pages)
    assert cursors == sorted(cursors)
    late = archive.revision_date(299, "007") + timedelta(hours=30)
    archive.revised = {7: late, 120: late + timedelta(seconds=5)}
    asked.requests.clear()
    later = names(await walk(Selection("ATL08", cursor=cursors[-1])))
    # the Collections, what was deleted, two pages and the empty one
    assert len(asked.requests) == 5
    assert {name for name in later if "_007_02" in name} == {
        archive.record(index, "007")["umm"]["GranuleUR"] for index in (7, 120)
    }
    # the hour before the cursor comes again, no more
    in_the_hour = {*range(300 - 1 - 180, 300)} - set(archive.revised)
    assert len(later) == len(in_the_hour) + 2


async def test_a_walk_continues_from_any_of_its_cursors_without_losing_a_granule(
    at: Callable[[ASGIApp], Asked],
) -> None:
    at(app(Archive.generate(500)))
    pages = await walk(Selection("ATL08"), page_size=60)
    whole = set(names(pages))
    for number, page in enumerate(pages, 1):
        rest = await walk(Selection("ATL08", cursor=page.cursor), page_size=60)
        assert set(names(pages[:number])) | set(names(rest)) == whole


async def test_a_granule_that_moves_while_we_read_is_not_lost(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(50)
    at(app(archive))
    late = archive.revision_date(49, "007") + timedelta(hours=1)

    def revise() -> None:
        archive.revised.update({3: late, 44: late})

    found = names(await walk(Selection("ATL08"), page_size=10, between=revise))
    assert {archive.record(index, "007")["umm"]["GranuleUR"] for index in range(50)} <= set(found)


async def test_a_page_that_repeats_the_last_granule_loses_and_doubles_none(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive(25, repeats=True)
    at(app(archive))
    found = names(await walk(Selection("ATL08"), page_size=10))
    assert len(found) == len(set(found)) == 25


async def test_an_archive_that_sends_one_page_again_and_again_is_left(at: Callable[[ASGIApp], Asked]) -> None:
    answer = {"hits": 9, "took": 1, "items": records(3)}

    async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
        if "granules" not in scope["path"]:
            await app(Archive(9))(scope, receive, send)
            return
        await JSONResponse(answer, headers={"CMR-Search-After": '["nsidc_cprd", 5, 5]'})(scope, receive, send)

    asked = at(stuck)
    with pytest.raises(UpstreamError, match="the same page twice"):
        await walk(Selection("ATL08"))
    assert len(asked.requests) == 3


async def test_a_newer_release_is_read_from_its_beginning(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive(60)
    at(app(archive))
    cursor = last_cursor(await walk(Selection("ATL08")))
    archive.releases = ("007", "008")
    pages = await walk(Selection("ATL08", cursor=cursor))
    assert len(names(pages)) == 60
    assert last_cursor(pages) > cursor
    assert pages[-1].listed == [Listed("icesat2-atl08-008", every_version=False)]


async def test_a_page_says_what_cmr_says_of_the_collection(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive(30)
    at(app(archive))
    first, *others = await walk(Selection("ATL08.006"), page_size=2)
    assert first.described.keys() == {"icesat2-atl08-006"}
    assert first.described["icesat2-atl08-006"]["umm"]["DOI"]["DOI"] == "10.5067/ATLAS/ATL08.006"
    assert not any(page.described for page in others)


async def test_a_collection_without_granules_is_described_all_the_same(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive(0)))
    (page,) = await walk(Selection("ATL08"))
    assert page.described.keys() == {"icesat2-atl08-007"}


async def test_a_walk_through_a_part_moves_no_cursor(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive.generate(40)))
    window = Window(datetime(2020, 1, 1, tzinfo=UTC), datetime(2023, 1, 1, tzinfo=UTC))
    assert {page.cursor for page in await walk(Selection("ATL08", window=window))} == {None}


def test_a_cursor_of_another_making_is_refused() -> None:
    with pytest.raises(ConfigError, match="--full-refresh"):
        Cursor.read("2026-01-01", "007")


async def test_a_window_holds_its_start_and_not_its_end(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(200)
    at(app(archive))
    borders = [datetime(2019, 1, 1, tzinfo=UTC), archive.granule(100).start, datetime(2030, 1, 1, tzinfo=UTC)]
    halves = [set(names(await walk(Selection("ATL08", window=Window(start, end))))) for start, end in pairwise(borders)]
    on_border = archive.record(100, "007")["umm"]["GranuleUR"]
    assert on_border not in halves[0]
    assert on_border in halves[1]
    assert halves[0] | halves[1] == set(names(await walk(Selection("ATL08", window=Window(borders[0], None)))))
    assert archive.asked[0]["temporal"] == ["2019-01-01T00:00:00.000Z," + _before(borders[1])]


def _before(moment: datetime) -> str:
    return (moment - timedelta(milliseconds=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("bbox", [(-110.0, 20.0, -80.0, 50.0), (170.0, 20.0, -160.0, 50.0)])
async def test_a_box_and_its_polygon_find_the_same_granules(
    at: Callable[[ASGIApp], Asked], bbox: tuple[float, float, float, float]
) -> None:
    archive = Archive.generate(700)
    at(app(archive))
    west, south, east, north = bbox
    ring = [[west, south], [west, north], [east, north], [east, south], [west, south]]  # clockwise
    by_box = names(await walk(Selection("ATL08", bbox=bbox)))
    by_ring = names(await walk(Selection("ATL08", intersects={"type": "Polygon", "coordinates": [ring]})))
    assert by_box
    assert by_box == by_ring
    assert len(by_box) < 700


async def test_a_long_geometry_goes_as_a_form(at: Callable[[ASGIApp], Asked]) -> None:
    asked = at(app(Archive.generate(60)))
    ring = [[-100 + 30 * math.cos(a / 200), 40 + 20 * math.sin(a / 200)] for a in range(1257)]
    pages = await walk(Selection("ATL08", intersects={"type": "Polygon", "coordinates": [ring]}), page_size=2)
    assert {method for method, path, _ in asked.requests if "granules" in path} == {"POST"}
    box = await walk(Selection("ATL08", bbox=(-130, 20, -70, 60)))
    assert set(names(pages)) <= set(names(box))
    assert names(pages)


async def test_a_geometry_that_is_none_is_the_users_to_mend(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive.generate(5)))
    with pytest.raises(ConfigError, match="--intersects is not usable"):
        await walk(Selection("ATL08", intersects={"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}))


async def test_a_part_of_a_page_is_asked_for_again_in_smaller_pages(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive(30, parts=2)
    at(app(archive))
    assert len(names(await walk(Selection("ATL08"), page_size=16))) == 30
    assert [asked["page_size"] for asked in archive.asked] == [["16"], ["8"], ["4"], ["8"], ["16"], ["16"], ["16"]]


async def test_an_archive_that_is_slow_with_long_pages_is_read_in_short_ones(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive(100, slow_above=30)))
    assert len(names(await walk(Selection("ATL08"), page_size=100))) == 100


async def test_an_archive_whose_gateway_gives_up_is_asked_for_less(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive(20)

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        if b"page_size=8" in scope["query_string"]:
            await JSONResponse({"errors": ["too slow"]}, 504)(scope, receive, send)
            return
        await app(archive)(scope, receive, send)

    at(gateway)
    assert len(names(await walk(Selection("ATL08"), page_size=8))) == 20


@pytest.mark.parametrize("retry_after", ["1", "date", ""])
async def test_an_archive_that_throttles_is_waited_for(at: Callable[[ASGIApp], Asked], retry_after: str) -> None:
    faults = Faults(throttled=3, retry_after=retry_after, prefix="/search/granules")
    at(faulty(app(Archive(30)), faults))
    assert len(names(await walk(Selection("ATL08"), page_size=10))) == 30
    assert faults.throttled == 0


async def test_hits_without_granules_are_no_end(at: Callable[[ASGIApp], Asked]) -> None:
    async def empty(scope: Scope, receive: Receive, send: Send) -> None:
        if "granules" not in scope["path"]:
            await app(Archive(9))(scope, receive, send)
            return
        await JSONResponse({"hits": 9, "took": 1, "items": []}, headers={"CMR-Hits": "9"})(scope, receive, send)

    at(empty)
    with pytest.raises(UpstreamError, match="CMR says 9 granules and sent none"):
        await walk(Selection("ATL08"))


async def test_a_page_that_stays_a_part_is_an_error(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive(30, parts=10_000)))
    with pytest.raises(UpstreamError, match="ran out of time 6 times, at last with a page of 3 granules: ask for less"):
        await walk(Selection("ATL08"))


async def test_what_cmr_refuses_is_told_in_its_words(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive.generate(5)))
    with pytest.raises(UpstreamError, match="page_size must be a number between 0 and 2000"):
        await walk(Selection("ATL08"), page_size=2001)


async def test_an_answer_that_is_no_page_is_not_the_end(at: Callable[[ASGIApp], Asked]) -> None:
    async def maintenance(scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse({"message": "We are back soon"})(scope, receive, send)

    at(maintenance)
    with pytest.raises(UpstreamError, match="without records"):
        await walk(Selection("ATL08"))


def test_what_is_wanted_is_what_was_named_and_can_be_chosen_so() -> None:
    source = ICESat2()
    assert source.wanted((), {}) == ("ATL08",)
    assert source.wanted(("ATL06", "ATL15"), {}) == ("ATL06", "ATL15")
    assert source.wanted(source.products, {"region": (4,)}) == ("ATL08", "ATL03", "ATL06", "ATL02", "ATL11", "ATL24")
    with pytest.raises(ConfigError, match="ATL15 are not told apart by --rgt"):
        source.wanted(("ATL15",), {"rgt": (4,)})


@pytest.mark.parametrize(
    ("spelled", "product"),
    [
        ("ATL08", "ATL08"),
        ("atl08", "ATL08"),
        (" Atl08 ", "ATL08"),
        ("ATL08.006", "ATL08.006"),
        ("atl08_006", "ATL08.006"),
        ("ATL08.6", "ATL08.006"),
        ("icesat2-atl08-006", "ATL08.006"),
        ("ATL07QL", "ATL07QL"),
    ],
)
def test_a_product_is_known_in_any_usual_spelling(spelled: str, product: str) -> None:
    assert ICESat2().product(spelled) == product


@pytest.mark.parametrize("spelled", ["ATL8", "ATL008", "plumes", "", "ATL05", "ATL08.abc"])
def test_another_product_is_refused_with_the_list(spelled: str) -> None:
    with pytest.raises(ConfigError, match=r"no product of ICESat-2.*ATL03"):
        ICESat2().product(spelled)


def test_the_nearest_product_is_named() -> None:
    with pytest.raises(ConfigError, match="did you mean ATL08"):
        ICESat2().product("ATL8")


class TestRecordsIn:
    source = ICESat2()

    def test_an_answer_gives_its_items(self) -> None:
        items = records(3)
        assert list(self.source.records_in({"hits": 3, "took": 9, "items": items}) or ()) == items
        assert list(self.source.records_in({"items": items}) or ()) == items

    def test_an_answer_without_items_gives_none_but_is_ours(self) -> None:
        assert self.source.records_in({"hits": 0, "took": 9, "items": []}) == []
        assert self.source.records_in({"feed": {"title": "ECHO granule metadata", "entry": []}}) == []

    def test_a_record_alone_gives_itself(self) -> None:
        item = records(1)[0]
        assert self.source.records_in(item) == [item]
        assert self.source.records_in(item["umm"]) == [item["umm"]]

    def test_a_list_of_records_gives_them(self) -> None:
        items = records(2)
        assert self.source.records_in(items) == items
        assert self.source.records_in([{"hits": 2, "took": 1, "items": items}, items[0]["umm"]]) == [
            *items,
            items[0]["umm"],
        ]

    @pytest.mark.parametrize(
        "document",
        [
            {"items": [{"plume_id": "p"}], "total_count": 1},
            {"type": "FeatureCollection", "features": []},
            {"plume_id": "p"},
            [],
            [{"plume_id": "p"}],
            [records(1)[0], {"plume_id": "p"}],
            {},
            None,
            5,
            "ATL08",
        ],
    )
    def test_what_is_another_sources_is_left_to_it(self, document: Any) -> None:
        assert self.source.records_in(document) is None

    @pytest.mark.parametrize(
        ("name", "count"),
        [
            ("atl03.json", 1),
            ("atl03_umm.json", 1),
            ("atl06.json", 1),
            ("atl06_umm.json", 1),
            ("ATL08_006_CPRD_echo10_as_dict.json", 1),
            ("printed_ummg_excerpts_shared.json", 6),
        ],
    )
    def test_every_recorded_answer_is_recognised(self, name: str, count: int) -> None:
        if not SAMPLES.is_dir():
            pytest.skip(f"no recorded answers in {SAMPLES}")
        found = self.source.records_in(json.loads((SAMPLES / name).read_text()))
        assert found is not None
        assert len(list(found)) == count
