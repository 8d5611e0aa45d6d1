"""What can be asked of ICESat-2: tracks, cycles, regions, orbits, names and revisions, and all of them together."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp

from harvesters.base import Selection, Window
from harvesters.icesat2 import ICESat2
from harvesters.icesat2_options import OPTIONS
from harvesters.icesat2_tracks import MOST_PATTERNS, Tracks, told_apart
from tercet.errors import ConfigError, UpstreamError
from tests.upstreams.icesat2 import Archive, app
from tests.upstreams.icesat2_asked import Asked, names, placed, walk
from transforms.icesat2_names import GranuleName

JULY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[ASGIApp], Asked]:
    """Give a function that puts an app where CMR is."""
    return placed(monkeypatch)


def asking(product: str = "ATL08", **written: str) -> Selection:
    """A selection by options as a user writes them."""
    options: dict[str, Any] = {}
    for name, text in written.items():
        option = OPTIONS[name.replace("_", "-")]
        assert option.parse
        options[name.replace("_", "-")] = (option.parse(text),) if option.multiple else option.parse(text)
    return Selection(product, options=options, narrowed=bool(options))


def parsed(granules: Iterable[str]) -> list[GranuleName]:
    return [GranuleName.parse(name.partition(".h5")[0] + ".h5") for name in granules]


async def found(selection: Selection, *, page_size: int = 100) -> set[str]:
    pages = await walk(selection, page_size=page_size)
    assert not any(page.cursor or page.listed or page.withdrawn for page in pages)
    return set(names(pages))


def every(archive: Archive, wanted: Callable[[GranuleName], bool]) -> set[str]:
    granules = [archive.names(index, "007")[0] for index in range(archive.count)]
    return {name for name, of in zip(granules, parsed(granules), strict=True) if wanted(of)}


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ({"rgt": "820-840"}, lambda name: 820 <= name.rgt <= 840),
        ({"rgt": "1-100,832"}, lambda name: name.rgt <= 100 or name.rgt == 832),
        ({"cycle": "12"}, lambda name: name.cycle == 12),
        ({"region": "4,11"}, lambda name: name.region in (4, 11)),
        ({"cycle": "1-9", "region": "4"}, lambda name: name.cycle < 10 and name.region == 4),
        ({"orbit": "7000-7100"}, lambda name: 7000 <= name.absolute_orbit <= 7100),
        ({"orbit": "7000-9000", "region": "2"}, lambda name: 7000 <= name.absolute_orbit <= 9000 and name.region == 2),
        (
            {"rgt": "1-600", "cycle": "1-20", "region": "1-7"},
            lambda n: n.rgt <= 600 and n.cycle <= 20 and n.region <= 7,
        ),
    ],
    ids=lambda value: " ".join(map("=".join, value.items())) if isinstance(value, dict) else "wanted",
)
async def test_tracks_are_found_whole_and_alone(
    at: Callable[[ASGIApp], Asked], written: dict[str, str], wanted: Callable[[GranuleName], bool]
) -> None:
    archive = Archive.generate(1500)
    at(app(archive))
    expected = every(archive, wanted)
    assert await found(asking(**written)) == expected
    assert expected


async def test_one_track_through_all_cycles_is_asked_for_by_one_pattern(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(50)
    asked = at(app(archive))
    await walk(asking(rgt="832"))
    assert archive.asked[0]["readable_granule_name"] == ["ATL08_??????????????_0832????_*"]
    assert archive.asked[0]["options[readable_granule_name][pattern]"] == ["true"]
    assert len(asked.requests) <= 3


async def test_names_are_found_by_pattern_and_whole_and_as_ids_of_items(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(60)
    at(app(archive))
    suffixed, producer_id = archive.names(14, "007")
    assert suffixed != producer_id
    for written in (producer_id, producer_id.removesuffix(".h5"), producer_id.lower(), suffixed):
        assert await found(asking(granule=written)) == {suffixed}
    assert len(await found(asking(granule="ATL08_2019*"))) > 3


async def test_names_and_tracks_are_both_asked_of_a_granule(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(1200)
    at(app(archive))
    expected = every(archive, lambda name: str(name).startswith("ATL08_2019") and name.region == 4)
    assert await found(asking(granule="ATL08_2019*", region="4")) == expected
    assert expected


async def test_revisions_are_found_by_a_half_open_window(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(100)
    at(app(archive))
    first, last = archive.revision_date(20, "007"), archive.revision_date(30, "007")
    within = await found(asking(revised_since=first.isoformat(), revised_until=last.isoformat()))
    assert within == {archive.names(index, "007")[0] for index in range(20, 30)}
    assert len(await found(asking(revised_until=last.isoformat()))) == 30
    assert len(await found(asking(revised_since=first.isoformat()))) == 80


async def test_two_windows_of_revisions_side_by_side_hold_every_granule_once(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive(700, step=timedelta(minutes=3))
    at(app(archive))
    border = archive.revision_date(333, "007").isoformat()
    halves = [names(await walk(asking(**{name: border}), page_size=20)) for name in ("revised_until", "revised_since")]
    assert sorted(halves[0] + halves[1]) == sorted(archive.names(index, "007")[0] for index in range(700))


async def test_everything_can_be_asked_at_once(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(2500)
    at(app(archive))
    written = asking("ATL08.007", rgt="1-700", region="2,6", granule="ATL08_20*", revised_since="2025-09-01")
    selection = Selection(
        written.product,
        Window(datetime(2019, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)),
        (-120.0, 30.0, -20.0, 60.0),
        {"type": "Polygon", "coordinates": [[[-130, 20], [-10, 20], [-10, 60], [-130, 60], [-130, 20]]]},
        options=written.options,
        narrowed=True,
    )
    granules = parsed(await found(selection))
    assert granules
    assert {name.region for name in granules} <= {2, 6}
    assert all(name.rgt and name.rgt <= 700 and "2019" <= str(name.start) < "2024" for name in granules)


async def test_a_walk_by_options_ignores_a_cursor_and_asks_nothing_of_deletions(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(50)
    asked = at(app(archive))
    options = asking(region="1-14").options
    late = Selection("ATL08", cursor="007 2030-01-01T00:00:00.000Z", options=options, narrowed=True)
    assert len(await found(late)) == 50
    assert not any("deleted" in path for path in asked.paths)


class TestParsing:
    @pytest.mark.parametrize(
        ("written", "numbers"),
        [("5", (5,)), ("5-7", (5, 6, 7)), ("7,5", (5, 7)), (" 1 , 3-4 ", (1, 3, 4)), ("0005", (5,))],
    )
    def test_numbers_are_read_alone_in_lists_and_in_ranges(self, written: str, numbers: tuple[int, ...]) -> None:
        assert asking(rgt=written).options == {"rgt": numbers}

    @pytest.mark.parametrize("written", ["0", "1388", "9-5", "a", "", "5-", "-5", "1,,2", "5.0", "99999999999"])
    def test_other_numbers_are_refused_with_what_there_is(self, written: str) -> None:
        with pytest.raises(ConfigError, match=r"--rgt .* is none: write 1 to 1387, as 5, 5-9 or 5,7,12"):
            asking(rgt=written)

    @pytest.mark.parametrize("written", ["", "a name", "ATL08_%", "ATL08;drop", "ä"])
    def test_what_is_no_name_is_refused_with_an_example(self, written: str) -> None:
        with pytest.raises(ConfigError, match=r"is no name of a granule.*ATL08_2019"):
            asking(granule=written)

    @pytest.mark.parametrize("written", ["", "yesterday", "2026-13-01"])
    def test_what_is_no_moment_is_refused_with_an_example(self, written: str) -> None:
        with pytest.raises(ConfigError, match="is no moment: write 2026-01-31"):
            asking(revised_since=written)

    @pytest.mark.parametrize("written", ["2026-07-01", "2026-07-01T00:00:00Z", "2026-07-01T02:00:00+02:00"])
    def test_a_moment_is_in_utc_where_it_does_not_say(self, written: str) -> None:
        assert asking(revised_since=written).options == {"revised-since": JULY}

    async def test_a_window_of_revisions_without_a_moment_is_refused(self, at: Callable[[ASGIApp], Asked]) -> None:
        asked = at(app(Archive.generate(5)))
        with pytest.raises(ConfigError, match="--revised-since is not before --revised-until: swap them"):
            await walk(asking(revised_since="2026-07-02", revised_until="2026-07-01"))
        assert not asked.requests

    def test_every_option_narrows_what_is_walked(self) -> None:
        assert all(option.narrows and option.help for option in ICESat2().options.values())


class TestTracks:
    @pytest.mark.parametrize(
        ("product", "name", "known"),
        [
            ("ATL13", "region", "it has --rgt, --cycle, --orbit"),
            ("ATL11", "orbit", "it has --rgt, --cycle, --region"),
            ("ATL15", "rgt", "it is a grid: choose by --since, --until and --granule"),
            ("ATL20", "cycle", "it is a grid"),
        ],
    )
    def test_what_a_product_is_not_told_apart_by_is_refused_with_what_it_is(
        self, product: str, name: str, known: str
    ) -> None:
        with pytest.raises(ConfigError, match=f"granules of {product} are not told apart by --{name}: {known}"):
            Tracks.of(product, {name: (3,)})

    @pytest.mark.parametrize(
        ("product", "options", "patterns"),
        [
            ("ATL08", {}, []),
            ("ATL03", {"region": (4,)}, ["ATL03_??????????????_??????04_*"]),
            ("ATL06", {"rgt": (832,), "cycle": (5, 6)}, [f"ATL06_{'?' * 14}_08320{c}??_*" for c in (5, 6)]),
            ("ATL07", {"rgt": (832,)}, ["ATL07-??_??????????????_0832????_*"]),
            ("ATL10", {"cycle": (3,)}, ["ATL10-??_??????????????_????03??_*"]),
            ("ATL13", {"cycle": (3,)}, ["ATL13_??????????????_????03??_*"]),
            ("ATL11", {"rgt": (832,), "region": (5,), "cycle": (3, 4, 5)}, ["ATL11_083205_*"]),
            ("ATL11", {"cycle": (3,)}, []),
            ("ATL08", {"orbit": (202,)}, ["ATL08_??????????????_000101??_*"]),
            ("ATL08", {"orbit": (201 + 1387 + 3,)}, ["ATL08_??????????????_000302??_*"]),
            ("ATL08", {"rgt": tuple(range(1, 900)), "region": (4,)}, ["ATL08_??????????????_??????04_*"]),
        ],
    )
    def test_patterns_follow_the_grammar_of_the_product(
        self, product: str, options: dict[str, tuple[int, ...]], patterns: list[str]
    ) -> None:
        assert Tracks.of(product, options).patterns == patterns

    def test_of_several_products_those_that_cannot_be_chosen_so_are_left_out_and_named(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        products = ("ATL08", "ATL15", "ATL13.006", "ATL11")
        assert told_apart(products, {"orbit": (7000,)}) == ("ATL08", "ATL13.006")
        assert "left out, for their granules are not told apart so: ATL15, ATL11" in caplog.text
        assert told_apart(products, {}) == products

    def test_products_of_which_none_can_be_chosen_so_are_refused(self) -> None:
        with pytest.raises(ConfigError, match="granules of ATL15 are not told apart by --orbit"):
            told_apart(("ATL15", "ATL20"), {"orbit": (7000,)})

    def test_a_time_series_has_all_cycles_between_its_first_and_last(self) -> None:
        record = {"umm": {"GranuleUR": "ATL11_083205_0311_006_01.h5"}}
        assert Tracks.of("ATL11", {"cycle": (7,)}).has(record)
        assert not Tracks.of("ATL11", {"cycle": (12,)}).has(record)

    @pytest.mark.parametrize("record", [{}, {"umm": {}}, {"umm": {"GranuleUR": "SC:ATL08.005:1"}}, {"umm": None}])
    def test_what_has_no_readable_name_is_left_to_the_transform(self, record: dict[str, Any]) -> None:
        assert Tracks.of("ATL08", {"rgt": (1,)}).has(record)

    @pytest.mark.parametrize("orbit", [1, 201])
    def test_orbits_before_the_first_track_are_refused(self, orbit: int) -> None:
        with pytest.raises(ConfigError, match=f"--orbit {orbit} is before the first .* from orbit 202 on"):
            Tracks.of("ATL08", {"orbit": (orbit,)})

    @given(
        st.frozensets(st.integers(1, 1387), max_size=300),
        st.frozensets(st.integers(1, 40), max_size=40),
        st.frozensets(st.integers(1, 14), max_size=14),
        st.integers(1, 1387),
        st.integers(1, 40),
        st.integers(1, 14),
    )
    def test_no_granule_that_is_meant_slips_through_the_patterns(  # noqa: PLR0913, PLR0917 - three asked, three flown
        self, rgts: frozenset[int], cycles: frozenset[int], regions: frozenset[int], rgt: int, cycle: int, region: int
    ) -> None:
        tracks = Tracks("ATL08", rgts, cycles, regions)
        name = f"ATL08_20200101000000_{rgt:04d}{cycle:02d}{region:02d}_007_01.h5"
        patterns = tracks.patterns
        assert len(patterns) <= MOST_PATTERNS
        matched = not patterns or any(_matches(pattern, name) for pattern in patterns)
        assert matched or not tracks.has({"umm": {"GranuleUR": name}})


def _matches(pattern: str, name: str) -> bool:
    stem = pattern.removesuffix("*")
    return len(name) >= len(stem) and all(a in ("?", b) for a, b in zip(stem, name, strict=False))


async def test_too_many_leading_wildcards_are_refused_in_cmrs_words(at: Callable[[ASGIApp], Asked]) -> None:
    at(app(Archive.generate(5)))
    options = {"granule": tuple(f"*_{number}_*" for number in range(6))}
    with pytest.raises(UpstreamError, match="maximum of 5 leading wildcard"):
        await walk(Selection("ATL08", options=options, narrowed=True))
