"""ICESat-2's times as UTC."""

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


def utc(delta_time: NDArray[Any], epoch_gps: float = EPOCH_GPS) -> NDArray[np.datetime64]:
    """Turn ``delta_time`` into UTC.

    Args:
        delta_time: seconds since the epoch of ATLAS's standard data products in the scale of GPS, any shape.
        epoch_gps: that epoch, seconds since 1980-01-06.

    Returns:
        ``datetime64[ns]``, NaT for fill. Float64 holds times of these years to some 30 ns.
    """
    known = np.isfinite(delta_time) & (np.abs(delta_time) < _LATEST)
    seconds = np.where(known, delta_time, 0.0).astype(np.float64)
    # whole seconds apart: as one float64 of nanoseconds the last digits would be lost
    whole = np.floor(seconds)
    parts = np.rint((seconds - whole) * _SECOND).astype(np.int64)
    ahead = np.int64(round((epoch_gps - _LEAP_SECONDS) * _SECOND))
    nanoseconds = whole.astype(np.int64) * _SECOND + parts + ahead
    moments = _GPS_START + nanoseconds.astype("timedelta64[ns]")
    return np.where(known, moments, np.datetime64("NaT", "ns"))
