"""ICESat-2's grids, ATL14 to ATL23: land ice, atmosphere, sea ice and oceans on maps, of weeks, months or years."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tercet.errors import ReaderError
from tercet.readers.base import Names, Polygon, Reader
from tercet.readers.hdf5 import Hdf5
from tercet.readers.icesat2.cells import EAST, NORTH, Axes
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
        """
        import xarray  # noqa: PLC0415 - half a second

        selection = Selection.of(bbox=bbox, polygon=polygon, time=time)
        fields = self._asked(variables)
        arrays = GridArrays(self._file)
        parts = [arrays.read(self._granule.column(field), selection) for field in fields]
        attrs = {"source": self.name, "product": self.product, "release": self._granule.facts.release}
        read = xarray.merge(parts, join="outer", compat="no_conflicts") if parts else xarray.Dataset()
        return read.assign_attrs({name: value for name, value in attrs.items() if value} | _crs_of(parts))

    def table(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "geopandas.GeoDataFrame":
        """Read variables as a table: one row a cell, and moment where there are several, with a value in it."""
        read = self.dataset(variables, bbox=bbox, polygon=polygon, time=time)
        flat = read.reset_coords().to_dataframe().dropna(how="all", subset=[str(name) for name in read.data_vars])
        flat = flat.reset_index()
        places = [_coordinate(read, units) for units in (EAST, NORTH)]
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
            raise ReaderError(f"{self.name} holds no grid; variables() lists what it has")
        group = fields[0].path.rpartition("/")[0]
        shape = self._arrays[fields[0].path].shape
        return [one for one in fields if one.path.rpartition("/")[0] == group and self._arrays[one.path].shape == shape]

    def _axes(self, field: Field) -> Axes | None:
        return grid_axes(self._arrays[field.path], self._arrays)


def _crs_of(parts: Sequence["xarray.Dataset"]) -> dict[str, Any]:
    return next(({"crs": part.attrs["crs"]} for part in parts if "crs" in part.attrs), {})


def _coordinate(read: "xarray.Dataset", units: Sequence[str]) -> str:
    """The coordinate in these units."""
    return next(
        str(name) for name, values in read.coords.items() if str(values.attrs.get("units", "")).lower() in units
    )
