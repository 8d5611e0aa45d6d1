"""What Items say of a raster: grid, bands, statistics. Read from the file itself."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader

from transforms.catalog import EXTENSIONS

PROJECTION = f"{EXTENSIONS}/projection/v2.0.0/schema.json"
_SAMPLE = 1024
"""Pixels a side of the overview from which the range of a picture is taken."""


def described(path: str) -> dict[str, Any]:
    """Describe a raster as an asset: ``proj:*``, and ``bands`` with type, nodata, unit and exact statistics.

    Args:
        path: of a file that GDAL opens.
    """
    with rasterio.open(path) as raster:
        return {**grid(raster), "bands": [_band(raster, index) for index in colour_bands(raster)]}


def grid(raster: DatasetReader) -> dict[str, Any]:
    """Where the pixels lie: shape (rows, columns), affine transform, bounds in the raster's own CRS."""
    found: dict[str, Any] = {"proj:shape": [raster.height, raster.width], "proj:transform": list(raster.transform)[:6]}
    if raster.crs is None:
        return found
    authority = raster.crs.to_authority()
    code = {"proj:code": ":".join(authority)} if authority else {"proj:wkt2": raster.crs.to_wkt(version="WKT2_2019")}
    return {**code, **found, "proj:bbox": list(raster.bounds)}


def colour_bands(raster: DatasetReader) -> list[int]:
    """The numbers of the bands that hold values: an alpha band says only where there are some."""
    return [
        index for index, meaning in zip(raster.indexes, raster.colorinterp, strict=True) if meaning != ColorInterp.alpha
    ]


def value_range(path: str) -> tuple[float, float] | None:
    """The range within which 96 % of the values of a single-band raster lie; None where it has no valid pixel."""
    with rasterio.open(path) as raster:
        shape = (min(raster.height, _SAMPLE), min(raster.width, _SAMPLE))
        values = raster.read(1, out_shape=shape, masked=True).compressed()
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = (float(edge) for edge in np.percentile(values, [2, 98]))
    return (low, high) if low < high else (low, low + 1)


def _band(raster: DatasetReader, index: int) -> dict[str, Any]:
    band: dict[str, Any] = {
        "name": raster.descriptions[index - 1] or f"b{index}",
        "data_type": raster.dtypes[index - 1],
        "nodata": spelled(raster.nodatavals[index - 1]),
        "unit": raster.units[index - 1],
        "statistics": statistics(raster, index),
    }
    return {name: value for name, value in band.items() if value not in (None, {})}


def spelled(nodata: float | None) -> float | str | None:
    """JSON has no NaN: STAC spells it."""
    if nodata is None or np.isfinite(nodata):
        return nodata
    return "nan" if np.isnan(nodata) else "inf" if nodata > 0 else "-inf"


def statistics(raster: DatasetReader, index: int) -> Mapping[str, float]:
    """Minimum, maximum, mean, standard deviation and share of valid pixels (%) of one band, of all its pixels."""
    count, total, squares, low, high = 0, 0.0, 0.0, np.inf, -np.inf
    for _, window in raster.block_windows(index):
        values = raster.read(index, window=window, masked=True).compressed().astype("float64")
        values = values[np.isfinite(values)]
        if values.size:
            count += values.size
            total += float(values.sum())
            squares += float((values * values).sum())
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    share = 100 * count / (raster.width * raster.height)
    if not count:
        return {"valid_percent": share}
    mean = total / count
    deviation = float(np.sqrt(max(squares / count - mean * mean, 0)))
    return {"minimum": low, "maximum": high, "mean": mean, "stddev": deviation, "valid_percent": share}


def has_mask(raster: DatasetReader) -> bool:
    """Whether the file itself says which pixels are valid."""
    return not all(flags == [MaskFlags.all_valid] for flags in raster.mask_flag_enums)
