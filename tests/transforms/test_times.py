import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tercet.errors import RecordError
from transforms.times import compact, utc

OURS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
# a day inside the calendar's ends, so that an offset does not leave it
MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31))  # noqa: DTZ001 - zones are drawn apart
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("spelling", "ours"),
    [
        ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
        ("2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05.678Z"),
        ("2026-01-02T03:04:05.6789999Z", "2026-01-02T03:04:05.678Z"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02 03:04:05+00:00", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T01:34:05.5+05:30", "2026-01-01T20:04:05.500Z"),
        ("20260102T030405Z", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
    ],
)
def test_every_spelling_that_the_providers_use_becomes_ours(spelling: str, ours: str) -> None:
    assert utc(spelling) == ours


@given(MOMENTS, ZONES)
def test_a_timestamp_keeps_its_moment_to_the_millisecond(moment: datetime, zone: timezone) -> None:
    aware = moment.replace(tzinfo=zone)
    spelled = utc(aware.isoformat())
    assert OURS.fullmatch(spelled)
    assert timedelta(0) <= aware - datetime.fromisoformat(spelled) < timedelta(milliseconds=1)
    assert utc(spelled) == spelled


@given(MOMENTS, ZONES, MOMENTS, ZONES)
def test_our_spellings_sort_as_their_moments_do(
    one: datetime, zone: timezone, other: datetime, other_zone: timezone
) -> None:
    first, second = (
        one.replace(microsecond=0, tzinfo=zone),
        other.replace(microsecond=0, tzinfo=other_zone),
    )
    assert (utc(first.isoformat()) < utc(second.isoformat())) == (first < second)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00.000Z",
        "2026-01-02T03:04:60.000Z",
        "2026-01-02T03:04:05.678Z\n",
        "9999-12-31T23:59:59-10:00",
        "\u0662026-01-02T03:04:05.678Z",  # a digit, but not one of ours
        None,
        20260102,
    ],
)
def test_what_is_no_timestamp_is_refused_by_the_name_of_its_field(value: Any) -> None:
    with pytest.raises(RecordError, match="published_at is not a timestamp"):
        utc(value, name="published_at")


@given(st.datetimes(datetime(1, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))  # noqa: DTZ001 - UTC is meant
def test_compact_times_of_file_names_are_utc(moment: datetime) -> None:
    digits = f"{moment.year:04d}{moment.month:02d}{moment.day:02d}{moment:%H%M%S}"
    spelled = compact(digits)
    assert OURS.fullmatch(spelled)
    assert datetime.fromisoformat(spelled) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026010203040",  # a digit is missing, and would be taken from the minutes
        "202601020304055",
        "20261301000000",
        "20260102T30405",
        "2026010203 405",
        "99999999999999",
        "",
        None,
    ],
)
def test_other_than_fourteen_digits_of_a_date_and_time_are_refused(value: Any) -> None:
    with pytest.raises(RecordError, match="start is not yyyymmddHHMMSS"):
        compact(value, name="start")
