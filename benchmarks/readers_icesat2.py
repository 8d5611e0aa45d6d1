"""ICESat-2: four variables of all beams, and a part of many photons, against h5py, h5coro and icepyx.

Granules are generated: as many arrays as NASA's, a hundred a beam. ``--peers`` is a Python with icepyx and h5coro.
Every run is checked to have read as much as the others.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Final

import h5py
import numpy as np

from benchmarks import large_granule
from benchmarks.readers import FAR, NETWORKS, Bench
from tercet.readers import open as open_reader
from tercet.readers.icesat2 import Icesat2Reader
from tests.tercet.readers.icesat2_files import BEAMS, granule

SEGMENTS: Final = 100_000
"""Of 20 m: a region of an orbit has some 150,000."""
_OTHERS: Final = 80
ATL08: Final = ("terrain/h_te_best_fit", "terrain/h_te_uncertainty", "canopy/h_canopy", "canopy/h_canopy_uncertainty")
ATL06: Final = ("h_li", "h_li_sigma", "atl06_quality_summary", "segment_id")
PLACES: Final = ("delta_time", "latitude", "longitude")
PHOTONS: Final = ("h_ph", "dist_ph_along", "quality_ph", "signal_conf_ph")
BOX: Final = (-180.0, 47.0, 180.0, 47.0864)
"""Two hundredths of the large granule's beams."""

_H5CORO = """
import sys, time
from h5coro import h5coro, filedriver
path, *names = sys.argv[1:]
started = time.perf_counter()
file = h5coro.H5Coro(path, filedriver.FileDriver, errorChecking=True, verbose=False, multiProcess=False)
wanted = [{"dataset": "/" + name, "hyperslice": []} for name in names]
read = file.readDatasets(wanted, block=True, enableAttributes=False)
values = [read["/" + name] for name in names]
assert all(len(one) for one in values)
print(time.perf_counter() - started)
"""
_ICEPYX = """
import logging, sys, time, warnings
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
import icepyx
path, *names = sys.argv[1:]
started = time.perf_counter()
reader = icepyx.Read(path)
listed = getattr(reader, "vars", None) or reader.variables
listed.append(var_list=[*names, "latitude", "longitude"])
read = reader.load().load()
assert all(name in read for name in names)
print(time.perf_counter() - started)
"""
_FAR_PART = """
import sys, time, fsspec, h5py, numpy as np
url, *names = sys.argv[1:]
started = time.perf_counter()
with fsspec.open(url, cache_type="blockcache", block_size=8 * 2**20) as remote, h5py.File(remote) as file:
    for beam in ("gt1l", "gt2r"):
        latitude = file[f"{beam}/geolocation/reference_photon_lat"][:]
        first = file[f"{beam}/geolocation/ph_index_beg"][:]
        inside = np.flatnonzero((latitude >= 47.0) & (latitude <= 47.0864))
        part = slice(int(first[inside[0]]) - 1, int(first[inside[-1] + 1]) - 1)
        values = [file[f"{beam}/heights/{name}"][part] for name in names]
print(time.perf_counter() - started)
"""


def measure(bench: Bench) -> None:
    """Compare local granules whole, photons of an area, and the same from afar."""
    for product, root, names in (("ATL08", "land_segments", ATL08), ("ATL06", "land_ice_segments", ATL06)):
        path = _granule(bench.folder, product, root)
        runs: dict[str, Callable[[], object]] = {
            "tercet": partial(ours, path, names),
            "h5py": partial(plain, path, root, names),
        }
        if bench.peers:
            places = [f"{beam}/{root}/{name}" for beam in BEAMS for name in (*names, *PLACES)]
            short = [name.rpartition("/")[2] for name in names]
            runs["h5coro"] = partial(bench.in_peer, _H5CORO, str(path), *places)
            runs["icepyx"] = cache(partial(bench.in_peer, _ICEPYX, str(path), *short))  # a minute each: once is enough
        bench.compare(f"{product}, four variables of six beams", runs)
    large = bench.folder / "ATL03_20220110101500_03211402_006_01.h5"
    large_granule.write(large)
    bench.compare(
        "ATL03, 2 % of two beams",
        {"tercet": partial(photons, large), "h5py, whole then cut": partial(whole_then_cut, large)},
    )
    url = f"{bench.server.url}/{large.name}"
    for network in (FAR, NETWORKS[-1]):
        far: dict[str, Callable[[], object]] = {"tercet": partial(photons, url)}
        if bench.peers:
            far["h5py + fsspec 8 MiB, by index"] = partial(
                bench.in_peer, _FAR_PART, url, "delta_time", "lat_ph", "lon_ph", *PHOTONS
            )
        bench.compare("ATL03, 2 % of two beams", far, network=network)


def _granule(folder: Path, product: str, root: str) -> Path:
    path = granule(folder / f"{product}_20220110101500_03211402_006_01.h5", product, segments=SEGMENTS)
    with h5py.File(path, "a") as file:
        # what icepyx asks for in every granule
        for name in ("data_start_utc", "data_end_utc"):
            file[f"ancillary_data/{name}"] = np.array([b"2022-01-10T10:15:00.250000Z"], "S27")
        file["METADATA/DatasetIdentification"].attrs["VersionID"] = np.bytes_("006")
        file.attrs["description"] = "generated"
        file.attrs["data_rate"] = "generated"
        for beam in BEAMS:
            rows = len(file[f"{beam}/{root}/delta_time"])
            for number in range(_OTHERS):
                values = np.full(rows, number, np.float32)
                file[beam][root].create_dataset(f"other_{number}", data=values, chunks=(10_000,), compression=6)
    return path


def ours(path: Path, names: Sequence[str]) -> None:
    """All beams, with times, places and fill masked."""
    with open_reader(path) as reader:
        read = reader.dataset(names)
        assert len(read.data_vars) == len(names)


def plain(path: Path, root: str, names: Sequence[str]) -> None:
    """The same arrays, as they are stored."""
    with h5py.File(path) as file:
        for beam in BEAMS:
            group = file[beam][root]
            values = [group[name][...] for name in (*names, *PLACES)]
            assert all(len(one) for one in values)


def photons(place: Path | str) -> None:
    """Photons in a box, of two beams."""
    with open_reader(place) as reader:
        assert isinstance(reader, Icesat2Reader)
        read = reader.dataset(PHOTONS, bbox=BOX, beams=["gt1l", "gt2r"])
        assert read.sizes["photon"] > 15_000


def whole_then_cut(path: Path) -> None:
    """The same with h5py: all photons, of which some are kept."""
    with h5py.File(path) as file:
        for beam in ("gt1l", "gt2r"):
            heights = file[beam]["heights"]
            values = {name: heights[name][...] for name in ("delta_time", "lat_ph", "lon_ph", *PHOTONS)}
            inside = (values["lat_ph"] >= BOX[1]) & (values["lat_ph"] <= BOX[3])
            cut = {name: array[inside] for name, array in values.items()}
            assert len(cut["h_ph"]) > 10_000
