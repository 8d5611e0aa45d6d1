"""Pixels moved from one grid onto another: by whole pixels where the lattice is the same, else the nearest one."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.features import geometry_mask
from rasterio.warp import reproject, transform_geom

from tercet.readers.rasters.grids import Grid, Part
from tercet.readers.rasters.pixels import Pixels
from tercet.readers.rasters.targets import bounds_in
from tercet.readers.selection import Selection

if TYPE_CHECKING:
    import shapely

_NOWHERE: Part = (slice(0, 0), slice(0, 0))
_NEIGHBOURS = 2
"""Pixels around a window that the nearest one may lie in."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What of one grid goes where on another.

    Attributes:
        source: rows and columns of the first.
        target: rows and columns of the second; None where pixels must be looked for.
    """

    source: Part
    target: Part | None

    @classmethod
    def of(cls, grid: Grid, target: Grid) -> "Layer":
        """Plan how the pixels of a grid come onto a target."""
        if grid == target:
            return cls(grid.whole, target.whole)
        if not target.height or not target.width:
            return cls(_NOWHERE, _NOWHERE)
        if grid.is_on(target):
            row, column = target.place_of(grid)
            rows = _overlap(row, grid.height, target.height)
            columns = _overlap(column, grid.width, target.width)
            return cls((rows[0], columns[0]), (rows[1], columns[1]))
        return cls(grid.covering(bounds_in(target, grid.crs), pad=_NEIGHBOURS), None)


def onto(pixels: Pixels, layer: Layer, target: Grid) -> Pixels:
    """Put pixels where they belong on a grid; the rest is their fill."""
    if layer.target is not None and layer.target == target.whole:
        return replace(pixels, grid=target)
    shape = (pixels.values.shape[0], target.height, target.width)
    found = np.full(shape, pixels.fill, dtype=pixels.values.dtype)
    if layer.target is not None:
        found[:, layer.target[0], layer.target[1]] = pixels.values
    elif pixels.values.size and found.size:
        _look_for(pixels, target, found)
    return replace(pixels, values=found, grid=target)


def _look_for(pixels: Pixels, target: Grid, found: NDArray[Any]) -> None:
    is_mask = pixels.values.dtype == bool
    values = pixels.values.astype(np.uint8) if is_mask else pixels.values
    result = found.astype(np.uint8) if is_mask else found
    reproject(
        values,
        result,
        src_transform=pixels.grid.transform,
        src_crs=pixels.grid.crs,
        src_nodata=None if is_mask else pixels.fill,
        dst_transform=target.transform,
        dst_crs=target.crs,
        dst_nodata=None if is_mask else pixels.fill,
        resampling=Resampling.nearest,
    )
    found[...] = result


def selected(grid: Grid, selection: Selection, *, pad: int = 0) -> Part:
    """The rows and columns that touch what is selected in space; both of length 0 where none does.

    Args:
        grid: with a CRS.
        selection: boxes, a polygon, both, or neither.
        pad: so many pixels more on each side.
    """
    part = grid.whole
    if selection.boxes is not None:
        part = grid.covering_degrees(selection.boxes, pad=pad)
    if selection.polygon is not None:
        # its own bounds there: those of its box in degrees would be wider
        around = grid.covering(tuple(_placed(selection.polygon, grid).bounds), pad=pad)
        part = _both(part[0], around[0]), _both(part[1], around[1])
    return part if all(one.stop > one.start for one in part) else _NOWHERE


def _both(one: slice, other: slice) -> slice:
    return slice(max(one.start, other.start), min(one.stop, other.stop))


def _placed(polygon: "shapely.Geometry", grid: Grid) -> "shapely.Geometry":
    import shapely.geometry  # noqa: PLC0415 - only where there is a polygon

    placed = transform_geom(CRS.from_epsg(4326), grid.crs, shapely.geometry.mapping(polygon))
    return shapely.geometry.shape(placed)


def within(polygon: "shapely.Geometry", grid: Grid) -> NDArray[np.bool_]:
    """Tell which pixels have their centre in a polygon (degrees): shape (height, width), True is inside."""
    if not grid.height or not grid.width:
        return np.zeros((grid.height, grid.width), dtype=bool)
    return np.asarray(geometry_mask([_placed(polygon, grid)], (grid.height, grid.width), grid.transform, invert=True))


def filled(pixels: Pixels, inside: NDArray[np.bool_]) -> Pixels:
    """Let only the pixels inside keep their values."""
    return replace(pixels, values=np.where(inside, pixels.values, pixels.values.dtype.type(pixels.fill)))


def _overlap(start: int, length: int, of: int) -> tuple[slice, slice]:
    """What of a length that begins at a place lies within another: in its own count, and in the other's."""
    first, last = max(start, 0), min(start + length, of)
    if first >= last:
        return slice(0, 0), slice(0, 0)
    return slice(first - start, last - start), slice(first, last)
