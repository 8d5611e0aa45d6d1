"""Rasters read at the points of a table: what a photon, segment or profile has beneath it."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.warp import transform

from tercet.errors import ReaderError
from tercet.readers.base import Names
from tercet.readers.rasters.grids import Grid
from tercet.readers.rasters.reader import RasterReader
from tercet.readers.tables import described
from tercet.settings import Settings

if TYPE_CHECKING:
    import geopandas

Method = Literal["nearest", "linear"]


def sample(
    table: "geopandas.GeoDataFrame",
    raster: Any,  # noqa: ANN401 - a reader, or what `open` takes
    variables: Names = None,
    *,
    method: Method = "nearest",
    settings: Settings | None = None,
) -> "geopandas.GeoDataFrame":
    """Read rasters at the points of a table.

    Args:
        table: of any reader: points in any CRS (centroids of what is no point).
        raster: a reader of rasters, or what `tercet.readers.open` takes; only the part that the points lie in is read.
        variables: its rasters; all that have a CRS where none is named.
        method: the pixel that a point lies in, or ``linear`` between the four centres around it (one-band floats only).
        settings: as for `open`.

    Returns:
        The same rows in the same order, with a column a variable (a band, where there are several, as ``rgb_red``):
        floats, NaN where a point lies on no pixel or on one without a value; masks as bool, False there.

    Raises:
        ReaderError: it is no raster, or has no such variable, or lies in rows and columns of the sensor.
    """
    reader, is_ours = _reader(raster, settings)
    try:
        names = reader.chosen(variables)
        columns: dict[str, NDArray[Any]] = {}
        for name in names:
            columns |= _sampled(reader, name, table, method)
        known = reader.variables().choose(names, where=reader.name)
    finally:
        if is_ours:
            reader.close()
    found = table.assign(**columns)
    for what, said in described(known).items():
        found.attrs[what] = {**table.attrs.get(what, {}), **said}
    return found


def _reader(raster: Any, settings: Settings | None) -> tuple[RasterReader, bool]:  # noqa: ANN401 - see `sample`
    if isinstance(raster, RasterReader):
        return raster, False
    from tercet.readers.opening import open as open_reader  # noqa: PLC0415 - most give a reader

    opened = open_reader(raster, settings=settings)
    if not isinstance(opened, RasterReader):
        opened.close()
        raise ReaderError(f"{opened.name} is no raster: sample reads plumes, scenes and GeoTIFFs")
    return opened, True


def _sampled(
    reader: RasterReader, name: str, table: "geopandas.GeoDataFrame", method: Method
) -> dict[str, NDArray[Any]]:
    grid = reader.grid(name)
    if grid.crs is None:
        raise ReaderError(f"{name} of {reader.name} lies in rows and columns of the sensor: no point lies on it")
    columns, rows = _places(table, grid)
    inside = (columns >= 0) & (columns < grid.width) & (rows >= 0) & (rows < grid.height)
    if not inside.any():
        part = (slice(0, 0), slice(0, 0))
    else:
        part = _around(rows[inside], grid.height), _around(columns[inside], grid.width)
    pixels = reader.part(name, part)
    within = rows[inside] - part[0].start, columns[inside] - part[1].start
    take = _linear if method == "linear" and pixels.values.dtype.kind == "f" else _nearest
    several = len(pixels.values) > 1
    found = {}
    for band, values in zip(pixels.bands, pixels.values, strict=True):
        is_mask = values.dtype == bool
        kind = np.result_type(values.dtype, np.float32) if not is_mask else np.dtype(bool)
        column = np.full(len(table), False if is_mask else np.nan, dtype=kind)
        column[inside] = take(values, *within)
        found[f"{name}_{band}" if several else name] = column
    return found


def _places(table: "geopandas.GeoDataFrame", grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Columns and rows, with fractions, of the points of a table."""
    shapes = table.geometry.to_numpy()
    points = shapely.centroid(shapes)
    x, y = shapely.get_x(points), shapely.get_y(points)
    known = np.isfinite(x) & np.isfinite(y)
    crs = CRS.from_wkt(table.crs.to_wkt()) if table.crs is not None else CRS.from_epsg(4326)
    found_x, found_y = np.full(x.shape, np.nan), np.full(y.shape, np.nan)
    if known.any():
        found_x[known], found_y[known] = transform(crs, grid.crs, x[known], y[known])
    move = ~grid.transform
    return move.a * found_x + move.b * found_y + move.c, move.d * found_x + move.e * found_y + move.f


def _around(places: NDArray[np.float64], length: int) -> slice:
    """Rows or columns that hold places, and one more on each side for the neighbours."""
    first, last = int(np.floor(places.min())) - 1, int(np.floor(places.max())) + 2
    return slice(max(first, 0), min(last, length))


def _nearest(values: NDArray[Any], rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[Any]:
    return np.asarray(values[np.floor(rows).astype(int), np.floor(columns).astype(int)])


def _linear(values: NDArray[Any], rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[Any]:
    """Between the four centres around; NaN where one of those that count is."""
    height, width = values.shape
    down, across = np.clip(rows - 0.5, 0, height - 1), np.clip(columns - 0.5, 0, width - 1)
    top, left = np.floor(down).astype(int), np.floor(across).astype(int)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    v, u = down - top, across - left
    corners = (
        (values[top, left], (1 - v) * (1 - u)),
        (values[top, right], (1 - v) * u),
        (values[bottom, left], v * (1 - u)),
        (values[bottom, right], v * u),
    )
    # a neighbour that counts nothing may be missing
    return sum((np.where(weight > 0, value * weight, 0) for value, weight in corners), np.zeros(rows.shape))
