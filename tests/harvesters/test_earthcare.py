import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harvesters.base import Listed, Selection, Window
from harvesters.earthcare import OTHER, EarthCARE
from harvesters.earthcare_cursor import Cursor
from harvesters.earthcare_walk import LAG
from harvesters.earthcare_windows import LAUNCH
from tercet.errors import ConfigError
from tercet.fetch import Fetcher
from tests.harvesters.earthcare_walks import (
    FAST,
    FIRST,
    PRODUCT,
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
from tests.stac_schemas import SHARED
from tests.upstreams.earthcare import Archive, Service
from tests.upstreams.earthcare_orbit import Frame, frame_number

SAMPLES = SHARED / "upstream" / "maap-earthcare" / "samples"
ID = "earthcare-msi-cop-2a"


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
        sensed = [reached(cursor) for cursor in cursors(pages)]
        assert sensed[:3] == [START + timedelta(days=1), START + timedelta(days=3), START + timedelta(days=7)]
        assert sensed[-1] == START + timedelta(days=40)

    async def test_a_product_in_two_collections_comes_once_from_each(self) -> None:
        archive = days(3, product_types=("MSI_COP_2A", "AC__CLP_2B"))
        archive.collections = {
            "EarthCAREL2Validated_MAAP": ("MSI_COP_2A", "AC__CLP_2B"),
            "JAXAL2Validated_MAAP": ("AC__CLP_2B",),
            "EarthCAREL1Validated_MAAP": ("MSI_RGR_1C",),
        }
        selected = replace(selection(1), product="AC__CLP_2B")
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selected)
        came = [(record["collection"], record["id"]) for page in pages for record in page.records]
        assert len(came) == len(set(came))
        there = overlapping(archive, selected)
        assert set(came) == {(name, one) for name in list(archive.collections)[:2] for one in there}
        assert {body["collections"][0] for body in archive.service.asked} == set(list(archive.collections)[:2])

    async def test_a_type_that_we_do_not_know_is_harvested(self) -> None:
        archive = days(1, product_types=("MSI_NEW_2A",))
        got = await harvested(archive, replace(selection(0.5), product="MSI_NEW_2A"))
        assert set(got) == overlapping(archive, replace(selection(0.5), product="MSI_NEW_2A"))

    async def test_all_types_that_we_do_not_know_are_harvested_together(self) -> None:
        archive = days(2, product_types=("MSI_NEW_2A", PRODUCT, "ATL_NEW_2A"))
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, replace(selection(0.5), product=OTHER))
        assert {name[9:19] for name in ids(pages)} == {"MSI_NEW_2A", "ATL_NEW_2A"}
        assert Cursor.read(cursors(pages)[-1]).types == ("ATL_NEW_2A", "MSI_NEW_2A")  # type: ignore[union-attr]
        assert pages[0].described.keys() == {"earthcare-atl-new-2a", "earthcare-msi-new-2a"}

    async def test_where_we_know_all_types_there_are_no_others(self) -> None:
        assert await harvested(days(1), replace(selection(), product=OTHER)) == []

    async def test_a_type_that_came_since_is_read_from_its_beginning(self) -> None:
        archive = days(1, product_types=("MSI_NEW_2A",))
        now = START + timedelta(days=40)
        with serving(archive) as settings:
            since = str(Cursor(START + timedelta(days=39), now, types=("ATL_NEW_2A",)))
            pages = await walked(EarthCARE(now=lambda: now), settings, Selection(OTHER, cursor=since))
        assert len(ids(pages)) == 125


def reached(cursor: str | None) -> datetime:
    """How far a walk came, by its cursor."""
    read = Cursor.read(cursor)
    assert read is not None
    return read.sensed


class TestCursor:
    async def test_a_first_walk_starts_at_launch_and_ends_now(self) -> None:
        archive = days(1)
        now = START + timedelta(hours=12)
        with serving(archive) as settings:
            pages = await walked(EarthCARE(now=lambda: now), settings, Selection(PRODUCT))
        spans = [body["datetime"] for body in archive.service.asked]
        assert spans[0] == "2000-01-01T00:00:00.000Z/2024-05-27T23:59:59.999Z"  # some are valid from before
        assert spans[1].startswith("2024-05-28T00:00:00.000Z/")
        assert spans[-1] == "2025-06-01T12:00:00.000Z/2099-12-31T23:59:59.999Z"  # and some from later on
        assert reached(cursors(pages)[-1]) == now

    async def test_cursors_rise(self) -> None:
        with serving(days(5)) as settings:
            pages = await walked(EarthCARE(), settings, selection(5))
        assert cursors(pages) == sorted(set(cursors(pages)))
        assert len(cursors(pages)) == 5

    async def test_a_later_walk_rereads_the_lag_and_never_moves_the_cursor_back(self) -> None:
        archive = days(20)
        cursor = START + timedelta(days=16)
        now = START + timedelta(days=18)
        selected = Selection(PRODUCT, cursor=cursor.isoformat())
        with serving(archive) as settings:
            pages = await walked(EarthCARE(now=lambda: now), settings, selected)
        assert archive.service.asked[0]["datetime"].startswith((cursor - LAG).isoformat()[:19])
        assert reached(cursors(pages)[-1]) == now
        assert all(reached(text) >= cursor for text in cursors(pages))

    async def test_a_window_ahead_is_asked_for_once(self) -> None:
        archive = days(1)
        with serving(archive) as settings:
            source = EarthCARE(now=lambda: START - timedelta(days=1))
            pages = await walked(source, settings, selection(400))
        assert len(archive.service.asked) == 1
        assert set(ids(pages)) == overlapping(archive, selection(400))
        assert cursors(pages) == []

    @pytest.mark.parametrize(
        "text", ["page-7", "{}", '{"sensed": 3}', '{"sensed": "2025-06-01T00:00:00Z", "types": 3}']
    )
    async def test_a_foreign_cursor_is_refused(self, text: str) -> None:
        with serving(days(1)) as settings, pytest.raises(ConfigError, match="is no cursor of EarthCARE: harvest again"):
            await walked(EarthCARE(), settings, Selection(PRODUCT, cursor=text))

    def test_a_cursor_writes_itself_back(self) -> None:
        full = Cursor(START, LAUNCH, ("MSI_NEW_2A",), ((LAUNCH, START),))
        assert [Cursor.read(str(cursor)) for cursor in (full, Cursor(START))] == [full, Cursor(START)]
        assert Cursor.read("2025-06-01T00:00:00.000Z") == Cursor(START)
        assert str(Cursor(START)) < str(Cursor(START + timedelta(days=1)))

    async def test_a_walk_that_was_interrupted_goes_on_and_all_comes(self) -> None:
        archive = Archive(250, first=FIRST, stride=9)  # fourteen a day
        now = START + timedelta(days=16)
        source = EarthCARE(now=lambda: now, page_size=40)
        seen, last = set[str](), None
        with serving(archive) as settings:
            async with Fetcher("ESA MAAP", FAST) as fetcher:
                async for page in source.pages(fetcher, settings, Selection(PRODUCT)):
                    seen |= {record["id"] for record in page.records}
                    last = page.cursor or last
                    if len(seen) > 120:
                        break
            before = len(archive.service.asked)
            seen.update(ids(await walked(source, settings, Selection(PRODUCT, cursor=last))))
        assert seen == {record["id"] for record in archive}
        assert datetime.fromisoformat(archive.service.asked[before]["datetime"][:24]) == reached(last) - LAG


class TestListed:
    async def test_a_full_walk_lists_every_window_and_at_its_end_everything(self) -> None:
        now = START + timedelta(days=2)
        with serving(days(2)) as settings:
            pages = await walked(EarthCARE(now=lambda: now), settings, Selection(PRODUCT))
        listed = [claim for page in pages for claim in page.listed]
        assert listed[-1] == Listed(ID)
        windows = [claim.window for claim in listed[:-1]]
        assert (windows[0].start, windows[-1].end) == (None, None)
        assert all(one.end == other.start for one, other in itertools.pairwise(windows))
        assert {claim.collection for claim in listed} == {ID}

    async def test_a_window_is_listed_once_all_of_it_was_yielded_and_before_the_cursor_moves(self) -> None:
        with serving(days(3)) as settings:
            pages = await walked(EarthCARE(page_size=50), settings, selection())
        kinds = ["records" if page.records else "listed" if page.listed else "cursor" for page in pages[1:]]
        assert [kind for kind, _ in itertools.groupby(kinds)] == ["records", "listed", "cursor"] * 3
        for page in pages:
            for claim in page.listed:
                assert claim.window.start is not None
                assert claim.window.end == claim.window.start + timedelta(days=1)

    @pytest.mark.parametrize(
        "narrowing",
        [
            {"bbox": (0.0, 0.0, 40.0, 40.0)},
            {"options": {"frame": ("A",)}, "narrowed": True},
            {"options": {"baseline": ("AE",)}, "narrowed": True},
        ],
    )
    async def test_a_walk_through_a_part_lists_nothing(self, narrowing: dict[str, Any]) -> None:
        with serving(days(2)) as settings:
            pages = await walked(EarthCARE(), settings, selection(1, **narrowing))
        assert ids(pages)
        assert [page.listed for page in pages if page.listed] == []

    @pytest.mark.parametrize("service", [{"overcounts": 1}, {"overcounts": -1}, {"counts": False}, {"repeats": 1}])
    async def test_a_window_whose_count_disagrees_is_not_listed(self, service: dict[str, Any]) -> None:
        archive = days(2, service=Service(**service))
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(1))
        assert set(ids(pages)) == overlapping(archive, selection(1))
        assert [page.listed for page in pages if page.listed] == []

    async def test_one_collection_whose_count_disagrees_keeps_the_window_from_being_listed(self) -> None:
        archive = Archive.overlapping(500, first=FIRST)
        lost = archive.record(240)["id"]
        archive.service.drops, archive.service.keeps_dropping = {f"EarthCAREL2Validated_MAAP/{lost}"}, True
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(0.5))
        assert ids(pages).count(lost) == 1
        assert [page.listed for page in pages if page.listed] == []

    async def test_where_a_collection_cannot_be_asked_nothing_is_listed(self) -> None:
        archive = days(2)
        archive.collections["EarthCAREL2InstChecked_MAAP"] = ("MSI_COP_2A",)
        archive.service.broken = {"EarthCAREL2InstChecked_MAAP"}
        with serving(archive) as settings:
            pages = await walked(EarthCARE(), settings, selection(1))
        assert set(ids(pages)) == overlapping(archive, selection(1))
        assert [page.listed for page in pages if page.listed] == []

    async def test_a_frame_that_left_one_collection_of_two_is_still_named(self) -> None:
        archive = Archive.overlapping(400, first=FIRST)
        archive.left = {"EarthCAREL2Validated_MAAP": {240, 246}, "EarthCAREL2InstChecked_MAAP": {246}}
        got = await harvested(archive, selection(0.5))
        assert archive.record(240)["id"] in got
        assert archive.record(246)["id"] not in got


class TestLargeArchive:
    async def test_six_types_in_three_collections_all_come_once_from_each_and_little_is_held(self) -> None:
        archive = Archive.overlapping(1_800, first=FIRST)
        now = START + timedelta(days=4)
        source = EarthCARE(page_size=500, now=lambda: now)
        came: list[tuple[str, str]] = []
        with serving(archive) as settings:
            async with Fetcher("ESA MAAP", FAST) as fetcher:
                for product in archive.product_types:
                    selected = Selection(product, Window(START - timedelta(days=1)))
                    async for page in source.pages(fetcher, settings, selected):
                        assert len(page.records) <= 500
                        came += [(record["collection"], record["id"]) for record in page.records]
        held = {name: set(types) for name, types in archive.collections.items()}
        expected = {
            (name, archive.record(index)["id"])
            for index in range(archive.count)
            for name, types in held.items()
            if archive.row(index)["type"] in types
        }
        assert len(came) == len(set(came)) == len(expected) == 3_000
        assert set(came) == expected


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
            ("other", OTHER),
            ("ATL_NEW_2A", "ATL_NEW_2A"),
            ("AUX_CCMC_A", "AUX_CCMC_A"),
        ],
    )
    def test_users_spell_types_in_many_ways(self, spelling: str, expected: str) -> None:
        assert EarthCARE().product(spelling) == expected

    def test_every_type_is_found_by_its_own_name(self) -> None:
        source = EarthCARE()
        assert [source.product(kind) for kind in source.products] == list(source.products)

    def test_a_misspelt_type_names_the_nearest(self) -> None:
        with pytest.raises(ConfigError, match=r"msi-cob-2a is no EarthCARE product type: did you mean MSI_COP_2A"):
            EarthCARE().product("msi-cob-2a")

    def test_an_unknown_type_names_them_all(self) -> None:
        with pytest.raises(ConfigError, match=r"there are .*ACM_CAP_2B.*MSI_RGR_1C"):
            EarthCARE().product("landsat")

    def test_without_a_choice_it_is_the_first(self) -> None:
        assert EarthCARE().wanted((), {}) == ("MSI_COP_2A",)
        assert EarthCARE().wanted(("ATL_TC__2A",), {"frame": ("A",)}) == ("ATL_TC__2A",)

    @pytest.mark.parametrize(
        ("options", "some", "others"),
        [
            (
                {"level": ("L2B",)},
                {"AC__TC__2B", "ACM_CAP_2B", "ALL_RAD_2B"},
                {"MSI_COP_2A", "MSI_RGR_1C", "AUX_ORBPRE"},
            ),
            ({"level": ("L1",)}, {"ATL_NOM_1B", "MSI_RGR_1C", "AUX_MET_1D"}, {"ATL_NOM_0_", "MSI_COP_2A"}),
            ({"instrument": ("cpr",)}, {"CPR_NOM_1B", "AC__TC__2B", "ALL_DF__2B"}, {"ATL_TC__2A", "AUX_MET_1D"}),
            ({"level": ("L2A",), "instrument": ("msi",)}, {"MSI_COP_2A", "MSI_CLP_2A"}, {"MSI_RGR_1C", "AM__CTH_2B"}),
            ({"level": ("L0", "L1C")}, {"ATL_NOM_0_", "MSI_RGR_1C"}, {"ATL_NOM_1B"}),
        ],
    )
    def test_a_level_or_instrument_means_all_types_that_fit(
        self, options: dict[str, Any], some: set[str], others: set[str]
    ) -> None:
        meant = EarthCARE().wanted((), options)
        assert some | {OTHER} <= set(meant)
        assert not others & set(meant)
        assert EarthCARE().wanted(("MSI_COP_2A", *some), options)[-len(some) :] == tuple(some)

    def test_named_types_of_which_none_fits_are_refused(self) -> None:
        with pytest.raises(ConfigError, match="none of MSI_COP_2A fits --level or --instrument"):
            EarthCARE().wanted(("MSI_COP_2A",), {"level": ("L2B",)})

    async def test_a_type_of_another_level_is_not_asked_for(self) -> None:
        archive = days(1)
        assert await harvested(archive, selection(1, options={"level": ("L2B",)})) == []
        assert archive.service.asked == []


def test_a_generated_frame_is_where_the_orbit_was() -> None:
    frame = Frame(4366, 4)
    # the archive's own figures for 04366E: start, and the ends of the ground track
    assert frame.start == datetime(2025, 3, 5, 13, 45, 40, tzinfo=UTC)
    assert frame.track()[0] == pytest.approx([5.98, 22.51], abs=0.4)
    assert frame.track()[-1] == pytest.approx([-2.72, -22.52], abs=0.4)
