"""Real granules and subsets of them: every variable that lies along a track is what h5py reads."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from tercet.readers.hdf5.local import open_local
from tercet.readers.icesat2 import Icesat2Reader, reader, recognizes
from tercet.readers.icesat2.times import utc
from tests.samples_table import SAMPLES

FOLDER = SAMPLES / "cmr-icesat2/samples/h5"
FILES = sorted(FOLDER.glob("*.h5")) if FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(not FILES, reason=f"no real granules of ICESat-2 in {FOLDER}")


def opened(path: Path) -> Icesat2Reader:
    one = reader(open_local(path))
    assert isinstance(one, Icesat2Reader)
    return one


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_variable_of_a_real_granule_is_what_h5py_reads(path: Path) -> None:
    with opened(path) as one, h5py.File(path) as file:
        assert recognizes(one._granule.file)
        main = one._granule.structure.rows[one._granule.structure.main or ""]
        paths = {
            name: variable.path
            for name, variable in one.variables().items()
            if variable.dims[:1] == (main.dim,) and one._granule.structure.fields[variable.path].rows == main.root
        }
        beams = {place for path in paths.values() for place in one._granule.structure.fields[path].beams}
        read = one.dataset(list(paths), beams=sorted(beams))
        for name in sorted(paths.keys() & read.keys()):
            arrays = [file[place] for beam in sorted(beams) if (place := paths[name].replace("{beam}", beam)) in file]
            compare(read[name].to_numpy(), np.concatenate([array[...] for array in arrays]), arrays[0])


def compare(found: np.ndarray, expected: np.ndarray, array: h5py.Dataset) -> None:
    """Equal where something was measured, fill where not."""
    measured = ~np.isnan(found) if found.dtype.kind == "f" else np.ones(found.shape, dtype=bool)
    np.testing.assert_array_equal(found[measured], expected[measured])
    fill = array.attrs.get("_FillValue")
    left = expected[~measured]
    lost = np.abs(left) >= np.finfo(np.float32).max if left.dtype.kind == "f" else np.zeros(left.shape, bool)
    assert (np.isnan(left) | lost | (left == np.ravel(fill)[0] if fill is not None else False)).all()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_real_granule_has_a_table_of_its_half_and_a_picture(path: Path) -> None:
    with opened(path) as one:
        whole = one.dataset()
        middle = float(np.nanmedian(whole["latitude"]))
        table = one.table(bbox=(-180, -90, 180, middle))
        rows = whole["latitude"].to_numpy() <= middle
        moments = whole["time"].to_numpy().reshape(rows.size, -1)[rows]
        assert len(table) == (~np.isnat(moments)).sum()
        assert one.quicklook().axes


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.name.startswith(("ATL06", "processed_ATL07"))], ids=lambda path: path.name
)
def test_times_are_what_nasa_calls_utc(path: Path) -> None:
    with h5py.File(path) as file:
        said = file["ancillary_data/data_start_utc"][0].decode().rstrip("Z")
        found = utc(file["ancillary_data/start_delta_time"][...])[0]
    assert (found + np.timedelta64(500, "ns")).astype("datetime64[us]") == np.datetime64(said, "us")


def test_the_classes_of_a_real_pair_of_granules_are_those_of_the_same_moments() -> None:
    paths = FOLDER / "atl03_clip.h5", FOLDER / "atl08_clip.h5"
    if not all(path.is_file() for path in paths):
        pytest.skip(f"no {paths[0].name} and {paths[1].name} in {FOLDER}")
    with opened(paths[0]) as photons, opened(paths[1]) as land:
        read = photons.dataset("delta_time", classes=land)
        signal = land.dataset("signal_photons/delta_time")
    classed = read["atl08_class"] < 4
    assert int(classed.sum()) == 1610
    assert set(read["delta_time"].to_numpy()[classed]) <= set(signal["signal_photons/delta_time"].to_numpy())
