"""Tables as files."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tercet.readers.tables import portable

if TYPE_CHECKING:
    import geopandas

_TEXT_SECONDS = "%Y-%m-%dT%H:%M:%S.%fZ"


def writers(rows: "geopandas.GeoDataFrame") -> Mapping[str, Callable[[Any], object]]:
    """What writes a table, by the ending of the file."""
    rows = portable(rows)
    return {
        ".csv": lambda target: _plain(rows).to_csv(target, index=False, date_format=_TEXT_SECONDS),
        ".parquet": lambda target: rows.to_parquet(target, compression="zstd", write_covering_bbox=True),
        ".feather": rows.to_feather,
        ".geojson": lambda target: rows.to_file(target, driver="GeoJSON"),
        ".gpkg": lambda target: rows.to_file(target, driver="GPKG", layer="rows"),
    }


def _plain(rows: "geopandas.GeoDataFrame") -> Any:  # noqa: ANN401 - a DataFrame of pandas
    """Columns only: longitude and latitude instead of points."""
    columns = rows.drop(columns=rows.geometry.name)
    columns.insert(0, "longitude", rows.geometry.x)
    columns.insert(1, "latitude", rows.geometry.y)
    return columns
