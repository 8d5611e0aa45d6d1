"""One array of a grid: cut out, with coordinates along its dimensions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.hdf5 import Array, Hdf5, Wanted
from tercet.readers.icesat2.cells import EAST, NORTH, Axes, Cells, axes_of, scale_of
from tercet.readers.icesat2.granule import Column
from tercet.readers.icesat2.values import attributes_of, cleaned, dims_of
from tercet.readers.selection import Selection, hull
from tercet.readers.tables import WGS84

if TYPE_CHECKING:
    import xarray


def grid_axes(array: Array, arrays: Mapping[str, Array]) -> Axes | None:
    """The horizontal dimensions of what lies on a map; None of everything else, and of positions themselves."""
    found = axes_of(array, arrays) if len(array.shape) > 1 else None
    return None if found is None or array.path in (found.north, found.east) else found


@dataclass(frozen=True, slots=True)
class _Plane:
    """Where an array lies."""

    axes: Axes
    cells: Cells

    def places(self, dims: tuple[str, ...], slices: list[slice]) -> dict[str, Any]:
        """Latitude and longitude of each cell, where the dimensions do not say it."""
        if self.cells.crs is None and self.cells.north.ndim == 1:
            return {}
        longitude, latitude = self.cells.places(slices[self.axes.rows], slices[self.axes.columns])
        plane = dims[self.axes.rows], dims[self.axes.columns]
        return {"longitude": (plane, longitude, {"units": EAST[0]}), "latitude": (plane, latitude, {"units": NORTH[0]})}

    @property
    def crs(self) -> str:
        return self.cells.crs.to_string() if self.cells.crs else WGS84


class GridArrays:
    """Reads arrays of one grid; what says where cells lie is read once."""

    def __init__(self, file: Hdf5) -> None:
        self._file = file
        self._arrays = file.arrays()
        self._known: dict[str, NDArray[Any]] = {}
        self._map: tuple[str, _Plane] | None = None

    def read(self, column: Column, selection: Selection) -> "xarray.Dataset":
        """Read one, where and when it is wanted.

        Raises:
            ReaderError: it lies on another map than the ones before.
        """
        import xarray  # noqa: PLC0415 - half a second

        array, name = column.array, column.variable.name
        scales = {dim: path for dim in range(len(array.shape)) if (path := scale_of(array, dim, self._arrays))}
        plane = self._plane(array, scales)
        if plane:
            self._check_map(name, plane)
        slices = [slice(0, size) for size in array.shape]
        inside = None
        if plane and selection.is_spatial:
            slices[plane.axes.rows], slices[plane.axes.columns], inside = plane.cells.cut(selection)
        coords = self._coordinates(array, scales, slices, selection)
        values = cleaned(self._file.read([Wanted(array.path, tuple(slices))])[0], array.fill)
        dims = dims_of(column.field, array, None)
        read = xarray.DataArray(values, dims=dims, attrs=attributes_of(column.variable, array))
        read = read.assign_coords({dims[dim]: (dims[dim], *given) for dim, given in coords.items()})
        if plane is None:
            return (read.squeeze() if read.size == 1 else read).to_dataset(name=name)
        read = read.assign_coords(plane.places(dims, slices))
        return _only(read, plane.axes, inside).to_dataset(name=name).assign_attrs(crs=plane.crs)

    def _plane(self, array: Array, scales: Mapping[int, str]) -> _Plane | None:
        axes = grid_axes(array, self._arrays)
        wanted = [*scales.values(), *([axes.north, axes.east] if axes else [])]
        paths = [path for path in dict.fromkeys(wanted) if path not in self._known]
        self._known |= zip(paths, self._file.read([Wanted(path) for path in paths]), strict=True)
        return _Plane(axes, Cells(self._known[axes.north], self._known[axes.east], axes.crs)) if axes else None

    def _check_map(self, name: str, plane: _Plane) -> None:
        first, before = self._map = self._map or (name, plane)
        if not before.cells.are(plane.cells):
            raise ReaderError(f"{first} and {name} lie on different maps: read one map at a time")

    def _coordinates(
        self, array: Array, scales: Mapping[int, str], slices: list[slice], selection: Selection
    ) -> dict[int, tuple[NDArray[Any], dict[str, Any]]]:
        """Values along dimensions and their attributes; those of time are moments, and cut, too."""
        from xarray import Variable  # noqa: PLC0415 - half a second
        from xarray.conventions import decode_cf_variable  # noqa: PLC0415

        found = {}
        for dim, path in scales.items():
            attrs = dict(self._arrays[path].attributes)
            decoded = decode_cf_variable(array.dims[dim], Variable((array.dims[dim],), self._known[path], attrs))
            values = decoded.to_numpy()
            if values.dtype.kind == "M" and selection.is_temporal:
                slices[dim] = hull(selection.moments(values))
            found[dim] = (values[slices[dim]], decoded.attrs)
        return found


def _only(read: "xarray.DataArray", axes: Axes, inside: NDArray[np.bool_] | None) -> "xarray.DataArray":
    """Without cells outside: NaN among those inside, no rows and columns of nothing else."""
    import xarray  # noqa: PLC0415 - half a second

    if inside is None or inside.all():
        return read
    rows, columns = read.dims[axes.rows], read.dims[axes.columns]
    kept = {rows: inside.any(axis=1), columns: inside.any(axis=0)}
    cut = inside[np.ix_(kept[rows], kept[columns])]
    read = read.isel({dim: np.flatnonzero(mask) for dim, mask in kept.items()})
    return read if cut.all() else read.where(xarray.DataArray(cut, dims=(rows, columns)))
