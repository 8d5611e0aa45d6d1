import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import AnyHttpUrl

from harvesters.base import Page, Selection, Window
from harvesters.earthcare import LAG, LAUNCH, EarthCARE
from harvesters.earthcare_upstream import NEW, OLD, Queryables
from harvesters.earthcare_windows import Area
from tercet.errors import ConfigError, UpstreamError
from tercet.fetch import Fetcher, Politeness
from tercet.settings import Settings
from tests.stac_schemas import SHARED
from tests.upstreams.earthcare import Archive, Service, app
from tests.upstreams.earthcare_orbit import Frame, frame_number
from tests.upstreams.server import serve

PRODUCT = "MSI_COP_2A"
START = datetime(2025, 6, 1, tzinfo=UTC)
FIRST = frame_number(START)
SAMPLES = SHARED / "upstream" / "maap-earthcare" / "samples"
FAST = Politeness(per_second=10_000, attempts=3)


@contextlib.contextmanager
def serving(archive: Archive) -> Iterator[Settings]:
    """The fake service on loopback."""
    with serve(app(archive)) as url:
        yield Settings(maap_url=AnyHttpUrl(f"{url}/catalogue/"))


def days(count: int, **changes: Any) -> Archive:
    """Some days of frames from START on, without a gap."""
    return Archive(count * 125, first=FIRST, **changes)


def selection(length: float = 3, **changes: Any) -> Selection:
    return replace(Selection(PRODUCT, Window(START, START + timedelta(days=length))), **changes)


async def walked(source: EarthCARE, settings: Settings, selected: Selection) -> list[Page]:
    async with Fetcher("ESA MAAP", FAST) as fetcher:
        return [page async for page in source.pages(fetcher, settings, selected)]


async def harvested(archive: Archive, selected: Selection | None = None, *, page_size: int = 200) -> list[str]:
    with serving(archive) as settings:
        return ids(await walked(EarthCARE(page_size=page_size), settings, selected or selection()))


def ids(pages: list[Page]) -> list[str]:
    return [record["id"] for page in pages for record in page.records]


def overlapping(archive: Archive, selected: Selection) -> set[str]:
    """What a walk ought to bring: all that overlaps its window."""
    start, end = selected.window.start, selected.window.end
    return {archive.record(index)["id"] for index in archive.between(start, end and end - timedelta(milliseconds=1))}


class TestWalk:
    @pytest.mark.parametrize("page_size", [1, 7, 124, 125, 126, 2000])
    async def test_every_record_once_whatever_the_page_size(self, page_size: int) -> None:
        archive = days(2)
        got = await harvested(archive, selection(1.5), page_size=page_size)
        assert len(got) == len(set(got))
        assert set(got) == overlapping(archive, selection(1.5))

    @pytest.mark.parametrize("next_link", ["get", "post", "merge"])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_every_kind_of_next_link_is_followed(self, method: str, next_link: Any) -> None:
        archive = days(3, service=Service(methods=frozenset({method, "GET"}), next_link=next_link))
        if method == "GET":
            archive.service.methods = frozenset({"GET"})
        assert set(await harvested(archive, page_size=50)) == overlapping(archive, selection())

    async def test_a_frame_over_midnight_comes_once_and_with_the_window_it_starts_in(self) -> None:
        archive = days(4)
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection())
        got = [datetime.fromisoformat(r["properties"]["start_datetime"]) for page in pages for r in page.records]
        assert len(got) == len(set(got))
        # only the very first window may hold a frame that began before it
        assert sum(moment < START for moment in got) == 1
        per_window = itertools.groupby(pages, key=lambda page: page.cursor is None)
        walked_days = [
            {r["properties"]["start_datetime"][:10] for page in window for r in page.records}
            for is_inside, window in per_window
            if is_inside
        ]
        assert walked_days[1:] == [{"2025-06-02"}, {"2025-06-03"}]

    async def test_versions_of_a_frame_all_come(self) -> None:
        archive = days(2, versions=3)
        got = await harvested(archive, selection(0.5))
        assert set(got) == overlapping(archive, selection(0.5))
        assert {name[6:8] for name in got} == {"AE", "BA", "BB"}

    async def test_other_product_types_do_not_come(self) -> None:
        archive = days(6, product_types=(PRODUCT, "MSI_CM__2A", "ACM_CAP_2B"))
        got = await harvested(archive)
        assert {name[9:19] for name in got} == {PRODUCT}
        assert len(got) > 100

    async def test_a_type_that_the_filter_lets_through_is_dropped(self) -> None:
        archive = days(2, product_types=(PRODUCT, "MSI_CM__2A"))
        archive.service.ignores_filters = True
        got = await harvested(archive, selection(0.5))
        assert {name[9:19] for name in got} == {PRODUCT}

    async def test_empty_months_take_few_requests(self) -> None:
        archive = days(1)
        archive.first = frame_number(START + timedelta(days=300))
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(302))
        assert len(ids(pages)) == 125
        assert len(archive.service.asked) < 20

    async def test_each_window_tells_how_far_the_walk_is_even_where_it_holds_nothing(self) -> None:
        archive = days(0)
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(40))
        cursors = [page.cursor for page in pages if page.cursor]
        assert cursors[:3] == ["2025-06-02T00:00:00.000Z", "2025-06-04T00:00:00.000Z", "2025-06-08T00:00:00.000Z"]
        assert cursors[-1] == "2025-07-11T00:00:00.000Z"

    async def test_jaxa_products_split_over_two_collections_come_from_both_and_once(self) -> None:
        archive = days(2, product_types=("AC__CLP_2B",))
        archive.collections = {
            "EarthCAREL2Validated_MAAP": ("AC__CLP_2B",),
            "JAXAL2Validated_MAAP": ("AC__CLP_2B",),
            "EarthCAREL1Validated_MAAP": (),
        }
        got = await harvested(archive, replace(selection(1), product="AC__CLP_2B"))
        assert len(got) == len(set(got)) > 100
        asked = {body["collections"][0] for body in archive.service.asked}
        assert asked == {"EarthCAREL2Validated_MAAP", "JAXAL2Validated_MAAP"}


class TestCursor:
    async def test_a_first_walk_starts_at_launch_and_ends_now(self) -> None:
        archive = days(1)
        now = START + timedelta(hours=12)
        with serving(archive) as settings:
            pages = await walked(EarthCARE(now=lambda: now), settings, Selection(PRODUCT))
        assert archive.service.asked[0]["datetime"].startswith("2024-05-28T00:00:00.000Z/")
        assert pages[-1].cursor == "2025-06-01T12:00:00.000Z"

    async def test_cursors_rise(self) -> None:
        with serving(days(5)) as settings:
            pages = await walked(EarthCARE(), settings, selection(5))
        cursors = [page.cursor for page in pages if page.cursor]
        assert cursors == sorted(set(cursors))
        assert len(cursors) == 5

    async def test_a_later_walk_rereads_the_lag_and_never_moves_the_cursor_back(self) -> None:
        archive = days(20)
        cursor = START + timedelta(days=16)
        now = START + timedelta(days=18)
        selected = Selection(PRODUCT, cursor=cursor.isoformat())
        with serving(archive) as settings:
            pages = await walked(EarthCARE(now=lambda: now), settings, selected)
        assert archive.service.asked[0]["datetime"].startswith((cursor - LAG).isoformat()[:19])
        cursors = [page.cursor for page in pages if page.cursor]
        assert cursors[-1] == "2025-06-19T00:00:00.000Z"
        assert all(datetime.fromisoformat(text) >= cursor for text in cursors)

    async def test_a_window_in_the_future_is_not_walked(self) -> None:
        with serving(days(1)) as settings:
            source = EarthCARE(now=lambda: START - timedelta(days=1))
            assert await walked(source, settings, selection()) == []

    async def test_a_foreign_cursor_is_refused(self) -> None:
        with serving(days(1)) as settings, pytest.raises(ConfigError, match="'page-7' is no cursor of EarthCARE"):
            await walked(EarthCARE(), settings, Selection(PRODUCT, cursor="page-7"))

    async def test_an_early_cursor_does_not_go_before_launch(self) -> None:
        archive = days(0)
        with serving(archive) as settings:
            source = EarthCARE(now=lambda: LAUNCH + timedelta(days=3))
            await walked(source, settings, Selection(PRODUCT, cursor="2024-05-29T00:00:00.000Z"))
        assert archive.service.asked[0]["datetime"].startswith("2024-05-28")


class TestArea:
    async def test_a_box_over_the_antimeridian_is_two_searches_and_no_doubles(self) -> None:
        archive = days(2)
        got = await harvested(archive, selection(1, bbox=(170.0, -20.0, -170.0, 20.0)))
        boxes = {tuple(body["bbox"]) for body in archive.service.asked}
        assert boxes == {(170.0, -20.0, 180.0, 20.0), (-180.0, -20.0, -170.0, 20.0)}
        assert len(got) == len(set(got)) > 0
        assert len(got) < 40

    @pytest.mark.parametrize("methods", [frozenset({"GET"}), frozenset({"POST"})])
    async def test_a_geometry_is_sent_either_way(self, methods: frozenset[str]) -> None:
        archive = days(20, service=Service(methods=methods))
        corners = [[-104.5, 31], [-102, 31], [-102, 33.5], [-104.5, 33.5], [-104.5, 31]]
        got = await harvested(archive, selection(20, intersects={"type": "Polygon", "coordinates": [corners]}))
        assert 0 < len(got) < 10
        assert archive.service.asked[0]["intersects"]["type"] == "Polygon"

    async def test_a_footprint_that_only_seems_to_reach_around_the_globe_does_not_come(self) -> None:
        archive = days(2)
        box = (-10.0, -20.0, 10.0, 20.0)
        crossing = [
            index
            for index in archive.between(START, START + timedelta(days=1))
            if max(p[0] for p in Frame.numbered(FIRST + index).swath()) > 179
        ]
        names = {archive.record(index)["id"] for index in crossing}
        got = set(await harvested(archive, selection(1, bbox=box)))
        assert names
        assert got
        assert not names & got

    async def test_a_record_without_readable_footprint_comes_to_be_rejected(self) -> None:
        area = Area.of(selection(bbox=(0.0, 0.0, 1.0, 1.0)))
        assert area.touches({"id": "x", "geometry": None})
        assert area.touches({"id": "x", "geometry": "here"})
        assert not area.touches({"id": "x", "geometry": {"type": "Point", "coordinates": [5, 5]}})

    async def test_a_box_without_extent_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="--bbox cannot be used"):
            Area.of(selection(bbox=(1.0, 1.0, 1.0, 1.0)))

    async def test_two_areas_are_refused(self) -> None:
        with serving(days(1)) as settings:
            both = selection(bbox=(0, 0, 1, 1), intersects={"type": "Point", "coordinates": [0, 0]})
            with pytest.raises(ConfigError, match="leave out --bbox or --intersects"):
                await walked(EarthCARE(), settings, both)

    async def test_a_broken_geometry_is_refused(self) -> None:
        with serving(days(1)) as settings:
            broken = selection(intersects={"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]})
            with pytest.raises(ConfigError, match="--intersects cannot be used"):
                await walked(EarthCARE(), settings, broken)


class TestDialects:
    async def test_post_is_preferred(self) -> None:
        archive = days(1)
        await harvested(archive, selection(1))
        assert isinstance(archive.service.asked[0]["limit"], int)  # a query string has no numbers

    async def test_where_post_is_refused_get_is_used(self) -> None:
        archive = days(2, service=Service(methods=frozenset({"GET"})))
        assert set(await harvested(archive, selection(1))) == overlapping(archive, selection(1))

    @pytest.mark.parametrize("listed", ["new", "old", ""])
    @pytest.mark.parametrize("names", [{"new"}, {"old"}, {"new", "old"}])
    @pytest.mark.parametrize("methods", [{"GET"}, {"POST"}, {"GET", "POST"}])
    async def test_every_state_of_the_migration_is_harvested(
        self, methods: set[str], names: set[str], listed: str
    ) -> None:
        service = Service(methods=frozenset(methods), names=frozenset(names), listed=listed)
        archive = days(2, service=service)
        assert set(await harvested(archive, selection(1))) == overlapping(archive, selection(1))

    async def test_the_listed_names_are_the_first_that_are_asked_with(self) -> None:
        archive = days(1, service=Service(names=frozenset({"old"}), listed="old"))
        await harvested(archive, selection(1))
        assert len(archive.service.asked) == 1
        assert archive.service.asked[0]["filter"] == "productType='MSI_COP_2A'"

    async def test_a_dialect_that_was_refused_is_not_tried_in_every_window(self) -> None:
        archive = days(3, service=Service(names=frozenset({"old"}), listed="new"))
        await harvested(archive, selection(3))
        assert len(archive.service.asked) == 4

    async def test_a_service_that_changes_in_the_middle_is_followed(self) -> None:
        archive = days(4)
        seen: list[str] = []
        with serving(archive) as settings:
            async with Fetcher("ESA MAAP", FAST) as fetcher:
                pages: AsyncIterator[Page] = EarthCARE(page_size=40).pages(fetcher, settings, selection())
                async for page in pages:
                    seen += [record["id"] for record in page.records]
                    if len(seen) == 160:
                        archive.service.names = frozenset({"old"})
                        archive.service.methods = frozenset({"GET"})
        assert len(seen) == len(set(seen))
        assert set(seen) == overlapping(archive, selection())

    async def test_a_service_that_takes_nothing_is_an_error_in_its_own_words(self) -> None:
        archive = days(1, service=Service(names=frozenset()))
        with pytest.raises(UpstreamError, match=r"Property .* is not queryable"):
            await harvested(archive)

    async def test_a_service_that_takes_no_search_is_an_error(self) -> None:
        archive = days(1, service=Service(methods=frozenset()))
        with pytest.raises(UpstreamError, match="405"):
            await harvested(archive)


class TestCounts:
    async def test_pages_cut_from_changing_orders_still_bring_everything_once(self) -> None:
        archive = days(2, service=Service(steady=False))
        got = await harvested(archive, selection(1), page_size=100)
        assert len(got) == len(set(got))
        assert set(got) == overlapping(archive, selection(1))

    async def test_what_one_walk_left_out_the_next_one_brings(self) -> None:
        archive = days(2)
        archive.service.drops = {archive.record(index)["id"] for index in (10, 60)}
        assert set(await harvested(archive, selection(1))) == overlapping(archive, selection(1))

    async def test_what_the_service_counts_and_never_sends_stops_the_walk(self) -> None:
        archive = days(2, service=Service(overcounts=1))
        with pytest.raises(UpstreamError, match=r"counts \d+ MSI_COP_2A records .* and sends \d+, again"):
            await harvested(archive, selection(1))
        assert len(archive.service.asked) == 2  # a third time would bring the same

    async def test_what_the_service_counts_and_sends_twice_is_taken_once(self) -> None:
        archive = days(2, service=Service(repeats=2))
        got = await harvested(archive, selection(1))
        assert len(got) == len(set(got))
        assert set(got) == overlapping(archive, selection(1))

    async def test_nothing_of_a_window_with_missing_records_moves_the_cursor(self) -> None:
        archive = days(3, service=Service(overcounts=0))
        cursors: list[str] = []

        async def walk(settings: Settings) -> None:
            async with Fetcher("ESA MAAP", FAST) as fetcher:
                async for page in EarthCARE().pages(fetcher, settings, selection()):
                    if page.cursor:
                        cursors.append(page.cursor)
                        archive.service.overcounts = 1

        with serving(archive) as settings, pytest.raises(UpstreamError):
            await walk(settings)
        assert cursors == ["2025-06-02T00:00:00.000Z"]

    async def test_paging_in_a_circle_is_noticed(self) -> None:
        archive = days(2, service=Service(circles=True))
        with pytest.raises(UpstreamError, match="its paging runs in a circle"):
            await harvested(archive, selection(1), page_size=30)


class TestCatalogue:
    async def test_the_opensearch_link_is_not_taken_for_the_search(self) -> None:
        archive = days(1, service=Service(advertises_search=True))
        assert await harvested(archive, selection(1))

    async def test_a_root_without_its_slash_works(self) -> None:
        with serving(days(1)) as settings:
            url = str(settings.maap_url).rstrip("/")
            assert await walked(EarthCARE(), Settings(maap_url=AnyHttpUrl(url)), selection(1))

    async def test_a_more_open_collection_is_preferred(self) -> None:
        archive = days(1)
        await harvested(archive, selection(1))
        assert {body["collections"][0] for body in archive.service.asked} == {"EarthCAREL2Validated_MAAP"}

    async def test_a_restricted_collection_serves_what_no_open_one_has(self) -> None:
        archive = days(1, product_types=("CPR_APC_2A",))
        archive.collections = {
            "EarthCAREL2Validated_MAAP": ("MSI_COP_2A",),
            "EarthCAREL2InstChecked_MAAP": ("CPR_APC_2A",),
        }
        got = await harvested(archive, replace(selection(1), product="CPR_APC_2A"))
        assert len(got) > 100

    async def test_a_type_that_nobody_lists_is_an_error_that_names_what_is_listed(self) -> None:
        expected = pytest.raises(UpstreamError, match="no collection with ATL_TC__2A today; it lists MSI_COP_2A")
        with serving(days(1)) as settings, expected:
            await walked(EarthCARE(), settings, replace(selection(), product="ATL_TC__2A"))

    async def test_other_missions_are_never_searched(self) -> None:
        archive = days(1)
        await harvested(archive, selection(1))
        asked = {body["collections"][0] for body in archive.service.asked}
        assert all(name.startswith(("EarthCARE", "JAXA")) for name in asked)

    @pytest.mark.parametrize("path", sorted((SAMPLES / "queryables").glob("*.json")), ids=lambda path: path.name)
    def test_recorded_queryables_are_understood(self, path: Any) -> None:
        queryables = Queryables.read(json.loads(path.read_text()))
        assert queryables.names is OLD
        assert queryables.product_types
        assert all(len(kind) == 10 for kind in queryables.product_types)

    def test_queryables_of_both_generations_are_read(self) -> None:
        new = {"properties": {"product:type": {"type": "string", "enum": ["msi_cop_2a"]}}}
        assert Queryables.read(new) == Queryables(NEW, frozenset({"MSI_COP_2A"}))
        without = {"properties": {"productType": {"type": "string"}}}
        assert Queryables.read(without).serves("MSI_COP_2A") is None
        assert Queryables.read([]) == Queryables(None, None)


class TestProducts:
    def test_the_default_is_the_clouds_of_the_imager(self) -> None:
        assert EarthCARE().products[0] == "MSI_COP_2A"

    @pytest.mark.parametrize(
        ("spelling", "expected"),
        [
            ("MSI_COP_2A", "MSI_COP_2A"),
            ("msi_cop_2a", "MSI_COP_2A"),
            ("AC__TC__2B", "AC__TC__2B"),
            ("ac-tc-2b", "AC__TC__2B"),
            ("ac_tc_2b", "AC__TC__2B"),
            ("earthcare-ac-tc-2b", "AC__TC__2B"),
            ("m-cop", "MSI_COP_2A"),
            ("A-TC", "ATL_TC__2A"),
            (" ATL_NOM_0_ ", "ATL_NOM_0_"),
        ],
    )
    def test_users_spell_types_in_many_ways(self, spelling: str, expected: str) -> None:
        assert EarthCARE().product(spelling) == expected

    def test_every_type_is_found_by_its_own_name(self) -> None:
        source = EarthCARE()
        assert [source.product(kind) for kind in source.products] == list(source.products)

    def test_a_misspelt_type_names_the_nearest(self) -> None:
        with pytest.raises(ConfigError, match=r"MSI_COB_2A is no EarthCARE product type: did you mean MSI_COP_2A"):
            EarthCARE().product("MSI_COB_2A")

    def test_an_unknown_type_names_them_all(self) -> None:
        with pytest.raises(ConfigError, match=r"The types are .*ACM_CAP_2B.*MSI_RGR_1C"):
            EarthCARE().product("landsat")


def test_a_generated_frame_is_where_the_orbit_was() -> None:
    frame = Frame(4366, 4)
    # the archive's own figures for 04366E: start, and the ends of the ground track
    assert frame.start == datetime(2025, 3, 5, 13, 45, 40, tzinfo=UTC)
    assert frame.track()[0] == pytest.approx([5.98, 22.51], abs=0.4)
    assert frame.track()[-1] == pytest.approx([-2.72, -22.52], abs=0.4)
