"""The grid that several rasters are brought onto."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import calculate_default_transform, transform_bounds

from tercet.errors import ReaderError
from tercet.readers.rasters.arrays import SPATIAL_REF
from tercet.readers.rasters.grids import Bounds, Grid


def common_grid(name: str, grids: Mapping[str, Grid]) -> Grid:
    """The grid of the first raster, as far as any reaches.

    Args:
        name: of the reader, for messages.
        grids: of its rasters.

    Raises:
        ReaderError: rows and columns of some are the sensor's, and of others not the same ones.
    """
    (first_name, first), *others = grids.items()
    if first.crs is None:
        unlike = [other for other, one in others if one != first]
        if unlike:
            raise ReaderError(
                f"{first_name} of {name} lies in rows and columns of the sensor, {', '.join(unlike)} elsewhere: "
                "read them apart"
            )
        return first
    for other, one in others:
        if one.crs is None:
            raise ReaderError(f"{other} of {name} lies in rows and columns of the sensor: read it by itself")
    if all(one == first for _, one in others):
        return first
    upright = first if first.is_upright else _turned_up(first)
    return upright.joined([one if one.is_on(upright) else brought(one, upright) for one in grids.values()])


def grid_of(wanted: Any) -> Grid:  # noqa: ANN401 - a Grid, or an array or Dataset with coordinates
    """The grid of an array of xarray: by its transform where it states one, else by its coordinates.

    Raises:
        ReaderError: it has none.
    """
    if isinstance(wanted, Grid):
        return wanted
    reference = wanted.coords.get(SPATIAL_REF) if hasattr(wanted, "coords") else None
    if reference is None or "x" not in wanted.coords or "y" not in wanted.coords:
        raise ReaderError("the grid is to be an asset key, a Grid, or an array with x, y and spatial_ref")
    x, y = np.asarray(wanted["x"], dtype=np.float64), np.asarray(wanted["y"], dtype=np.float64)
    crs = CRS.from_wkt(reference.attrs.get("crs_wkt") or reference.attrs[SPATIAL_REF])
    if x.ndim != 1 or min(x.size, y.size) < 2:  # noqa: PLR2004 - two make a distance
        raise ReaderError("the grid is to have at least two rows and columns, each with one coordinate")
    across, down = (x[-1] - x[0]) / (x.size - 1), (y[-1] - y[0]) / (y.size - 1)
    return Grid(crs, Affine(across, 0, x[0] - across / 2, 0, down, y[0] - down / 2), y.size, x.size)


def _turned_up(grid: Grid) -> Grid:
    """A grid with rows along x that covers a turned one, its pixels of the same area."""
    left, bottom, right, top = grid.bounds
    size = abs(grid.transform.determinant) ** 0.5
    move = Affine(size, 0, left, 0, -size, top)
    return Grid(grid.crs, move, math.ceil((top - bottom) / size), math.ceil((right - left) / size))


def brought(grid: Grid, other: Grid) -> Grid:
    """A grid of another's CRS and pixels that covers this one."""
    left, bottom, right, top = bounds_in(grid, other.crs)
    width, height = other.transform.a, other.transform.e
    move = Affine(width, 0, left, 0, height, top)
    return Grid(other.crs, move, round((bottom - top) / height), round((right - left) / width))


def in_crs(grid: Grid, code: str) -> Grid:
    """A grid of another CRS that covers this one, with pixels of about its size.

    Raises:
        ReaderError: there is no such CRS, or rows and columns are a sensor's.
    """
    try:
        crs = CRS.from_user_input(code)
    except (CRSError, ValueError) as error:
        raise ReaderError(f"there is no coordinate reference system {code!r}: write it as EPSG:32638") from error
    if grid.crs is None:
        raise ReaderError("rows and columns of a sensor cannot be brought onto a map's grid")
    move, width, height = calculate_default_transform(grid.crs, crs, grid.width, grid.height, *grid.bounds)
    return Grid(crs, move, height, width)


def bounds_in(grid: Grid, crs: CRS | None) -> Bounds:
    """Where a grid lies, in another CRS.

    Raises:
        ReaderError: one of them is a sensor's.
    """
    if crs == grid.crs:
        return grid.bounds
    if crs is None or grid.crs is None:
        raise ReaderError("rows and columns of a sensor cannot be brought onto a map's grid")
    found: Bounds = transform_bounds(grid.crs, crs, *grid.bounds, densify_pts=21)
    return found
