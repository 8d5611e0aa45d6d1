import itertools
import json
import logging
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from harvesters.base import Selection, Window
from harvesters.carbon_mapper_cursor import LAG
from harvesters.carbon_mapper_walk import OVERLAP
from tercet.errors import ConfigError, UpstreamError
from tests.upstreams.carbon_mapper import Archive, records
from tests.upstreams.carbon_mapper_walks import (
    PLUMES,
    harvested,
    incremental,
    names,
    page_of,
    published,
    scripted,
    serving,
    walked,
)

SEPTEMBER = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize("page_size", [1, 2, 3, 50, 99, 100, 101, 150, 1000])
async def test_every_plume_once_whatever_the_page_size(page_size: int) -> None:
    archive = Archive.generate(150)
    assert await harvested(archive, page_size=page_size) == published(archive)


async def test_an_archive_of_nothing_has_a_count_and_no_cursor() -> None:
    with serving(Archive.generate(0)) as settings:
        pages = await walked(settings)
    assert [(list(page.records), page.cursor, page.total) for page in pages] == [([], None, 0), ([], None, None)]


async def test_plumes_published_during_the_walk_are_met_in_the_end() -> None:
    archive = Archive.generate(500)
    archive.after_page = lambda number: archive.publish(7 if number <= 6 else 0)
    found = await harvested(archive)
    assert archive.count > 500
    assert found == published(archive)


@pytest.mark.parametrize(
    ("gone", "repeated"), [(1, 0), (OVERLAP - 1, 0), (OVERLAP, 0), (OVERLAP + 1, 0), (90, 0), (190, 0), (250, 10)]
)
async def test_plumes_that_vanish_during_the_walk_hide_no_others(gone: int, repeated: int) -> None:
    archive = Archive.generate(900)

    def withdraw(number: int) -> None:
        if number == 4:  # what is read by now
            archive.withdrawn.update(range(30, 30 + gone))

    archive.after_page = withdraw
    found = await harvested(archive)
    assert set(published(archive)) <= set(found)
    assert len(set(found)) == 900
    assert len(found) == 900 + repeated


async def test_plumes_that_come_back_during_the_walk_are_not_doubled() -> None:
    archive = Archive.generate(900)
    archive.withdrawn.update(range(40, 55))

    def restore(number: int) -> None:
        if number == 3:
            archive.withdrawn.clear()

    archive.after_page = restore
    found = await harvested(archive)
    assert len(found) == len(set(found)) == 885


async def test_an_order_that_never_holds_still_is_an_error() -> None:
    pages = (page_of([{"id": f"{number}-{place}"} for place in range(100)], 1000) for number in itertools.count())
    with pytest.raises(UpstreamError, match="changes the order"):
        await scripted(PLUMES, *itertools.islice(pages, 100))


async def test_a_page_shorter_than_its_count_ends_the_walk_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    items = records(60)
    with caplog.at_level(logging.WARNING):
        pages, _ = await scripted(PLUMES, page_of(items, 61), page_of(items[40:], 61))
    assert len(names(pages)) == 60
    assert "counts 61 plumes and listed 60" in caplog.text


async def test_cursors_rise_and_a_walk_from_one_misses_nothing() -> None:
    archive = Archive.generate(600)
    with serving(archive) as settings:
        pages = await walked(settings)
        cursors = [page.cursor for page in pages]
        assert None not in cursors
        assert cursors == sorted(cast("list[str]", cursors))
        assert cursors[-1] == archive.record(599)["published_at"]
        resumed = await walked(settings, incremental(cursors[2]))
    assert set(names(pages[:3])) | set(names(resumed)) == set(published(archive))
    assert len(names(resumed)) < 600


async def test_an_incremental_walk_reads_a_day_again_and_what_is_new() -> None:
    archive = Archive.generate(3000)
    cursor = archive.record(2999)["published_at"]
    archive.publish(30)
    with serving(archive) as settings:
        pages = await walked(settings, incremental(cursor))
    again = {archive.record(index)["published_at"] for index in range(2990, 3000)}
    earliest = (datetime.fromisoformat(cursor) - LAG).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    expected = sum(1 for moment in again if moment >= earliest) + 30
    assert len(names(pages)) == expected
    assert pages[-1].cursor == archive.record(3029)["published_at"]


async def test_a_walk_that_finds_nothing_new_keeps_its_cursor() -> None:
    archive = Archive.generate(30)
    with serving(archive) as settings:
        pages = await walked(settings, incremental("2030-01-01T00:00:00.000Z"))
    assert {page.cursor for page in pages} == {"2030-01-01T00:00:00.000Z"}


async def test_a_walk_through_a_part_has_no_cursor() -> None:
    archive = Archive.generate(300)
    window = Window(datetime(2024, 1, 1, tzinfo=UTC), None)
    with serving(archive) as settings:
        for selection in (Selection("plumes", window), Selection("plumes", bbox=(-180.0, -90.0, 180.0, 90.0))):
            assert {page.cursor for page in await walked(settings, selection)} == {None}


async def test_an_order_other_than_asked_for_gives_no_cursor(caplog: pytest.LogCaptureFixture) -> None:
    items = records(30)
    with caplog.at_level(logging.WARNING):
        pages, _ = await scripted(PLUMES, page_of([*items[10:], *items[:10]]))
    assert {page.cursor for page in pages} == {None}
    assert len(names(pages)) == 30
    assert "did not sort" in caplog.text


async def test_a_cursor_of_another_making_is_refused() -> None:
    with pytest.raises(ConfigError, match="--full-refresh"):
        await scripted(Selection("plumes", cursor="page 7"))


async def test_a_window_is_half_open() -> None:
    archive = Archive.generate(300)
    acquired = sorted(archive.record(index)["scene_timestamp"] for index in range(300))
    start, end = datetime.fromisoformat(acquired[40]), datetime.fromisoformat(acquired[200])
    found = await harvested(archive, Selection("plumes", Window(start, end)))
    expected = [
        record["plume_id"]
        for record in map(archive.record, range(300))
        if start <= datetime.fromisoformat(record["scene_timestamp"]) < end
    ]
    assert found == expected
    assert len(found) > 100


async def test_a_box_is_four_keys_with_a_count_of_its_own() -> None:
    archive = Archive.generate(600)
    with serving(archive) as settings:
        pages = await walked(settings, Selection("plumes", bbox=(-105.0, 30.0, -101.0, 34.0)), page_size=30)
    inside = permian(archive)
    assert names(pages) == inside
    assert {page.total for page in pages} == {len(inside)}


async def test_a_box_over_the_antimeridian_is_asked_for_as_two() -> None:
    archive = Archive.generate(600)
    found = await harvested(archive, Selection("plumes", bbox=(170.0, -80.0, -170.0, 80.0)))
    longitudes = [archive.record(index)["geometry_json"]["coordinates"][0] for index in range(600)]
    assert any(longitude > 170 for longitude in longitudes)
    assert any(longitude < -170 for longitude in longitudes)
    assert len(found) == sum(abs(longitude) > 170 for longitude in longitudes)


def permian(archive: Archive) -> list[str]:
    found = map(archive.record, range(archive.count))
    return [r["plume_id"] for r in found if -105 < r["geometry_json"]["coordinates"][0] < -101]


def ring(corners: int, radius: float = 2.0) -> dict[str, Any]:
    """A star with so many corners around the Permian basin."""
    outline = [radius * (1 - turn % 2 * 0.05) * 1j ** (4 * turn / corners) for turn in range(corners)]
    positions = [[-103.4 + point.real, 32.1 + point.imag] for point in outline]
    return {"type": "Polygon", "coordinates": [[*positions, positions[0]]]}


@pytest.mark.parametrize("corners", [8, 2000])
async def test_a_geometry_is_asked_for_or_filtered_here_where_it_fits_no_url(corners: int) -> None:
    archive = Archive.generate(600)
    found = await harvested(archive, Selection("plumes", intersects=ring(corners)))
    assert found == permian(archive)
    assert len(found) > 20


async def test_a_long_geometry_leaves_out_what_lies_only_in_its_box() -> None:
    inside, corner = records(2)
    inside = {**inside, "plume_bounds": [-103.5, 32.0, -103.4, 32.1]}
    corner = {**corner, "plume_bounds": [-105.39, 33.99, -105.38, 34.0]}
    pages, fetcher = await scripted(Selection("plumes", intersects=ring(2000)), page_of([inside, corner]))
    assert names(pages) == [inside["plume_id"]]
    assert pages[0].total is None
    assert "intersects" not in fetcher.asked[0]
    assert len(fetcher.asked[0]["bbox"]) == 4


async def test_a_short_geometry_goes_to_the_provider_as_geojson() -> None:
    _, fetcher = await scripted(Selection("plumes", intersects=ring(4)), page_of([]))
    assert json.loads(fetcher.asked[0]["intersects"])["type"] == "Polygon"
    assert "bbox" not in fetcher.asked[0]


async def test_a_geometry_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="--intersects"):
        await scripted(Selection("plumes", intersects={"type": "Circle"}))


async def test_what_is_asked_for() -> None:
    window = Window(datetime(2025, 1, 1, tzinfo=UTC))
    options = {"published-since": datetime(2026, 1, 1, tzinfo=UTC), "instrument": ("tan", "GAO"), "gas": "CO2"}
    selection = Selection("plumes", window, (1.0, 2.0, 3.0, 4.0), options=options, narrowed=True)
    _, fetcher = await scripted(selection, page_of([]))
    assert fetcher.asked == [
        {
            "status": "published",
            "sort": "published_asc",
            "plume_gas": "CO2",
            "instruments": ["GAO", "tan"],
            "published_at_datetime": "2026-01-01T00:00:00.000Z/..",
            "datetime": "2025-01-01T00:00:00.000Z/..",
            "bbox": [1.0, 2.0, 3.0, 4.0],
            "limit": 100,
            "offset": 0,
        }
    ]


async def test_what_is_not_attributed_is_asked_for_under_both_of_its_codes() -> None:
    selection = Selection("plumes", options={"sector": ("6A", "NA")}, narrowed=True)
    _, fetcher = await scripted(selection, page_of([]))
    assert fetcher.asked[0]["sectors"] == ["6A", "NA", "NULL"]


@pytest.mark.parametrize(
    "document",
    [
        {"items": [], "limit": 100, "offset": 0},
        {"total_count": 5},
        {"items": None, "total_count": 0},
        {"items": [], "total_count": None},
        {"message": "maintenance"},
        [],
        None,
    ],
)
async def test_an_answer_without_records_and_count_is_not_the_end_of_the_data(document: Any) -> None:
    with pytest.raises(UpstreamError, match="without 'items' or 'total_count'"):
        await scripted(PLUMES, document)


@pytest.mark.parametrize(
    ("selection", "parameter"),
    [
        (incremental("2026-09-01T00:00:00Z"), "published_at_datetime"),
        (Selection("plumes", options={"published-since": SEPTEMBER}), "published_at_datetime"),
        (Selection("plumes", options={"gas": "CO2"}), "plume_gas"),
        (Selection("plumes", options={"instrument": ("ssc",)}), "instruments"),
        (Selection("plumes", options={"sector": ("1A2",)}), "sectors"),
        (Selection("plumes", Window(datetime(2027, 1, 1, tzinfo=UTC))), "datetime"),
        (Selection("plumes", Window(end=datetime(2010, 1, 1, tzinfo=UTC))), "datetime"),
        (Selection("plumes", bbox=(-40.0, -60.0, -30.0, -50.0)), "bbox"),
        (Selection("plumes", intersects={"type": "Point", "coordinates": [-40.0, -60.0]}), "intersects"),
    ],
)
async def test_a_filter_that_the_provider_ignores_is_noticed(selection: Selection, parameter: str) -> None:
    with pytest.raises(UpstreamError, match=f"ignored {parameter}"):
        await scripted(selection, page_of(records(5)))


async def test_records_that_are_none_are_handed_on_to_be_rejected() -> None:
    odd: list[Any] = [None, "plume", 7, {"plume_id": 3}]
    pages, _ = await scripted(PLUMES, page_of(odd))
    assert pages[0].records == odd
