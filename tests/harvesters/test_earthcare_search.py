"""How ESA's MAAP is asked: every dialect of the last years, its paging, its counts."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvesters import earthcare_walk
from harvesters.earthcare import EarthCARE
from harvesters.earthcare_cursor import Cursor
from harvesters.earthcare_requests import Dialect, Query, Request
from harvesters.earthcare_upstream import MEANINGS, NEW, OLD
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher
from tercet.settings import Settings
from tests.harvesters.earthcare_walks import (
    FAST,
    FIRST,
    START,
    cursors,
    days,
    harvested,
    ids,
    overlapping,
    selection,
    serving,
    walked,
)  # fmt: skip
from tests.upstreams.earthcare import Archive, Service
from tests.upstreams.faults import Faults


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
                async for page in EarthCARE(page_size=40).pages(fetcher, settings, selection()):
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

    async def test_queryables_between_two_generations_are_followed_name_by_name(self) -> None:
        service = Service(names=frozenset({"mixed"}), listed="mixed")
        archive = days(2, service=service, versions=2)
        got = await harvested(archive, selection(0.5, options={"baseline": ("BA",)}))
        assert got
        assert [body["filter"] for body in service.asked] == ["\"product:type\"='MSI_COP_2A' AND productVersion='BA'"]

    @pytest.mark.parametrize("status", [403, 404, 405, 415, 500, 501])
    async def test_a_method_that_was_never_taken_gives_way_whatever_is_said(self, status: int) -> None:
        archive = days(2, service=Service(methods=frozenset({"GET"}), refuses_with=status))
        assert set(await harvested(archive, selection(1))) == overlapping(archive, selection(1))

    async def test_a_service_that_changes_back_and_forth_is_followed(self) -> None:
        archive = days(6)
        service, seen = archive.service, list[str]()
        states = [({"GET"}, {"old"}), ({"POST"}, {"new"}), ({"GET"}, {"new"}), ({"POST"}, {"old"})]
        with serving(archive) as settings:
            async with Fetcher("ESA MAAP", FAST) as fetcher:
                async for page in EarthCARE().pages(fetcher, settings, selection(5)):
                    seen += [record["id"] for record in page.records]
                    if page.cursor and states:
                        methods, names = states.pop()
                        service.methods, service.names = frozenset(methods), frozenset(names)
        assert states == []
        assert set(seen) == overlapping(archive, selection(5))

    async def test_what_else_than_the_type_is_refused_is_left_out_and_chosen_here(self) -> None:
        archive = days(2, versions=2)
        archive.service.unasked = frozenset({"version", "productVersion"})
        got = await harvested(archive, selection(0.5, options={"baseline": ("BA",)}))
        assert {name[6:8] for name in got} == {"BA"}
        assert archive.service.asked[-1]["filter"] == "\"product:type\"='MSI_COP_2A'"

    async def test_the_variant_that_was_met_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        await harvested(days(1, service=Service(listed="old", names=frozenset({"new"}))), selection(1))
        assert "EarthCAREL2Validated_MAAP lists old filter names" in caplog.text
        assert "answered 400 to a search by POST with old names, full; trying POST with new names" in caplog.text

    async def test_an_outage_in_the_middle_is_waited_for(self) -> None:
        archive, faults = days(3), Faults(prefix="/catalogue/search")
        with serving(archive, faults) as settings:
            async with Fetcher("ESA MAAP", FAST) as fetcher:
                seen = []
                async for page in EarthCARE(page_size=50).pages(fetcher, settings, selection()):
                    seen += [record["id"] for record in page.records]
                    if len(seen) == 150:
                        faults.failing = 2
        assert faults.failing == 0
        assert len(seen) == len(set(seen))
        assert set(seen) == overlapping(archive, selection())

    async def test_a_lasting_outage_in_the_middle_is_an_error_and_the_walk_goes_on_later(self) -> None:
        archive, faults = days(3), Faults(prefix="/catalogue/search")
        now = START + timedelta(days=3)
        source = EarthCARE(page_size=50, now=lambda: now)
        seen, reached = set[str](), [""]

        async def walk(settings: Settings, *, fails_after: int, **since: Any) -> None:
            async with Fetcher("ESA MAAP", FAST) as fetcher:
                async for page in source.pages(fetcher, settings, selection(3, **since)):
                    seen.update(record["id"] for record in page.records)
                    reached.append(page.cursor or reached[-1])
                    faults.failing = 1000 if len(seen) > fails_after else 0

        with serving(archive, faults) as settings:
            with pytest.raises(UpstreamError, match=r"ESA MAAP answered 503 at .*/search; try again later"):
                await walk(settings, fails_after=150)
            faults.failing = 0
            await walk(settings, fails_after=10_000, cursor=reached[-1])
        assert seen >= overlapping(archive, selection())


MOODS = st.fixed_dictionaries(
    {
        "methods": st.sets(st.sampled_from(["GET", "POST"]), min_size=1).map(frozenset),
        "names": st.sets(st.sampled_from(["new", "old", "mixed"]), min_size=1).map(frozenset),
        "refuses_with": st.sampled_from([403, 404, 405, 501]),
        "next_link": st.sampled_from(["get", "post", "merge", "none"]),
        "steady": st.booleans(),
        "overcounts": st.sampled_from([0, 0, 1]),
        "repeats": st.sampled_from([0, 0, 2]),
    }
)


def test_whatever_mood_the_service_is_in_and_whenever_it_changes_all_comes_once() -> None:
    archive = Archive(100, first=FIRST, stride=5)
    selected = selection(2)
    expected = overlapping(archive, selected)

    async def walk(settings: Settings, page_size: int, later: dict[str, Any], when: int) -> list[str]:
        came: list[str] = []
        async with Fetcher("ESA MAAP", FAST) as fetcher:
            async for page in EarthCARE(page_size=page_size).pages(fetcher, settings, selected):
                came += [record["id"] for record in page.records]
                if len(came) >= when:
                    change(archive.service, later)
        return came

    with serving(archive) as settings:

        @hypothesis.settings(max_examples=20)
        @given(first=MOODS, later=MOODS, when=st.integers(1, 60), page_size=st.sampled_from([9, 20, 200]))
        def check(first: dict[str, Any], later: dict[str, Any], when: int, page_size: int) -> None:
            change(archive.service, first)
            came = asyncio.run(walk(settings, page_size, later, when))
            assert len(came) == len(set(came))
            assert set(came) == expected

        check()


def change(service: Service, mood: dict[str, Any]) -> None:
    for name, value in mood.items():
        setattr(service, name, value)


QUERY = Query("C", "MSI_COP_2A", "2025-06-01T00:00:00.000Z/2025-06-01T23:59:59.999Z")
FULL = Query(
    "C", "X", QUERY.interval, baselines=("BA", "BC"), orbits=(5, 9), frames=("D",), updated_since="2025-01-01T00:00:00Z"
)


class TestSpelling:
    """Every name of the table, in every form."""

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (
                NEW,
                (
                    "\"product:type\"='X' AND (version='BA' OR version='BC') AND \"sat:absolute_orbit\" >= 5 AND "
                    "\"sat:absolute_orbit\" <= 9 AND frame='D' AND updated >= TIMESTAMP('2025-01-01T00:00:00Z')"
                ),
            ),
            (
                OLD,
                (
                    "productType='X' AND (productVersion='BA' OR productVersion='BC') AND orbitNumber >= 5 AND "
                    "orbitNumber <= 9 AND frame='D' AND modificationDate >= TIMESTAMP('2025-01-01T00:00:00Z')"
                ),
            ),
        ],
        ids=["new", "old"],
    )
    def test_every_name_of_the_table(self, names: Any, expected: str) -> None:
        assert FULL.filter(names, "full", frozenset(MEANINGS)) == expected
        assert all(getattr(names, meaning) in expected for meaning in MEANINGS)

    def test_what_a_collection_does_not_list_is_not_sent(self) -> None:
        assert FULL.filter(NEW, "full", frozenset({"product_type", "frame"})) == "\"product:type\"='X' AND frame='D'"

    def test_moments_may_be_plain_text(self) -> None:
        assert FULL.filter(OLD, "times as text", frozenset({"updated"})).endswith(
            "modificationDate >= '2025-01-01T00:00:00Z'"
        )

    def test_one_orbit_is_an_equation(self) -> None:
        query = Query("C", "X", "", orbits=(4366, 4366))
        assert query.filter(OLD, "full", frozenset({"orbit"})) == "productType='X' AND orbitNumber=4366"

    def test_a_post_has_a_body_and_a_get_a_query(self) -> None:
        made = [Dialect(method, NEW).request("http://x/search", QUERY, frozenset(), 20) for method in ("POST", "GET")]
        assert [request.parameters["collections"] for request in made if request.parameters] == [("C",), "C"]
        assert all(request.parameters and request.parameters["datetime"] == QUERY.interval for request in made)
        assert all(request.parameters and request.parameters["filter-lang"] == "cql2-text" for request in made)


class TestNextLink:
    FIRST = Request("POST", "http://x/catalogue/search", {"limit": 5, "filter": "a"})

    @pytest.mark.parametrize(
        ("link", "expected"),
        [
            ({"href": "http://x/s?startRecord=6"}, Request("GET", "http://x/s?startRecord=6")),
            ({"href": "search?page=2"}, Request("GET", "http://x/catalogue/search?page=2")),
            (
                {"href": "/s", "method": "POST", "body": {"startRecord": 6}},
                Request("POST", "http://x/s", {"startRecord": 6}),
            ),
            (
                {"href": "/s", "method": "post", "merge": True, "body": {"startRecord": 6}},
                Request("POST", "http://x/s", {"limit": 5, "filter": "a", "startRecord": 6}),
            ),
            ({"href": "/s", "method": "POST"}, Request("POST", "http://x/s", {"limit": 5, "filter": "a"})),
        ],
    )
    def test_it_is_followed_as_given(self, link: dict[str, Any], expected: Request) -> None:
        links = [{"rel": "self", "href": "http://x/"}, {"rel": "next", **link}]
        assert self.FIRST.next({"links": links}) == expected

    @pytest.mark.parametrize("links", [None, [], ["next"], [{"rel": "next"}], [{"rel": "prev", "href": "x"}]])
    def test_without_one_there_is_no_next_request(self, links: Any) -> None:
        assert self.FIRST.next({"links": links}) is None


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

    async def test_a_count_that_is_wrong_for_good_is_told_and_blocks_no_window(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        archive = days(4, service=Service(overcounts=1))
        assert set(await harvested(archive, selection(3))) == overlapping(archive, selection(3))
        told = [record for record in caplog.records if "however it is asked" in record.message]
        assert [record.levelname for record in told] == ["WARNING"]  # once, not in each window
        assert {body["limit"] for body in archive.service.asked} == {200, 101}  # other pages were tried

    async def test_a_wrong_count_of_a_service_without_order_does_not_take_many_walks(self) -> None:
        archive = days(1, service=Service(overcounts=1, steady=False))
        await harvested(archive, selection(0.5))
        assert len(archive.service.asked) == 6  # three walks; each asks once for what is missing

    async def test_what_is_counted_and_never_sent_is_missed_by_nothing_else(self) -> None:
        archive = days(3)
        lost = {archive.record(index)["id"] for index in (30, 60)}
        archive.service.drops, archive.service.keeps_dropping = set(lost), True
        assert set(await harvested(archive, selection(2))) == overlapping(archive, selection(2)) - lost

    async def test_a_doubtful_window_is_asked_once_more_by_the_next_walk(self) -> None:
        archive = days(4)
        lost = archive.record(40)["id"]
        archive.service.drops, archive.service.keeps_dropping = {lost}, True
        now = START + timedelta(days=3)
        source = EarthCARE(now=lambda: now)
        with serving(archive) as settings:
            pages = await walked(source, settings, selection(2.5))
            cursor = Cursor.read(cursors(pages)[-1])
            assert cursor is not None
            assert cursor.doubtful == ((START, START + timedelta(days=1)),)
            assert lost not in ids(pages)
            archive.service.drops.clear()
            pages = await walked(source, settings, selection(2.5, cursor=str(cursor)))
            assert lost in ids(pages)
            assert all(not Cursor.read(text).doubtful for text in cursors(pages))  # type: ignore[union-attr]

    async def test_too_many_doubtful_windows_are_not_asked_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(earthcare_walk, "MOST_DOUBTFUL", 2)
        archive = days(4, service=Service(overcounts=1))
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(4))
        read = [Cursor.read(text) for text in cursors(pages)]
        assert [len(cursor.doubtful) for cursor in read if cursor] == [1, 2, 0, 0]

    async def test_a_service_that_links_no_pages_is_asked_by_record_number(self) -> None:
        archive = days(2, service=Service(next_link="none"))
        got = await harvested(archive, selection(1), page_size=30)
        assert len(got) == len(set(got))
        assert set(got) == overlapping(archive, selection(1))
        assert [body.get("startRecord") for body in archive.service.asked] == [None, 31, 61, 91, 121]

    async def test_what_the_service_counts_and_sends_twice_is_taken_once(self) -> None:
        archive = days(2, service=Service(repeats=2))
        got = await harvested(archive, selection(1))
        assert len(got) == len(set(got))
        assert set(got) == overlapping(archive, selection(1))

    async def test_a_service_that_counts_nothing_is_read_to_its_last_link(self) -> None:
        archive = days(2, service=Service(counts=False))
        assert set(await harvested(archive, selection(1), page_size=30)) == overlapping(archive, selection(1))

    async def test_a_service_that_neither_counts_nor_links_is_asked_while_pages_are_full(self) -> None:
        archive = days(2, service=Service(counts=False, next_link="none", steady=True))
        assert set(await harvested(archive, selection(1), page_size=30)) == overlapping(archive, selection(1))

    async def test_paging_in_a_circle_is_noticed(self) -> None:
        archive = days(2, service=Service(circles=True))
        with pytest.raises(UpstreamError, match="its paging runs in a circle"):
            await harvested(archive, selection(1), page_size=30)
