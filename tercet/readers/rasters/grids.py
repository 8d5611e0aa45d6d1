"""Where the pixels of a raster lie, and which of them lie within something."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.warp import transform_bounds

from tercet.readers.selection import Bbox

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top in the raster's own CRS."""

Part = tuple[slice, slice]
"""Rows and columns."""

_NOISE = 1e-3
"""Of a pixel: edges that lie so near to one lie on it."""
_SHIFT = 0.02
"""Of a pixel: two grids whose pixels lie so near to each other are one: what crops of a scene differ by is rounding."""
_EDGE_POINTS = 21


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows and columns on the ground.

    Attributes:
        crs: None where rows and columns are the sensor's.
        transform: from (column, row) to (x, y) of the pixel's upper left corner.
        height: rows.
        width: columns.
    """

    crs: CRS | None
    transform: Affine
    height: int
    width: int

    def __repr__(self) -> str:
        place = tuple(self.transform)[:6]
        return f"Grid(crs={self.crs and self.crs.to_string()}, transform={place}, {self.height} x {self.width})"

    @property
    def bounds(self) -> Bounds:
        """Left, bottom, right, top of all pixels."""
        corners = [
            _at(self.transform, *at) for at in ((0, 0), (self.width, 0), (0, self.height), (self.width, self.height))
        ]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def is_upright(self) -> bool:
        """Whether rows lie along x and columns along y, so that each has one coordinate."""
        return self.transform.b == 0 and self.transform.d == 0

    @property
    def whole(self) -> Part:
        """All rows and columns."""
        return slice(0, self.height), slice(0, self.width)

    def part(self, part: Part) -> Self:
        """The grid of some rows and columns."""
        rows, columns = part
        corner = _moved(self.transform, columns.start, rows.start)
        return replace(self, transform=corner, height=rows.stop - rows.start, width=columns.stop - columns.start)

    def covering(self, bounds: Bounds, *, pad: int = 0) -> Part:
        """The rows and columns that touch a box.

        Args:
            bounds: in the grid's CRS.
            pad: so many pixels more on each side.

        Returns:
            Both of length 0 where none does.
        """
        left, bottom, right, top = bounds
        places = [_at(~self.transform, *at) for at in ((left, top), (right, top), (left, bottom), (right, bottom))]
        columns, rows = zip(*places, strict=True)
        part = _clipped(rows, self.height, pad), _clipped(columns, self.width, pad)
        if any(one.start >= one.stop for one in part):
            return slice(0, 0), slice(0, 0)
        return part

    def covering_degrees(self, boxes: Iterable[Bbox], *, pad: int = 0) -> Part:
        """The rows and columns that touch boxes in degrees, those between them included."""
        found = [self.covering(self.from_degrees(box), pad=pad) for box in boxes]
        found = [one for one in found if one[0].stop > one[0].start]
        if not found:
            return slice(0, 0), slice(0, 0)
        rows, columns = zip(*found, strict=True)
        return _hull(rows), _hull(columns)

    def from_degrees(self, box: Bbox) -> Bounds:
        """A box in degrees as one in the grid's CRS that holds it.

        Raises:
            ValueError: rows and columns are the sensor's.
        """
        if self.crs is None:
            raise ValueError("a grid without CRS lies nowhere")
        # a box of no size would be nowhere for GDAL
        return tuple(transform_bounds(CRS.from_epsg(4326), self.crs, *box, densify_pts=_EDGE_POINTS))

    def is_on(self, other: "Grid") -> bool:
        """Whether the pixels of both are the same wherever both have some."""
        if self.crs != other.crs or not (self.is_upright and other.is_upright):
            return self == other
        mine, its = self.transform, other.transform
        drift = max(abs(mine.a / its.a - 1) * self.width, abs(mine.e / its.e - 1) * self.height)
        return drift < _SHIFT and all(abs(at - round(at)) < _SHIFT for at in _at(~its, mine.c, mine.f))

    def place_of(self, other: "Grid") -> tuple[int, int]:
        """Row and column of this grid at which another, that is on it, begins."""
        column, row = _at(~self.transform, other.transform.c, other.transform.f)
        return round(row), round(column)

    def joined(self, others: Iterable["Grid"]) -> "Grid":
        """The smallest grid on which this and others lie: the pixels are this one's."""
        boxes = [self.bounds, *(one.bounds for one in others)]
        lefts, bottoms, rights, tops = zip(*boxes, strict=True)
        left, top = _at(~self.transform, min(lefts), max(tops))
        right, bottom = _at(~self.transform, max(rights), min(bottoms))
        first_column, first_row = math.floor(left + _SHIFT), math.floor(top + _SHIFT)
        last_column, last_row = math.ceil(right - _SHIFT), math.ceil(bottom - _SHIFT)
        corner = _moved(self.transform, first_column, first_row)
        return Grid(self.crs, corner, last_row - first_row, last_column - first_column)

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """X and y of the pixels' centres: of shape (width,) and (height,) where upright, else (height, width) both."""
        columns, rows = (np.arange(length, dtype=np.float64) + 0.5 for length in (self.width, self.height))
        move = self.transform
        if self.is_upright:
            return move.a * columns + move.c, move.e * rows + move.f
        across, down = np.meshgrid(columns, rows)
        return move.a * across + move.b * down + move.c, move.d * across + move.e * down + move.f

    def all_centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """X and y of the pixels' centres, of shape (height, width) both."""
        x, y = self.centres()
        if not self.is_upright:
            return x, y
        across, down = np.meshgrid(x, y)
        return across, down


def _at(transform: Affine, x: float, y: float) -> tuple[float, float]:
    # spelled out: affine 2 has no `@`, and affine 3 warns of `*`
    return transform.a * x + transform.b * y + transform.c, transform.d * x + transform.e * y + transform.f


def _moved(transform: Affine, columns: int, rows: int) -> Affine:
    x, y = _at(transform, columns, rows)
    return Affine(transform.a, transform.b, x, transform.d, transform.e, y)


def _clipped(places: Iterable[float], length: int, pad: int) -> slice:
    at = list(places)
    if not all(map(math.isfinite, at)):
        return slice(0, 0)
    first, last = math.floor(min(at) + _NOISE) - pad, math.ceil(max(at) - _NOISE) + pad
    return slice(max(first, 0), min(max(last, first + 1), length))


def _hull(parts: Iterable[slice]) -> slice:
    known = list(parts)
    return slice(min(one.start for one in known), max(one.stop for one in known))
