"""A Dataset of tracks as a table: one row a photon or segment, of ATL11 one a reference point and cycle."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.tables import geodataframe
from tercet.readers.variables import Variable

if TYPE_CHECKING:
    import geopandas
    import xarray

_FEW: Final = 32
"""So many columns of an array become columns of the table; of wider ones each row holds a list."""


def table_of(dataset: "xarray.Dataset", rows: str) -> "geopandas.GeoDataFrame":
    """Make a table.

    Args:
        dataset: as `icesat2_dataset.dataset_of` makes it.
        rows: the dimension along the track.

    Returns:
        Columns time, beam, spot, strong, rgt, cycle, then the variables; those with a few columns are spread over as
        many, named by what they stand for; numbers of the whole granule stand in every row. Whole numbers that may be
        missing are of pandas' nullable types, so that all tables of a product have the same ones. Geometry in WGS 84.

    Raises:
        ReaderError: a variable has dimensions of its own, which are no rows.
    """
    if dataset["time"].ndim > 1:
        dataset = _long(dataset, rows)
    columns: dict[str, Any] = dict(_known(dataset))
    described: list[Variable] = []
    for name, values in dataset.data_vars.items():
        for column, part in _spread(str(name), _in_rows(values, rows, dataset.sizes[rows])):
            columns[column] = part
            described.append(_described(column, values))
    return geodataframe(
        columns,
        dataset["longitude"].to_numpy(),
        dataset["latitude"].to_numpy(),
        variables=described,
        attributes={key: value for key, value in dataset.attrs.items() if key != "crs"},
    )


def _known(dataset: "xarray.Dataset") -> Iterator[tuple[str, Any]]:
    import pandas as pd  # noqa: PLC0415 - half a second

    yield "time", pd.DatetimeIndex(dataset["time"].to_numpy()).tz_localize("UTC")
    yield "beam", pd.Categorical(dataset["beam"].to_numpy())
    for name in ("spot", "strong", "cycle_number"):
        if name in dataset.coords and dataset[name].dims == dataset["beam"].dims:
            yield name, dataset[name].to_numpy()
    for name in ("rgt", "cycle"):
        if name in dataset.attrs and name not in dataset.variables:
            yield name, np.full(dataset["beam"].shape, dataset.attrs[name], np.int16)


def _in_rows(values: "xarray.DataArray", rows: str, count: int) -> "xarray.DataArray":
    if rows in values.dims:
        return values
    if values.ndim:
        raise no_rows([str(values.name)])
    return values.expand_dims({rows: count})


def no_rows(names: Sequence[str]) -> ReaderError:
    """The error about variables of which no table can be made."""
    return ReaderError(f"no rows along the track, of which a table could be made: {', '.join(names)}; use dataset()")


def _spread(name: str, values: "xarray.DataArray") -> Iterator[tuple[str, Any]]:
    """Columns of one variable."""
    array = values.to_numpy()
    stored = np.dtype(values.encoding["dtype"]) if "_FillValue" in values.encoding else None
    if array.ndim == 1:
        yield name, _nullable(array, stored)
        return
    flat = array.reshape(array.shape[0], math.prod(array.shape[1:]))
    if flat.shape[1] > _FEW:
        yield name, _lists(flat)
        return
    dim = values.dims[1]
    labels = values[dim].to_numpy() if dim in values.coords and array.ndim == 2 else range(1, flat.shape[1] + 1)  # noqa: PLR2004 - a matrix
    for index, label in enumerate(labels):
        yield f"{name}_{label}", _nullable(flat[:, index], stored)


def _nullable(column: NDArray[Any], stored: np.dtype[Any] | None) -> Any:  # noqa: ANN401 - NumPy's or pandas' array
    if stored is None or stored.kind not in "iu":
        return column
    import pandas as pd  # noqa: PLC0415 - half a second

    missing = np.isnan(column) if column.dtype.kind == "f" else np.zeros(column.shape, dtype=bool)
    return pd.arrays.IntegerArray(np.where(missing, 0, column).astype(stored), missing)


def _lists(rows: NDArray[Any]) -> NDArray[np.object_]:
    found = np.empty(rows.shape[0], dtype=object)
    found[:] = list(rows)
    return found


def _described(column: str, values: "xarray.DataArray") -> Variable:
    said = values.attrs
    return Variable(
        column, str(said.get("source_path", "")), (), None, str(values.dtype), said.get("units"), said.get("long_name")
    )


def _long(dataset: "xarray.Dataset", rows: str) -> "xarray.Dataset":
    """One row a reference point and cycle, where something was measured."""
    cycle = next(str(dim) for dim in dataset["time"].dims if dim != rows)
    sizes = dataset.sizes[rows], dataset.sizes[cycle]
    measured = ~np.isnat(dataset["time"].to_numpy()).reshape(-1)
    point, number = (axis.reshape(-1)[measured] for axis in np.indices(sizes))
    import xarray  # noqa: PLC0415 - half a second

    return dataset.isel({rows: xarray.DataArray(point, dims=rows), cycle: xarray.DataArray(number, dims=rows)})
