"""Real granules: read from afar and with an index they are, byte for byte, what h5py reads."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from tercet.readers.hdf5 import Wanted
from tercet.readers.hdf5.dmrpp import listing
from tercet.readers.hdf5.index import read
from tercet.readers.hdf5.indexing import chunk_index
from tercet.readers.hdf5.listing import Listed
from tercet.readers.hdf5.local import open_local
from tercet.readers.hdf5.remote import RemoteHdf5
from tests.tercet.readers.hdf5_files import Memory, differences, far, same

_SAMPLES = Path(__file__).parents[3] / "../shared/upstream/cmr-icesat2/samples"
_NAMES = (
    "ATL03_gt1l.h5",
    "ATL06_20181013235645_02340114_209_01.h5",
    "ATL06_subset_by_shapefile_reference.h5",
    "ATL11_078805_0304_02_v002.h5",
    "atl03_clip.h5",
    "atl08_clip.h5",
    "processed_ATL06_20181019020413_03120110_001_01.h5",
    "processed_ATL06_20191106230008_06270503_006_01.h5",
    "processed_ATL07-01_20190222003738_08490201_003_02.h5",
    "processed_ATL08_20200821122613_08730802_004_01.h5",
    "test_atl08.h5",
)


def sample(name: str) -> Path:
    path = _SAMPLES / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path


@pytest.mark.parametrize("name", _NAMES)
def test_a_real_granule_is_the_same_from_afar_and_with_an_index(name: str) -> None:
    path = sample(f"h5/{name}")
    source = Memory(path.read_bytes(), head=0)
    indexed = RemoteHdf5(source, Listed(read(chunk_index(path), "index"), source))
    remote, local = far(path), open_local(path)
    assert list(differences(local, indexed)) == []  # the index is made of what is seen from afar
    wanted = [Wanted(path) for path in local.arrays()]
    with h5py.File(path) as file:
        for one, there, listed in zip(wanted, remote.read(wanted), indexed.read(wanted), strict=True):
            assert same(there, listed)
            if there.dtype != object:
                assert same(there, np.asarray(file[one.path][...])), one.path


def test_a_real_dmrpp_lists_what_is_in_its_granule() -> None:
    path = sample("dap/ATL08_20200716202251.h5.dmrpp")
    found = listing(path.read_bytes(), path.name)
    height = found.arrays["gt1l/land_segments/canopy/h_canopy"]
    assert height.array.dtype == np.dtype("<f4")
    assert (height.array.chunks, height.array.dims) == ((10_000,), ("delta_time",))
    assert height.array.fill == np.finfo(np.float32).max
    assert height.array.attributes["units"] == "meters"
    assert height.pieces is not None
    assert height.pieces.chunks.places.size == -(-height.array.shape[0] // 10_000)
    assert all(entry.pieces is not None for entry in found.arrays.values())
