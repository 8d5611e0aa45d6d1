"""Rasters as the providers make them, generated: same types, nodata and layouts, our own numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin

CRS = "EPSG:32613"
PLACE = from_origin(400_000, 4_100_000, 30, 30)
RNG = np.random.default_rng(7)


def write(path: Path, values: Any, *, colours: Any = None, **more: Any) -> Path:
    """A GeoTIFF in strips, without overviews; ``values`` is (bands, rows, columns)."""
    bands, height, width = values.shape
    profile = {"driver": "GTiff", "count": bands, "height": height, "width": width, "dtype": values.dtype}
    with rasterio.open(path, "w", **{**profile, "crs": CRS, "transform": PLACE, **more}) as raster:
        raster.write(values)
        raster.units = ("ppm m",) * bands
        if colours:
            raster.colorinterp = colours
    return path


def concentrations(path: Path, size: int = 700, *, declared: bool = True) -> Path:
    """Enhancement (ppm m) of a plume: NaN around it."""
    values = RNG.gamma(2, 300, (1, size, size)).astype("float32")
    values[:, : size // 4] = np.nan
    return write(path, values, **({"nodata": float("nan")} if declared else {}))


def column_enhancement(path: Path, size: int = 1200) -> Path:
    """Of a whole scene, with -9999 where there is none."""
    values = RNG.normal(100, 400, (1, size, size)).astype("float32")
    values[:, :, : size // 3] = -9999
    return write(path, values, nodata=-9999)


def plume_picture(path: Path, size: int = 700) -> Path:
    """Red, green, blue and alpha: alpha is the mask of the plume."""
    values = RNG.integers(0, 255, (4, size, size), dtype="uint8")
    values[3] = 0
    values[3, 100:300, 200:500] = 255
    colours = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    return write(path, values, colours=colours, photometric="RGB")


def classes(path: Path, size: int = 1100) -> Path:
    """Two codes far from each other, in places of every size."""
    values = RNG.choice(np.array([3, 200], dtype="uint8"), (1, size, size))
    return write(path, values)
