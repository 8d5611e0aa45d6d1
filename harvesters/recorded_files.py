"""The files that a path of recorded answers means, and their bytes without what they were packed in."""

import gzip
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tercet.errors import ConfigError

STDIN = "-"
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_CONTAINERS = (b"\x89HDF\r\n\x1a\n", b"PK\x03\x04", b"PAR1", b"CDF", b"<")
"""How files begin that hold their records as something else than JSON or CSV: HDF5, ZIP, Parquet, netCDF, XML."""
DAMAGED_HDF5 = (OSError, RuntimeError, KeyError, ValueError)
"""What h5py raises on a file that is cut off or overwritten: of a header that cannot be read it says KeyError."""
_HTTP = re.compile(rb"\A(?:[A-Z]+ /|HTTP/\d)")
_HEADERS = re.compile(rb"^HTTP/\d[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n", re.MULTILINE)


def files_in(path: str) -> list[Path | None]:
    """The files that a ``--records`` path means, in a stable order; None is standard input.

    What begins with a dot is left out of folders.

    Raises:
        ConfigError: there is no such file or folder, or the folder is empty or closed to us.
    """
    if path == STDIN:
        return [None]
    place = Path(path)
    try:
        if place.is_dir():
            found = sorted(_below(place))
        else:
            place.stat()
            return [place]  # a named pipe, too, as shells make of <(…)
    except FileNotFoundError as error:
        raise ConfigError(f"--records {path}: there is no such file or folder") from error
    except OSError as error:
        raise ConfigError(f"--records {path}: {error.filename} cannot be opened: {error.strerror}") from error
    if not found:
        raise ConfigError(f"--records {path}: the folder holds no files")
    return list(found)


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = (Path(place, name) for name in names if not name.startswith("."))
        yield from (file for file in files if file.is_file())


@contextmanager
def opened(file: Path | None) -> Iterator["io.BufferedReader[Any]"]:
    """Open a file or standard input, unpacked where it is gzipped, behind its byte order mark.

    Raises:
        OSError: it cannot be read.
    """
    with _raw(file) as raw:
        stream = io.BufferedReader(raw)
        if stream.peek(2)[:2] == _GZIP:
            with gzip.GzipFile(fileobj=stream) as unpacked:
                yield _behind_mark(io.BufferedReader(unpacked))
        else:
            yield _behind_mark(stream)


def is_container(file: Path) -> bool:
    """Whether a file is none of JSON, NDJSON and CSV, but of a kind that a source may read by itself.

    Raises:
        OSError: it cannot be read.
    """
    if not file.is_file():  # what a named pipe gives can be read once only
        return False
    if file.suffix.lower() == ".h5":  # whatever it holds: a download that was cut off is told best by its source
        return True
    with file.open("rb") as stream:
        return stream.read(len(_BOM) + 8).removeprefix(_BOM).startswith(_CONTAINERS)


def _raw(file: Path | None) -> io.FileIO:
    if file is not None:
        return io.FileIO(file)
    if sys.stdin is None:
        raise OSError("it is closed")
    return io.FileIO(sys.stdin.fileno(), closefd=False)


def _behind_mark(stream: "io.BufferedReader[Any]") -> "io.BufferedReader[Any]":
    if stream.peek(3)[:3] == _BOM:
        stream.read(3)
    return stream


def has_headers(first: bytes) -> bool:
    """Whether a line is the first of an HTTP request or answer."""
    return _HTTP.match(first) is not None


def body_of(text: bytes) -> bytes:
    """The body of an answer that was kept together with its headers, as `curl -i` prints it."""
    heads = list(_HEADERS.finditer(text))
    return text[heads[-1].end() :] if heads else b""
