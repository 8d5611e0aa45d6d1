"""Tables against geopandas, pyarrow and GDAL."""

from pathlib import Path
from typing import Any

import geopandas
import geopandas.testing
import numpy as np
import pandas as pd
import pyarrow.parquet
import pyogrio
import pytest
import shapely

from tercet.errors import ReaderError
from tercet.readers.base import Reader
from tercet.readers.tables import geodataframe, portable
from tercet.readers.variables import Variable
from transforms.files import tables
from transforms.files.tables import KEY, MEDIA_TYPE, Tables
from transforms.files.task import Task

ROWS = 120_000


def track(rows: int = ROWS) -> geopandas.GeoDataFrame:
    """Two ground tracks, one after the other."""
    along = np.linspace(0, 40, rows)
    height = Variable("h", "gt1l/h", ("x",), (rows,), "float32", unit="m", long_name="Height")
    columns = {
        "h": np.arange(rows, dtype="float32"),
        "beam": pd.Categorical(np.where(np.arange(rows) % 2, "gt1l", "gt1r")),
        "time": np.datetime64("2025-06-01T00:00:00", "ns") + np.arange(rows) * np.timedelta64(1, "ms"),
    }
    return geodataframe(columns, -100 + along / 10, along, variables=[height], attributes={"source": "a.h5"})


class Tabled:
    """A reader that has one table."""

    def __init__(self, table: geopandas.GeoDataFrame) -> None:
        self.table_ = table

    def table(self) -> geopandas.GeoDataFrame:
        return self.table_


class Files:
    def __init__(self, table: geopandas.GeoDataFrame) -> None:
        self.table = table

    def local(self, key: str) -> Path:
        raise AssertionError(f"{key} is read, not copied")

    def reader(self) -> Reader:
        return Tabled(self.table)  # type: ignore[return-value]


def made(table: geopandas.GeoDataFrame, folder: Path) -> Any:
    return Tables().make(Task(KEY, ("data",), ".parquet"), {"id": "a"}, Files(table), folder)


def test_every_row_is_there_once_with_its_units(tmp_path: Path) -> None:
    output = made(track(), tmp_path)
    read = geopandas.read_parquet(output.path).sort_values("h", ignore_index=True)
    geopandas.testing.assert_geodataframe_equal(read.drop(columns="bbox", errors="ignore"), portable(track()))
    assert read.attrs["units"] == {"h": "m"}
    assert output.asset["type"] == MEDIA_TYPE
    assert output.asset["table:row_count"] == ROWS
    assert {"name": "h", "type": "float32", "description": "Height (m)"} in output.asset["table:columns"]


def test_a_small_box_reads_few_row_groups(tmp_path: Path) -> None:
    output = made(track(), tmp_path)
    box = (-100, 3.0, -99, 3.5)
    found = geopandas.read_parquet(output.path, bbox=box)
    assert len(found) == track().cx[box[0] : box[2], box[1] : box[3]].shape[0]
    metadata = pyarrow.parquet.read_metadata(output.path)
    column = metadata.schema.names.index("ymin")
    spans = [metadata.row_group(index).column(column).statistics for index in range(metadata.num_row_groups)]
    assert metadata.num_row_groups > 1
    assert sum(span.min <= box[3] and span.max >= box[1] for span in spans) == 1


def test_columns_mean_the_same_to_every_reader(tmp_path: Path) -> None:
    schema = pyarrow.parquet.read_schema(made(track(1000), tmp_path).path)
    assert str(schema.field("time").type) == "timestamp[ns, tz=UTC]"
    # OGR, and so QGIS, shows a dictionary as numbers and finds no beam = 'gt1l'
    assert pyarrow.types.is_large_string(schema.field("beam").type) or pyarrow.types.is_string(
        schema.field("beam").type
    )


def test_gdal_reads_it(tmp_path: Path) -> None:
    output = made(track(1000), tmp_path)
    if "Parquet" not in pyogrio.list_drivers():
        pytest.skip("this GDAL has no driver for Parquet")
    assert pyogrio.read_info(output.path)["features"] == 1000
    box = (-101, 0, -99, 9.99)
    found = pyogrio.read_dataframe(output.path, where="beam = 'gt1l' AND h > 99", bbox=box)
    assert sorted(found["h"]) == list(range(101, 250, 2))
    assert found.crs == "EPSG:4326"


def test_rows_without_a_position_are_kept_and_come_last(tmp_path: Path) -> None:
    table = track(1000)
    table.loc[table.index[:3], "geometry"] = shapely.Point()
    read = geopandas.read_parquet(made(table, tmp_path).path)
    assert sorted(read["h"].iloc[-3:]) == [0, 1, 2]
    assert read.geometry.iloc[-3:].is_empty.all()
    assert len(geopandas.read_parquet(tmp_path / "made.parquet", bbox=(-180, -90, 180, 90))) == 997


def test_nothing_to_show_is_an_error_with_the_items_name(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="a holds no row"):
        made(track()[:0], tmp_path)


def test_only_hdf5_becomes_a_table() -> None:
    hdf5, other = ({"assets": {"data": {"type": kind}}} for kind in ("application/x-hdf5", "image/tiff"))
    assert [task.key for task in Tables().tasks(hdf5)] == [KEY]
    assert Tables().tasks(other) == Tables().tasks({"assets": {}}) == []
    assert tables.ROWS_TOGETHER < ROWS
