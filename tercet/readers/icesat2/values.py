"""What an array says of itself, and its values without fill."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5 import Array
from tercet.readers.icesat2.layout import COLUMNS, LABELS
from tercet.readers.icesat2.structure import Field, Rows
from tercet.readers.masking import masked
from tercet.readers.tables import attributes
from tercet.readers.variables import Variable

_OURS: Final = frozenset({"units", "long_name", "coordinates", "grid_mapping", "missing_value"})
"""Attributes that we say in our own way; coordinates are those of the file's groups."""
_LOST: Final = float(np.finfo(np.float32).max)
"""Fill of floats whose attribute a tool lost."""


def cleaned(values: NDArray[Any], fill: Any) -> NDArray[Any]:  # noqa: ANN401 - a number of any type
    """Put NaN where there is nothing.

    Args:
        values: as stored.
        fill: the array's; 0 of counts and indices is kept, for it says how many there are.

    Returns:
        Floats in their own type, whole numbers as `masking.masked` gives them.
    """
    if values.dtype.kind != "f":
        return masked(values, fill or None)
    own = values.dtype.type(_LOST)
    return masked(masked(values, own), fill)


def dims_of(field: Field, array: Array, rows: Rows | None) -> tuple[str, ...]:
    """Names of its dimensions: rows first where it lies along a track, scales of the file, or what is known of it."""
    named = [
        given or _default(field.name, array, axis)
        for axis, given in enumerate(array.dims or ("",) * len(array.shape))
    ]  # fmt: skip
    return (rows.dim, *named[1:]) if rows and named else tuple(named)


def _default(name: str, array: Array, axis: int) -> str:
    known = COLUMNS.get(name) if axis else None
    return known or f"n{array.shape[axis]}"


def labels_of(dim: str, size: int) -> tuple[str, ...] | None:
    """What the columns of a dimension stand for, where that is known."""
    labels = LABELS.get(dim)
    return labels if labels and len(labels) == size else None


def variable_of(name: str, field: Field, array: Array, rows: Rows | None) -> Variable:
    """Describe it without reading its values."""
    several = len(field.beams) > 1
    return Variable(
        name=name,
        path=field.path,
        dims=dims_of(field, array, rows),
        shape=None if several else array.shape,
        dtype=str(array.dtype),
        unit=_said(array.attributes, "units"),
        long_name=_said(array.attributes, "long_name"),
        fill=array.fill,
        chunks=array.chunks,
        stored=None if several else array.stored,
    )


def attributes_of(variable: Variable, array: Array) -> dict[str, Any]:
    """Attributes for xarray: unit, long name, path, and all that the file says, such as what flags mean."""
    said = {key: value for key, value in array.attributes.items() if key not in _OURS}
    return {**said, **attributes(variable)}


def _said(attributes: Mapping[str, Any], name: str) -> str | None:
    value = attributes.get(name)
    if isinstance(value, np.ndarray):  # as R writes it
        value = value.flat[0] if value.size == 1 else None
    return str(value) if value not in (None, "") else None
