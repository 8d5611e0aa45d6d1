"""From arrays to a table whose columns know their units: GeoDataFrame, and by it Arrow and GeoParquet."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.variables import Variable

if TYPE_CHECKING:
    import geopandas

WGS84 = "EPSG:4326"


def geodataframe(
    columns: Mapping[str, NDArray[Any]],
    longitude: NDArray[Any],
    latitude: NDArray[Any],
    *,
    variables: Iterable[Variable] = (),
    attributes: Mapping[str, Any] | None = None,
) -> "geopandas.GeoDataFrame":
    """Make a table of points.

    Args:
        columns: name to values of shape (rows,); fills masked already.
        longitude: degrees, shape (rows,); NaN makes the point empty.
        latitude: the same.
        variables: whose units and long names the columns have.
        attributes: of the whole: its source, the Item's id; JSON values only, they travel into GeoParquet.

    Returns:
        One row a position, geometry in WGS 84; ``attrs["units"]`` and ``attrs["long_names"]`` by column.
    """
    import geopandas  # noqa: PLC0415 - half a second
    import pandas as pd  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    points = shapely.points(np.asarray(longitude, np.float64), np.asarray(latitude, np.float64))
    unknown = ~(np.isfinite(longitude) & np.isfinite(latitude))
    if unknown.any():
        points[unknown] = shapely.Point()
    rows = pd.DataFrame(dict(columns), copy=False)
    table = geopandas.GeoDataFrame(rows, geometry=points, crs=WGS84)
    table.attrs.update(attributes or {})
    table.attrs.update(described(one for one in variables if one.name in columns))
    return table


def portable(table: "geopandas.GeoDataFrame") -> "geopandas.GeoDataFrame":
    """Give a table with columns that mean the same to whoever reads its file: text for categories, and times in UTC.

    Of a category OGR, and so QGIS, makes a number; a time of no zone DuckDB compares with others as one of its own.
    """
    import pandas as pd  # noqa: PLC0415 - half a second

    told: dict[str, Any] = {}
    for name, column in table.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            told[str(name)] = column.astype(column.cat.categories.dtype)
        elif isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
            told[str(name)] = column.dt.tz_localize("UTC")
    return table.assign(**told)


def described(variables: Iterable[Variable]) -> dict[str, dict[str, str]]:
    """Units and long names by column, as far as they are known."""
    known = list(variables)
    return {
        "units": {one.name: one.unit for one in known if one.unit},
        "long_names": {one.name: one.long_name for one in known if one.long_name},
    }


def attributes(variable: Variable, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of any type that NetCDF has
    """Attributes of an `xarray.DataArray`: units and long name as CF has them, and its path as ``source_path``."""
    said = {"units": variable.unit, "long_name": variable.long_name, "source_path": variable.path, **more}
    return {name: value for name, value in said.items() if value is not None}
