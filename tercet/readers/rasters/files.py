"""Rasters that were read, as a file again."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS

from tercet.errors import ReaderError
from tercet.readers.rasters.arrays import SPATIAL_REF

if TYPE_CHECKING:
    import xarray


def write_geotiff(stacked: "xarray.Dataset", path: Path) -> None:
    """Write variables of one grid as the bands of one GeoTIFF, each named, NaN for nodata where any is a float.

    Raises:
        ReaderError: there is no pixel, or no CRS.
    """
    bands = {name: part for one in stacked.data_vars.values() for name, part in _bands(one).items()}
    if not any(part.size for part in bands.values()):
        raise ReaderError("there is no pixel to write: nothing overlaps what was asked for")
    if SPATIAL_REF not in stacked.coords:
        raise ReaderError("rows and columns of a sensor have no place in a GeoTIFF: write .nc")
    dtype = np.result_type(*(np.uint8 if part.dtype == bool else part.dtype for part in bands.values()))
    with rasterio.open(path, "w", **_profile(stacked[SPATIAL_REF].attrs, bands, dtype)) as file:
        for number, (name, part) in enumerate(bands.items(), start=1):
            file.write(part.to_numpy().astype(dtype), number)
            file.set_band_description(number, name)


def _profile(
    reference: Mapping[str, Any], bands: "Mapping[str, xarray.DataArray]", dtype: np.dtype[Any]
) -> dict[str, Any]:
    height, width = next(iter(bands.values())).shape
    c, a, b, f, d, e = (float(one) for one in reference["GeoTransform"].split())
    return {
        "driver": "GTiff",
        "count": len(bands),
        "height": height,
        "width": width,
        "dtype": dtype,
        "crs": CRS.from_wkt(reference[SPATIAL_REF]),
        "transform": Affine(a, b, c, d, e, f),
        "compress": "deflate",
        "nodata": np.nan if dtype.kind == "f" else None,
    }


def _bands(one: "xarray.DataArray") -> dict[str, "xarray.DataArray"]:
    if one.ndim == 2:  # noqa: PLR2004 - rows and columns
        return {str(one.name): one}
    return {f"{one.name}_{label}": one[index] for index, label in enumerate(one[one.dims[0]].to_numpy())}
