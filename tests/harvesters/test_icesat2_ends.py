"""Long walks: from both ends, killed anywhere and resumed, while granules change under way."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send

from harvesters.base import Listed, Page, Selection
from harvesters.icesat2_cursor import LAG, Cursor
from harvesters.icesat2_ends import SIDE_BY_SIDE
from tercet.errors import ConfigError, UpstreamError
from tests.upstreams.icesat2 import Archive, app
from tests.upstreams.icesat2_archive import iso
from tests.upstreams.icesat2_asked import Asked, last_cursor, names, placed, walk

ALL = Selection("ATL08")
STEP = timedelta(minutes=10)
"""So that an hour, which is read again, holds few granules."""
T0 = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[ASGIApp], Asked]:
    """Give a function that puts an app where CMR is."""
    return placed(monkeypatch)


def every_name(archive: Archive) -> set[str]:
    newest = archive.releases[-1]
    return {archive.names(index, newest)[0] for index in range(archive.count)}


def orders(archive: Archive) -> list[str]:
    """In which order each search was asked for."""
    return [asked["sort_key"][0] for asked in archive.asked if "sort_key" in asked]


@pytest.mark.parametrize("count", [1000, 1009, 1024])
async def test_a_long_walk_comes_from_both_ends_and_costs_four_requests_more_than_its_pages(
    at: Callable[[ASGIApp], Asked], count: int
) -> None:
    archive = Archive(count, step=STEP)
    asked = at(app(archive))
    pages = await walk(ALL, page_size=50)
    assert sorted(names(pages)) == sorted(every_name(archive))
    assert set(orders(archive)) == {"revision_date", "-revision_date"}
    # the Collections; one page more, at most, where the ends meet; what changed meanwhile, and its empty page
    assert len(asked.requests) <= math.ceil(count / 50) + 4
    assert pages[-1].listed == [Listed("icesat2-atl08-007", every_version=False)]


async def test_a_short_walk_comes_from_one_end(at: Callable[[ASGIApp], Asked]) -> None:
    archive = Archive.generate(50 * SIDE_BY_SIDE)
    at(app(archive))
    await walk(ALL, page_size=50)
    assert set(orders(archive)) == {"revision_date"}


@pytest.mark.parametrize("pages_seen", [1, 2, 3, 7, 12, 19, 20, 21, 22])
async def test_a_walk_killed_after_any_page_goes_on_there_and_loses_none(
    at: Callable[[ASGIApp], Asked], pages_seen: int
) -> None:
    archive = Archive(1000, step=STEP)
    at(app(archive))
    begun = await walk(ALL, page_size=50, most=pages_seen)
    archive.asked.clear()
    rest = await walk(Selection("ATL08", cursor=last_cursor(begun)), page_size=50)
    assert set(names(begun)) | set(names(rest)) == every_name(archive)
    # what was read is not read again, but for the last hour at the end and where the ends meet
    assert len(names(rest)) <= 1000 - len(names(begun)) + 60
    assert not rest[-1].listed


async def test_a_walk_killed_again_and_again_ends_and_reads_each_granule_about_once(
    at: Callable[[ASGIApp], Asked],
) -> None:
    archive = Archive(3000, step=STEP)
    at(app(archive))
    cursor, found, read = None, set(), 0
    for _ in range(40):
        pages = await walk(Selection("ATL08", cursor=cursor), page_size=50, most=5)
        found |= set(names(pages))
        read += len(names(pages))
        cursor = last_cursor(pages)
        if " and " not in cursor and len(pages) < 5:
            break
    assert found == every_name(archive)
    assert read < 3000 * 1.1


async def test_granules_that_change_while_both_ends_are_read_are_seen_as_they_are_at_last(
    at: Callable[[ASGIApp], Asked],
) -> None:
    archive = Archive.generate(1000)
    at(app(archive))
    late = archive.revision_date(999, "007") + timedelta(minutes=10)
    waiting = [500, 501, 330, 640, 12, 990, 498, 502]

    def revise() -> None:
        if waiting:
            archive.revised[waiting.pop(0)] = late + timedelta(seconds=len(waiting))

    found = names(await walk(ALL, page_size=50, between=revise))
    assert every_name(archive) <= set(found)
    assert not waiting


async def test_a_full_walk_that_misses_granules_claims_nothing(
    at: Callable[[ASGIApp], Asked], caplog: pytest.LogCaptureFixture
) -> None:
    archive = Archive.generate(30)

    async def forgetful(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start" and "umm_json_v" in scope["path"]:
                headers = [(name, b"31" if name == b"cmr-hits" else value) for name, value in message["headers"]]
                message = {**message, "headers": headers}
            await send(message)

        await app(archive)(scope, receive, sending)

    at(forgetful)
    pages = await walk(ALL, page_size=10)
    assert len(names(pages)) == 30
    assert not pages[-1].listed
    assert "CMR says 31 granules and sent 30" in caplog.text


async def test_pages_out_of_order_are_an_error_for_a_cursor_would_lose_granules(
    at: Callable[[ASGIApp], Asked],
) -> None:
    class Unsorted(Archive):
        def record(self, index: int, release: str) -> dict[str, Any]:
            record = super().record(index, release)
            if index == 25:
                record["meta"]["revision-date"] = iso(self.revision_date(0, release))
            return record

    at(app(Unsorted(60)))
    with pytest.raises(UpstreamError, match=r"in another order than asked: try again later"):
        await walk(ALL, page_size=10)


class TestSlowArchives:
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        count=st.integers(1, 300),
        page_size=st.integers(1, 40),
        killed_after=st.integers(1, 30),
        tied=st.integers(1, 30),
    )
    async def test_whatever_the_sizes_and_ties_no_granule_is_lost(
        self, at: Callable[[ASGIApp], Asked], count: int, page_size: int, killed_after: int, tied: int
    ) -> None:
        class Tied(Archive):
            """Many granules were last changed in the same millisecond."""

            def revision_date(self, index: int, release: str) -> datetime:
                return super().revision_date(index // tied * tied, release)

            def in_order(
                self, release: str, since: datetime, until: datetime = T0 + LAG * 9999, *, backwards: bool = False
            ) -> Any:
                every = range(self.size(release))
                for index in reversed(every) if backwards else every:
                    if since <= self.revision_date(index, release) <= until:
                        yield index

            def size_between(self, release: str, since: datetime, until: datetime) -> int:
                return sum(1 for _ in self.in_order(release, since, until))

        archive = Tied(count)
        at(app(archive))
        begun = await walk(ALL, page_size=page_size, most=killed_after)
        cursors = [page.cursor for page in begun if page.cursor]
        rest: list[Page] = await walk(Selection("ATL08", cursor=cursors[-1]), page_size=page_size) if cursors else []
        assert set(names(begun)) | set(names(rest)) == every_name(archive)


class TestCursor:
    def test_it_says_how_far_both_ends_are_read_and_reads_itself_back(self) -> None:
        cursor = Cursor("007", T0, T0 + LAG, T0 + 5 * LAG, T0 + 9 * LAG)
        assert cursor.stored == (
            "007 2026-01-02T03:04:05.678Z deletions 2026-01-02T04:04:05.678Z "
            "and 2026-01-02T08:04:05.678Z to 2026-01-02T12:04:05.678Z"
        )
        assert Cursor.read(cursor.stored, "007") == cursor
        assert Cursor.read(cursor.joined().stored, "007") == Cursor("007", T0 + 9 * LAG, T0 + LAG)

    def test_one_without_deletions_knows_those_up_to_its_records(self) -> None:
        assert Cursor.read(f"007 {iso(T0)}", "007") == Cursor("007", T0, T0)

    def test_one_of_another_release_is_no_place_to_start(self) -> None:
        assert Cursor.read(f"006 {iso(T0)}", "007") == Cursor("007")

    @pytest.mark.parametrize("text", ["2026-01-01", "007 yesterday", "plumes 3", "007 2026-01-02T03:04:05.678Z and"])
    def test_one_of_another_making_is_refused(self, text: str) -> None:
        with pytest.raises(ConfigError, match="--full-refresh"):
            Cursor.read(text, "007")

    def test_a_walk_starts_an_hour_before_it_but_not_in_what_had_settled_when_it_began(self) -> None:
        assert Cursor("007", T0).since == T0 - LAG
        assert Cursor("007", T0, T0, T0 + 50 * LAG, T0 + 90 * LAG).since == T0
        assert Cursor("007").since is None

    def test_it_grows_as_a_string(self) -> None:
        growing = [Cursor("007", T0 + step * LAG, T0).stored or "" for step in range(30)]
        assert all(one < other for one, other in pairwise(growing))
