"""Rows of different steps in one table: what was measured by the segment is given to each of its photons.

Source: ATL03 and ATL08 data dictionaries.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.icesat2.cuts import Cut, Read
from tercet.readers.icesat2.layout import BEAM

How = Literal["index", "time", "segment"]
"""``index``: ATL03's of photons by segment. ``time``: the last one before. ``segment``: ATL08's ranges of segments."""

_HEIGHTS: Final = f"{BEAM}/heights"
_SIGNAL: Final = f"{BEAM}/signal_photons"
_LAND: Final = f"{BEAM}/land_segments"
JOINS: Final[Mapping[tuple[str, str], How]] = MappingProxyType({
    (_HEIGHTS, f"{BEAM}/geolocation"): "index",
    (_HEIGHTS, f"{BEAM}/bckgrd_atlas"): "time",
    (_SIGNAL, _LAND): "segment",
})  # fmt: skip
"""How rows (the second) are given to finer ones (the first)."""


def finest(roots: Iterable[str], where: str) -> str:
    """The rows to which all the others can be given.

    Raises:
        ReaderError: there are none; the groups are named.
    """
    held = list(dict.fromkeys(roots))
    for fine in held:
        if all(coarse == fine or (fine, coarse) in JOINS for coarse in held):
            return fine
    groups = ", ".join(root.removeprefix(f"{BEAM}/") for root in held)
    raise ReaderError(f"{where}: variables of {groups} lie in different rows along the track: read one group at a time")


@dataclass(frozen=True, slots=True)
class Join:
    """From coarse rows to fine ones, of one granule.

    Attributes:
        fine: root of the rows that get values.
        coarse: root of those that give them.
    """

    fine: str
    coarse: str

    @property
    def how(self) -> How:
        """By what they are joined."""
        return JOINS[self.fine, self.coarse]

    def keys(self) -> tuple[list[str], list[str]]:
        """Fields to read for it: whole ones of the coarse rows, and those of the fine rows in their runs."""
        if self.how == "time":
            return [f"{self.coarse}/delta_time"], [f"{self.fine}/delta_time"]
        if self.how == "segment":
            return [f"{self.coarse}/segment_id_beg", f"{self.coarse}/segment_id_end"], [f"{self.fine}/ph_segment_id"]
        return [], []

    def part(self, cut: Cut) -> slice:
        """The part of the coarse rows that is needed."""
        if self.how != "index":
            return slice(None)
        return slice(cut.segments[0].start, cut.segments[-1].stop) if cut.segments else slice(0, 0)

    def rows(self, cut: Cut, coarse: Read, fine: Read) -> NDArray[np.int64]:
        """Which of the coarse rows that were read belongs to each fine row; -1 is none."""
        if self.how == "index":
            if cut.index is None:
                return np.full(sum(run.stop - run.start for run in cut.runs), -1)
            found = cut.index.segments_of(cut.runs)
            return np.where(found >= 0, found - (self.part(cut).start or 0), -1)
        if self.how == "time":
            return np.searchsorted(coarse[f"{self.coarse}/delta_time"], fine[f"{self.fine}/delta_time"], "right") - 1
        segment = fine[f"{self.fine}/ph_segment_id"]
        row = np.searchsorted(coarse[f"{self.coarse}/segment_id_beg"], segment, "right") - 1
        return np.where(segment <= coarse[f"{self.coarse}/segment_id_end"][row], row, -1) if row.size else row


def spread(values: NDArray[Any], rows: NDArray[np.int64], fill: Any) -> NDArray[Any]:  # noqa: ANN401 - of any type
    """Give each fine row the value of its coarse one; the fill, or NaN, where it has none."""
    absent = rows < 0
    if not absent.any():
        return values[rows]
    if not len(values):
        return missing((rows.size, *values.shape[1:]), values.dtype, fill)
    given = values[rows]
    if fill is None and values.dtype.kind in "iu":
        given = given.astype(np.float64)
    given[absent] = fill if fill is not None else np.nan
    return given


def missing(shape: tuple[int, ...], dtype: np.dtype[Any], fill: Any) -> NDArray[Any]:  # noqa: ANN401 - of any type
    """Values of which there are none: fill, or NaN."""
    if fill is not None and dtype.kind in "iuf":
        return np.full(shape, fill, dtype)
    return np.full(shape, np.nan, dtype if dtype.kind == "f" else np.float64)
