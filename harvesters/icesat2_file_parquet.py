"""Catalogues of ICESat-2 granules in stac-geoparquet, as others harvest them from CMR-STAC: a STAC Item a row."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import shapely

from harvesters.base import Record
from tercet.errors import RecordError

_COLUMNS: Final = frozenset({"id", "geometry", "assets"})
_ITEM: Final = frozenset(
    {"type", "stac_version", "stac_extensions", "id", "geometry", "bbox", "collection", "links", "assets"}
)
_ROWS: Final = 500


def records(path: Path) -> Iterator[Record] | None:
    """Items of a catalogue, row by row; None where the file is no catalogue of ICESat-2.

    Raises:
        RecordError: it cannot be read, or what reads it is not installed.
    """
    try:
        # large, and needed for such files only; it ships no types
        from pyarrow import ArrowInvalid  # noqa: PLC0415 - as above
        from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - as above
    except ImportError as error:
        raise RecordError(
            f"{path} is parquet, which pyarrow reads: pip install pyarrow, and harvest it again"
        ) from error
    try:
        file = ParquetFile(path)
    except (ArrowInvalid, OSError) as error:
        raise RecordError(f"{path} is broken parquet: {error}; get it again") from error
    if not _COLUMNS.issubset(file.schema_arrow.names):
        return None
    first = next(file.iter_batches(1, columns=["id"]), None)
    if first is None or not str(first.to_pylist()[0]["id"]).startswith("ATL"):
        return None
    return _items(file)


def _items(file: Any) -> Iterator[Record]:  # noqa: ANN401 - pyarrow ships no types
    for batch in file.iter_batches(_ROWS):
        rows = batch.to_pylist()
        shapes = shapely.from_wkb([row["geometry"] for row in rows])
        for row, geometry in zip(rows, shapely.to_geojson(shapes), strict=True):
            yield _item(row, orjson.loads(geometry) if geometry else None)


def _item(row: dict[str, Any], geometry: dict[str, Any] | None) -> Record:
    """A row as the Item that it was: what is no field of an Item is a property."""
    stated = {key: _plain(value) for key, value in row.items() if value is not None and key not in ("geometry", "bbox")}
    properties = {key: value for key, value in stated.items() if key not in _ITEM}
    fields = {key: value for key, value in stated.items() if key in _ITEM}
    return {"type": "Feature", **fields, "geometry": geometry, "properties": properties}


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    """JSON values, without what a row leaves empty for others' sake."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if part is not None}
    return [_plain(part) for part in value] if isinstance(value, list) else value
