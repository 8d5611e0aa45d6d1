"""Pixels as rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.warp import transform

from tercet.readers.rasters.arrays import SPATIAL_REF
from tercet.readers.tables import geodataframe
from tercet.readers.variables import Variable

if TYPE_CHECKING:
    import geopandas
    import xarray


def pixel_table(stacked: "xarray.Dataset", variables: Sequence[Variable]) -> "geopandas.GeoDataFrame":
    """Make one row of each pixel in which at least one variable has something.

    Args:
        stacked: variables (y, x) or (band, y, x) on one grid.
        variables: their units and names.
    """
    columns: dict[str, NDArray[Any]] = {}
    for name, one in stacked.data_vars.items():
        columns |= _columns(str(name), one)
    shape = next(iter(columns.values())).shape if columns else (0,)
    something = np.zeros(shape, dtype=bool)
    for column in columns.values():
        something |= _has_something(column)
    longitude, latitude = _positions(stacked, something)
    chosen = {name: column[something] for name, column in columns.items()}
    return geodataframe(chosen, longitude, latitude, variables=variables, attributes=dict(stacked.attrs))


def _has_something(column: NDArray[Any]) -> NDArray[np.bool_]:
    if column.dtype.kind == "f":
        return np.asarray(~np.isnan(column), dtype=bool)
    return np.asarray(column, dtype=bool) if column.dtype == bool else np.ones(column.shape, dtype=bool)


def _columns(name: str, one: "xarray.DataArray") -> dict[str, NDArray[Any]]:
    if one.ndim == 2:  # noqa: PLR2004 - rows and columns
        return {name: one.to_numpy().ravel()}
    bands = one[one.dims[0]].to_numpy()
    return {f"{name}_{band}": one[index].to_numpy().ravel() for index, band in enumerate(bands)}


def _positions(
    stacked: "xarray.Dataset", something: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Degrees of the centres of some pixels; NaN where rows and columns are the sensor's."""
    if SPATIAL_REF not in stacked.coords:
        nowhere = np.full(int(something.sum()), np.nan)
        return nowhere, nowhere
    x, y = stacked["x"].to_numpy(), stacked["y"].to_numpy()
    if x.ndim == 1:
        x, y = np.meshgrid(x, y)
    crs = CRS.from_wkt(stacked[SPATIAL_REF].attrs[SPATIAL_REF])
    found = transform(crs, CRS.from_epsg(4326), x.ravel()[something], y.ravel()[something])
    return np.asarray(found[0], dtype=np.float64), np.asarray(found[1], dtype=np.float64)
