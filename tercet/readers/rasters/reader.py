"""The rasters of an Item, each on its own grid or several on one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.base import Names, Polygon, Reader
from tercet.readers.rasters.arrays import array, attributes_of, with_own_bands
from tercet.readers.rasters.grids import Grid, Part
from tercet.readers.rasters.pixels import Pixels
from tercet.readers.rasters.raster_set import Rasters
from tercet.readers.rasters.regridding import Layer, filled, onto, selected, within
from tercet.readers.rasters.targets import common_grid, grid_of, in_crs
from tercet.readers.rasters.variables import unit_of
from tercet.readers.selection import Bbox, Selection, TimeSpan

if TYPE_CHECKING:
    import geopandas
    import xarray
    from matplotlib.figure import Figure

_EMPTY: Part = (slice(0, 0), slice(0, 0))


class RasterReader(Rasters, Reader):
    """The GeoTIFFs of an Item, a folder or an address. Variables are asset keys.

    Floats are NaN where the file says nodata, masks are bool with True where there is something, pictures stay whole
    numbers. With no variables named, all are read that have a CRS.
    """

    def read(
        self, variable: str, *, bbox: Bbox | None = None, polygon: Polygon = None, pad: int = 0
    ) -> "xarray.DataArray":
        """Read one raster on its own grid.

        Args:
            variable: asset key.
            bbox: the pixels that touch it.
            polygon: the pixels that touch its bounds; all of them keep their values.
            pad: so many pixels more on each side, as far as there are any.

        Returns:
            Dimensions (band, y, x); rows or columns of length 0 where nothing overlaps.
        """
        (name,) = self._chosen(variable)
        part = self._part(name, self._grid(name), Selection.of(bbox=bbox, polygon=polygon), pad=pad)
        return self._array(name, self._pixels(name, part))

    def stack(
        self,
        variables: Names = None,
        *,
        grid: Any = None,  # noqa: ANN401 - OnGrid
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "xarray.Dataset":
        """Read rasters onto one grid.

        Args:
            variables: asset keys; all that have a CRS where none is named.
            grid: asset key, CRS such as ``EPSG:3857``, `Grid`, or an array of another reader; None is the first
                raster's, as far as any reaches. Rasters of the same lattice are moved by whole pixels, others take the
                nearest pixel.
            bbox: the pixels that touch it.
            polygon: the pixels whose centres lie in it; others are NaN, False or the file's nodata (0 without one).
            time: nothing is read where the Item's datetime lies outside.

        Returns:
            Dimensions (y, x), pictures (band, y, x).

        Raises:
            ReaderError: there is no such variable, or its rows and columns are the sensor's and others' are not.
        """
        import xarray as xr  # noqa: PLC0415 - half a second

        names = self._chosen(variables)
        selection = Selection.of(bbox=bbox, polygon=polygon, time=time)
        grids = dict(zip(names, self._each(names, self._grid), strict=True))
        target = self._target(grids, grid)
        target = target.part(self._part(" and ".join(names), target, selection))
        layers = self._each(names, lambda name: self._layer(name, grids[name], target))
        inside = within(selection.polygon, target) if selection.polygon is not None else None
        arrays = {
            name: self._array(name, pixels if inside is None else filled(pixels, inside))
            for name, pixels in zip(names, layers, strict=True)
        }
        found = {name: one if one.sizes["band"] > 1 else one[0].drop_vars("band") for name, one in arrays.items()}
        return xr.Dataset(with_own_bands(found), attrs=attributes_of(self.name, self.item))

    def dataset(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "xarray.Dataset":
        """Read rasters onto one grid: `stack` on its own choice of grid."""
        return self.stack(variables, bbox=bbox, polygon=polygon, time=time)

    def table(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "geopandas.GeoDataFrame":
        """Read rasters as a table: one row a pixel in which at least one variable has something.

        Colours are a column each; `attrs` hold units and the source. Geometry is the pixel's centre.
        """
        from tercet.readers.rasters.tables import pixel_table  # noqa: PLC0415 - geopandas takes half a second

        names = self._chosen(variables)
        stacked = self.stack(names, bbox=bbox, polygon=polygon, time=time)
        return pixel_table(stacked, self.variables().choose(names, where=self.name))

    def plot(self, variable: str | None = None) -> "Figure":
        """Draw one raster with its colour bar, or the first."""
        from tercet.readers.rasters.plots import raster_figure  # noqa: PLC0415 - matplotlib takes half a second

        (name, *_) = self._chosen(variable)
        title = self.name if self.name.startswith(name) else f"{self.name}\n{name}"
        return raster_figure(self.part(name), title=title, label=self.label(name))

    def quicklook(self) -> "Figure":
        """Draw it small: a picture with a scale bar and no axes."""
        from tercet.readers.rasters.plots import raster_figure  # noqa: PLC0415 - as above

        (name, *_) = self._chosen(None)
        return raster_figure(self.part(name), title=self.name, label=self.label(name), size="thumbnail")

    def _part(self, name: str, grid: Grid, selection: Selection, *, pad: int = 0) -> Part:
        if not self._is_within(selection):
            return _EMPTY
        if not selection.is_spatial:
            return grid.whole
        if grid.crs is None:
            raise ReaderError(
                f"{name} of {self.name} lies in rows and columns of the sensor: no area can be cut out of it; "
                "leave bbox and polygon out"
            )
        return selected(grid, selection, pad=pad)

    def _is_within(self, selection: Selection) -> bool:
        if not selection.is_temporal:
            return True
        moment = ((self.item or {}).get("properties") or {}).get("datetime")
        if moment is None:
            raise ReaderError(f"nothing says when {self.name} was taken: leave time out, or open it from its Item")
        return bool(selection.moments(np.array([moment.rstrip("Z")], dtype="datetime64[ns]"))[0])

    def _target(self, grids: Mapping[str, Grid], wanted: Any) -> Grid:  # noqa: ANN401 - see `stack`
        if isinstance(wanted, str) and ":" not in wanted:
            return self.grid(wanted)
        if wanted is None or isinstance(wanted, str):
            common = common_grid(self.name, grids)
            return common if wanted is None else in_crs(common, wanted)
        return grid_of(wanted)

    def _layer(self, name: str, grid: Grid, target: Grid) -> Pixels:
        layer = Layer.of(grid, target)
        return onto(self._pixels(name, layer.source), layer, target)

    def _array(self, name: str, pixels: Pixels) -> "xarray.DataArray":
        location = self._rasters[name].location
        said = {
            "units": unit_of(name, location.asset),
            "long_name": location.asset.get("title"),
            "source": location.name,
        }
        known = {key: value for key, value in said.items() if value is not None}
        return array(pixels.values, pixels.grid, name=name, bands=pixels.bands, attributes=known)
