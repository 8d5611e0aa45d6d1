"""What means "nothing here" in EarthCARE's files, which often do not say so themselves."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5 import Array
from tercet.readers.masking import masked

DEFAULT: Final = 9.969209968386869e36
"""netCDF's default fill of floats: products hold it, mostly without an attribute ``_FillValue``."""
_FROM: Final = 9.9e36
"""What is larger is no measurement, however the fill was rounded."""
_OF_CODES: Final = {"int8": -127, "int32": -2147483647, "int64": -9223372036854775806}
"""netCDF's default fills of whole numbers, but for 16 bits: there products hold bit masks, in which it is a value."""


def fill_of(array: Array) -> Any:  # noqa: ANN401 - a number of the array's type
    """The fill that an array declares, else netCDF's default; None for text and for whole numbers without one."""
    if array.fill is not None:
        return array.fill
    if array.dtype.kind == "f":
        return array.dtype.type(DEFAULT) if array.dtype.itemsize > 2 else None  # noqa: PLR2004 - half floats end at 65504
    return None


def default_code(array: Array) -> int | None:
    """The code that netCDF writes where nothing was put, for whole numbers that declare no fill."""
    return _OF_CODES.get(array.dtype.name) if array.fill is None else None


def measured(values: NDArray[Any], array: Array) -> NDArray[Any]:
    """Put NaN where nothing was measured, and apply scale and offset where the file names them.

    Floats keep their type. Whole numbers change to floats only where the fill that the file declares is among them:
    an undeclared default stays a code, named by the attribute ``missing_value`` (`default_code`).
    """
    result = masked(values, array.fill)
    if result.dtype.kind == "f":
        missing = np.abs(result) >= _FROM
        if missing.any():
            result = np.where(missing, result.dtype.type(np.nan), result)
    return _scaled(result, array)


def _scaled(values: NDArray[Any], array: Array) -> NDArray[Any]:
    factor, offset = (array.attributes.get(key) for key in ("scale_factor", "add_offset"))
    if factor is None and offset is None:
        return values
    return values * (1.0 if factor is None else factor) + (0.0 if offset is None else offset)
