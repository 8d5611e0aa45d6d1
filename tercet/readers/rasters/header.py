"""What the header of a GeoTIFF says: read once, when it is opened."""

from dataclasses import dataclass
from typing import Self

from rasterio.enums import ColorInterp, Interleaving, MaskFlags
from rasterio.io import DatasetReader

from tercet.readers.rasters.grids import Grid

_ALPHA_BANDS = frozenset({2, 4})
"""Grey or colour, and alpha behind it."""


@dataclass(frozen=True, slots=True)
class Header:
    """How a raster is stored.

    Attributes:
        grid: where its pixels lie; without CRS where rows and columns are the sensor's.
        nodata: the value that means "nothing here"; None where the file says none.
        dtype: NumPy's name of the type.
        bands: names of all bands; colours where nothing else is said.
        alpha: the number, from 1, of the band that says where there is something; None where there is none.
        chunks: rows and columns of a tile or strip.
        compression: GDAL's name, None where there is none.
        overviews: factors by which smaller copies in the file are smaller.
        has_mask: whether a mask beside the bands says where there is something.
        is_apart: whether each band has tiles or strips of its own.
    """

    grid: Grid
    nodata: float | None
    dtype: str
    bands: tuple[str, ...]
    alpha: int | None
    chunks: tuple[int, int]
    compression: str | None
    overviews: tuple[int, ...]
    has_mask: bool
    is_apart: bool

    @classmethod
    def of(cls, file: DatasetReader) -> Self:
        """Read what an open file says."""
        compression = file.compression
        return cls(
            grid=Grid(file.crs, file.transform, file.height, file.width),
            nodata=None if file.nodata is None else float(file.nodata),
            dtype=str(file.dtypes[0]),
            bands=tuple(_band_name(file, index) for index in file.indexes),
            alpha=_alpha(file),
            chunks=file.block_shapes[0],
            compression=compression.value if compression else None,
            overviews=tuple(file.overviews(1)),
            has_mask=MaskFlags.per_dataset in file.mask_flag_enums[0],
            is_apart=file.count > 1 and file.interleaving == Interleaving.band,
        )

    @property
    def value_bands(self) -> list[int]:
        """The numbers of the bands that hold values: all but alpha."""
        return [number for number in range(1, len(self.bands) + 1) if number != self.alpha]


def _alpha(file: DatasetReader) -> int | None:
    if ColorInterp.alpha in file.colorinterp:
        return int(file.colorinterp.index(ColorInterp.alpha)) + 1
    # written without a word on colours: two or four bands of whole numbers are grey or colour and alpha
    is_colour = file.count in _ALPHA_BANDS and file.dtypes[0] == "uint8"
    return file.count if is_colour and file.nodata is None else None


def _band_name(file: DatasetReader, index: int) -> str:
    said = file.descriptions[index - 1]
    if said:
        return str(said).lower()
    meaning = file.colorinterp[index - 1]
    plain = file.count == 1 or meaning in (ColorInterp.undefined, ColorInterp.gray)
    return f"band_{index}" if plain else str(meaning.name)
