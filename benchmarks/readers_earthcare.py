"""An EarthCARE curtain and a swath against xarray with h5netcdf, and earthcarekit where ``--peers`` has it.

Local files whole and in part; and part of a swath behind a network, as the mission's tutorial reads it (fsspec with
blocks of 8 MiB).
"""

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.readers import FAR, Bench, Run
from tercet.readers import open as open_reader
from tercet.readers.selection import Bbox
from tests.tercet.readers import earthcare_products as products

CURTAIN = ("ice_water_content", "aerosol_extinction")
SWATH = ("cloud_water_path", "cloud_top_height")
BOX = (-180.0, -2.0, 180.0, 2.0)

_PEER = """
import logging, sys, time, warnings
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import earthcarekit
started = time.perf_counter()
with earthcarekit.read_product(sys.argv[1], modify=False, ensure_nans=True) as dataset:
    loaded = [dataset[name].values for name in ("time", "latitude", "longitude", "height", *sys.argv[2:])]
print(time.perf_counter() - started)
"""

_STREAMED = """
import sys, time, fsspec, numpy as np, xarray
started = time.perf_counter()
url, *names = sys.argv[1:]
with fsspec.filesystem("http", cache_type="blockcache", block_size=8 << 20).open(url, "rb") as file:
    dataset = xarray.open_dataset(file, group="ScienceData", engine="h5netcdf", driver_kwds={"rdcc_nbytes": 8 << 20})
    latitude = dataset.latitude.values.reshape(dataset.sizes["along_track"], -1)
    inside = np.flatnonzero(((latitude >= -2) & (latitude <= 2)).any(axis=1))
    names += ["time", "latitude", "longitude", *({"height"} & set(dataset.variables))]
    dataset[names].isel(along_track=slice(inside[0], inside[-1] + 1)).load()
print(time.perf_counter() - started)
"""


def measure(bench: Bench) -> None:
    """Compare whole variables and a part of a frame."""
    curtain = products.write(bench.folder, "ACM_CAP_2B", shape=products.Shape(along=5000, bins=242), chunked=True)
    swath = products.write(bench.folder, "MSI_COP_2A", shape=products.Shape(along=11000, across=384), chunked=True)
    runs: dict[str, Run] = {
        "tercet": partial(ours, curtain, CURTAIN),
        "xarray+h5netcdf": partial(plain, curtain, CURTAIN),
    }
    if bench.peers:
        runs["earthcarekit"] = partial(bench.in_peer, _PEER, str(curtain), *CURTAIN)
    bench.compare("curtain, two variables", runs)
    bench.compare(
        "curtain, a tenth of the frame",
        {"tercet": partial(ours, curtain, CURTAIN, BOX), "xarray+h5netcdf": partial(plain, curtain, CURTAIN, BOX)},
    )
    bench.compare(
        "swath, two variables",
        {"tercet": partial(ours, swath, SWATH), "xarray+h5netcdf": partial(plain, swath, SWATH)},
    )
    for path, names in ((curtain, CURTAIN), (swath, SWATH)):
        url = f"{bench.server.url}/{path.name}"
        far: dict[str, Run] = {"tercet": partial(ours, url, names, BOX)}
        if bench.peers:
            far["xarray+h5netcdf+fsspec"] = partial(bench.in_peer, _STREAMED, url, *names)
        bench.compare(f"{'curtain' if names is CURTAIN else 'swath'}, a tenth of the frame", far, network=FAR)


def ours(path: Path | str, names: tuple[str, ...], box: Bbox | None = None) -> None:
    """As the readers read it."""
    with open_reader(path) as reader:
        assert reader.dataset(names, bbox=box).latitude.size


def plain(path: Path, names: tuple[str, ...], box: Bbox | None = None) -> None:
    """As xarray reads it: the default fill masked by hand, the part cut out by the track's latitudes."""
    import xarray  # noqa: PLC0415 - its import is not what is measured

    with xarray.open_dataset(path, group="ScienceData", engine="h5netcdf") as dataset:
        chosen = dataset[[*names, "time", "latitude", "longitude", *({"height"} & set(dataset.variables))]]
        if box is not None:
            latitude = dataset.latitude.values.reshape(dataset.sizes["along_track"], -1)
            inside = ((latitude >= box[1]) & (latitude <= box[3])).any(axis=1)
            chosen = chosen.isel(along_track=slice(*np.flatnonzero(inside)[[0, -1]] + [0, 1]))
        loaded = chosen.load()
        for name in names:
            loaded[name] = loaded[name].where(loaded[name] < 9.9e36)
        assert loaded.latitude.size
