"""EarthCARE's records recognised by what they hold, whichever file they were kept in."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from harvesters.base import Record
from transforms.earthcare import is_record_of_file
from transforms.earthcare_names import is_product_name


def records_in(document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
    """The records of an answer, None where it is not one of the archive's.

    Known are: STAC Items, parts of one (which wait for the rest), FeatureCollections, what was read in local product
    files, tables of Items as notebooks print them (``columns`` with a ``row`` or ``rows``, cells that are JSON or
    Python), and lists of all these. Where one record of an answer is EarthCARE's, all of them are given: what is not
    is rejected with its reason.
    """
    found = list(_records(document))
    return found if any(_is_ours(record) for record in found) else None


def _is_ours(record: Record) -> bool:
    return is_product_name(record.get("id")) or is_record_of_file(record)


def _records(document: Any) -> Iterator[Record]:  # noqa: ANN401 - any JSON value
    if isinstance(document, list):
        for part in document:
            yield from _records(part)
    elif isinstance(document, Mapping):
        columns = document.get("columns")
        if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
            yield from (feature for feature in document["features"] if isinstance(feature, Mapping))
        elif isinstance(columns, list) and ("row" in document or "rows" in document):
            yield from _in_table(columns, document)
        elif "id" in document:
            yield document


def _in_table(columns: Sequence[Any], document: Mapping[str, Any]) -> Iterator[Record]:
    rows = document["rows"] if "rows" in document else [document["row"]]
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, list) and len(row) == len(columns):
            cells = zip(columns, row, strict=True)
            yield {str(name): _value(cell) for name, cell in cells if name != "index"}


def _value(cell: Any) -> Any:  # noqa: ANN401 - any JSON value
    """What a cell stands for: objects and arrays are shown as JSON or as Python writes them."""
    if not isinstance(cell, str) or cell[:1] not in ("{", "["):
        return cell
    for read in (orjson.loads, ast.literal_eval):
        try:
            value = read(cell)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, dict | list):
            return value
    return cell
