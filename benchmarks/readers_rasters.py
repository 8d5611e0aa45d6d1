"""A crop of a scene around a plume, 150 x 150 pixels, against georeader and plain rasterio."""

from functools import partial
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.shutil import copy
from rasterio.windows import Window

from benchmarks.readers import FAR, NETWORKS, Bench, Run
from tercet.readers.locations import Location
from tercet.readers.rasters.raster import Raster
from tercet.settings import Settings

SETTINGS = Settings()
SHAPE = (1400, 1250)
"""Rows and columns of a Tanager scene."""
PART = (slice(600, 750), slice(500, 650))

_PEER = """
import sys, time
from rasterio.windows import Window
from georeader.rasterio_reader import RasterioReader
started = time.perf_counter()
reader = RasterioReader(sys.argv[1])
values = reader.read_from_window(Window(500, 600, 150, 150)).load().values
seconds = time.perf_counter() - started
assert values.shape == (1, 150, 150), values.shape
print(seconds)
"""


def measure(bench: Bench) -> None:
    """Compare crops of a COG, of a tiled GeoTIFF, and of one in strips."""
    for kind in ("cog", "strips"):
        path = bench.folder / f"{kind}.tif"
        write(path, kind)
        url = f"{bench.server.url}/{path.name}"
        for network in NETWORKS if kind == "cog" else (FAR,):
            runs: dict[str, Run] = {"tercet": partial(ours, url), "rasterio": partial(plain, url)}
            if bench.peers:
                runs["georeader"] = partial(bench.in_peer, _PEER, url)
            bench.compare(f"150 x 150 of {kind}", runs, network=network)


def write(path: Path, kind: str) -> None:
    """A scene's enhancement: noise compresses as badly as the real thing."""
    values = np.random.default_rng(5).normal(0, 40, SHAPE).astype(np.float32)
    plain_path = path.with_suffix(".plain.tif")
    options = {"compress": "deflate", "predictor": 3, "nodata": -9999.0, "crs": "EPSG:32638"}
    move = Affine(30, 0, 600000, 0, -30, 1725000)
    profile = {"driver": "GTiff", "height": SHAPE[0], "width": SHAPE[1], "count": 1, "dtype": "float32"}
    with rasterio.open(plain_path, "w", **profile, **options, transform=move) as file:
        file.write(values, 1)
    if kind == "cog":
        copy(plain_path, path, driver="COG", COMPRESS="DEFLATE", PREDICTOR="YES", BLOCKSIZE=256)
    else:
        plain_path.rename(path)


def ours(url: str) -> None:
    """The crop as the readers read it."""
    raster = Raster(Location(url), SETTINGS)
    try:
        assert raster.values(PART).shape == (1, 150, 150)
    finally:
        raster.close()


def plain(url: str) -> None:
    """The crop as rasterio reads it when nobody tells it anything."""
    with rasterio.Env(GDAL_HTTP_MAX_RETRY=0, CPL_VSIL_CURL_NON_CACHED=f"/vsicurl/{url}"), rasterio.open(url) as file:
        assert file.read(window=Window(500, 600, 150, 150)).shape == (1, 150, 150)
