"""From a Dataset of an EarthCARE product to a table of points: profiles, pixels or bins."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.earthcare.panels import spelled
from tercet.readers.tables import geodataframe
from tercet.readers.variables import Variable

if TYPE_CHECKING:
    import geopandas
    import xarray

_FEW = 32
"""Places of a dimension that still make columns."""

Rows = Mapping[Hashable, int]
"""The dimensions whose places make rows, with their sizes."""


def table_of(dataset: "xarray.Dataset") -> "geopandas.GeoDataFrame":
    """Make one row a profile, or a pixel where places are of pixels, or a bin where variables have bins.

    Rows without a place, and those of pixels and bins in which nothing was measured, are left out. Small dimensions
    become columns, called after their labels.

    Raises:
        ReaderError: the product has no places, or a variable has too many values a row.
    """
    if "latitude" not in dataset.coords or "longitude" not in dataset.coords:
        raise ReaderError(f"{dataset.attrs.get('source')} has no latitude and longitude: use dataset()")
    rows = _rows(dataset)
    columns = {str(name): _flat(dataset[name], rows) for name in rows if name in dataset.coords}
    for name in ("time", "height", "distance"):
        if name in dataset.coords:
            columns |= {one.name: values for one, values in _columns(dataset[name], rows)}
    measured = [pair for one in dataset.data_vars.values() for pair in _columns(one, rows)]
    longitude, latitude = (_flat(dataset[name], rows) for name in ("longitude", "latitude"))
    kept = np.isfinite(longitude) & np.isfinite(latitude)
    if len(rows) > 1:
        kept &= _any_measured(dataset, rows)
    columns |= {one.name: values for one, values in measured}
    return geodataframe(
        {name: values[kept] for name, values in columns.items()},
        longitude[kept],
        latitude[kept],
        variables=[one for one, _ in measured],
        attributes={key: value for key, value in dataset.attrs.items() if isinstance(value, str | int | float)},
    )


def _rows(dataset: "xarray.Dataset") -> Rows:
    dims = list(dataset.latitude.dims)
    if "height" in dataset.coords and any(set(dataset.height.dims) <= set(one.dims) for one in dataset.values()):
        dims += [one for one in dataset.height.dims if one not in dims]
    return {dim: dataset.sizes[dim] for dim in dims}


def _columns(values: "xarray.DataArray", rows: Rows) -> Iterable[tuple[Variable, NDArray[Any]]]:
    """Give the columns of a variable, one for each place of its small dimensions; none where it has no rows."""
    if not set(values.dims) & set(rows):
        return
    others = [dim for dim in values.dims if dim not in rows]
    if any(values.sizes[dim] > _FEW for dim in others):
        sizes = " x ".join(f"{dim} {values.sizes[dim]}" for dim in others)
        raise ReaderError(f"{values.name} has {sizes} values a row, too many for columns: use dataset()")
    path, unit, long_name = (values.attrs.get(key) for key in ("source_path", "units", "long_name"))
    for places in np.ndindex(*(values.sizes[dim] for dim in others)):
        part = values.isel(dict(zip(others, places, strict=True)))
        name = "_".join([str(values.name), *(_label(part, dim, at) for dim, at in zip(others, places, strict=True))])
        yield Variable(name, str(path), (), None, str(values.dtype), unit, long_name), _flat(part, rows)


def _label(part: "xarray.DataArray", dimension: Hashable, place: int) -> str:
    if dimension not in part.coords:
        return str(place)
    return spelled(part.coords[dimension].item())


def _flat(values: "xarray.DataArray", rows: Rows) -> NDArray[Any]:
    ordered = values.transpose(*(dim for dim in rows if dim in values.dims)).values
    own = tuple(size if dim in values.dims else 1 for dim, size in rows.items())
    return np.broadcast_to(ordered.reshape(own), tuple(rows.values())).reshape(-1)


def _any_measured(dataset: "xarray.Dataset", rows: Rows) -> NDArray[np.bool_]:
    """Whether any variable that has a value in each row has one there; codes always have."""
    whole = [one for one in dataset.data_vars.values() if set(rows) <= set(one.dims)]
    if not whole or any(one.dtype.kind != "f" for one in whole):
        return np.ones(int(np.prod(list(rows.values()))), dtype=bool)
    found = [one.notnull() for one in whole]
    reduced = [one.any([dim for dim in one.dims if dim not in rows]) for one in found]
    return np.asarray(np.logical_or.reduce([_flat(one, rows) for one in reduced]), dtype=bool)
