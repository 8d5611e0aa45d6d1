"""Items that `tercet export` wrote as stac-geoparquet, from this catalog or another one."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from harvesters.base import Record
from transforms.exported import KEY

_MAGIC = b"PAR1"
_ROWS = 500


def records(path: Path) -> Iterator[Record] | None:
    """Read the records of an export, row by row; None where the file is none, or broken.

    Raises:
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
    from pyarrow import ArrowInvalid  # noqa: PLC0415 - large, and needed for such files only
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - as above

    try:
        parquet = ParquetFile(path)
    except ArrowInvalid:
        return None
    if KEY not in parquet.schema_arrow.names:
        return None
    return (
        {KEY: orjson.loads(row.as_py())}
        for batch in parquet.iter_batches(_ROWS, columns=[KEY])
        for row in batch.column(0)
    )
