"""Recorded answers of a provider as pages of raw records: files, folders, standard input; recognised by content."""

import csv
import gzip
import io
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from harvesters.base import Page, Record, Source, Unreadable
from tercet.errors import ConfigError

PAGE = 1000
BEGINNING = 2000
"""Characters of an unreadable file that are kept with its reason."""

_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_HTTP = re.compile(rb"\A(?:[A-Z]+ /|HTTP/\d)")
_HEADERS = re.compile(rb"^HTTP/\d[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n", re.MULTILINE)


def files_in(path: str) -> list[Path | None]:
    """The files that a ``--records`` path means, in a stable order; None is standard input.

    Raises:
        ConfigError: there is no such file or folder, or the folder is empty.
    """
    if path == "-":
        return [None]
    place = Path(path)
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise ConfigError(f"--records {path}: there is no such file or folder")
    found = sorted(file for file in place.rglob("*") if file.is_file() and not file.name.startswith("."))
    if not found:
        raise ConfigError(f"--records {path}: the folder holds no files")
    return list(found)


def recorded_pages(source: Source, paths: Iterable[str]) -> Iterator[Page]:
    """All records of a source in recorded answers, a thousand at a time.

    NDJSON and CSV are read line by line; any other JSON document is held whole, as its provider sent it.
    """
    for file in chain.from_iterable([files_in(path) for path in paths]):
        name = "standard input" if file is None else str(file)
        try:
            with _opened(file) as stream:
                yield from _pages(source, name, stream)
        except (OSError, EOFError) as error:
            yield _nothing(name, f"it cannot be read: {error}", b"")


@contextmanager
def _opened(file: Path | None) -> Iterator["io.BufferedReader[Any]"]:
    with io.FileIO(sys.stdin.fileno(), closefd=False) if file is None else io.FileIO(file) as raw:
        stream = io.BufferedReader(raw)
        if stream.peek(2)[:2] == _GZIP:
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield io.BufferedReader(unpacked)
        else:
            yield stream


def _pages(source: Source, name: str, stream: "io.BufferedReader[Any]") -> Iterator[Page]:
    if stream.peek(3)[:3] == _BOM:
        stream.read(3)
    first = stream.readline()
    if b"\0" in first:
        yield _nothing(name, "it is not text: answers of the provider are JSON, NDJSON or CSV", b"")
    elif b"plume_id" in first and b"," in first and first.lstrip()[:1] not in (b"{", b"["):
        yield from _from_csv(source, name, first, stream)
    elif _is_whole(first) and (second := _next_line(stream)):
        yield from _from_lines(source, name, chain([first, second], stream))
    else:
        yield from _from_document(source, name, first + stream.read())


def _is_whole(line: bytes) -> bool:
    if line.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _next_line(stream: BinaryIO) -> bytes:
    return next((line for line in stream if line.strip()), b"")


def _from_csv(source: Source, name: str, first: bytes, stream: BinaryIO) -> Iterator[Page]:
    lines = io.TextIOWrapper(io.BufferedReader(_Rest(first, stream)), encoding="utf-8", errors="replace", newline="")
    rows = csv.DictReader(lines)
    while chunk := list(islice(rows, PAGE)):
        # a line with more fields than the header has them under None, one with fewer has None in them
        whole = [{key: value or "" for key, value in row.items() if key is not None} for row in chunk]
        yield from _cut(source, name, whole)


def _from_lines(source: Source, name: str, lines: Iterable[bytes]) -> Iterator[Page]:
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while chunk := list(islice(numbered, PAGE)):
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
        records = source.records_in(orjson.loads(line))
    except orjson.JSONDecodeError as error:
        return _unreadable(name, f"it is not whole JSON: {error}", line)
    return list(records) if records is not None else _unreadable(name, _not_known(source), line)


def _from_document(source: Source, name: str, text: bytes) -> Iterator[Page]:
    body = _body(text)
    if not body.strip():
        yield _nothing(name, "it is empty", text)
        return
    if body.lstrip()[:1] not in (b"{", b"["):
        yield _nothing(name, "it is not JSON, NDJSON or CSV, which answers of the provider are", text)
        return
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        yield _nothing(name, f"its JSON breaks off or is broken: {error}; record the answer again", text)
        return
    yield from _cut(source, name, document)


def _body(text: bytes) -> bytes:
    """The body of an answer that was kept together with its headers, as `curl -i` prints it."""
    if not _HTTP.match(text):
        return text
    heads = list(_HEADERS.finditer(text))
    return text[heads[-1].end() :] if heads else text


def _cut(source: Source, name: str, document: Any) -> Iterator[Page]:  # noqa: ANN401 - any JSON value
    records = source.records_in(document)
    if records is None:
        yield _nothing(name, _not_known(source), orjson.dumps(document)[: 2 * BEGINNING])
        return
    stream = iter(records)
    while chunk := list(islice(stream, PAGE)):
        yield Page(chunk)


def _not_known(source: Source) -> str:
    return f"it is not an answer of {source.name} that Tercet knows; see docs/records.md for those that it takes"


def _nothing(name: str, reason: str, text: bytes) -> Page:
    return Page([], unreadable=[_unreadable(name, reason, text)])


def _unreadable(name: str, reason: str, text: bytes) -> Unreadable:
    return Unreadable(name, f"{name}: {reason}", text[: 2 * BEGINNING].decode("utf-8", "replace")[:BEGINNING])


class _Rest(io.RawIOBase):
    """A stream whose first line was already read."""

    def __init__(self, first: bytes, stream: BinaryIO) -> None:
        self._first = first
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        part = self._first[: len(buffer)] or self._stream.read(len(buffer))
        self._first = self._first[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
