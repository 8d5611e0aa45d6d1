"""Neighbouring frames of one product, joined along the track without doubles."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tercet.errors import ReaderError

if TYPE_CHECKING:
    import xarray


def joined(frames: Sequence["xarray.Dataset"]) -> "xarray.Dataset":
    """Join Datasets in time order; where two overlap, each gives its half of that.

    Raises:
        ReaderError: products differ, one frame is there twice, times are missing, or there is nothing to join.
    """
    import xarray  # noqa: PLC0415 - a third of a second

    if not frames:
        raise ReaderError("there are no frames to join")
    _check(frames)
    along = _along(frames[0])
    full = [one for one in frames if one.sizes[along]]
    if not full:
        return frames[0]
    ordered = _without_doubles(sorted(full, key=_start), along)
    try:
        whole = xarray.concat(
            ordered, dim=along, data_vars="minimal", coords="minimal", compat="override", join="exact",
            combine_attrs="drop_conflicts",
        )  # fmt: skip
    except (ValueError, xarray.AlignmentError) as error:
        raise ReaderError(f"the frames cannot be joined, their variables differ: {error}") from error
    whole.attrs["frames"] = ", ".join(_place(one) for one in ordered)
    return whole


def _check(frames: Sequence["xarray.Dataset"]) -> None:
    kinds = {str(one.attrs.get("product_type")) for one in frames}
    if len(kinds) > 1:
        raise ReaderError(f"only frames of one product can be joined, these are of {', '.join(sorted(kinds))}")
    if any("time" not in one.coords or one.time.ndim != 1 for one in frames):
        raise ReaderError("frames are joined by their times, one a profile; these have none")
    places = [_place(one) for one in frames if "frame" in one.attrs]
    twice = sorted({one for one in places if places.count(one) > 1})
    if twice:
        raise ReaderError(f"frame {twice[0]} is there twice: keep the version with the highest baseline")


def _without_doubles(frames: Sequence["xarray.Dataset"], along: str) -> list["xarray.Dataset"]:
    kept = [frames[0]]
    for following in frames[1:]:
        previous = kept[-1]
        end, start = previous.time.values.max(), following.time.values.min()
        if start <= end:
            border = start + (end - start) / 2
            previous = previous.isel({along: previous.time.values < border})
            following = following.isel({along: following.time.values >= border})  # noqa: PLW2901 - the part that is left
            kept[-1] = previous
        kept.append(following)
    return kept


def _start(frame: "xarray.Dataset") -> np.datetime64:
    earliest: np.datetime64 = frame.time.values.min()
    return earliest


def _along(frame: "xarray.Dataset") -> Any:  # noqa: ANN401 - xarray's names are of any type
    return frame.time.dims[0]


def _place(frame: "xarray.Dataset") -> str:
    return f"{frame.attrs.get('orbit', 0):05d}{frame.attrs.get('frame', '?')}"
