"""Pixels as `xarray` has them: with coordinates, a CRS that other libraries find, units and source."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.rasters.grids import Grid

if TYPE_CHECKING:
    import xarray

SPATIAL_REF = "spatial_ref"
"""Name of the coordinate that holds the CRS, as rioxarray and odc-geo look for it."""


def array(
    pixels: NDArray[Any],
    grid: Grid,
    *,
    name: str,
    bands: Sequence[str],
    attributes: Mapping[str, Any],
) -> "xarray.DataArray":
    """Pixels with coordinates.

    Args:
        pixels: shape (bands, height, width).
        grid: where they lie.
        name: of the variable.
        bands: their names.
        attributes: units, long name, source.

    Returns:
        Dimensions (band, y, x); (band, row, column) where rows and columns are the sensor's.
    """
    import xarray as xr  # noqa: PLC0415 - half a second

    coordinates = {"band": list(bands), **coordinates_of(grid)}
    dims = ("band", *dims_of(grid))
    found = xr.DataArray(pixels, coords=coordinates, dims=dims, name=name, attrs=dict(attributes))
    if grid.crs is not None:
        found.encoding["grid_mapping"] = SPATIAL_REF
    return found


def dims_of(grid: Grid) -> tuple[str, str]:
    """Names of rows and columns."""
    return ("y", "x") if grid.crs is not None and grid.is_upright else ("row", "column")


def coordinates_of(grid: Grid) -> dict[str, Any]:
    """Coordinates of the pixels' centres, in the grid's CRS, and that CRS; rows and columns by number without one."""
    rows, columns = dims_of(grid)
    if grid.crs is None:
        return {rows: np.arange(grid.height), columns: np.arange(grid.width)}
    x, y = grid.centres()
    about_x, about_y = _axes(grid)
    reference = {SPATIAL_REF: ((), 0, _reference(grid))}
    if grid.is_upright:
        return {rows: (rows, y, about_y), columns: (columns, x, about_x), **reference}
    return {"y": ((rows, columns), y, about_y), "x": ((rows, columns), x, about_x), **reference}


def _axes(grid: Grid) -> tuple[dict[str, str], dict[str, str]]:
    if grid.crs is not None and grid.crs.is_geographic:
        return (
            {"standard_name": "longitude", "units": "degrees_east", "axis": "X"},
            {"standard_name": "latitude", "units": "degrees_north", "axis": "Y"},
        )
    return (
        {"standard_name": "projection_x_coordinate", "units": "m", "axis": "X"},
        {"standard_name": "projection_y_coordinate", "units": "m", "axis": "Y"},
    )


def _reference(grid: Grid) -> dict[str, Any]:
    from pyproj import CRS  # noqa: PLC0415 - a quarter of a second

    wkt = grid.crs.to_wkt() if grid.crs is not None else ""
    move = grid.transform
    transform = " ".join(repr(float(one)) for one in (move.c, move.a, move.b, move.f, move.d, move.e))
    return {**CRS.from_wkt(wkt).to_cf(), SPATIAL_REF: wkt, "GeoTransform": transform}


def with_own_bands(arrays: "dict[str, xarray.DataArray]") -> "dict[str, xarray.DataArray]":
    """Pictures of different bands cannot share one dimension: the later ones get their own."""
    seen: list[list[str]] = []
    found = {}
    for name, one in arrays.items():
        bands = [str(band) for band in one["band"].values] if "band" in one.dims else []
        if bands and seen and bands != seen[0]:
            one = one.rename({"band": f"{name}_band"})  # noqa: PLW2901 - the same array under another name
        elif bands:
            seen.append(bands)
        found[name] = one
    return found


def attributes_of(name: str, item: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a Dataset says of the whole: the Item that it is of, and when it was taken."""
    properties = (item or {}).get("properties") or {}
    said = {
        "title": properties.get("title") or name,
        "item": (item or {}).get("id"),
        "collection": (item or {}).get("collection"),
        "datetime": properties.get("datetime"),
        "version": properties.get("version"),
        "Conventions": "CF-1.11",
    }
    return {key: value for key, value in said.items() if value is not None}
