"""A generated ATL03 of 200 MB: photons that compress as badly as real ones, laid out as NASA's writer lays them out.

Chunks of 10,000 rows, gzip 6, whole numbers shuffled, superblock 2. As the gaps between the chunks of a real granule's
DMR++ show, what describes the arrays of a beam lies in front of their values; the index of each array's chunks lies
between them.
"""

from pathlib import Path

import h5py
import numpy as np

PHOTONS = 530_000
SEGMENTS = 24_000
BEAMS = ("gt1l", "gt1r", "gt2l", "gt2r", "gt3l", "gt3r")
HEIGHTS = (
    "delta_time", "lat_ph", "lon_ph", "h_ph", "dist_ph_along", "dist_ph_across", "signal_conf_ph", "quality_ph",
    "weight_ph", "ph_id_channel", "ph_id_count", "ph_id_pulse", "pce_mframe_cnt",
)  # fmt: skip
_OTHER_GROUPS = 4
_OTHER_ARRAYS = 36
_OTHER_ROWS = 30_000


def write(path: Path) -> Path:
    """Write it."""
    random = np.random.default_rng(3)
    with h5py.File(path, "w", libver=("v108", "v108")) as file:
        file.attrs["short_name"] = "ATL03"
        beams = [file.create_group(name) for name in BEAMS]
        for beam in beams:
            values = {"heights": _heights(random), "geolocation": _segments(random)}
            values |= {f"other_{number:02d}": _others(random) for number in range(_OTHER_GROUPS)}
            for group, arrays in values.items():
                for name, array in arrays.items():
                    _declare(beam.require_group(group), name, array)
            for group, arrays in values.items():
                for name, array in arrays.items():
                    beam[group][name][...] = array
    return path


def _heights(random: np.random.Generator) -> dict[str, np.ndarray]:
    along = np.sort(random.uniform(0, SEGMENTS * 20.0, PHOTONS))
    values = {
        "delta_time": 1.27e8 + along / 7000,
        "lat_ph": 45 + along * 9e-6,
        "lon_ph": 20 + along * 1e-6 + random.normal(0, 1e-7, PHOTONS),
        "h_ph": random.normal(100, 30, PHOTONS).astype("f4"),
        "dist_ph_along": (along % 20).astype("f4"),
        "dist_ph_across": random.normal(0, 5, PHOTONS).astype("f4"),
        "signal_conf_ph": random.integers(-1, 5, (PHOTONS, 5)).astype("i1"),
        "quality_ph": random.integers(0, 4, PHOTONS).astype("i1"),
        "pce_mframe_cnt": np.sort(random.integers(0, 2**31, PHOTONS)).astype("u4"),
    }
    return {name: values.get(name, random.integers(0, 200, PHOTONS).astype("u1")) for name in HEIGHTS}


def _segments(random: np.random.Generator) -> dict[str, np.ndarray]:
    counts = np.full(SEGMENTS, PHOTONS // SEGMENTS)
    counts[: PHOTONS % SEGMENTS] += 1
    along = np.arange(SEGMENTS) * 20
    return {
        "segment_ph_cnt": counts.astype("i4"),
        "ph_index_beg": (np.cumsum(counts) - counts + 1).astype("i8"),
        "segment_id": np.arange(SEGMENTS, dtype="i4") + 250_001,
        "reference_photon_lat": 45 + along * 9e-6,
        "reference_photon_lon": 20 + along * 1e-6 + random.normal(0, 1e-7, SEGMENTS),
    }


def _others(random: np.random.Generator) -> dict[str, np.ndarray]:
    return {f"value_{number}": random.normal(0, 1, _OTHER_ROWS).astype("f4") for number in range(_OTHER_ARRAYS)}


def _declare(group: h5py.Group, name: str, values: np.ndarray) -> None:
    rows = values.shape[1:]
    array = group.create_dataset(
        name, values.shape, values.dtype, chunks=(10_000, *rows), maxshape=(None, *rows), compression=6,
        shuffle=values.dtype.kind in "iu",
    )  # fmt: skip
    for key in ("contentType", "coordinates", "description", "long_name", "source", "units"):
        array.attrs[key] = f"{key} of {name}, as long as those of a real granule are, which is some hundred letters"
