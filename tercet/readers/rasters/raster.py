"""One GeoTIFF: where its pixels lie, what means "nothing here" in it, and windows of it."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.locations import Location
from tercet.readers.masking import is_fill
from tercet.readers.rasters.access import RasterFile
from tercet.readers.rasters.grids import Grid, Part
from tercet.readers.rasters.header import Header
from tercet.settings import Settings


class Raster:
    """A GeoTIFF that is opened when it is first asked for something. Threads may share it.

    Attributes:
        location: where it lies.
    """

    def __init__(self, location: Location, settings: Settings) -> None:
        self.location = location
        self._settings = settings
        self._lock = threading.RLock()
        self._opened: RasterFile | None = None

    @property
    def is_open(self) -> bool:
        """Whether its header was read."""
        return self._opened is not None

    @property
    def header(self) -> Header:
        """How it is stored."""
        return self._file.header

    @property
    def grid(self) -> Grid:
        """Where its pixels lie; without CRS where rows and columns are the sensor's."""
        return self.header.grid

    @property
    def _file(self) -> RasterFile:
        with self._lock:
            if self._opened is None:
                self._opened = RasterFile(self.location, self._settings)
            return self._opened

    def read(self, part: Part | None = None, bands: Sequence[int] | None = None) -> NDArray[Any]:
        """Read pixels as they are stored.

        Args:
            part: rows and columns; None is all.
            bands: their numbers, from 1; None is all.

        Returns:
            Shape (bands, height, width).

        Raises:
            ReaderError: the file is cut off or broken, or cannot be reached any more.
        """
        rows, columns = wanted = part or self.grid.whole
        numbers = bands or range(1, len(self.header.bands) + 1)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not height or not width:
            return np.empty((len(numbers), height, width), dtype=self.header.dtype)
        with self._lock:
            return self._file.read(wanted, numbers)

    def values(self, part: Part | None = None) -> NDArray[Any]:
        """Read pixels with NaN where floats mean "nothing here"; whole numbers as they are stored.

        Returns:
            Shape (bands, height, width), without an alpha band.
        """
        with self._lock:
            everything = self.read(part)  # alpha lies in the same tiles
            found = everything[[index - 1 for index in self.header.value_bands]]
            if found.dtype.kind != "f":
                return found
            missing = is_fill(found, self.header.nodata) | ~self._shown(part, everything)
        if missing.any():
            found[missing] = np.nan
        return found

    def valid(self, part: Part | None = None) -> NDArray[np.bool_]:
        """Tell where there is something.

        Returns:
            Shape (height, width): True where alpha is above 0, or else where the first band is neither 0 nor nodata.
        """
        with self._lock:
            everything = self.read(part)
            shown = np.asarray(self._shown(part, everything)[0])
        if self.header.alpha is not None:
            return shown
        band = everything[0]
        # NaN is neither above nor below anything
        return np.asarray(((band > 0) | (band < 0)) & ~is_fill(band, self.header.nodata) & shown)

    def _shown(self, part: Part | None, everything: NDArray[Any]) -> NDArray[np.bool_]:
        """Where alpha, or a mask beside the bands, shows something: shape (1, height, width) or (1, 1, 1)."""
        if self.header.alpha is not None:
            return np.asarray(everything[self.header.alpha - 1 : self.header.alpha] > 0)
        if not self.header.has_mask or not everything.size:
            return np.ones((1, 1, 1), dtype=bool)
        return self._file.read_mask(part or self.grid.whole)

    def close(self) -> None:
        """Let go of the file; it is opened again when it is asked for something."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None
