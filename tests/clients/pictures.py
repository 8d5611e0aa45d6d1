"""Pictures and rasters for Items, so that clients have something to show."""

import warnings
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_bounds

SIZE = 256


def plume() -> NDArray[np.float32]:
    """An enhancement in ppm m that fades downwind of its origin; NaN around it."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    along, across = x - 0.2, y - 0.5
    width = 0.03 + 0.3 * np.clip(along, 0, None)
    shape = np.exp(-((across / width) ** 2)) * np.clip(1.2 - along, 0, 1) * (along > 0)
    return np.where(shape > 0.1, 1500 * shape, np.nan).astype("float32")


def write_picture(target: Path) -> Path:
    """Write a PNG with three bands and alpha."""
    values = plume()
    level = np.nan_to_num(values / 1500 * 255).astype("uint8")
    bands = np.stack([level, 255 - level, np.full_like(level, 120), np.where(np.isnan(values), 0, 255).astype("uint8")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(target, "w", driver="PNG", width=SIZE, height=SIZE, count=4, dtype="uint8") as image:
            image.write(bands)
    return target


def write_cog(target: Path, bbox: list[float]) -> Path:
    """Write the enhancement as a Cloud Optimized GeoTIFF over a box in degrees."""
    georeference = {"crs": "EPSG:4326", "transform": from_bounds(*bbox, SIZE, SIZE)}
    size = {"width": SIZE, "height": SIZE, "count": 1, "dtype": "float32"}
    with rasterio.open(target, "w", driver="COG", nodata=np.nan, **size, **georeference) as raster:
        raster.write(plume(), 1)
    return target
