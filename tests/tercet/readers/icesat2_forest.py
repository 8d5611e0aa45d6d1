"""A forest on hills as ATL03 and ATL08 see it, invented: for pictures, and for classes that make sense.

``python -m tests.tercet.readers.icesat2_forest FOLDER`` draws the pictures of the documents into FOLDER.
"""

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tercet.readers import open as open_reader
from tercet.readers.icesat2 import Icesat2Reader
from tests.tercet.readers.icesat2_files import FIRST_ID, counts, granule

BEAM = "gt2r"
SEGMENTS = 400
_PHOTONS = 45
_NOISE, _GROUND, _CANOPY, _TOP = range(4)


def forest(folder: Path) -> tuple[Path, Path]:
    """Write an ATL03 and the ATL08 of the same eight kilometres."""
    random = np.random.default_rng(8)
    more = {"photons": _PHOTONS}
    atl03 = granule(
        folder / "ATL03_20220110101500_03211402_006_01.h5", "ATL03", segments=SEGMENTS, beams=[BEAM], more=more
    )
    atl08 = granule(
        folder / "ATL08_20220110101500_03211402_006_01.h5", "ATL08", segments=SEGMENTS, beams=[BEAM], more=more
    )
    segment = np.repeat(np.arange(SEGMENTS), counts(SEGMENTS, _PHOTONS))
    along = 20.0 * (segment + random.uniform(0, 1, segment.size))
    kind = random.choice(4, segment.size, p=(0.45, 0.2, 0.22, 0.13))
    kind = np.where((kind > _GROUND) & (trees(along) < 2), _GROUND, kind)
    height = ground(along) + _above(along, kind, random)
    with h5py.File(atl03, "a") as file:
        file[f"{BEAM}/heights/h_ph"][...] = height.astype(np.float32)
        confidence = np.where(kind == _NOISE, 0, random.integers(2, 5, kind.size))
        file[f"{BEAM}/heights/signal_conf_ph"][...] = np.tile(confidence[:, None], 5).astype(np.int8)
    with h5py.File(atl08, "a") as file:
        _classify(file[BEAM], segment, kind)
        _summarise(file[f"{BEAM}/land_segments"])
    return atl03, atl08


def ground(along: NDArray[Any]) -> NDArray[Any]:
    """Metres above the ellipsoid."""
    return np.asarray(420 + 45 * np.sin(along / 1500) + 12 * np.sin(along / 420))


def trees(along: NDArray[Any]) -> NDArray[Any]:
    """Metres above the ground; clearings between."""
    return np.asarray(
        np.clip(17 + 9 * np.sin(along / 300) + 5 * np.sin(along / 90) - 22 * (np.sin(along / 950) > 0.9), 0, None)
    )


def _above(along: NDArray[Any], kind: NDArray[Any], random: np.random.Generator) -> NDArray[Any]:
    tall, share = trees(along), random.uniform(0.1, 0.9, along.size)
    noise = random.uniform(-60, 110, along.size)
    return np.asarray(
        np.choose(
            kind, [noise, random.normal(0, 0.4, along.size), tall * share, tall + random.normal(0, 0.8, along.size)]
        )
    )


def _classify(beam: h5py.Group, segment: NDArray[Any], kind: NDArray[Any]) -> None:
    """All but the noise, where the generated granule has each third photon."""
    within = np.arange(segment.size) - np.searchsorted(segment, segment)
    signal = np.flatnonzero(kind != _NOISE)
    photons = beam["signal_photons"]
    values = {
        "ph_segment_id": (FIRST_ID + segment[signal]).astype(np.int32),
        "classed_pc_indx": (within[signal] + 1).astype(np.int32),
        "classed_pc_flag": kind[signal].astype(np.int8),
        "ph_h": np.zeros(signal.size, np.float32),
    }
    many = counts(SEGMENTS, _PHOTONS)
    share = (within + 0.5) / many[segment]
    start = beam["land_segments/delta_time"][0]
    values["delta_time"] = (start + segment * 0.0029 + (share - 0.5) * 0.0029)[signal]
    for name, array in values.items():
        del photons[name]
        photons[name] = array


def _summarise(land: h5py.Group) -> None:
    along = (np.arange(land["delta_time"].shape[0]) * 5 + 2.5) * 20
    land["terrain/h_te_best_fit"][...] = ground(along)
    land["canopy/h_canopy"][...] = np.where(trees(along) < 2, np.finfo(np.float32).max, trees(along))


def main() -> None:
    folder = Path(sys.argv[1])
    atl03, atl08 = forest(folder)
    with open_reader(atl03) as photons, open_reader(atl08) as land:
        assert isinstance(photons, Icesat2Reader)
        assert isinstance(land, Icesat2Reader)
        photons.plot(classes=land).savefig(folder / "icesat2_photons.png")
        land.plot().savefig(folder / "icesat2_canopy.png")
    for path in (atl03, atl08):
        path.unlink()


if __name__ == "__main__":
    main()
