"""Recorded answers of a provider as pages of raw records: files, folders, standard input; recognised by content."""

import csv
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import orjson

from harvesters import recorded_exports
from harvesters.base import Page, Record, Source, Unreadable
from harvesters.recorded_files import body_of, files_in, has_headers, is_container, opened
from tercet.errors import RecordError

PAGE = 1000
BEGINNING = 2000
"""Characters of an unreadable file that are kept with its reason."""

_T = TypeVar("_T")
_OPENS = (b"{", b"[")
_GOES_ON = (b"{", b"[", b",", b":")
_BROKEN = (OSError, EOFError, zlib.error, csv.Error)
_STRANGE = "it is not JSON, NDJSON or CSV, which answers of the provider are"


def recorded_pages(source: Source, paths: Iterable[str]) -> Iterator[Page]:
    """All records of a source in recorded answers, a thousand at a time.

    NDJSON and CSV are read line by line; any other JSON document is held whole, as its provider sent it.

    Raises:
        ConfigError: a path leads to no file.
    """
    for file in chain.from_iterable([files_in(path) for path in paths]):
        name = "standard input" if file is None else str(file)
        try:
            records = _in_container(source, file) if file is not None and is_container(file) else None
            if records is not None:
                yield from map(Page, _chunks(records))
                continue
            with opened(file) as stream:
                yield from _pages(source, name, stream)
        except RecordError as error:
            yield _nothing(name, str(error), b"")
        except _BROKEN as error:
            yield _nothing(name, f"it cannot be read to its end: {error}; record it again", b"")


def _in_container(source: Source, file: Path) -> Iterable[Record] | None:
    found = recorded_exports.records(file)
    return found if found is not None else source.records_in_file(file)


def _pages(source: Source, name: str, stream: "io.BufferedReader[Any]") -> Iterator[Page]:
    lines: Iterator[bytes] = iter(stream)
    head = _head(lines)
    if has_headers(_first(head)):
        lines = iter(io.BytesIO(body_of(b"".join([*head, *lines]))))
        head = _head(lines)
    first = _first(head)
    if not first:
        yield _nothing(name, "it is empty: record the answer again", b"")
    elif b"plume_id" in first and b"," in first and not _opens(first):
        yield from _from_csv(source, name, chain((line for line in head if line.strip()), lines))
    elif not _opens(first):
        yield _nothing(name, _STRANGE if _is_text(first) else "it is not text: answers are JSON, NDJSON or CSV", first)
    elif _is_ndjson(head):
        yield from _from_lines(source, name, chain(head, lines))
    else:
        yield from _from_document(source, name, b"".join([*head, *lines]))


def _head(lines: Iterator[bytes]) -> list[bytes]:
    """The lines up to the second one that is not blank."""
    head: list[bytes] = []
    for line in lines:
        head.append(line)
        if sum(1 for part in head if part.strip()) > 1:
            break
    return head


def _first(head: Iterable[bytes]) -> bytes:
    return next((line for line in head if line.strip()), b"")


def _opens(line: bytes) -> bool:
    return line.lstrip()[:1] in _OPENS


def _is_text(line: bytes) -> bool:
    try:
        return b"\0" not in line and line.decode() is not None
    except UnicodeDecodeError:
        return False


def _is_ndjson(head: Iterable[bytes]) -> bool:
    """Whether more than one document stands here, one a line, by the first two lines that are not blank."""
    first, *others = (line.strip() for line in head if line.strip())
    if not others:
        return False
    if _is_whole(first):
        return True
    # the first record may be broken; of a document over many lines the first one ends where more must follow
    return not first.endswith(_GOES_ON) and others[0].startswith(b"{") and _is_whole(others[0])


def _is_whole(line: bytes) -> bool:
    try:
        _parsed(line)
    except json.JSONDecodeError:
        return False
    return _opens(line)


def _parsed(text: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Parse JSON; the NaN and Infinity that Python writes, and JSON does not know, are unknown: null."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if b"NaN" not in text and b"Infinity" not in text:
            raise
        try:
            document = json.loads(text, parse_constant=lambda _: None)
            orjson.dumps(document)
        except (ValueError, TypeError, RecursionError):
            document = None
        if document is None:
            raise
        return document


def _from_csv(source: Source, name: str, lines: Iterable[bytes]) -> Iterator[Page]:
    for chunk in _chunks(_rows(lines)):
        yield from _cut(source, name, chunk, str(chunk[0]).encode())


def _rows(lines: Iterable[bytes]) -> Iterator[Record]:
    """The rows by column name.

    Raises:
        EOFError: the last one breaks off. Others may be short: spreadsheets leave out what is empty at their end.
    """
    line = b"\n"

    def decoded() -> Iterator[str]:
        nonlocal line
        for line in lines:
            yield line.decode("utf-8", "replace")

    for row in csv.DictReader(decoded()):
        if None in row.values() and not line.endswith(b"\n"):
            raise EOFError("its last row breaks off")
        # a row with more fields than the header has them under None
        yield {key: value or "" for key, value in row.items() if key is not None}


def _chunks(rows: Iterable[_T]) -> Iterator[list[_T]]:
    """A thousand at a time; what could be read before an error comes before it."""
    chunk: list[_T] = []
    try:
        for row in rows:
            chunk.append(row)
            if len(chunk) == PAGE:
                yield chunk
                chunk = []
    except _BROKEN:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _from_lines(source: Source, name: str, lines: Iterable[bytes]) -> Iterator[Page]:
    for chunk in _chunks((number, line) for number, line in enumerate(lines, start=1) if line.strip()):
        records: list[Record] = []
        unreadable: list[Unreadable] = []
        for number, line in chunk:
            found = _parsed_line(source, f"{name}, line {number}", line)
            if isinstance(found, Unreadable):
                unreadable.append(found)
            else:
                records.extend(found)
        yield Page(records, unreadable=unreadable)


def _parsed_line(source: Source, name: str, line: bytes) -> Unreadable | list[Record]:
    try:
        records = _known(source, _parsed(line))
    except json.JSONDecodeError as error:
        return _unreadable(name, _broken(error), line)
    return records if records is not None else _unreadable(name, _not_known(source), line)


def _from_document(source: Source, name: str, text: bytes) -> Iterator[Page]:
    try:
        document = _parsed(text)
    except json.JSONDecodeError as error:
        yield _nothing(name, _broken(error), text)
        return
    yield from _cut(source, name, document, text)


def _broken(error: json.JSONDecodeError) -> str:
    return f"its JSON breaks off or is broken: {error}; record the answer again"


def _cut(source: Source, name: str, document: Any, text: bytes) -> Iterator[Page]:  # noqa: ANN401 - any JSON value
    records = _known(source, document)
    if records is None:
        yield _nothing(name, _not_known(source), text)
        return
    stream = iter(records)
    while chunk := list(islice(stream, PAGE)):
        yield Page(chunk)


def _known(source: Source, document: Any) -> list[Record] | None:  # noqa: ANN401 - any JSON value
    try:
        records = source.records_in(document)
        return None if records is None else list(records)
    except RecursionError:  # lists in lists in lists
        return None


def _not_known(source: Source) -> str:
    return f"it is not an answer of {source.name} that Tercet knows; see docs/records.md for those that it takes"


def _nothing(name: str, reason: str, text: bytes) -> Page:
    return Page([], unreadable=[_unreadable(name, reason, text)])


def _unreadable(name: str, reason: str, text: bytes) -> Unreadable:
    return Unreadable(name, reason, text[: 2 * BEGINNING].decode("utf-8", "replace")[:BEGINNING])
