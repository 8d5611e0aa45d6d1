"""What CMR deletes: withdrawn where nothing took its place, asked for in a few requests, or by a walk through all."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from harvesters import icesat2_deletions
from harvesters.base import Listed, Page, Selection
from harvesters.icesat2_cursor import LAG, Cursor
from tercet.errors import UpstreamError
from tests.upstreams.icesat2 import Archive, app
from tests.upstreams.icesat2_asked import Asked, last_cursor, names, placed, walk
from transforms import icesat2

ALL = Selection("ATL08")
FEED = "/search/deleted-granules.json"
MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[ASGIApp], Asked]:
    """Give a function that puts an app where CMR is."""
    return placed(monkeypatch)


async def again(pages: list[Page], *, page_size: int = 100) -> list[Page]:
    """The next hourly harvest."""
    return await walk(Selection("ATL08", cursor=last_cursor(pages)), page_size=page_size)


def withdrawn(pages: list[Page]) -> dict[str, str]:
    """The versions that are gone and when they went."""
    assert all(one.collection == "icesat2-atl08-007" for page in pages for one in page.withdrawn)
    return {one.archive_id: one.freshness for page in pages for one in page.withdrawn}


def stem(archive: Archive, index: int) -> str:
    return archive.names(index, "007")[1].removesuffix(".h5")


def answering(inner: ASGIApp, answer: Callable[[], Any]) -> ASGIApp:
    """CMR with another feed of deletions."""

    async def instead(scope: Scope, receive: Receive, send: Send) -> None:
        await (answer() if scope["path"] == FEED else inner)(scope, receive, send)

    return instead


async def test_what_cmr_deleted_since_the_last_walk_is_withdrawn_by_its_name_here(
    at: Callable[[ASGIApp], Asked],
) -> None:
    archive = Archive.generate(300)
    asked = at(app(archive))
    first = await walk(ALL)
    archive.withdrawn.update({7, 14})  # the last one has an ending of its own at CMR
    entries = {index: icesat2.entry(archive.record(index, "007")) for index in (7, 14)}
    asked.requests.clear()
    later = await again(first)
    gone = withdrawn(later)
    assert gone.keys() == {stem(archive, 7), stem(archive, 14)} == {entry.archive_id for entry in entries.values()}
    assert all(gone[entry.archive_id] > entry.freshness for entry in entries.values())
    assert all(MILLISECONDS.search(freshness) for freshness in gone.values())
    assert asked.paths.count(FEED) == 1
    assert not later[-1].listed


async def test_a_granule_that_was_made_again_is_not_withdrawn_though_its_old_name_was_deleted(
    at: Callable[[ASGIApp], Asked],
) -> None:
    archive = Archive.generate(300)
    at(app(archive))
    first = await walk(ALL)
    archive.revised[5] = archive.now()
    later = await again(first)
    assert archive.names(5, "007")[0] in names(later)
    assert list(archive.deletions(archive.revised[5]))
    assert withdrawn(later) == {}


async def test_a_granule_that_was_made_again_and_then_deleted_is_withdrawn_in_all_its_versions(
    at: Callable[[ASGIApp], Asked],
) -> None:
    archive = Archive.generate(300)
    at(app(archive))
    first = await walk(ALL)
    old = stem(archive, 5)
    archive.revised[5] = archive.now()
    second = await again(first)
    archive.withdrawn.add(5)
    assert withdrawn(await again(second)).keys() == {old, stem(archive, 5)}


async def test_with_a_version_go_those_that_it_replaced_and_not_one_that_cmr_has_again(
    at: Callable[[ASGIApp], Asked],
) -> None:
    archive = Archive.generate(60)
    stems = {index: stem(archive, index).removesuffix("_01") for index in (3, 4)}
    archive.withdrawn.add(3)
    told = [{"granule-ur": f"{one}_03.h5", "revision-date": "2030-01-02T03:04:05.678Z"} for one in stems.values()]
    at(answering(app(archive), lambda: JSONResponse(told)))
    gone = withdrawn(await again(await walk(ALL)))
    assert gone.keys() == {
        *(f"{stems[3]}_{revision}" for revision in ("01", "02", "03")),
        *(f"{stems[4]}_{revision}" for revision in ("02", "03")),
    }


async def test_a_file_that_lives_on_under_another_name_is_not_withdrawn(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(60)
    told = {
        "granule-ur": archive.names(14, "007")[1],  # without the ending that the living one has
        "revision-date": "2030-01-02T03:04:05.678Z",
        "parent-collection-id": archive.concept_id("007"),
    }
    at(answering(app(archive), lambda: JSONResponse([told])))
    assert withdrawn(await again(await walk(ALL))) == {}


async def test_an_hour_with_fifty_changes_costs_a_handful_of_requests(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive(5000)
    asked = at(app(archive))
    first = await walk(ALL, page_size=2000)
    now = archive.now()
    archive.revised.update({index * 90: now + timedelta(seconds=index) for index in range(45)})
    archive.withdrawn.update(range(1, 6))
    asked.requests.clear()
    later = await again(first, page_size=2000)
    # the Collections, the deletions, what is left of them (and its end), what changed (and its end)
    assert len(asked.requests) == 6
    assert len({name for name in names(later) if "_007_02" in name}) == 45
    assert len(withdrawn(later)) == 5
    # the hour before the cursor comes again: it is known, and nothing is done about it
    assert len(names(later)) <= 45 + 181


async def test_an_hour_in_which_nothing_was_deleted_asks_no_more_of_it(at: Callable[[ASGIApp], Asked]) -> None:
    asked = at(app(Archive.generate(300)))
    first = await walk(ALL)
    asked.requests.clear()
    later = await again(first)
    assert len(asked.requests) == 5
    assert withdrawn(later) == {}


async def test_deletions_are_asked_for_from_an_hour_before_the_last_walk_began(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(30)
    at(app(archive))
    before = datetime.now(UTC).replace(microsecond=0)
    first = await walk(ALL)
    checked = Cursor.read(last_cursor(first), "007").checked
    assert checked
    assert before - timedelta(seconds=1) <= checked <= datetime.now(UTC)
    await again(first)
    (asked,) = (asked for asked in archive.asked if "parent_collection_id" in asked)
    assert datetime.fromisoformat(asked["revision_date"][0]) == checked - LAG
    assert asked["provider"] == ["NSIDC_CPRD"]


async def test_a_walk_to_its_end_knows_the_deletions_up_to_its_beginning(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(30)
    at(app(archive))
    begun = datetime.now(UTC) - timedelta(seconds=1)
    two_days_ago = Cursor("007", archive.revision_date(29, "007"), begun - timedelta(days=2))
    checked = Cursor.read(last_cursor(await walk(Selection("ATL08", cursor=two_days_ago.stored))), "007").checked
    assert checked
    assert checked >= begun


async def test_the_clock_is_cmrs_and_not_ours(at: Callable[[ASGIApp], Asked]) -> None:
    inner = app(Archive.generate(30))

    async def dated(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"date", b"Fri, 02 Jan 2026 03:04:05 GMT")]}
            await send(message)

        await inner(scope, receive, sending)

    at(dated)
    assert Cursor.read(last_cursor(await walk(ALL)), "007").checked == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_a_walk_that_is_killed_leaves_deletions_to_the_next_one(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(300)
    at(app(archive))
    first = await walk(ALL)
    archive.withdrawn.add(7)
    killed = await walk(Selection("ATL08", cursor=last_cursor(first)), page_size=100, most=1)
    assert withdrawn(killed) == {}
    assert withdrawn(await again(killed)).keys() == {stem(archive, 7)}


async def test_a_cursor_older_than_the_feed_reaches_walks_everything_and_lists_it(
    at: Callable[[ASGIApp], Asked], caplog: pytest.LogCaptureFixture
) -> None:
    archive = Archive.generate(300)
    asked = at(app(archive))
    reached = archive.revision_date(299, "007")
    long_ago = Cursor("007", reached, archive.now() - timedelta(days=400))
    pages = await walk(Selection("ATL08", cursor=long_ago.stored))
    assert len(names(pages)) == 300
    assert pages[-1].listed == [Listed("icesat2-atl08-007", every_version=False)]
    assert FEED not in asked.paths
    assert "all of it is read again, for CMR tells deletions of a year" in caplog.text


async def test_a_release_that_rests_for_years_is_not_walked_anew_each_hour(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(300)
    at(app(archive))
    rested = Cursor("007", archive.revision_date(299, "007"), archive.now() - timedelta(days=2))
    assert len(names(await walk(Selection("ATL08", cursor=rested.stored)))) < 300


async def test_more_deletions_than_can_be_looked_up_are_found_by_listing_what_is_left(
    at: Callable[[ASGIApp], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(icesat2_deletions, "MOST_LOOKED_UP", 20)
    archive = Archive.generate(300)
    at(app(archive))
    first = await walk(ALL)
    archive.withdrawn.update(range(100, 125))
    later = await again(first)
    assert len(names(later)) == 275
    assert withdrawn(later) == {}
    assert later[-1].listed == [Listed("icesat2-atl08-007", every_version=False)]


async def test_a_feed_that_holds_less_than_it_says_is_not_trusted(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(50)
    inner = app(archive)
    at(answering(inner, lambda: JSONResponse([], headers={"CMR-Hits": "12000"})))
    later = await again(await walk(ALL))
    assert len(names(later)) == 50
    assert later[-1].listed


async def test_a_feed_that_is_refused_is_told_and_asked_for_again_next_time(
    at: Callable[[ASGIApp], Asked], caplog: pytest.LogCaptureFixture
) -> None:
    archive = Archive.generate(50)
    refusal = JSONResponse({"errors": ["Parameter [provider] was not recognized."]}, 400)
    at(answering(app(archive), lambda: refusal))
    first = await walk(ALL)
    later = await again(first)
    assert names(later)
    assert "deletions are not known this time" in caplog.text
    assert "Parameter [provider] was not recognized." in caplog.text
    assert Cursor.read(last_cursor(later), "007").checked == Cursor.read(last_cursor(first), "007").checked


@pytest.mark.parametrize("document", [{"errors": []}, {"items": []}, "none", None])
async def test_a_feed_that_is_no_list_is_an_error(at: Callable[[ASGIApp], Asked], document: Any) -> None:
    at(answering(app(Archive.generate(50)), lambda: JSONResponse(document)))
    first = await walk(ALL)
    with pytest.raises(UpstreamError, match="CMR sent no list of deleted granules: try again later"):
        await again(first)


async def test_what_of_the_feed_is_of_others_or_unreadable_is_left(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(50)
    ours = {"granule-ur": f"{stem(archive, 3)}.h5", "revision-date": "2030-01-02T03:04:05Z"}
    told = [
        {**ours, "parent-collection-id": "C1-OTHER"},
        {**ours, "granule-ur": "SC:ATL08.005:229324795"},
        {**ours, "granule-ur": None},
        {**ours, "revision-date": "soon"},
        {"granule-ur": ours["granule-ur"]},
        "deleted",
    ]
    at(answering(app(archive), lambda: JSONResponse(told)))
    assert withdrawn(await again(await walk(ALL))) == {}


async def test_deletions_of_bathymetry_know_what_its_granules_were_made_of(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive(20, short_name="ATL24", releases=("002",))
    name = "ATL24_20181228203822_00060208_006_02_002_03"
    told = {"granule-ur": f"{name}.h5", "revision-date": "2030-01-02T03:04:05.678Z"}
    at(answering(app(archive), lambda: JSONResponse([told])))
    first = await walk(Selection("ATL24"))
    later = await walk(Selection("ATL24", cursor=last_cursor(first)))
    (gone,) = later[-1].withdrawn
    assert (gone.collection, gone.archive_id) == ("icesat2-atl24-002", name)
    assert gone.freshness.endswith("2030-01-02T03:04:05.678Z")
    (asked,) = {
        json.dumps(asked["readable_granule_name"]) for asked in archive.asked if "readable_granule_name" in asked
    }
    assert json.loads(asked) == ["ATL24_20181228203822_00060208_*"]
