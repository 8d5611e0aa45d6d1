"""Versions in REST, in STAC, in both: whichever surface knows a plume, the harvest does."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from harvesters.base import Listed, Page, Selection, Window
from harvesters.carbon_mapper import CarbonMapper
from harvesters.carbon_mapper_cursor import LAG, Cursor
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher
from tests.upstreams.carbon_mapper import Archive, records
from tests.upstreams.carbon_mapper_columns import VERSIONS
from tests.upstreams.carbon_mapper_plume import Plume
from tests.upstreams.carbon_mapper_walks import (
    FAST,
    PLUMES,
    cursor_of,
    features,
    incremental,
    names,
    page_of,
    published,
    scripted,
    serving,
    walked,
)
from tests.upstreams.faults import Faults

REST, STAC = frozenset({"rest"}), frozenset({"stac"})
BOTH = REST | STAC
ALL = [version[1] for version in VERSIONS]
RESIDENCIES: dict[str, Mapping[str, frozenset[str]]] = {
    "rest only": {},
    "stac only": dict.fromkeys(ALL, STAC),
    "both": dict.fromkeys(ALL, BOTH),
    "mixed": {"v1": REST, "v3": BOTH, "v3a": BOTH, "v3b": REST, "v3c": REST, "v3d": BOTH, "v3e": STAC},
}
SWEPT = (Listed("carbon-mapper-plumes", every_version=False),)


def archive_of(residency: str, count: int = 600) -> Archive:
    archive = Archive.generate(count)
    archive.surfaces = RESIDENCIES[residency]
    return archive


def expected(archive: Archive) -> tuple[list[str], Counter[str]]:
    """What REST lists, and how many products of each plume STAC holds: with what it was before, if that is there."""
    in_rest, products = [], Counter[str]()
    for index in range(archive.count):
        plume = Plume(archive, index)
        lives = [plume] if index not in archive.reprocessed else [plume, Plume(archive, index, original=True)]
        if index in archive.withdrawn:
            continue
        if archive.is_in("rest", plume.version):
            in_rest.append(plume.plume_id)
        held = [life for life in lives if archive.is_in("stac", life.version)]
        if held:
            products[plume.plume_id] = 1 + sum(2 + (life.homes.ime is not None) for life in held)
    return in_rest, products


def claims(pages: list[Page]) -> tuple[Listed, ...]:
    return tuple(listed for page in pages for listed in page.listed)


def holding(*archives: Archive) -> Any:
    """A catalog that holds the Items of an archive, as far as the harvester looks at them."""

    def stored(collection: str) -> Iterator[dict[str, Any]]:
        assert collection == "carbon-mapper-plumes"
        for archive in archives:
            for index in range(archive.count):
                plume = Plume(archive, index)
                yield {"id": plume.plume_id, "properties": {"version": plume.version}}

    return stored


@pytest.mark.parametrize("residency", RESIDENCIES)
async def test_every_plume_and_product_comes_once_wherever_it_is(residency: str) -> None:
    archive = archive_of(residency)
    archive.habits.empty_collections = ("l4a-combined-ch4-v3a",)
    archive.reprocessed = set(range(0, 60, 5))
    in_rest, products = expected(archive)
    with serving(archive) as settings:
        pages = await walked(settings)
    assert names(pages) == in_rest
    found = features(pages)
    assert len(set(found)) == len(found)
    assert Counter(name for _, name in found) == products
    assert set(in_rest) | products.keys() == set(published(archive))
    assert claims(pages) == SWEPT
    assert next(page.total for page in reversed(pages) if page.total is not None) == len(in_rest) + len(found)


async def test_products_that_cover_an_area_come_before_those_that_wait_for_one() -> None:
    with serving(archive_of("stac only", 90)) as settings:
        pages = await walked(settings)
    found = [collection.split("-") for collection, _ in features(pages)]
    kinds = [parts[1] if parts[0] == "l3a" else parts[0] for parts in found]
    order = list(dict.fromkeys(kinds))
    assert (order[0], order[-1]) == ("vis", "l2c")


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("residency", ["stac only", "mixed"])
async def test_publication_and_withdrawal_during_the_walk_lose_no_product(residency: str, *, links: bool) -> None:
    archive = archive_of(residency, 900)
    archive.habits.links_pages = links
    faults = Faults(prefix="/api/v1/stac/search")
    before = set(expected(archive)[1])

    def between_pages() -> None:
        if faults.asked["/api/v1/stac/search"] == 4:
            archive.publish(12)
            archive.withdrawn |= {850, 851}

    with serving(archive, faults) as settings:
        pages = []
        async with Fetcher("Carbon Mapper", FAST) as fetcher:
            async for page in CarbonMapper().pages(fetcher, settings, PLUMES):
                pages.append(page)
                between_pages()
    found = features(pages)
    assert len(set(found)) == len(found)
    gone = {Plume(archive, index).plume_id for index in archive.withdrawn}
    assert {name for _, name in found} >= before - gone


async def test_45000_plumes_some_published_meanwhile_429s_and_an_expired_token_cost_none_and_few_requests() -> None:
    archive = Archive.generate(45_000)
    archive.surfaces = {"v1": REST, "v3": REST, "v3a": REST, "v3b": REST, "v3c": REST, "v3d": REST, "v3e": STAC}
    archive.accounts["me@example.org"] = "a-secret"
    faults = Faults(retry_after="0")

    def between_pages(number: int) -> None:
        if number <= 30:
            archive.publish(30)
        if number in (10, 20):
            faults.throttled = 1
        if number == 30:
            archive.tokens.update(dict.fromkeys(archive.tokens, 0))

    archive.after_page = between_pages
    login: dict[str, Any] = {"carbonmapper_email": "me@example.org", "carbonmapper_password": SecretStr("a-secret")}
    records: list[str] = []
    products: list[tuple[str, str]] = []
    with serving(archive, faults, **login) as settings:
        credential = CarbonMapper().fetcher(settings).credential
        async with Fetcher("Carbon Mapper", replace(FAST, max_wait_s=10), credential) as fetcher:
            async for page in CarbonMapper().pages(fetcher, settings, PLUMES):
                records += names([page])
                products += features([page])
    assert archive.count == 45_900
    assert len(records) == len(set(records))
    assert len(products) == len(set(products))
    assert set(records) | {name for _, name in products} == set(published(archive))
    assert len(set(records) & {name for _, name in products}) == 0
    of_rest = faults.asked["/api/v1/catalog/plumes/annotated"]
    of_stac = faults.asked["/api/v1/stac/search"] + faults.asked["/api/v1/stac/collections"]
    assert of_rest <= 45 + 6
    # a hundred at once, each collection with a page that is not full
    assert of_stac <= len(products) / 100 + len({collection for collection, _ in products}) + 3
    assert fetcher.traffic.requests == faults.requests == of_rest + of_stac + faults.asked["/api/v1/token/pair"] + 1
    assert fetcher.traffic.retries == 2


async def test_an_hour_later_a_handful_of_requests_brings_what_is_new_on_either_surface() -> None:
    archive = archive_of("mixed", 6000)
    with serving(archive, faults := Faults()) as settings:
        cursor = cursor_of(await walked(settings, page_size=1000))
        archive.publish(30)
        archive.reprocessed = {3000}
        asked = faults.requests
        pages = await walked(settings, incremental(cursor))
    new = {Plume(archive, index).plume_id for index in (*range(6000, 6030), 3000)}
    assert new <= set(names(pages)) | {name for _, name in features(pages)}
    assert faults.requests - asked <= 8
    assert claims(pages) == ()
    assert (cursor_of(pages) or "") > (cursor or "")


@pytest.mark.parametrize("hours", [300, -12])
async def test_reprocessing_is_found_within_the_hour_although_the_times_of_rest_do_not_move(hours: int) -> None:
    archive = archive_of("both", 300)
    with serving(archive) as settings:
        cursor = cursor_of(await walked(settings))
        # what is changed is not always seen in the order of its times
        last = Plume(archive, 299).published
        archive.reprocessed, archive.reprocessed_at = {10}, last + timedelta(hours=hours)
        pages = await walked(settings, incremental(cursor))
    name = Plume(archive, 10).plume_id
    versions = {collection.rpartition("-")[2] for collection, found in features(pages) if found == name}
    assert name not in names(pages)
    assert {"v1", "v002", "v3e"} <= versions
    records = [record for page in pages for record in page.records if record.get("id") == name]
    seen = {record["collection"].partition("-")[0] + record["properties"]["cm:visibility"] for record in records}
    assert {"l4apublic", "l4apublic_archive"} <= seen


@pytest.mark.parametrize("habit", ["ignored", "refused"])
async def test_a_search_that_knows_no_times_of_change_still_has_what_rest_named(habit: str) -> None:
    archive = archive_of("both", 300)
    archive.habits.searches_changes = False
    with serving(archive) as settings:
        cursor = cursor_of(await walked(settings))
        archive.publish(6)
        if habit == "refused":
            archive.habits.refuses_post = True
        pages = await walked(settings, incremental(cursor))
        archive.reprocessed = {10}
        swept = await walked(settings, Selection("plumes", cursor=cursor, swept=datetime(2020, 1, 1, tzinfo=UTC)))
    new = {Plume(archive, index).plume_id for index in range(300, 306)}
    assert new <= set(names(pages))
    assert new <= {name for _, name in features(pages)}
    # once a day all of it is read instead
    assert "l4a-co2-mfal-v3e" in {c for c, name in features(swept) if name == Plume(archive, 10).plume_id}
    assert claims(swept) == SWEPT


async def test_a_later_sweep_asks_stac_only_for_what_changed_and_for_what_rest_did_not_name() -> None:
    archive = archive_of("mixed", 900)
    with serving(archive, faults := Faults()) as settings:
        first = await walked(settings)
        held = holding(archive_of("mixed", 900))
        archive.withdrawn = {5, 899}
        archive.reprocessed = {6}
        asked = faults.asked["/api/v1/stac/search"]
        due = Selection("plumes", cursor=cursor_of(first), swept=datetime(2020, 1, 1, tzinfo=UTC), stored=held)
        pages = await walked(settings, due)
    assert 0 < faults.asked["/api/v1/stac/search"] - asked < asked / 2
    assert claims(pages) == SWEPT
    named = set(names(pages)) | {name for _, name in features(pages)}
    assert named == set(published(archive))
    # the products of REST's own plumes are not read again, but for those of the last day
    again = set(names(pages)) & {name for _, name in features(pages)}
    lately = (Cursor.parse(cursor_of(first)).rest or datetime.now(UTC)) - LAG
    recent = sparse(archive, inside=lambda plume: plume.published >= lately)
    assert again <= recent | {Plume(archive, 6).plume_id}


async def test_a_version_that_only_stac_has_is_named_in_each_sweep_of_the_plume_that_rest_names_in_an_older_one() -> (
    None
):
    archive = archive_of("both", 60)
    newer = archive_of("both", 60)
    newer.reprocessed = {10}
    with serving(newer) as settings:
        cursor = cursor_of(await walked(settings))
    archive.reprocessed, archive.reprocessed_at = set(), None
    due = Selection("plumes", cursor=cursor, swept=datetime(2020, 1, 1, tzinfo=UTC), stored=holding(newer))
    with serving(archive) as settings:
        pages = await walked(settings, due)
    assert Plume(archive, 10).plume_id in {name for _, name in features(pages)}


async def test_without_the_catalog_a_later_sweep_claims_nothing() -> None:
    archive = archive_of("both", 60)
    with serving(archive) as settings:
        cursor = cursor_of(await walked(settings))
        pages = await walked(settings, Selection("plumes", cursor=cursor))
    assert claims(pages) == ()


@pytest.mark.parametrize("break_it", ["absent", "empty", "failing", "no json", "circle"])
async def test_a_stac_api_that_is_not_there_costs_no_plume_of_rest(
    break_it: str, caplog: pytest.LogCaptureFixture
) -> None:
    archive = archive_of("rest only" if break_it == "empty" else "both", 300)
    faults = Faults(prefix="/api/v1/stac")
    archive.habits.has_stac = break_it != "absent"
    faults.failing, faults.html = 1000 * (break_it == "failing"), 1000 * (break_it == "no json")
    archive.habits.circles = break_it == "circle"
    with serving(archive, faults) as settings, caplog.at_level(logging.WARNING):
        pages = await walked(settings)
    assert names(pages) == published(archive)
    assert cursor_of(pages) == archive.record(299)["published_at"]
    assert bool(caplog.messages) == (break_it != "empty")
    # where it only is out of order, the next walk lists everything again
    assert claims(pages) == (SWEPT if break_it in ("absent", "empty") else ())


async def test_a_stac_api_that_vanishes_takes_nothing_with_it() -> None:
    archive = archive_of("mixed", 300)
    with serving(archive) as settings:
        cursor = cursor_of(await walked(settings))
        due = Selection("plumes", cursor=cursor, swept=datetime(2020, 1, 1, tzinfo=UTC), stored=holding(archive))
        archive.habits.has_stac = False
        gone = await walked(settings, due)
        archive.habits.has_stac, archive.surfaces = True, dict.fromkeys(ALL, frozenset[str]())
        empty = await walked(settings, due)
    assert claims(gone) == claims(empty) == ()
    assert cursor_of(gone) == cursor_of(empty) == cursor


async def test_records_that_a_page_leaves_out_are_found_on_a_second_look() -> None:
    archive = archive_of("stac only", 300)
    archive.habits.lost_features = 2
    with serving(archive) as settings:
        pages = await walked(settings)
    assert Counter(name for _, name in features(pages)) == expected(archive)[1]
    assert claims(pages) == SWEPT


async def test_what_is_counted_and_never_listed_is_told_and_nothing_is_claimed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    archive = archive_of("stac only", 60)
    archive.habits.lost_features = 1000
    with serving(archive) as settings, caplog.at_level(logging.WARNING):
        pages = await walked(settings)
    assert "run again" in caplog.text
    assert claims(pages) == ()
    assert (cursor_of(pages) or "").count("/") == 0


@pytest.mark.parametrize("surface", ["rest", "stac"])
async def test_one_surface_alone_can_be_asked(surface: str) -> None:
    archive = archive_of("both", 150)
    with serving(archive, faults := Faults()) as settings:
        pages = await walked(settings, Selection("plumes", options={"surface": surface}, narrowed=True))
    other = {"rest": "/api/v1/stac/search", "stac": "/api/v1/catalog/plumes/annotated"}[surface]
    assert faults.asked[other] == 0
    assert set(names(pages)) | {name for _, name in features(pages)} == set(published(archive))
    assert (cursor_of(pages), claims(pages)) == (None, ())


async def test_the_surface_that_alone_was_asked_may_not_fail_quietly() -> None:
    archive = archive_of("both", 30)
    archive.habits.has_stac = False
    with serving(archive) as settings, pytest.raises(UpstreamError, match="404"):
        await walked(settings, Selection("plumes", options={"surface": "stac"}, narrowed=True))


async def test_plumes_that_rest_counts_and_does_not_list_are_no_reason_to_take_others_away() -> None:
    items = records(60)
    whole, _ = await scripted(PLUMES, page_of(items))
    short, _ = await scripted(PLUMES, page_of(items, 61), page_of(items[40:], 61))
    assert (claims(whole), claims(short)) == (SWEPT, ())


def sparse(archive: Archive, *, inside: Any) -> set[str]:
    return {plume.plume_id for plume in (Plume(archive, index) for index in range(archive.count)) if inside(plume)}


async def test_a_window_is_asked_of_both_surfaces() -> None:
    archive = archive_of("mixed", 600)
    start, end = datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    with serving(archive, faults := Faults()) as settings:
        pages = await walked(settings, Selection("plumes", Window(start, end)))
    inside = sparse(archive, inside=lambda plume: start <= plume.acquired < end)
    assert set(names(pages)) | {name for _, name in features(pages)} == inside
    assert set(names(pages)) & {name for _, name in features(pages)}
    assert {name for _, name in features(pages)} - set(names(pages))
    assert faults.asked["/api/v1/stac/search"] < 20


@pytest.mark.parametrize("box", [(-105.0, 30.0, -101.0, 34.0), (170.0, -80.0, -170.0, 80.0)])
async def test_a_box_is_asked_of_both_surfaces_and_brings_all_products_of_what_lies_in_it(
    box: tuple[float, float, float, float],
) -> None:
    archive = archive_of("mixed", 600)
    with serving(archive) as settings:
        pages = await walked(settings, Selection("plumes", bbox=box))

    def inside(plume: Plume) -> bool:
        west, _, east, _ = box
        return west < plume.longitude < east if west < east else plume.longitude > west or plume.longitude < east

    found = set(names(pages)) | {name for _, name in features(pages)}
    assert found == sparse(archive, inside=inside)
    products = expected(archive)[1]
    assert Counter(name for _, name in features(pages)) == {name: products[name] for name in found & products.keys()}


async def test_a_plume_of_which_only_a_corner_lies_in_the_box_comes_with_all_its_products() -> None:
    archive = archive_of("both", 60)
    plume = Plume(archive, 30)
    _, south, east, north = plume.bounds
    # its picture reaches into the box, its origin and the rest of its products lie beside it
    box = ((plume.longitude + east) / 2, south, east + 0.001, north)
    with serving(archive) as settings:
        pages = await walked(settings, Selection("plumes", bbox=box))
    assert plume.plume_id not in names(pages)
    assert Counter(name for _, name in features(pages))[plume.plume_id] == expected(archive)[1][plume.plume_id]


async def test_a_link_to_another_host_is_not_followed_and_costs_nothing() -> None:
    archive = archive_of("stac only", 300)
    archive.habits.links_elsewhere = True
    with serving(archive) as settings:
        pages = await walked(settings)
    assert Counter(name for _, name in features(pages)) == expected(archive)[1]


async def test_more_changes_than_a_page_holds_all_come() -> None:
    archive = archive_of("both", 600)
    with serving(archive) as settings:
        cursor = cursor_of(await walked(settings))
        archive.reprocessed = set(range(100, 160))
        pages = await walked(settings, incremental(cursor))
    changed = Counter(name for _, name in features(pages))
    assert all(changed[Plume(archive, index).plume_id] >= 4 for index in archive.reprocessed)


async def test_a_shape_is_filtered_here_where_stac_takes_boxes() -> None:
    archive = archive_of("stac only", 300)
    triangle = {"type": "Polygon", "coordinates": [[[-110.0, 30.0], [-100.0, 30.0], [-110.0, 40.0], [-110.0, 30.0]]]}
    corner = {"type": "Polygon", "coordinates": [[[-100.0, 30.0], [-100.0, 40.0], [-110.0, 40.0], [-100.0, 30.0]]]}
    with serving(archive) as settings:
        pages, beside = [await walked(settings, Selection("plumes", intersects=shape)) for shape in (triangle, corner)]
    assert {name for _, name in features(pages)} == sparse(archive, inside=lambda p: -105 < p.longitude < -101)
    assert features(beside) == []


@pytest.mark.parametrize(
    ("options", "inside"),
    [
        ({"gas": "CO2"}, lambda plume: plume.gas == "CO2"),
        ({"instrument": ("GAO", "tan")}, lambda plume: plume.instrument in ("GAO", "tan")),
        ({"sector": ("6A",)}, lambda plume: plume.sector == "6A"),
        ({"sector": ("6A", "NA")}, lambda plume: plume.sector in ("6A", None)),
    ],
)
async def test_an_option_means_the_same_on_both_surfaces(options: dict[str, Any], inside: Any) -> None:
    archive = archive_of("mixed", 300)
    with serving(archive) as settings:
        pages = await walked(settings, Selection("plumes", options=options, narrowed=True))
    assert set(names(pages)) | {name for _, name in features(pages)} == sparse(archive, inside=inside)


@pytest.mark.parametrize("searches", [True, False])
async def test_what_was_published_since_a_date_comes_from_both_surfaces(*, searches: bool) -> None:
    archive = archive_of("mixed", 600)
    archive.habits.searches_changes = searches
    since = Plume(archive, 550).published - timedelta(seconds=1)
    with serving(archive) as settings:
        pages = await walked(settings, Selection("plumes", options={"published-since": since}, narrowed=True))
    late = sparse(archive, inside=lambda plume: plume.published >= since)
    found = set(names(pages)) | {name for _, name in features(pages)}
    assert found == (late if searches else set(names(pages)))
    assert set(names(pages)) == {name for name in late if archive.is_in("rest", version_of(archive, name))}


def version_of(archive: Archive, name: str) -> str:
    index = archive.index_of(name)
    assert index is not None
    return Plume(archive, index).version


@pytest.mark.parametrize("parameter", ["collections", "datetime", "bbox", "ids"])
async def test_a_parameter_that_stac_ignores_is_noticed_and_costs_no_plume_of_rest(
    parameter: str, caplog: pytest.LogCaptureFixture
) -> None:
    archive = archive_of("both", 300)
    archive.habits.ignores = frozenset({parameter})
    wide = Window(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC))
    selection = {
        "collections": PLUMES,
        "datetime": Selection("plumes", wide, options={"surface": "stac"}),
        "bbox": Selection("plumes", bbox=(-105.0, 30.0, -101.0, 34.0), options={"surface": "stac"}),
        "ids": incremental(archive.record(290)["published_at"]),
    }[parameter]
    with serving(archive) as settings, caplog.at_level(logging.WARNING):
        if selection.options:
            with pytest.raises(UpstreamError, match=f"ignored {parameter}"):
                await walked(settings, selection)
            return
        pages = await walked(settings, selection)
    assert f"ignored {parameter}" in caplog.text
    assert len(names(pages)) >= 10
    assert claims(pages) == ()
