"""Rasters that were read, as a file again."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS

from tercet.errors import ReaderError
from tercet.readers.raster_arrays import SPATIAL_REF

if TYPE_CHECKING:
    import xarray


def write_geotiff(stacked: "xarray.Dataset", path: Path) -> None:
    """Write variables of one grid as the bands of one GeoTIFF, each named, NaN for nodata where any is a float.

    Raises:
        ReaderError: there is no pixel, or no CRS.
    """
    bands = [
        (str(name) if one.ndim == 2 else f"{name}_{label}", part)  # noqa: PLR2004 - rows and columns
        for name, one in stacked.data_vars.items()
        for label, part in _bands(one)
    ]
    if not bands or not bands[0][1].size:
        raise ReaderError("there is no pixel to write: nothing overlaps what was asked for")
    if SPATIAL_REF not in stacked.coords:
        raise ReaderError("rows and columns of a sensor have no place in a GeoTIFF: write .nc")
    kinds = [np.uint8 if part.dtype == bool else part.dtype for _, part in bands]
    dtype = np.result_type(*kinds)
    reference = stacked[SPATIAL_REF].attrs
    c, a, b, f, d, e = (float(one) for one in reference["GeoTransform"].split())
    profile = {
        "driver": "GTiff",
        "count": len(bands),
        "height": bands[0][1].shape[0],
        "width": bands[0][1].shape[1],
        "dtype": dtype,
        "crs": CRS.from_wkt(reference[SPATIAL_REF]),
        "transform": Affine(a, b, c, d, e, f),
        "compress": "deflate",
        "nodata": np.nan if dtype.kind == "f" else None,
    }
    with rasterio.open(path, "w", **profile) as file:
        for number, (name, part) in enumerate(bands, start=1):
            file.write(part.to_numpy().astype(dtype), number)
            file.set_band_description(number, name)


def _bands(one: "xarray.DataArray") -> list[tuple[str, "xarray.DataArray"]]:
    if one.ndim == 2:  # noqa: PLR2004 - rows and columns
        return [("", one)]
    return [(str(label), one[index]) for index, label in enumerate(one[one.dims[0]].to_numpy())]
