"""The mission's clock."""

from datetime import datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tercet.readers.earthcare.times import moments
from tests.harvesters.earthcare_files import EPOCH, FILL

UNITS = "seconds since 2000-01-01 00:00:00.0"


@given(st.datetimes(min_value=datetime(2024, 5, 28), max_value=datetime(2034, 1, 1)))  # noqa: DTZ001 - hypothesis wants them naive
def test_a_moment_of_the_mission_comes_back_to_the_microsecond(moment: datetime) -> None:
    counted = (moment - EPOCH.replace(tzinfo=None)) / timedelta(seconds=1) + 5
    read = moments(np.array([counted]), UNITS, "utc")[0]
    assert abs(read - np.datetime64(moment, "ns")) <= np.timedelta64(1, "us")


def test_the_recorded_offset_of_a_frame_s_start() -> None:
    """A recorded file reaches latitude 22.5 at naive 06:42:49.8; its frame starts at 06:42:45."""
    naive = np.datetime64("2025-06-15T06:42:49.8") - np.datetime64("2000-01-01T00:00:00.0")
    read = moments(np.array([naive / np.timedelta64(1, "s")]), UNITS, "utc")[0]
    assert abs(read - np.datetime64("2025-06-15T06:42:45", "ns")) < np.timedelta64(1, "s")


def test_what_is_no_time_is_not_a_time() -> None:
    read = moments(np.array([FILL, np.nan, -FILL, 8e8]), UNITS, "utc")
    assert np.isnat(read).tolist() == [True, True, True, False]


def test_another_epoch_is_believed_and_a_missing_one_is_the_mission_s() -> None:
    assert moments(np.array([0.0]), "seconds since 2024-01-01", "file")[0] == np.datetime64("2024-01-01", "ns")
    assert moments(np.array([0.0]), None, "file")[0] == np.datetime64("2000-01-01", "ns")
    assert moments(np.array([[0.0, 1.0]]), UNITS, "file").shape == (1, 2)
