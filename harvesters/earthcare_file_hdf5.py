"""What an EarthCARE product in HDF5 says of itself: header fields, and a few of its coordinates."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from harvesters.earthcare_file_coordinates import coordinates, member
from harvesters.recorded_files import DAMAGED_HDF5
from tercet.errors import RecordError
from transforms.earthcare_names import ProductName

_OURS = ("HeaderData", "ScienceData")
_FIXED = "HeaderData/FixedProductHeader"
_MAIN = "HeaderData/VariableProductHeader/MainProductHeader"
_LONGEST = 300


def read_product(source: Path | IO[bytes], name: str) -> dict[str, Any] | None:
    """Read a product's header and coordinates.

    Args:
        source: HDF5, as netCDF-4 (ESA) or plain (JAXA).
        name: of the file, for errors and to tell whether a broken one is EarthCARE's.

    Returns:
        ``fixed`` and ``main`` header fields; ``track`` or ``edges`` (longitude, latitude in degrees); ``seconds``,
        the first and the last value of the time variable; what is not in the file is not there. None where it is
        another mission's.

    Raises:
        RecordError: it is EarthCARE's, and cut off or damaged.
    """
    try:
        with h5py.File(source, "r") as file:
            if not any(group in file for group in _OURS):
                return None
            header = {"fixed": dict(_fields(member(file, _FIXED))), "main": dict(_fields(member(file, _MAIN)))}
            science = member(file, "ScienceData")
            read = {**header, **(coordinates(science) if isinstance(science, h5py.Group) else {})}
    except DAMAGED_HDF5 as error:
        if not _is_product(name):
            return None
        raise RecordError(f"{name} is cut off or damaged ({error}): download it again") from error
    return {key: value for key, value in read.items() if value}


def _fields(group: Any) -> Iterator[tuple[str, str | int | float]]:  # noqa: ANN401 - whatever lies at a path
    """Scalars of a header group and of the groups in it, whether they are datasets or attributes."""
    if not isinstance(group, h5py.Group):
        return
    for key, value in group.attrs.items():
        scalar = _scalar(value)
        if scalar is not None:
            yield key, scalar
    for key in group:
        part = group[key]
        if isinstance(part, h5py.Group):
            yield from _fields(part)
        elif isinstance(part, h5py.Dataset) and part.size == 1:
            scalar = _scalar(part[()])
            if scalar is not None:
                yield key, scalar


def _scalar(value: Any) -> str | int | float | None:  # noqa: ANN401 - whatever h5py gives
    if isinstance(value, np.ndarray):
        if value.size != 1:
            return None
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        text = value.strip("\0 \n")
        return text if 0 < len(text) <= _LONGEST else None
    return value if isinstance(value, int | float) and math.isfinite(value) else None


def _is_product(name: str) -> bool:
    try:
        return bool(ProductName.of_file(name))
    except RecordError:
        return False
