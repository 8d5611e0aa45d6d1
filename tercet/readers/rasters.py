"""One GeoTIFF: where its pixels lie, what means "nothing here" in it, and windows of it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from tercet.readers.grids import Grid, Part
from tercet.readers.locations import Location
from tercet.readers.masking import is_fill
from tercet.readers.raster_access import RasterFile
from tercet.settings import Settings

_ALPHA_BANDS = frozenset({2, 4})
"""Grey or colour, and alpha behind it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """How a raster is stored.

    Attributes:
        dtype: NumPy's name of the type.
        bands: names of all bands; colours where nothing else is said.
        chunks: rows and columns of a tile or strip.
        compression: GDAL's name, None where there is none.
        overviews: factors by which smaller copies in the file are smaller.
    """

    dtype: str
    bands: tuple[str, ...]
    chunks: tuple[int, int]
    compression: str | None
    overviews: tuple[int, ...]


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
    def _access(self) -> RasterFile:
        with self._lock:
            if self._opened is None:
                self._opened = RasterFile(self.location, self._settings)
            return self._opened

    @property
    def _file(self) -> DatasetReader:
        return self._access.gdal

    @cached_property
    def grid(self) -> Grid:
        """Where its pixels lie; without CRS where rows and columns are the sensor's."""
        file = self._file
        return Grid(file.crs, file.transform, file.height, file.width)

    @cached_property
    def nodata(self) -> float | None:
        """The value that means "nothing here", as the file says; None where it says none."""
        nodata = self._file.nodata
        return None if nodata is None else float(nodata)

    @cached_property
    def stored(self) -> Stored:
        """How it is stored."""
        file = self._file
        compression = file.compression
        return Stored(
            str(file.dtypes[0]),
            tuple(_band_name(file, index) for index in file.indexes),
            file.block_shapes[0],
            compression.value if compression else None,
            tuple(file.overviews(1)),
        )

    @cached_property
    def alpha(self) -> int | None:
        """The number of the band that says where there is something; None where there is none."""
        file = self._file
        if ColorInterp.alpha in file.colorinterp:
            return int(file.colorinterp.index(ColorInterp.alpha)) + 1
        # written without a word on colours: two or four bands of whole numbers are grey or colour and alpha
        is_colour = file.count in _ALPHA_BANDS and file.dtypes[0] == "uint8"
        return file.count if is_colour and file.nodata is None else None

    @cached_property
    def value_bands(self) -> list[int]:
        """The numbers of the bands that hold values: all but alpha."""
        return [index for index in self._file.indexes if index != self.alpha]

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
        rows, columns = part or self.grid.whole
        numbers = list(bands or self._file.indexes)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if not height or not width:
            return np.empty((len(numbers), height, width), dtype=self.stored.dtype)
        with self._lock:
            self._access.fetch((rows, columns), numbers)
            try:
                return np.asarray(self._file.read(numbers, window=_window(rows, columns)))
            except RasterioError as error:
                raise self._access.failure((rows, columns), numbers, error) from error

    def values(self, part: Part | None = None) -> NDArray[Any]:
        """Read pixels with NaN where floats mean "nothing here"; whole numbers as they are stored.

        Returns:
            Shape (bands, height, width), without an alpha band.
        """
        with self._lock:
            everything = self.read(part)  # alpha lies in the same tiles
            found = everything[[index - 1 for index in self.value_bands]]
            if found.dtype.kind != "f":
                return found
            missing = is_fill(found, self.nodata) | ~self._shown(part, everything)
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
        if self.alpha is not None:
            return shown
        band = everything[0]
        # NaN is neither above nor below anything
        return np.asarray(((band > 0) | (band < 0)) & ~is_fill(band, self.nodata) & shown)

    def _shown(self, part: Part | None, everything: NDArray[Any]) -> NDArray[np.bool_]:
        """Where alpha, or a mask beside the bands, shows something: shape (1, height, width) or (1, 1, 1)."""
        if self.alpha is not None:
            return np.asarray(everything[self.alpha - 1 : self.alpha] > 0)
        has_mask = MaskFlags.per_dataset in self._file.mask_flag_enums[0]
        if not has_mask or not everything.size:
            return np.ones((1, 1, 1), dtype=bool)
        return np.asarray(self._file.read_masks([1], window=_window(*(part or self.grid.whole))) > 0)

    def close(self) -> None:
        """Let go of the file; it is opened again when it is asked for something."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None


def _band_name(file: DatasetReader, index: int) -> str:
    said = file.descriptions[index - 1]
    if said:
        return str(said).lower()
    meaning = file.colorinterp[index - 1]
    plain = file.count == 1 or meaning in (ColorInterp.undefined, ColorInterp.gray)
    return f"band_{index}" if plain else str(meaning.name)


def _window(rows: slice, columns: slice) -> Window:
    return Window.from_slices(rows, columns)
