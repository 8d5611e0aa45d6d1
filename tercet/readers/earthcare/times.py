"""EarthCARE's clock: seconds since 2000-01-01T00:00:00 UTC that go on counting through leap seconds.

Read naively, as xarray and the mission's other readers do, such a time is late by the leap seconds since then: five,
for all of the mission.

Source: EarthCARE Products Definitions, volume 1 (EC.ICD.ASD.SY.00005).
"""

import re
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from transforms.earthcare_file import EPOCH, LEAP_SECONDS

TimeScale = Literal["utc", "file"]
"""``utc``: leap seconds are taken out. ``file``: as the file counts, late by five seconds."""

_UNITS = re.compile(r"\s*seconds since\s+(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?)?)", re.IGNORECASE)
_UNKNOWN = 1e12
"""Seconds that no clock of the mission reaches: netCDF's fill and what lies beyond."""


def moments(seconds: NDArray[Any], units: object, scale: TimeScale) -> NDArray[np.datetime64]:
    """Turn a file's times into ``datetime64[ns]``, right to the microsecond; NaT where there is none.

    Args:
        seconds: float64, any shape, as stored.
        units: the attribute; where it names no epoch, the mission's is taken.
        scale: whether leap seconds are taken out.
    """
    known = np.isfinite(seconds) & (np.abs(seconds) < _UNKNOWN)
    # a float64 of this size holds a tenth of a microsecond: more digits would be noise
    counted = np.where(known, seconds, 0).astype(np.float64)
    whole = np.floor(counted)
    micro = whole.astype(np.int64) * 1_000_000 + np.round((counted - whole) * 1e6).astype(np.int64)
    start = np.datetime64(_epoch(units).replace(tzinfo=None), "us")
    if scale == "utc":
        start -= np.timedelta64(LEAP_SECONDS)
    times = (start + micro.astype("timedelta64[us]")).astype("datetime64[ns]")
    times[~known] = np.datetime64("NaT")
    return times


def described(scale: TimeScale) -> dict[str, Any]:
    """Attributes that tell what was done to a time."""
    removed = int(LEAP_SECONDS.total_seconds()) if scale == "utc" else 0
    return {
        "standard_name": "time",
        "long_name": "Time (UTC)" if removed else "Time as the file counts it",
        "leap_seconds_removed": removed,
        "comment": "the file counts seconds since 2000-01-01 through leap seconds"
        + ("; they are taken out" if removed else ": late by 5 s against UTC"),
    }


def _epoch(units: object) -> datetime:
    found = _UNITS.match(units) if isinstance(units, str) else None
    return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else EPOCH
