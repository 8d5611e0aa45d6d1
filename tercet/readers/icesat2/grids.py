"""ICESat-2's grids, ATL14 to ATL23: land ice, atmosphere, sea ice and oceans on maps, of weeks, months or years."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tercet.errors import ReaderError
from tercet.readers.base import Names, Polygon, Reader
from tercet.readers.hdf5 import Hdf5
from tercet.readers.icesat2.cells import EAST, NORTH, Axes, scale_of
from tercet.readers.icesat2.granule import Granule
from tercet.readers.icesat2.grid_arrays import GridArrays, grid_axes
from tercet.readers.icesat2.maps import map_of
from tercet.readers.icesat2.structure import Field
from tercet.readers.selection import Bbox, Selection, TimeSpan
from tercet.readers.tables import geodataframe
from tercet.readers.variables import Variables

if TYPE_CHECKING:
    import geopandas
    import xarray
    from matplotlib.figure import Figure


class Icesat2GridReader(Reader):
    """A grid of ICESat-2. Without names it reads all variables of the first map that it holds.

    Attributes:
        item: the STAC Item as a dict, where it was opened from one.
        name: the Item's id or the file's name.
    """

    def __init__(self, file: Hdf5, item: Mapping[str, Any] | None, name: str) -> None:
        self.item = item
        self.name = name
        self._file = file
        self._arrays = file.arrays()
        self._granule = Granule(file, name)

    @property
    def product(self) -> str:
        """Short name, such as ATL14."""
        return self._granule.structure.product or "ICESat-2"

    def variables(self) -> Variables:
        """List what is in it."""
        return self._granule.variables()

    def dataset(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "xarray.Dataset":
        """Read variables on their map; rows and columns without anything that is wanted are not read.

        Returns:
            Dimensions and coordinates of the file, NaN in cells outside the polygon; ``crs`` in attrs, and of polar
            maps ``latitude`` and ``longitude`` of each cell.

        Raises:
            ReaderError: there is no such variable, or variables lie on different maps.
        """
        import xarray  # noqa: PLC0415 - half a second

        selection = Selection.of(bbox=bbox, polygon=polygon, time=time)
        fields = self._without_scales(self._asked(variables))
        arrays = GridArrays(self._file)
        parts = [arrays.read(self._granule.column(field), selection) for field in fields]
        attrs = {"source": self.name, "product": self.product, "release": self._granule.facts.release}
        try:
            read = xarray.merge(parts, join="outer", compat="no_conflicts") if parts else xarray.Dataset()
        except xarray.MergeError as error:
            raise ReaderError(
                f"{self.name}: these variables do not fit into one Dataset, read fewer: {error}"
            ) from error
        return read.assign_attrs({name: value for name, value in attrs.items() if value} | _crs_of(parts))

    def table(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "geopandas.GeoDataFrame":
        """Read variables as a table: one row a cell, and moment where there are several, with a value in it.

        Raises:
            ReaderError: as `dataset`, or none of them lies on a map.
        """
        read = self.dataset(variables, bbox=bbox, polygon=polygon, time=time)
        if "crs" not in read.attrs:
            raise ReaderError(f"{self.name}: no cells of a map, of which a table could be made: use dataset()")
        places = [_coordinate(read, units) for units in (EAST, NORTH)]
        cells = _of_cells(read, {dim for place in places for dim in read[place].dims}, self.name)
        flat = read.reset_coords().to_dataframe().dropna(how="all", subset=cells).reset_index()
        columns = {str(name): flat[name].to_numpy() for name in flat.columns if name not in places}
        described = [one for one in self.variables().values() if one.name in columns]
        return geodataframe(
            columns,
            flat[places[0]].to_numpy(),
            flat[places[1]].to_numpy(),
            variables=described,
            attributes={key: value for key, value in read.attrs.items() if key != "crs"},
        )

    def plot(self, variable: str | None = None) -> "Figure":
        """Draw the map of a variable, the first one without a name; of several moments the last."""
        read = self.dataset(variable or self._granule.naming.name_of(self._asked(None)[0]))
        return map_of(read, self.name)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _asked(self, names: Names) -> list[Field]:
        if names is not None:
            return self._granule.asked(names)[1]
        fields = [field for field in self._granule.structure.fields.values() if self._axes(field) is not None]
        if not fields:
            raise ReaderError(f"{self.name} holds neither beams nor a grid; variables() lists what it has")
        first = self._first(fields)
        group, shape = first.path.rpartition("/")[0], self._arrays[first.path].shape
        same = [one for one in fields if one.path.rpartition("/")[0] == group and self._arrays[one.path].shape == shape]
        return [first, *(one for one in same if one != first)]

    def _first(self, fields: Sequence[Field]) -> Field:
        """What the product is read for; where that is not known, what has most dimensions in the first group."""
        naming, known = self._granule.naming, self._granule.structure.layout.variables
        best = [found[0] for name in known if len(found := naming.best(name)) == 1 and found[0] in fields]
        group = fields[0].path.rpartition("/")[0]
        beside = [one for one in fields if one.path.rpartition("/")[0] == group]
        return best[0] if best else max(beside, key=lambda one: len(self._arrays[one.path].shape))

    def _without_scales(self, fields: list[Field]) -> list[Field]:
        """Without those that come along as coordinates of others."""
        arrays = [self._arrays[field.path] for field in fields]
        scales = {scale_of(array, dim, self._arrays) for array in arrays for dim in range(len(array.shape))}
        return [field for field in fields if field.path not in scales]

    def _axes(self, field: Field) -> Axes | None:
        return grid_axes(self._arrays[field.path], self._arrays)


def _of_cells(read: "xarray.Dataset", plane: set[Hashable], where: str) -> list[str]:
    """Names of the variables that each cell has one value of, or one a moment; numbers of the whole are none.

    Raises:
        ReaderError: a variable has dimensions that no cell has: each cell would stand there many times over.
    """
    held = [str(name) for name, values in read.data_vars.items() if plane <= set(values.dims)]
    dims = {dim for name in held for dim in read[name].dims}
    others = ", ".join(str(name) for name, values in read.data_vars.items() if not set(values.dims) <= dims)
    if others:
        raise ReaderError(f"{where}: no cells of the map, of which a table could be made: {others}; use dataset()")
    return held


def _crs_of(parts: Sequence["xarray.Dataset"]) -> dict[str, Any]:
    return next(({"crs": part.attrs["crs"]} for part in parts if "crs" in part.attrs), {})


def _coordinate(read: "xarray.Dataset", units: Sequence[str]) -> str:
    """The coordinate in these units."""
    return next(
        str(name) for name, values in read.coords.items() if str(values.attrs.get("units", "")).lower() in units
    )
