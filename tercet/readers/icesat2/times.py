"""ICESat-2's times as UTC."""

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

EPOCH_GPS: Final = 1_198_800_018.0
"""``ancillary_data/atlas_sdp_gps_epoch``: GPS seconds of 2018-01-01T00:00:00 UTC; some subsets lack it."""

_GPS_START: Final = np.datetime64("1980-01-06T00:00:00", "ns")
_LEAP_SECONDS: Final = 18
"""GPS is ahead of UTC by so many seconds since 2017-01-01, before ICESat-2 flew. Source: IERS Bulletin C."""
_SECOND: Final = 1_000_000_000
_LATEST: Final = 3e9
"""Seconds since 2018 that no granule reaches: fill lies beyond."""

_REWRITTEN: Final = re.compile(
    r"(nanosecond|microsecond|millisecond|second|minute|hour|day)s since (\d{4}-\d\d-\d\d(?:[ T][\d:.]+)?)", re.ASCII
)
_SCALES: Final = {
    "nanosecond": 1e-9,
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86_400.0,
}
_OWN_START: Final = np.datetime64("2018-01-01T00:00:00", "ns")


def utc(delta_time: NDArray[Any], epoch_gps: float = EPOCH_GPS, units: str = "") -> NDArray[np.datetime64]:
    """Turn ``delta_time`` into UTC.

    Args:
        delta_time: seconds since the epoch of ATLAS's standard data products in the scale of GPS, any shape.
        epoch_gps: that epoch, seconds since 1980-01-06.
        units: what the file says of it; where a tool such as xarray counted anew from another date, that counts.

    Returns:
        ``datetime64[ns]``, NaT for fill. Float64 holds times of these years to some 30 ns.
    """
    scale, start = _rewritten(units) or (
        1.0,
        _GPS_START + np.timedelta64(round((epoch_gps - _LEAP_SECONDS) * 1e9), "ns"),
    )
    counted = delta_time if scale == 1 else delta_time * scale
    known = np.isfinite(counted) & (np.abs(counted) < _LATEST)
    seconds = np.where(known, counted, 0.0).astype(np.float64)
    # whole seconds apart: as one float64 of nanoseconds the last digits would be lost
    whole = np.floor(seconds)
    parts = np.rint((seconds - whole) * _SECOND).astype(np.int64)
    nanoseconds = whole.astype(np.int64) * _SECOND + parts
    moments = start + nanoseconds.astype("timedelta64[ns]")
    return np.where(known, moments, np.datetime64("NaT", "ns"))


def _rewritten(units: str) -> tuple[float, np.datetime64] | None:
    """Seconds in a unit, and the date that it is counted from; None of NASA's own."""
    match = _REWRITTEN.match(units)
    if match is None:
        return None
    scale, start = _SCALES[match[1]], np.datetime64(match[2], "ns")
    return None if scale == 1 and start == _OWN_START else (scale, start)
