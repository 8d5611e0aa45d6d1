"""A remote file as GDAL sees it: what was fetched of it is there at once, what else it wants is fetched then."""

import io
from collections.abc import Sequence
from typing import Any, Protocol

from rasterio.abc import FileContainer

from tercet.errors import TercetError

_MISS = 16_384
"""Bytes that are fetched at least where GDAL wants what nobody foresaw."""


class Ranges(Protocol):
    """A remote file, by parts."""

    head: bytes

    @property
    def size(self) -> int:
        """Bytes of it."""

    def read(self, ranges: Sequence[tuple[int, int]]) -> Sequence[bytes | memoryview]:
        """Fetch parts, each from a first byte up to one that does not belong to it any more."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class RemoteFile:
    """The one file that GDAL sees: what was fetched of it, and what it asks for beyond that.

    Attributes:
        ranges: the file.
        failure: why it could not be read: GDAL knows only that it could not.
    """

    def __init__(self, ranges: Ranges) -> None:
        self.ranges = ranges
        self.failure: TercetError | None = None
        self._parts: list[tuple[int, bytes]] = [(0, bytes(ranges.head))]

    def keep(self, wanted: Sequence[tuple[int, int]]) -> None:
        """Fetch parts and keep them for GDAL; those of the window before are let go."""
        del self._parts[1:]
        size = self.ranges.size
        missing = [(start, min(stop, size)) for start, stop in wanted if stop > len(self._parts[0][1]) and start < size]
        if missing:
            fetched = self.ranges.read(missing)
            self._parts += [(start, bytes(one)) for (start, _), one in zip(missing, fetched, strict=True)]

    def part(self, start: int, length: int) -> bytes:
        """Bytes from a place on; fewer at the end of the file."""
        length = max(min(length, self.ranges.size - start), 0)
        for at, content in self._parts:
            if at <= start and start + length <= at + len(content):
                return content[start - at : start - at + length]
        return self._missed(start, length)

    def _missed(self, start: int, length: int) -> bytes:
        stop = min(start + max(length, _MISS), self.ranges.size)
        try:
            content = bytes(self.ranges.read([(start, stop)])[0])
        except TercetError as error:  # through GDAL's C no exception passes
            self.failure = error
            return b""
        self._parts.append((start, content))
        return content[:length]

    def open(self, path: str, mode: str = "r", **_: Any) -> io.RawIOBase:  # noqa: ANN401, ARG002 - rasterio's own
        """Give a new place in the file."""
        return _Stream(self)

    def isfile(self, path: str) -> bool:  # noqa: ARG002 - rasterio's own
        """Say yes: there is only one."""
        return True

    def isdir(self, path: str) -> bool:  # noqa: ARG002 - rasterio's own
        """Say no: there is only one."""
        return False

    def ls(self, path: str) -> list[str]:  # noqa: ARG002 - rasterio's own
        """List nothing beside it."""
        return []

    def mtime(self, path: str) -> int:  # noqa: ARG002 - rasterio's own
        """Give any time: whether it changed is for `Ranges` to know."""
        return 0

    def size(self, path: str) -> int:  # noqa: ARG002 - rasterio's own
        """Bytes of it."""
        return self.ranges.size

    def rm(self, path: str) -> None:
        """Refuse: it is somebody else's."""
        raise NotImplementedError(path)

    def close(self) -> None:
        """Let go of connections."""
        self.ranges.close()


class _Stream(io.RawIOBase):
    """A place in the one file."""

    def __init__(self, remote: RemoteFile) -> None:
        self._remote = remote
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._remote.ranges.size}[whence]
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        wanted = size if size >= 0 else self._remote.ranges.size - self._at
        found = self._remote.part(self._at, wanted)
        self._at += len(found)
        return found


# rasterio asks what it is, and has no types to inherit from
FileContainer.register(RemoteFile)
