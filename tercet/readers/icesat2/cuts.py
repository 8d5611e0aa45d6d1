"""Which rows of a beam to read: found by what is small, so that what is large is read only where it is wanted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.icesat2.photons import SegmentIndex, merged
from tercet.readers.icesat2.structure import Rows
from tercet.readers.selection import Selection

Read = Mapping[str, NDArray[Any]]
"""Whole arrays of one beam by the path of their field."""

Clock = Callable[[NDArray[Any]], NDArray[np.datetime64]]
"""``delta_time`` of one granule as UTC."""

GAP: Final = 10_000
"""Rows. Products keep so many in a chunk: what lies nearer is read with it in any case."""
_BESIDE_M: Final = 200.0
"""Photons lie at most so far from the reference photon of their segment, tall targets seen aslant among them."""
_UNSEEN_S: Final = 2.0
"""Where a beam was seen so rarely, some 14 km, nothing is placed between."""
_BEYOND_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Cut:
    """What to read of one beam.

    Attributes:
        runs: slices of the rows.
        segments: of photons: the runs of segments that these are.
        index: of photons: where each segment's lie.
    """

    runs: list[slice]
    segments: list[slice] = field(default_factory=list)
    index: SegmentIndex | None = None


class Finder(Protocol):
    """How the rows of one kind are found."""

    def paths(self, selection: Selection) -> list[str]:
        """Fields that it looks at, whole."""
        ...

    def find(self, read: Read, rows: int, selection: Selection, where: str) -> Cut:
        """Find the rows to read among so many."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """Rows that have positions of their own."""

    rows: Rows
    clock: Clock

    def paths(self, selection: Selection) -> list[str]:
        """Positions and times, as far as they decide."""
        places = [self.rows.latitude, self.rows.longitude] if selection.is_spatial else []
        return [path for path in [*places, self.rows.time if selection.is_temporal else None] if path]

    def find(self, read: Read, rows: int, selection: Selection, where: str) -> Cut:  # noqa: ARG002 - as `Finder` has it
        """Runs of what lies inside."""
        if selection.is_whole:
            return Cut([slice(0, rows)])
        return Cut(merged(_inside(self.rows, read, selection, rows, self.clock), GAP))


@dataclass(frozen=True, slots=True)
class Photons:
    """Photons of ATL03, found by their segments.

    Attributes:
        rows: of the segments: geolocation.
        indexed: whether the index is needed even where all photons are wanted.
    """

    rows: Rows
    clock: Clock
    indexed: bool

    @property
    def counts(self) -> str:
        """Path of the field that says how many photons a segment has."""
        return f"{self.rows.root}/segment_ph_cnt"

    @property
    def beginnings(self) -> str:
        """Path of the field that says where a segment's photons begin."""
        return f"{self.rows.root}/ph_index_beg"

    def paths(self, selection: Selection) -> list[str]:
        """The index, and positions and times of segments as far as they decide."""
        if selection.is_whole and not self.indexed:
            return []
        return [self.beginnings, self.counts, *Placed(self.rows, self.clock).paths(selection)]

    def find(self, read: Read, rows: int, selection: Selection, where: str) -> Cut:
        """Photons of the segments near by, and of one more at either end: a segment's photons lie on both sides."""
        if selection.is_whole and not self.indexed:
            return Cut([slice(0, rows)])
        try:
            index = SegmentIndex.of(read[self.beginnings], read[self.counts], rows, where)
        except ReaderError:
            if self.indexed:
                raise
            return Cut([slice(0, rows)])  # they are looked at one by one: a tool cut them and not their segments
        near = _inside(self.rows, read, selection.grown(_BESIDE_M), index.counts.size, self.clock)
        if not selection.is_whole:
            near = np.convolve(near, [True, True, True], "same").astype(bool) if near.size else near
        # so many segments as have a chunk of photons between them
        photons = max(int(np.median(index.counts)) if index.counts.size else 1, 1)
        segments = [run for run in merged(near, GAP // photons) if index.counts[run].any()]
        return Cut([index.photons(run) for run in segments], segments, index)


@dataclass(frozen=True, slots=True)
class Timed:
    """Rows without positions, which lie where the beam was at their time.

    Attributes:
        rows: those that are wanted.
        guide: rows of the same beam that have positions and times.
    """

    rows: Rows
    guide: Rows | None
    clock: Clock

    def paths(self, selection: Selection) -> list[str]:
        """Times, and what says where the beam was."""
        if selection.is_whole or self.rows.time is None:
            return []
        guide = [self.guide.time, self.guide.latitude, self.guide.longitude] if self.guide else []
        return [path for path in [self.rows.time, *(guide if selection.is_spatial else [])] if path]

    def find(self, read: Read, rows: int, selection: Selection, where: str) -> Cut:  # noqa: ARG002 - as `Finder` has it
        """Runs of what was measured while the beam was inside."""
        if selection.is_whole:
            return Cut([slice(0, rows)])
        times = read[self.rows.time] if self.rows.time else np.full(rows, np.nan)
        inside = selection.moments(self.clock(times))
        if selection.is_spatial:
            inside &= selection.points(*positions_at(times, self.guide, read))
        return Cut(merged(inside, GAP))


def positions_at(times: NDArray[Any], guide: Rows | None, read: Read) -> tuple[NDArray[Any], NDArray[Any]]:
    """Longitude and latitude of a beam at given times, degrees; NaN where it was not seen just before or after."""
    nowhere = np.full(np.shape(times), np.nan)
    if guide is None or not (guide.time and guide.latitude and guide.longitude) or read[guide.time].size < 2:  # noqa: PLR2004 - a line
        return nowhere, nowhere
    order = np.argsort(read[guide.time], kind="stable")
    moments = read[guide.time][order]
    after = np.clip(np.searchsorted(moments, times), 1, moments.size - 1)
    span = moments[after] - moments[after - 1]
    share = np.divide(times - moments[after - 1], span, out=np.zeros(np.shape(times)), where=span > 0)
    # a little before the first segment's middle and after the last one's the line goes on
    near = (span < _UNSEEN_S) & (moments[0] - times < _BEYOND_S) & (times - moments[-1] < _BEYOND_S)
    east = np.unwrap(read[guide.longitude][order].astype(np.float64), period=360)
    north = read[guide.latitude][order].astype(np.float64)
    longitude, latitude = (
        np.where(near, line[after - 1] + share * (line[after] - line[after - 1]), np.nan) for line in (east, north)
    )
    return (longitude + 180) % 360 - 180, latitude


def _inside(rows: Rows, read: Read, selection: Selection, count: int, clock: Clock) -> NDArray[np.bool_]:
    inside = np.ones(count, dtype=bool)
    if selection.is_spatial:
        if rows.latitude is None or rows.longitude is None:
            return np.zeros(count, dtype=bool)
        inside &= selection.points(read[rows.longitude], read[rows.latitude])
    if selection.is_temporal:
        if rows.time is None:
            return np.zeros(count, dtype=bool)
        inside &= during(selection, read[rows.time], clock)
    return inside


def during(selection: Selection, delta_time: NDArray[Any], clock: Clock) -> NDArray[np.bool_]:
    """Tell which rows were measured in the time that is wanted; of ATL11 those with one cycle in it."""
    moments = selection.moments(clock(delta_time))
    return np.asarray(moments.any(axis=tuple(range(1, moments.ndim))))
