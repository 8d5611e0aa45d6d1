"""GeoTIFFs opened with GDAL, wherever they lie: over the network with one request for the header, one for the pixels.

GDAL decodes, but does not fetch: what it reads is there already, since the file itself says at which bytes the tiles
or strips of a window lie. What it asks for nevertheless is fetched then.
"""

import contextvars
import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from tercet.errors import ReaderError, TercetError
from tercet.readers.locations import Location
from tercet.readers.rasters.grids import Part
from tercet.readers.rasters.header import Header
from tercet.readers.rasters.remote import RemoteFile
from tercet.settings import Settings

HEAD = 65_536
"""Bytes that are fetched first: the header of nearly every GeoTIFF, and the whole of most plumes' rasters."""


_opening = threading.Lock()


class RasterFile:
    """A GeoTIFF that GDAL has open; for one thread at a time.

    Attributes:
        header: what it says of itself.
    """

    def __init__(self, location: Location, settings: Settings) -> None:
        self._location = location
        self._remote: RemoteFile | None = None
        # rasterio keeps what a file over the network hangs on in the context that it was opened in, and a thread's
        # ends with it: GDAL would read from what is no more
        self._context = contextvars.copy_context()
        if location.is_local:
            self._gdal = _open_local(location)
        else:
            from tercet.readers.remote.ranges import open_ranges  # noqa: PLC0415 - who reads local files needs no HTTP

            self._remote = RemoteFile(
                open_ranges(location.href, settings=settings, size=location.size, first=HEAD, whole=HEAD)
            )
            self._gdal = self._context.run(self._open_remote, self._remote)
        self.header = self._context.run(Header.of, self._gdal)

    def read(self, part: Part, bands: Sequence[int]) -> NDArray[Any]:
        """Read some rows and columns as they are stored: shape (bands, height, width).

        Raises:
            ReaderError: the file is cut off or broken.
            UpstreamError: it cannot be reached any more.
        """
        return self._context.run(self._read, part, bands)

    def read_mask(self, part: Part) -> NDArray[np.bool_]:
        """Where a mask beside the bands shows something: shape (1, height, width)."""
        return np.asarray(self._context.run(self._gdal.read_masks, [1], window=_window(part)) > 0)

    def close(self) -> None:
        """Let go of the file, and of connections."""
        self._context.run(self._gdal.close)
        if self._remote is not None:
            self._remote.close()

    def __del__(self) -> None:
        if hasattr(self, "_gdal"):  # it was opened
            self.close()

    def _open_remote(self, remote: RemoteFile) -> DatasetReader:
        name = self._location.file_name or "raster.tif"
        try:
            # no probing for files beside it: those are requests, and a provider's rasters have none
            with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"), _quietly():
                return rasterio.open(name, driver="GTiff", opener=remote)
        except RasterioError as error:
            remote.close()
            size, head = remote.ranges.size, remote.ranges.head
            raise remote.failure or unreadable(self._location, str(error), size, head) from error

    def _read(self, part: Part, bands: Sequence[int]) -> NDArray[Any]:
        if self._remote is not None:
            self._remote.keep([(at, at + size) for at, size in self._blocks(part, bands) if size])
        try:
            return np.asarray(self._gdal.read(list(bands), window=_window(part)))
        except RasterioError as error:
            raise self._failure(part, bands, error) from error

    def _failure(self, part: Part, bands: Sequence[int], error: RasterioError) -> TercetError:
        """What went wrong where GDAL could not read some rows and columns."""
        if self._remote is not None and self._remote.failure is not None:
            return self._remote.failure
        reason = self._ends_early(part, bands) or f"GDAL says: {error}"
        return ReaderError(f"{self._location.name} is cut off or broken: {reason}; fetch it again")

    def _ends_early(self, part: Part, bands: Sequence[int]) -> str:
        size = self._remote.ranges.size if self._remote else self._location.path.stat().st_size
        missing = max((at + length for at, length in self._blocks(part, bands)), default=0)
        return f"it ends at byte {size}, but pixels lie up to byte {missing}" if missing > size else ""

    def _blocks(self, part: Part, bands: Sequence[int]) -> list[tuple[int, int]]:
        """First byte and length of every tile or strip of some rows and columns: as the file itself says."""
        rows, columns = (
            range(one.start // length, (one.stop - 1) // length + 1)
            for one, length in zip(part, self.header.chunks, strict=True)
        )
        # where bands lie pixel by pixel, one tile holds all of them
        wanted = sorted(set(bands)) if self.header.is_apart else [1]
        return [self._block(band, column, row) for band in wanted for row in rows for column in columns]

    def _block(self, band: int, column: int, row: int) -> tuple[int, int]:
        at, size = (
            self._gdal.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=band) for what in ("OFFSET", "SIZE")
        )
        return (int(at), int(size)) if at and size else (0, 0)  # a tile that was never written is nowhere


def _window(part: Part) -> Window:
    return Window.from_slices(*part)


@contextmanager
def _quietly() -> Iterator[None]:
    """Open without a warning where rows and columns are the sensor's: the grid says so.

    One at a time, because what is warned of is one list for all threads; the header was fetched before.
    """
    with _opening, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def unreadable(location: Location, reason: str, size: int, head: bytes) -> ReaderError:
    """A file that is no GeoTIFF, or a broken one."""
    if head[:4] in _SIGNATURES:
        return ReaderError(
            f"{location.name} begins as a GeoTIFF but is cut off or broken ({size} bytes): fetch it again ({reason})"
        )
    return ReaderError(f"{location.name} is no GeoTIFF: at byte 0 stands {head[:4]!r} ({size} bytes)")


_SIGNATURES = frozenset({b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"})
"""TIFF and BigTIFF, either byte order."""


def is_geotiff(head: bytes) -> bool:
    """Whether a file begins as TIFF or BigTIFF do."""
    return head[:4] in _SIGNATURES


def _open_local(location: Location) -> DatasetReader:
    try:
        with location.path.open("rb") as file:
            head = file.read(4)
            size = file.seek(0, io.SEEK_END)
    except OSError as error:
        raise ReaderError(f"{location.name} cannot be read: {error.strerror or error}") from error
    try:
        with _quietly():
            return rasterio.open(location.path)
    except RasterioError as error:
        raise unreadable(location, str(error), size, head) from error
