"""Photons and the segments of some 20 m that they lie in: ATL03's index from one to the other, and ATL08's classes.

Source: ATL03 data dictionary, ``/gtx/geolocation/ph_index_beg`` and ``segment_ph_cnt``; ATL08 data dictionary,
``/gtx/signal_photons/classed_pc_indx``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError

UNCLASSIFIED: Final = 4
"""The class of photons that ATL08 did not look at; 0 to 3 are its own: noise, ground, canopy, top of canopy."""
CLASSES: Final = ("atl08_class", "atl08_ph_h")
"""Names of what ATL08 says of ATL03's photons."""
_SAME_SHOT: Final = 1e-5
"""Seconds. Shots lie ten times farther apart."""


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """Where the photons of each segment lie.

    Attributes:
        starts: the first one's place in the file, counted from 0; shape (segments,).
        counts: how many; 0 of empty segments; shape (segments,).
    """

    starts: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, beginnings: NDArray[Any], counts: NDArray[Any], photons: int, where: str) -> "SegmentIndex":
        """Read it as NASA and subsetters write it.

        Args:
            beginnings: ``ph_index_beg``, counted from 1; 0 of empty segments.
            counts: ``segment_ph_cnt``.
            photons: how many the file holds of this beam.
            where: the granule and beam, for the error.

        Raises:
            ReaderError: the index leads beyond the photons.
        """
        many = np.maximum(counts.astype(np.int64), 0)
        ends = np.cumsum(many)
        if (ends[-1] if ends.size else 0) == photons:
            # photons lie in the order of their segments; cutting tools leave beginnings as they were, or off by one
            return cls(ends - many, many)
        starts = beginnings.astype(np.int64) - 1
        starts[many == 0] = 0
        if (starts < 0).any() or ((starts + many) > photons).any():
            raise ReaderError(
                f"{where}: geolocation/ph_index_beg and segment_ph_cnt lead beyond the {photons} photons there are; "
                "the file was cut by a tool that left the index as it was"
            )
        return cls(starts, many)

    def photons(self, segments: slice) -> slice:
        """The photons of a run of segments."""
        held = np.flatnonzero(self.counts[segments]) + segments.start
        if not held.size:
            return slice(0, 0)
        return slice(int(self.starts[held[0]]), int(self.starts[held[-1]] + self.counts[held[-1]]))

    def segments_of(self, photons: Sequence[slice]) -> NDArray[np.int64]:
        """The segment of each photon in these runs; shape (photons,); -1 of photons that no segment claims."""
        held = np.flatnonzero(self.counts)
        parts = [_segments(held, self.starts[held], self.counts[held], run) for run in photons]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _segments(
    held: NDArray[np.int64], starts: NDArray[np.int64], counts: NDArray[np.int64], run: slice
) -> NDArray[np.int64]:
    first, stop = np.searchsorted(starts, (run.start, run.stop))
    if counts[first:stop].sum() == run.stop - run.start:  # as a rule: one after the other, without gaps
        return np.repeat(held[first:stop], counts[first:stop])
    place = np.arange(run.start, run.stop)
    row = np.searchsorted(starts, place, side="right") - 1
    return np.where(place < starts[row] + counts[row], held[row], -1)


def merged(wanted: NDArray[np.bool_], gap: int) -> list[slice]:
    """Runs of what is wanted; what lies nearer than ``gap`` becomes one, for it is stored in one piece anyway."""
    places = np.flatnonzero(wanted)
    if not places.size:
        return []
    cuts = np.flatnonzero(np.diff(places) > gap)
    starts = places[np.concatenate(([0], cuts + 1))]
    stops = places[np.concatenate((cuts, [places.size - 1]))] + 1
    return [slice(int(start), int(stop)) for start, stop in zip(starts, stops, strict=True)]


@dataclass(frozen=True, slots=True)
class Classified:
    """ATL08's signal photons of one beam; arrays of shape (signal photons,).

    Attributes:
        segment_id: ``ph_segment_id``, by which ATL03 knows the segment, too.
        index: ``classed_pc_indx``, counted from 1 within the segment.
        flag: ``classed_pc_flag``.
        height: ``ph_h``, metres above ATL08's ground; fill where there is none.
        delta_time: seconds, the same as ATL03's.
    """

    segment_id: NDArray[Any]
    index: NDArray[Any]
    flag: NDArray[Any]
    height: NDArray[Any]
    delta_time: NDArray[Any]

    def on(
        self, segment_id: NDArray[Any], index: SegmentIndex, runs: Sequence[slice], delta_time: NDArray[Any]
    ) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """Give each photon that was read its class and its height above the ground.

        Args:
            segment_id: ATL03's, of all segments of the beam.
            index: of the same.
            runs: of photons that were read.
            delta_time: of these, in the order of the runs.

        Returns:
            Class, `UNCLASSIFIED` where ATL08 has none; height in metres, NaN where it has none. Shapes are those of
            ``delta_time``.
        """
        classes = np.full(delta_time.shape, UNCLASSIFIED, np.int8)
        heights = np.full(delta_time.shape, np.nan, np.float32)
        row = np.clip(np.searchsorted(segment_id, self.segment_id), 0, max(segment_id.size - 1, 0))
        if not row.size or not segment_id.size:
            return classes, heights
        there = (segment_id[row] == self.segment_id) & (self.index >= 1) & (self.index <= index.counts[row])
        photon = index.starts[row] + self.index - 1
        offset = 0
        for run in runs:
            inside = np.flatnonzero(there & (photon >= run.start) & (photon < run.stop))
            place = photon[inside] - run.start + offset
            # where a tool cut into a segment the numbers within it shifted: the time tells
            same = np.abs(delta_time[place] - self.delta_time[inside]) < _SAME_SHOT
            classes[place[same]] = self.flag[inside[same]]
            heights[place[same]] = self.height[inside[same]]
            offset += run.stop - run.start
        heights[heights >= np.finfo(np.float32).max] = np.nan
        return classes, heights
