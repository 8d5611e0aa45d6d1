"""HDF5 over the network: real granules of some megabytes, and a generated one of 200 MB, against h5py and h5coro."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import large_granule
from benchmarks.readers import NETWORKS, Bench
from tercet.readers.hdf5 import Wanted
from tercet.readers.hdf5.index import MEDIA_TYPE
from tercet.readers.hdf5.indexing import chunk_index
from tercet.readers.hdf5.opening import open_hdf5
from tercet.readers.locations import Location
from tercet.settings import Settings

SAMPLES = Path(__file__).parents[2] / "shared/upstream/cmr-icesat2/samples/h5"
REAL = {
    "ATL03_gt1l.h5": [f"gt1l/heights/{name}" for name in ("delta_time", "lat_ph", "lon_ph", "h_ph", "signal_conf_ph")],
    "ATL06_20181013235645_02340114_209_01.h5": [
        f"gt1l/land_ice_segments/{name}" for name in ("delta_time", "latitude", "longitude", "h_li")
    ],
    "processed_ATL08_20200821122613_08730802_004_01.h5": [
        f"gt1l/land_segments/{name}" for name in ("delta_time", "latitude", "longitude", "canopy/h_canopy")
    ],
}
BEAM = [f"gt1l/heights/{name}" for name in large_granule.HEIGHTS]
PART = ("delta_time", "lat_ph", "lon_ph", "h_ph", "dist_ph_along", "signal_conf_ph", "quality_ph")
PART_NAMES = [f"gt1l/heights/{name}" for name in PART]
SEGMENTS = [f"gt1l/geolocation/{name}" for name in ("reference_photon_lat", "ph_index_beg", "segment_ph_cnt")]
NORTH = (47.0, 47.0864)
"""Degrees: two hundredths of the beam."""

_H5PY = """
import sys, time, fsspec, h5py, numpy as np
url, what, *names = sys.argv[1:]
started = time.perf_counter()
opener = fsspec.open(url, cache_type="blockcache", block_size=8 * 2**20)
with opener as remote, h5py.File(remote, rdcc_nbytes=8 * 2**20) as file:
    part = slice(None)
    if what == "2 % of a beam":
        lat = file["gt1l/geolocation/reference_photon_lat"][:]
        first = file["gt1l/geolocation/ph_index_beg"][:]
        inside = np.flatnonzero((lat >= 47.0) & (lat < 47.0864))
        part = slice(int(first[inside[0]]) - 1, int(first[inside[-1] + 1]) - 1)
    values = [file[name][part] for name in names]
print(time.perf_counter() - started)
"""
_H5CORO = """
import sys, time, logging
from h5coro import h5coro, webdriver
url, what, *names = sys.argv[1:]
started = time.perf_counter()
file = h5coro.H5Coro(url, webdriver.HTTPDriver, errorChecking=True, verbose=False)
read = file.readDatasets([{"dataset": "/" + name, "hyperslice": []} for name in names], block=True)
values = [read["/" + name] for name in names]
assert all(len(one) for one in values)
print(time.perf_counter() - started)
"""


def measure(bench: Bench) -> None:
    """Compare samples at each distance, then a large granule, whole beams and parts, with an index and without."""
    _samples(bench)
    path = bench.folder / "ATL03_generated.h5"
    if not path.exists():
        large_granule.write(path)
    index = path.with_suffix(".index")
    index.write_bytes(chunk_index(path))
    for network in NETWORKS:
        for what, names, ours in (("one beam", BEAM, beam), ("2 % of a beam", PART_NAMES, part)):
            runs: dict[str, Callable[[], object]] = {
                "tercet with an index": partial(ours, _location(bench, path, index))
            }
            runs |= _runs(bench, path, what, names, partial(ours, _location(bench, path)))
            bench.compare(f"ATL03 200 MB, {what}", runs, network=network)


def _samples(bench: Bench) -> None:
    for name, arrays in REAL.items():
        if not (SAMPLES / name).exists():
            print(f"{name}: not here")
            continue
        path = Path(shutil.copy(SAMPLES / name, bench.folder))
        for network in NETWORKS:
            ours = partial(read, _location(bench, path), arrays)
            bench.compare(
                name.removeprefix("processed_")[:5], _runs(bench, path, "whole", arrays, ours), network=network
            )


def _runs(
    bench: Bench, path: Path, what: str, names: Sequence[str], ours: Callable[[], object]
) -> dict[str, Callable[[], object]]:
    runs: dict[str, Callable[[], object]] = {"tercet": ours}
    if bench.peers:
        url = f"{bench.server.url}/{path.name}"
        runs["h5py + fsspec 8 MiB"] = partial(bench.in_peer, _H5PY, url, what, *names)
        if what != "2 % of a beam":  # it has no way to find a part without reading the whole of the segments first
            runs["h5coro"] = partial(bench.in_peer, _H5CORO, url, what, *names)
    return runs


def _location(bench: Bench, path: Path, index: Path | None = None) -> Location:
    described = {"index": {"href": str(index), "type": MEDIA_TYPE}} if index else {}
    size = {"file:size": path.stat().st_size}
    return Location(f"{bench.server.url}/{path.name}", item={"assets": described}, asset=size)


def read(location: Location, names: Sequence[str]) -> list[np.ndarray]:
    """Read whole arrays."""
    file = open_hdf5(location, Settings())
    try:
        return file.read([Wanted(name) for name in names])
    finally:
        file.close()


def beam(location: Location) -> None:
    """Read all photons of a beam."""
    values = read(location, BEAM)
    assert len(values[0]) == large_granule.PHOTONS


def part(location: Location) -> None:
    """Find the segments of an area, then read their photons."""
    file = open_hdf5(location, Settings())
    try:
        latitude, first, _ = file.read([Wanted(name) for name in SEGMENTS], soon=PART_NAMES)
        inside = np.flatnonzero((latitude >= NORTH[0]) & (latitude < NORTH[1]))
        photons = slice(int(first[inside[0]]) - 1, int(first[inside[-1] + 1]) - 1)
        values = file.read([Wanted(name, (photons,)) for name in PART_NAMES])
        assert len(values[0]) == photons.stop - photons.start
    finally:
        file.close()
