"""Files on this machine that Items point to: below the operator's folders, and nothing else."""

import os
import stat
from collections.abc import AsyncGenerator, Sequence
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote, urlsplit

import anyio.to_thread
from fastapi import HTTPException

from stac_api.gateway_ranges import Version, Wanted, chosen
from stac_api.gateway_stream import Source

_PIECE = 256 * 1024


def local_path(href: str) -> str | None:
    """The path that an href names; None where it is no file of this machine."""
    if href.startswith("/") and not href.startswith("//"):
        return href
    parts = urlsplit(href)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and not parts.query:
        return unquote(parts.path)
    return None


def is_below(path: str, roots: Sequence[Path]) -> bool:
    """Whether a path, with all its links followed, is below one of some folders."""
    try:
        real = Path(path).resolve(strict=True)
        return any(real.is_relative_to(root.resolve(strict=True)) for root in roots)
    except (OSError, ValueError, RuntimeError):  # a NUL in it; links in a circle
        return False


async def open_file(path: str, roots: Sequence[Path], asked: Wanted) -> Source:
    """Open a file, or what is asked for of it.

    Raises:
        HTTPException: 404; also for what is not below the folders, since nobody's business is what else is there.
    """
    try:
        descriptor = await anyio.to_thread.run_sync(_opened, path, roots)
    except OSError:
        raise HTTPException(404, "the file is not there, or not in a folder of TERCET_GATEWAY_ROOTS") from None
    found = os.fstat(descriptor)
    version = Version(
        found.st_size, f'"{found.st_mtime_ns:x}-{found.st_size:x}"', formatdate(found.st_mtime, usegmt=True)
    )
    answer = chosen(asked, version)

    async def close() -> None:
        os.close(descriptor)

    headers = {**version.headers, **answer.headers}
    return Source(answer.status, headers, _pieces(descriptor, answer.start, answer.stop), close)


def _opened(path: str, roots: Sequence[Path]) -> int:
    if not is_below(path, roots):
        raise FileNotFoundError
    # after it was resolved, a link in its place is somebody else's; opening a pipe would wait for its writer
    descriptor = os.open(Path(path).resolve(strict=True), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError
    return descriptor


async def _pieces(descriptor: int, start: int, stop: int) -> AsyncGenerator[bytes, None]:
    while start < stop:
        piece = await anyio.to_thread.run_sync(os.pread, descriptor, min(_PIECE, stop - start), start)
        if not piece:
            raise OSError("the file became shorter")
        start += len(piece)
        yield piece
