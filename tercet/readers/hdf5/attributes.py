"""HDF5 attributes and text as Python knows them, the same for local files and remote ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FILL = "_FillValue"

OWN = frozenset({
    "CLASS", "DIMENSION_LABELS", "DIMENSION_LIST", "NAME", "REFERENCE_LIST",
    "_NCProperties", "_Netcdf4Coordinates", "_Netcdf4Dimid", "_nc3_strict",
})  # fmt: skip
"""What HDF5's dimension scales and netCDF-4 keep for themselves."""


def text(stored: bytes | str) -> str:
    """Text as it was meant: fixed lengths are padded with NUL or spaces, and old files are Latin-1."""
    if isinstance(stored, str):
        return stored
    # what follows a NUL is left over from a longer text
    meant = stored.split(b"\0", 1)[0]
    try:
        return meant.decode("utf-8").rstrip(" ")
    except UnicodeDecodeError:
        return meant.decode("latin-1").rstrip(" ")


def texts(stored: NDArray[Any]) -> NDArray[np.object_]:
    """An array of text: each element a str, whether it was stored with a fixed length or a variable one."""
    read = np.empty(stored.shape, dtype=object)
    read.reshape(-1)[:] = [text(one) for one in stored.reshape(-1).tolist()]
    return read


def plain(stored: NDArray[Any]) -> Any:  # noqa: ANN401 - a number, text, or an array of them
    """One attribute's value: str, a Python number or bool; an array only where there are several."""
    if stored.dtype.kind in "SO" and not stored.size:
        return ""  # so netCDF-4 stores an empty text
    value = texts(stored) if stored.dtype.kind in "SO" else stored
    if value.size != 1:
        return value
    one = value.reshape(-1)[0]
    return one if isinstance(one, str) or value.dtype.kind == "V" else one.item()
