"""Collections as stac-geoparquet, a file a month; the next export writes the months that changed."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson
import pyarrow as pa
from stac_geoparquet.arrow import parse_stac_items_to_arrow, to_parquet

from stac_api.database import Database
from stac_api.exporting import Month, exported, months
from stac_api.ledger import Ledger
from transforms.entry import Item
from transforms.exported import KEY, record
from transforms.files.store import FileStore

MANIFEST = "manifest.json"


@dataclass(slots=True)
class ExportReport:
    """What an export did: files by month."""

    written: int = 0
    kept: int = 0
    removed: int = 0
    items: int = 0
    seconds: float = 0.0
    collections: dict[str, int] = field(default_factory=dict)


class ExportObserver(Protocol):
    """Who watches an export."""

    def progress(self, report: ExportReport) -> None:
        """A month is done."""


@dataclass(frozen=True, slots=True)
class Span:
    """The months that are exported, both inclusive, as ``2025-06``; None leaves an end open."""

    first: str | None = None
    last: str | None = None

    def holds(self, month: str) -> bool:
        """Whether a month is in it."""
        return (self.first or "") <= month <= (self.last or "9999-99")


def export(
    collections: Sequence[str], span: Span, database: Database, store: FileStore, observer: ExportObserver
) -> ExportReport:
    """Write what changed since the last export to the same place, and take away months that are no more.

    Each file is whole or not there; the manifest of a Collection is written after its files, so that whoever is
    killed only writes some of them again.

    Raises:
        ConfigError: there is no such Collection.
        SinkError: the place cannot be written.
    """
    began = time.monotonic()
    report = ExportReport()
    with closing(database.connect(read_only=True)) as connection:
        for collection in Ledger(connection).collections_named(collections):
            _Collection(connection, collection, store, report, observer).write(span)
            report.seconds = time.monotonic() - began
    return report


@dataclass(slots=True)
class _Collection:
    connection: Any
    name: str
    store: FileStore
    report: ExportReport
    observer: ExportObserver

    def write(self, span: Span) -> None:
        manifest = orjson.loads(self.store.read(f"{self.name}/{MANIFEST}") or b'{"months": {}}')
        known: dict[str, Any] = manifest["months"]
        now = {month.name: month for month in months(self.connection, self.name)}
        for month in now.values():
            if not span.holds(month.name):
                continue
            if known.get(month.name, {}).get("digest") == month.digest:
                self.report.kept += 1
            else:
                known[month.name] = self._month(month)
        gone = [month for month in known if span.holds(month) and month not in now]
        text = {"collection": self.name, "months": {month: known[month] for month in sorted(known.keys() - set(gone))}}
        self._put(orjson.dumps(text, option=orjson.OPT_INDENT_2), MANIFEST)
        for month_name in gone:
            self.store.remove(f"{self.name}/{month_name}.parquet")
            self.report.removed += 1
        self.report.collections[self.name] = sum(month.items for month in now.values())

    def _month(self, month: Month) -> Mapping[str, Any]:
        with tempfile.TemporaryDirectory(prefix="tercet-") as folder:
            path = Path(folder, f"{month.name}.parquet")
            found = list(exported(self.connection, self.name, month.name))
            write_parquet([item for item, _ in found], [orjson.dumps(record(entry)[KEY]) for _, entry in found], path)
            put = self.store.put(path, f"{self.name}/{path.name}")
        self.report.written += 1
        self.report.items += len(found)
        self.observer.progress(self.report)
        return {
            "digest": month.digest,
            "items": len(found),
            "file": path.name,
            "file:size": put.size,
            "file:checksum": put.checksum,
        }

    def _put(self, text: bytes, name: str) -> None:
        with tempfile.TemporaryDirectory(prefix="tercet-") as folder:
            path = Path(folder, name)
            path.write_bytes(text)
            self.store.put(path, f"{self.name}/{name}")


def write_parquet(items: list[Item], entries: list[bytes], path: Path) -> None:
    """Write Items as stac-geoparquet, with one column more: what it takes to bring them back as they were."""
    items = [_with_plain_box(item) for item in items]
    try:
        table = parse_stac_items_to_arrow(items).read_all()
    except pa.ArrowInvalid:
        # a column has one type: where nodata is a number here and "nan" there, all of it is text
        table = parse_stac_items_to_arrow([_spelled(item) for item in items]).read_all()
    table = table.append_column(KEY, pa.array(entries, pa.binary()))
    to_parquet(table, path, compression="zstd", use_dictionary=[name for name in table.column_names if name != KEY])


def _with_plain_box(item: Item) -> Item:
    """Give an Item with a box whose west is not beyond its east: across 180 degrees that of the whole globe.

    GeoParquet's readers leave out the rows whose box does not meet the one asked for, and compare numbers.
    """
    west, south, east, north = item["bbox"]
    return {**item, "bbox": [-180, south, 180, north]} if west > east else item


def _spelled(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _spelled(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_spelled(part) for part in value]
    return str(value) if name == "nodata" else value
