"""What does not lie along a track: numbers of the whole granule, and arrays with dimensions of their own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tercet.readers.hdf5 import Wanted
from tercet.readers.icesat2.granule import Granule
from tercet.readers.icesat2.structure import Field
from tercet.readers.icesat2.values import attributes_of, cleaned, dims_of

if TYPE_CHECKING:
    import xarray


def beside_of(granule: Granule, fields: Sequence[Field], attrs: Mapping[str, Any]) -> "xarray.Dataset":
    """Read them whole.

    Args:
        granule: that holds them.
        fields: of beams or of none; those of several beams get the name of each beam before their own.
        attrs: of the Dataset.
    """
    import xarray  # noqa: PLC0415 - half a second

    places = [(field, beam) for field in fields for beam in field.beams or ("",)]
    read = granule.file.read([Wanted(field.of(beam) if beam else field.path) for field, beam in places])
    values: dict[str, Any] = {}
    for (field, beam), array in zip(places, read, strict=True):
        column = granule.column(field)
        name = f"{beam}/{column.variable.name}" if len(field.beams) > 1 else column.variable.name
        dims = [f"{name}_{dim}" for dim in dims_of(field, column.array, None)]
        plain = array.astype(str) if array.dtype.kind == "O" else cleaned(array, column.array.fill)
        single = plain.reshape(()) if plain.size == 1 else plain
        values[name] = (dims[: single.ndim], np.asarray(single), attributes_of(column.variable, column.array))
    return xarray.Dataset(values, attrs=dict(attrs))
