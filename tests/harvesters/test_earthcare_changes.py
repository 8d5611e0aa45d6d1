"""Later walks: what changed since, and what is read again where the service cannot be asked for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harvesters import earthcare_changes
from harvesters.base import Page, Selection
from harvesters.earthcare import EarthCARE
from harvesters.earthcare_cursor import Cursor
from harvesters.earthcare_walk import LAG, SHORT_LAG
from tests.harvesters.earthcare_walks import FIRST, PRODUCT, START, cursors, ids, serving, walked
from tests.upstreams.earthcare import Archive, Service

NOW = START + timedelta(days=40)
AGO = NOW - timedelta(days=1)
"""When the walk before began."""
OLD_ONE, MADE_ANEW = 41, 60
"""A record of the first days that the catalogue changed lately, and one that was processed anew."""


def archive(**service: Any) -> Archive:
    """Forty days of every ninth frame, of which two old ones changed since the last walk."""
    made = Archive(1200, first=FIRST, stride=9, versions=2, service=Service(tells_changes=True, **service))
    made.withdrawn = {index for index in range(1200) if index % 2}  # the second versions are not there yet
    made.withdrawn -= {MADE_ANEW + 1}
    made.changed = {index: datetime(2025, 6, 10, tzinfo=UTC) for index in range(1200)}
    made.changed |= {OLD_ONE - 1: NOW - timedelta(hours=3), MADE_ANEW + 1: NOW - timedelta(hours=2)}
    return made


async def later(made: Archive, cursor: Cursor | None = None) -> list[Page]:
    """The walk of a day later."""
    source = EarthCARE(now=lambda: NOW)
    since = str(cursor or Cursor(AGO, changes=AGO))
    with serving(made) as settings:
        return await walked(source, settings, Selection(PRODUCT, cursor=since))


def earliest_window(made: Archive) -> datetime:
    """From where on sensing time was read again, apart from what was asked for changes."""
    spans = [body["datetime"] for body in made.service.asked if " AND " not in body["filter"]]
    return min(datetime.fromisoformat(span.partition("/")[0]) for span in spans)


async def test_a_first_walk_remembers_when_it_began() -> None:
    made = archive()
    with serving(made) as settings:
        pages = await walked(EarthCARE(now=lambda: NOW), settings, Selection(PRODUCT))
    assert Cursor.read(cursors(pages)[-1]) == Cursor(NOW, changes=NOW)


@pytest.mark.parametrize("names", ["new", "old"])
@pytest.mark.parametrize("times", ["timestamp", "text"])
async def test_what_changed_since_comes_however_old_it_is(names: str, times: str) -> None:
    made = archive(listed=names, names=frozenset({names}), times=frozenset({times}))
    pages = await later(made)
    changed = {made.record(index)["id"] for index in (OLD_ONE - 1, MADE_ANEW + 1)}
    assert changed <= set(ids(pages))
    assert Cursor.read(cursors(pages)[-1]) == Cursor(NOW, changes=NOW)
    assert earliest_window(made) == AGO - SHORT_LAG
    assert len(made.service.asked) <= 8


async def test_cursors_on_the_way_do_not_claim_the_changes() -> None:
    pages = await later(archive())
    read = [Cursor.read(text) for text in cursors(pages)]
    assert all(cursor and cursor.changes == AGO for cursor in read[:-1])
    changed_at = next(index for index, page in enumerate(pages) if page.records and not _is_recent(page))
    assert changed_at < next(i for i, page in enumerate(pages) if page.cursor == cursors(pages)[-1])


def _is_recent(page: Page) -> bool:
    return all(record["properties"]["start_datetime"] > "2025-07-01" for record in page.records)


@pytest.mark.parametrize("answer", ["none", "all"])
async def test_an_answer_that_cannot_be_true_is_not_believed(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    made = archive(changes=answer)
    recent = next(index for index in range(0, 1200, 2) if made.record(index)["properties"]["datetime"] > "2025-07-09")
    made.changed[recent] = NOW - timedelta(hours=1)  # read again, and therefore missed in the answer
    pages = await later(made)
    assert "reading the last days again" in caplog.text
    assert earliest_window(made) == AGO - LAG
    assert Cursor.read(cursors(pages)[-1]) == Cursor(NOW, changes=AGO)  # asked for once more next time


async def test_a_service_that_lists_changes_and_refuses_the_question_is_read_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = archive(times=frozenset())
    pages = await later(made)
    assert "answers 400" in caplog.text
    assert earliest_window(made) == AGO - LAG
    assert Cursor.read(cursors(pages)[-1]) == Cursor(NOW, changes=AGO)


@pytest.mark.parametrize("cursor", [Cursor(AGO), Cursor(AGO, changes=AGO)])
async def test_where_changes_cannot_be_asked_for_two_weeks_are_read_again(cursor: Cursor) -> None:
    made = archive()
    made.service.tells_changes = cursor.changes is None
    pages = await later(made, cursor)
    assert earliest_window(made) == AGO - LAG
    assert not any(" AND " in body["filter"] for body in made.service.asked)
    assert Cursor.read(cursors(pages)[-1]) == Cursor(NOW, changes=cursor.changes)


async def test_many_changes_are_asked_for_in_parts_of_sensing_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earthcare_changes, "MOST", 100)
    made = archive()
    made.changed = dict.fromkeys(range(1200), NOW - timedelta(hours=2))
    pages = await later(made)
    expected = {made.record(index)["id"] for index in range(1200) if index not in made.withdrawn}
    sensed = {name for name in expected if name[20:35] < f"{NOW:%Y%m%dT%H%M%S}"}
    assert set(ids(pages)) >= sensed
    assert sum(" AND " in body["filter"] for body in made.service.asked) > 8


async def test_a_walk_that_stopped_on_its_way_asks_for_all_that_changed_since_it_first_began() -> None:
    made = archive()
    pages = await later(made, Cursor(START + timedelta(days=20), changes=AGO))
    changed = {made.record(index)["id"] for index in (OLD_ONE - 1, MADE_ANEW + 1)}
    assert changed <= set(ids(pages))
    assert earliest_window(made) == START + timedelta(days=20) - SHORT_LAG
    assert Cursor.read(cursors(pages)[-1]) == Cursor(NOW, changes=NOW)
