"""A swath on a regular grid: each cell takes the pixel that lies nearest, by the real places of all pixels.

Pixels of a swath lie on a warped grid of lines and columns. Each of them is spread over its own cell, which its
neighbours bound, finely enough that no cell of the target is missed; where several pixels reach a cell the nearest
wins. So there are no holes within a swath, nothing is drawn beyond half a pixel of its edge, and no value is made up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from tercet.errors import ReaderError

if TYPE_CHECKING:
    import xarray

_PLAIN = "EPSG:4326"
_PACIFIC = "EPSG:3832"
"""Mercator around 150 degrees east: a swath across the antimeridian stays in one piece."""
_ARCTIC, _ANTARCTIC = "EPSG:3995", "EPSG:3031"
_POLAR = 72.0
"""Degrees: a swath that reaches farther is gridded around its pole."""
_METRES_A_DEGREE = 111_320.0
_MOST_CELLS = 400_000_000
_REACH = 0.66
"""Cells between two places of a pixel: every cell then holds one, since a lattice leaves out no more than its step
divided by the root of two."""
_TORN = 3.0
"""A step between lines that is so many times longer than most is a gap, and stays one."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """A variable on a regular grid.

    Attributes:
        values: (rows, columns), north or top first; in the type of the swath.
        transform: from column and row to x and y of the CRS.
        crs: ``EPSG:…``.
        nodata: where no pixel lies, or nothing was measured: NaN in floats, else a code that no pixel has.
    """

    values: NDArray[Any]
    transform: Affine
    crs: str
    nodata: float


def gridded(swath: "xarray.DataArray", *, spacing_m: float | None = None, crs: str | None = None) -> Grid:
    """Put a swath onto a regular grid, nearest neighbour.

    Args:
        swath: two-dimensional, with the coordinates ``latitude`` and ``longitude`` (degrees) of the same dimensions.
        spacing_m: of the grid's cells, metres; None is that of the pixels.
        crs: of the grid; None is degrees (EPSG:4326), or what suits a swath near a pole or across the antimeridian.

    Raises:
        ReaderError: no pixel has a place, or the grid would have more cells than fit into memory.
    """
    latitude, longitude = (swath[name].transpose(*swath.dims).values for name in ("latitude", "longitude"))
    known = np.isfinite(latitude) & np.isfinite(longitude)
    if swath.ndim != 2 or not known.any():  # noqa: PLR2004 - lines and columns
        raise ReaderError(f"{swath.name} has no two-dimensional swath with places to put onto a grid")
    chosen = crs or crs_of(longitude[known], latitude[known])
    x, y = projected(longitude, latitude, chosen)
    spacing = spacing_m or _spacing(longitude, latitude)
    width, height = _cell(spacing, chosen, float(latitude[known].mean()))
    # half a pixel beyond the outermost centres
    left, top = np.floor(np.nanmin(x) / width - 0.5) * width, np.ceil(np.nanmax(y) / height + 0.5) * height
    shape = (int(np.ceil((top - np.nanmin(y)) / height + 0.5)), int(np.ceil((np.nanmax(x) - left) / width + 0.5)))
    if shape[0] * shape[1] > _MOST_CELLS:
        raise ReaderError(f"{swath.name}: a grid of {shape[0]} x {shape[1]} cells is too large: choose a wider spacing")
    nearest = _nearest((x - left) / width - 0.5, (top - y) / height - 0.5, shape)
    values, nodata = _filled(swath, nearest)
    return Grid(values, Affine(width, 0, left, 0, -height, top), chosen, nodata)


def crs_of(longitude: Floats, latitude: Floats) -> str:
    """A CRS in which a swath stays in one piece and its pixels about square."""
    if np.abs(latitude).max() > _POLAR:
        return _ARCTIC if latitude.mean() > 0 else _ANTARCTIC
    return _PACIFIC if np.ptp(longitude) > 180 else _PLAIN  # noqa: PLR2004 - no swath spans half the globe


def projected(longitude: Floats, latitude: Floats, crs: str) -> tuple[Floats, Floats]:
    """Places in a CRS; NaN where there is none."""
    if crs == _PLAIN:
        return longitude.astype(np.float64), latitude.astype(np.float64)
    x, y = Transformer.from_crs(_PLAIN, crs, always_xy=True).transform(longitude, latitude)
    missing = ~(np.isfinite(x) & np.isfinite(y))
    return np.where(missing, np.nan, x), np.where(missing, np.nan, y)


def _spacing(longitude: Floats, latitude: Floats) -> float:
    """Metres between pixels along and across, the finer of both; the middle of all, since edges are wider."""
    steps = []
    for axis in (0, 1):
        if latitude.shape[axis] < 2:  # noqa: PLR2004 - a step needs two
            continue
        north = np.diff(latitude, axis=axis)
        east = (np.diff(longitude, axis=axis) + 180) % 360 - 180
        east = east * np.cos(np.radians(np.take(latitude, range(latitude.shape[axis] - 1), axis=axis)))
        steps.append(float(np.nanmedian(np.hypot(north, east))) * _METRES_A_DEGREE)
    return max(min(steps, default=500.0), 1.0)


def _cell(spacing: float, crs: str, latitude: float) -> tuple[float, float]:
    """Width and height of a cell in units of the CRS: about square on the ground mid-swath."""
    narrowing = max(float(np.cos(np.radians(latitude))), 0.05)
    if CRS.from_user_input(crs).is_geographic:
        return spacing / _METRES_A_DEGREE / narrowing, spacing / _METRES_A_DEGREE
    # Mercator stretches both ways
    stretched = spacing / narrowing if crs == _PACIFIC else spacing
    return stretched, stretched


def _nearest(column: Floats, row: Floats, shape: tuple[int, int]) -> NDArray[np.int64]:
    """For each cell of the target the number of the nearest pixel, -1 where none reaches it.

    Args:
        column: of each pixel in the target, cell centres at whole numbers; NaN where it has no place.
        row: the same.
        shape: of the target.
    """
    distances = np.full(shape[0] * shape[1], np.inf, dtype=np.float32)
    nearest = np.full(shape[0] * shape[1], -1, dtype=np.int64)
    for cells, pixels, squared in _spread(column, row, shape):
        better = squared < distances[cells]
        while better.any():
            cells, pixels, squared = cells[better], pixels[better], squared[better]  # noqa: PLW2901 - those left over
            # of several that reach one cell the last is written: the nearer ones among the others come again
            distances[cells] = squared
            nearest[cells] = pixels
            better = squared < distances[cells]
    return nearest.reshape(shape)


def _spread(
    column: Floats, row: Floats, shape: tuple[int, int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
    """Give cells that pixels reach, the pixels, and the squared distance between their centres, in cells."""
    steps = [_steps(column, row, axis) for axis in (0, 1)]
    numbers = np.arange(column.size).reshape(column.shape)
    counts = [_count(east, south) for east, south in steps]
    for along in _offsets(counts[0]):
        for across in _offsets(counts[1]):
            east = column + along * steps[0][0] + across * steps[1][0]
            south = row + along * steps[0][1] + across * steps[1][1]
            with np.errstate(invalid="ignore"):
                at_column, at_row = np.rint(east), np.rint(south)
                inside = (at_column >= 0) & (at_column < shape[1]) & (at_row >= 0) & (at_row < shape[0])
            at_column, at_row = at_column[inside], at_row[inside]
            squared = (at_column - column[inside]) ** 2 + (at_row - row[inside]) ** 2
            cells = at_row.astype(np.int64) * shape[1] + at_column.astype(np.int64)
            yield cells, numbers[inside], squared.astype(np.float32)


def _offsets(count: int) -> Floats:
    """Places within a pixel's cell, from one edge to the other, in steps between pixels."""
    return np.linspace(-0.5, 0.5, count)


def _count(east: Floats, south: Floats) -> int:
    """How many places along one side of a pixel's cell leave no target cell out."""
    longest = np.hypot(east, south).max(initial=0.0)
    return int(np.clip(np.ceil(longest / _REACH) + 1, 2, 40))


def _steps(column: Floats, row: Floats, axis: int) -> tuple[Floats, Floats]:
    """The step from each pixel to the next, the mean of both sides; what lies beyond a gap does not count.

    A target cell would else be filled with what lies on the far side of a gap.
    """
    lines = np.moveaxis(np.stack([column, row]), axis + 1, 1)
    steps = np.zeros((2, lines.shape[1] + 1, lines.shape[2]))
    steps[:, 1:-1] = np.diff(lines, axis=1)
    length = np.hypot(*steps)
    known = length[1:-1][np.isfinite(length[1:-1])]
    usual = float(np.median(known)) if known.size else 0.0
    counts = np.isfinite(length) & (length <= _TORN * (usual + 1))
    counts[[0, -1]] = False
    steps = np.where(counts, steps, 0.0)
    sides = np.maximum(counts[:-1].astype(int) + counts[1:], 1)
    mean = np.moveaxis((steps[:, :-1] + steps[:, 1:]) / sides, 1, axis + 1)
    return mean[0], mean[1]


def _filled(swath: "xarray.DataArray", nearest: NDArray[np.int64]) -> tuple[NDArray[Any], float]:
    values = swath.values.reshape(-1)
    nodata = _nodata(swath)
    result = np.full(nearest.shape, nodata, dtype=values.dtype)
    found = nearest >= 0
    result[found] = values[nearest[found]]
    return result, float(nodata)


def _nodata(swath: "xarray.DataArray") -> Any:  # noqa: ANN401 - a number of the swath's type
    """NaN, or the code that the product has for it, or one that no pixel has."""
    if swath.dtype.kind == "f":
        return swath.dtype.type(np.nan)
    said = swath.attrs.get("missing_value")
    if said is not None:
        return swath.dtype.type(said)
    used = set(np.unique(swath.values).tolist())
    limits = np.iinfo(swath.dtype)
    codes = chain((limits.min, limits.max), range(limits.min, limits.max))
    return swath.dtype.type(next(code for code in codes if code not in used))
