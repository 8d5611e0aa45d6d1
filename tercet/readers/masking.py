"""Fill values end here, compared in the type that is stored: the float64 spelling of a float32 matches nothing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SMALL = 2
"""Bytes of the whole numbers that a float32 holds exactly."""


def is_fill(values: NDArray[Any], fill: Any) -> NDArray[np.bool_]:  # noqa: ANN401 - a number of any type, or text
    """Tell where values are the fill, compared in their own type; True means "nothing here".

    Args:
        values: any shape and type, as stored.
        fill: None where there is none; NaN is found, too. What the type cannot hold is nowhere.
    """
    if fill is None or not _can_hold(values.dtype, fill):
        return np.zeros(values.shape, dtype=bool)
    own = values.dtype.type(fill) if values.dtype.kind in "iuf" else fill
    if values.dtype.kind == "f" and np.isnan(own):
        return np.asarray(np.isnan(values), dtype=bool)
    return np.asarray(values == own, dtype=bool)


def masked(values: NDArray[Any], fill: Any) -> NDArray[Any]:  # noqa: ANN401 - a number of any type, or text
    """Put NaN where the fill is.

    Args:
        values: any shape and type, as stored; never changed.
        fill: as for `is_fill`.

    Returns:
        The same shape. Floats keep their type. Whole numbers stay whole where no fill is among them, so that
        identifiers and flags stay what they are; else they become float32 (up to 16 bits) or float64. Text is left.
        Bytes are in this machine's order, for pandas and Arrow take no other.
    """
    kind = values.dtype.kind
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    if kind not in "iuf":
        return values
    missing = is_fill(values, fill)
    if not missing.any():
        return values
    small = values.dtype.itemsize <= _SMALL
    result = values.astype(values.dtype if kind == "f" else (np.float32 if small else np.float64), copy=True)
    result[missing] = np.nan
    return result


def _can_hold(dtype: np.dtype[Any], fill: Any) -> bool:  # noqa: ANN401 - a number of any type, or text
    if dtype.kind not in "iu":
        return True
    limits = np.iinfo(dtype)
    try:
        return bool(limits.min <= fill <= limits.max and fill == int(fill))
    except (TypeError, ValueError, OverflowError):  # text, NaN, infinity
        return False
