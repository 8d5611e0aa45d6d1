"""Parts of files on disk: blocks of one size, by the file's address and version; what was not used longest goes first.

Several processes may share a folder: a block is there whole or not at all, and one of them at a time makes room.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)

BLOCK = 1 << 20
_LOCK = ".lock"
_FULL = 0.9
"""Of the limit is left when room was made."""
_STEP = 0.05
"""Of the limit is written before the folder is looked at again."""
_STALE_S = 60.0
"""A block that was used more recently is not marked anew."""


class Blocks:
    """A folder of blocks that stays below a size; its functions wait for the disk."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._written = limit  # what is there already is not known yet

    def read(self, file: str, number: int, start: int, stop: int) -> bytes | None:
        """Bytes of a block, from and to within it; None where it is not here."""
        path = self._path(file, number)
        try:
            with path.open("rb") as block:
                block.seek(start)
                found = block.read(stop - start)
                if time.time() - os.fstat(block.fileno()).st_mtime > _STALE_S:
                    os.utime(path)
        except OSError:
            return None
        return found if len(found) == stop - start else None

    def write(self, file: str, number: int, content: bytes) -> None:
        """Keep a block, as far as the disk lets us."""
        path = self._path(file, number)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
                part.write(content)
            Path(part.name).replace(path)
        except OSError as error:
            log.warning("%s takes no more (%s): is there room, and the right?", self._folder, error)
            return
        self._written += len(content)
        if self._written > self._limit * _STEP:
            self._make_room()

    def _path(self, file: str, number: int) -> Path:
        name = hashlib.sha256(file.encode()).hexdigest()
        return self._folder / name[:2] / name[2:] / str(number)

    def _make_room(self) -> None:
        with _alone(self._folder / _LOCK) as is_ours:
            if not is_ours:
                return  # another process is at it
            self._written = 0
            blocks = sorted(_blocks(self._folder))
            total = sum(size for _, size, _ in blocks)
            if total <= self._limit * (1 - _STEP):
                return
            for _, size, path in blocks:
                with suppress(OSError):
                    path.unlink()
                    total -= size
                    path.parent.rmdir()  # only where it was the last
                if total <= self._limit * _FULL:
                    return


def _blocks(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each block was used last, its size and its path."""
    for at, _, names in os.walk(folder):
        for name in names:
            path = Path(at, name)
            with suppress(OSError):
                found = path.stat()
                if name != _LOCK:
                    yield found.st_mtime, found.st_size, path


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether no other process holds the lock, and none will meanwhile."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)
