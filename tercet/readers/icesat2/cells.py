"""Where the cells of ICESat-2's grids lie: on latitudes and longitudes, on a polar map, or wherever arrays say.

Source: ATL14 to ATL23 data dictionaries; CF conventions, chapter 5.6, of grid mappings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5 import Array
from tercet.readers.selection import Bbox, Selection, hull
from tercet.readers.tables import WGS84

if TYPE_CHECKING:
    from pyproj import CRS

_EDGE: Final = 50
"""Points that an edge of a box gets before it is put on a map, where it bends."""
NORTH: Final = ("degrees_north", "degree_north", "degrees north")
EAST: Final = ("degrees_east", "degree_east", "degrees east")
"""Units by which latitudes and longitudes are known."""
_PLANES: Final = (("grid_lat", "grid_lon"), ("latitude", "longitude"), ("lat", "lon"))


@dataclass(frozen=True, slots=True)
class Axes:
    """The two horizontal dimensions of an array, and what says where its cells lie.

    Attributes:
        rows: number of the dimension that runs north or south.
        columns: number of the other.
        north: path of latitudes or of y; of shape (rows,), or (rows, columns).
        east: path of longitudes or of x.
        crs: of x and y; None where they are degrees.
    """

    rows: int
    columns: int
    north: str
    east: str
    crs: "CRS | None"


def axes_of(array: Array, arrays: Mapping[str, Array]) -> Axes | None:
    """Find them; None of what is no grid."""
    scales = [scale_of(array, dim, arrays) for dim in range(len(array.shape))]
    units = [str(arrays[path].attributes.get("units", "")).lower() if path else "" for path in scales]
    names = [(path or "").rpartition("/")[2].lower() for path in scales]
    north = _first(unit in NORTH for unit in units)
    east = _first(unit in EAST for unit in units)
    crs = None
    if north is None or east is None:
        north, east = (_first(name in (letter, f"grid_{letter}") for name in names) for letter in "yx")
        crs = _crs(array, arrays) if north is not None and east is not None else None
        if crs is None:
            return _on_plane(array, arrays)
    if north is None or east is None:
        return None
    return Axes(north, east, scales[north] or "", scales[east] or "", crs)


def scale_of(array: Array, dim: int, arrays: Mapping[str, Array]) -> str | None:
    """The path of the array that is called like a dimension and as long, in the same group or above."""
    name = array.dims[dim] if dim < len(array.dims) else ""
    group = array.path
    while name and group:
        group = group.rpartition("/")[0]
        path = f"{group}/{name}".lstrip("/")
        if path in arrays and arrays[path].shape == (array.shape[dim],):
            return path
    return None


def _first(found: Any) -> int | None:  # noqa: ANN401 - an iterator of bool
    return next((number for number, is_it in enumerate(found) if is_it), None)


def _on_plane(array: Array, arrays: Mapping[str, Array]) -> Axes | None:
    """Cells of which arrays of two dimensions say where they lie."""
    group = array.path
    while group and len(array.shape) > 1:
        group = group.rpartition("/")[0]
        for north, east in _PLANES:
            paths = [f"{group}/{name}".lstrip("/") for name in (north, east)]
            if all(path in arrays and arrays[path].shape == array.shape[-2:] for path in paths):
                return Axes(len(array.shape) - 2, len(array.shape) - 1, paths[0], paths[1], None)
    return None


def _crs(array: Array, arrays: Mapping[str, Array]) -> "CRS | None":
    """The coordinate reference system that the array names, or that lies beside it."""
    from pyproj import CRS  # noqa: PLC0415 - grids only
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    named = str(array.attributes.get("grid_mapping", "")).partition(":")[0].strip()
    group = array.path
    while group:
        group = group.rpartition("/")[0]
        for name in dict.fromkeys([named, "Polar_Stereographic", "crs"]):
            path = f"{group}/{name}".lstrip("/")
            if name and path in arrays:
                try:
                    return CRS.from_cf(dict(arrays[path].attributes))
                except (CRSError, KeyError, ValueError):
                    continue
    return None


@dataclass(frozen=True)
class Cells:
    """Where cells lie; coordinates as the file has them, of shape (rows,) and (columns,), or both (rows, columns)."""

    north: NDArray[Any]
    east: NDArray[Any]
    crs: "CRS | None"

    def are(self, others: "Cells") -> bool:
        """Whether they are the same cells, wherever the file says so."""
        same = all(np.array_equal(*pair) for pair in ((self.north, others.north), (self.east, others.east)))
        return same and self.crs == others.crs

    def places(self, rows: slice, columns: slice) -> tuple[NDArray[Any], NDArray[Any]]:
        """Longitude and latitude of some cells, degrees, shape (rows, columns)."""
        if self.north.ndim > 1:
            return self.east[rows, columns], self.north[rows, columns]
        east, north = np.meshgrid(self.east[columns], self.north[rows])
        if self._to_degrees is None:
            return east, north
        longitude, latitude = self._to_degrees.transform(east, north)
        return np.asarray(longitude), np.asarray(latitude)

    @cached_property
    def _to_degrees(self) -> Any:  # noqa: ANN401 - pyproj's transformer
        from pyproj import Transformer  # noqa: PLC0415 - grids only

        return None if self.crs is None else Transformer.from_crs(self.crs, WGS84, always_xy=True)

    def cut(self, selection: Selection) -> tuple[slice, slice, NDArray[np.bool_]]:
        """The rows and columns that hold what is wanted, and which of their cells are."""
        rows, columns = self._around(selection.bounds or ())
        inside = selection.points(*self.places(rows, columns))
        down, across = (hull(np.asarray(inside.any(axis=axis))) for axis in (1, 0))
        return _within(rows, down), _within(columns, across), inside[down, across]

    def _around(self, boxes: Sequence[Bbox]) -> tuple[slice, slice]:
        """Rows and columns that may hold something: of a large polar map few are looked at cell by cell."""
        whole = slice(0, self.north.shape[0]), slice(0, self.east.shape[-1])
        if self.crs is None or self.north.ndim > 1 or not boxes:
            return whole
        bounds = [self._to_degrees.transform_bounds(*box, densify_pts=_EDGE, direction="INVERSE") for box in boxes]
        if not np.isfinite(bounds).all():  # beyond what the map shows
            return whole
        west, south = np.min(bounds, axis=0)[:2]
        east, north = np.max(bounds, axis=0)[2:]
        down = np.asarray((self.north >= south) & (self.north <= north))
        across = np.asarray((self.east >= west) & (self.east <= east))
        return hull(down), hull(across)


def _within(outer: slice, inner: slice) -> slice:
    return slice(outer.start + inner.start, outer.start + inner.stop)
