"""Tracks and profiles as GeoParquet: rows that lie near each other lie together, so that a map reads few of them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.tables import portable
from transforms.catalog import EXTENSIONS
from transforms.entry import Item
from transforms.files.task import Files, Output, Task

if TYPE_CHECKING:
    import geopandas

KEY = "data_parquet"
MEDIA_TYPE = "application/vnd.apache.parquet"
"""Byte for byte what QGIS looks for."""
ROWS_TOGETHER = 50_000
_TABLE = f"{EXTENSIONS}/table/v1.2.0/schema.json"
_HDF5 = ("application/x-hdf5", "application/x-hdf", "application/netcdf", "application/x-netcdf")


class Tables:
    """A table of an Item's HDF5 file: what its reader's ``table()`` gives where nothing is chosen."""

    def tasks(self, item: Item) -> list[Task]:
        """One, where the science file is HDF5."""
        return [Task(KEY, ("data",), ".parquet")] if is_hdf5(item) else []

    def make(self, task: Task, item: Item, files: Files, folder: Path) -> Output:
        """Write the table.

        Raises:
            ReaderError: the file cannot be read, or no row is in it.
        """
        table = portable(files.reader().table())
        if table.geometry.is_empty.all():
            raise ReaderError(f"{item['id']} holds no row with a position: nothing can be shown of it")
        path = folder / f"made{task.suffix}"
        write(table, path)
        asset = {
            "title": "Table (GeoParquet)",
            "type": MEDIA_TYPE,
            "roles": ["data"],
            "table:row_count": len(table),
            "table:primary_geometry": table.geometry.name,
            "table:columns": _columns(table),
        }
        return Output(path, asset, extensions=(_TABLE,))


def is_hdf5(item: Item) -> bool:
    """Whether an Item's science file is HDF5."""
    return str(item["assets"].get("data", {}).get("type", "")).split(";")[0] in _HDF5


def write(table: "geopandas.GeoDataFrame", path: Path) -> None:
    """Write a table as GeoParquet 1.1: sorted along a Hilbert curve, with a column of boxes.

    Args:
        table: geometry in WGS 84; ``attrs`` (units, long names, source) travel in the file's pandas metadata.
        path: of the file.
    """
    table.iloc[_along_hilbert(table.geometry)].to_parquet(
        path,
        index=False,
        compression="zstd",
        schema_version="1.1.0",
        write_covering_bbox=True,
        row_group_size=ROWS_TOGETHER,
    )


def _along_hilbert(points: "geopandas.GeoSeries") -> NDArray[np.intp]:
    """Give the order of rows; those without a position, which have no place on the curve, come last."""
    placed = ~points.is_empty.to_numpy()
    distances = np.full(len(points), np.iinfo(np.int64).max)
    # 256 cells each way: within one, rows stay in the order of the track, which packs better
    distances[placed] = points[placed].hilbert_distance(level=8)
    return np.argsort(distances, kind="stable")


def _columns(table: "geopandas.GeoDataFrame") -> list[dict[str, str]]:
    """As the table extension has them; a unit is part of the description, the extension has no place for it."""
    units, names = table.attrs.get("units", {}), table.attrs.get("long_names", {})
    found = []
    for name, kind in table.dtypes.items():
        words = f"{names.get(name, '')} ({units[name]})".strip() if name in units else names.get(name)
        found.append({"name": str(name), "type": str(kind), **({"description": words} if words else {})})
    return found
