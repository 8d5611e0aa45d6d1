"""Neighbouring frames, joined."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tercet.errors import ReaderError
from tercet.readers import earthcare
from tercet.readers.earthcare import EarthcareReader
from tercet.readers.hdf5.local import open_local
from tests.tercet.readers import earthcare_products as products
from tests.upstreams.earthcare_orbit import Frame


@pytest.fixture
def frames(tmp_path: Path) -> Iterator[list[EarthcareReader]]:
    """Frames E, F and G of an orbit: they overlap, and their profiles do not lie at the same places."""
    numbers = [(4, 90), (5, 83), (6, 101)]
    paths = [
        products.write(tmp_path, "AC__TC__2B", Frame(4366, index), products.Shape(along=along))
        for index, along in numbers
    ]
    readers = [earthcare.reader(open_local(path)) for path in paths]
    yield readers
    for one in readers:
        one.close()


def test_no_profile_occurs_twice_and_none_is_lost_between(frames: list[EarthcareReader]) -> None:
    apart = [one.dataset() for one in frames]
    together = earthcare.join([frames[2], frames[0], frames[1]])
    steps = np.diff(together.time.values) / np.timedelta64(1, "s")
    widest = max(np.diff(one.time.values).max() / np.timedelta64(1, "s") for one in apart)
    assert (steps > 0).all()
    assert steps.max() <= 1.5 * widest
    assert together.time.values[0] == apart[0].time.values[0]
    assert together.time.values[-1] == apart[2].time.values[-1]
    assert together.sizes["along_track"] < sum(one.sizes["along_track"] for one in apart)
    assert together.attrs["frames"] == "04366E, 04366F, 04366G"
    assert "frame" not in together.attrs


def test_values_stay_with_their_profiles(frames: list[EarthcareReader]) -> None:
    together = earthcare.join(frames[:2], "synergetic_target_classification", height=(None, 10_000))
    second = frames[1].dataset("synergetic_target_classification", height=(None, 10_000))
    at = int(np.flatnonzero(together.time.values == second.time.values[40])[0])
    first, again = (
        one.synergetic_target_classification.values
        for one in (together[{"along_track": at}], second[{"along_track": 40}])
    )
    assert np.array_equal(first, again, equal_nan=True)


def test_trimmed_frames_meet_at_their_border(frames: list[EarthcareReader]) -> None:
    together = earthcare.join(frames[:2], margins="trimmed")
    parts = [one.dataset(margins="trimmed") for one in frames[:2]]
    assert together.sizes["along_track"] == sum(one.sizes["along_track"] for one in parts)
    assert (np.diff(together.latitude.values) < 0).all()


def test_datasets_are_joined_as_readers_are(frames: list[EarthcareReader]) -> None:
    assert earthcare.join([frames[0].dataset(), frames[1]]).equals(earthcare.join(frames[:2]))


def test_one_frame_or_an_empty_one_is_no_obstacle(frames: list[EarthcareReader]) -> None:
    nothing = frames[1].dataset(bbox=(100, 80, 101, 81))
    assert earthcare.join([frames[0].dataset(), nothing]).sizes["along_track"] == 90
    assert earthcare.join([nothing]).sizes["along_track"] == 0


def test_swaths_join_along_their_lines(tmp_path: Path) -> None:
    paths = [products.write(tmp_path, "MSI_COP_2A", Frame(4366, index)) for index in (4, 5)]
    readers = [earthcare.reader(open_local(path)) for path in paths]
    together = earthcare.join(readers, ["cloud_top_height"])
    assert together.latitude.dims == ("along_track", "across_track")
    assert (np.diff(together.time.values) > np.timedelta64(0)).all()
    assert 150 < together.sizes["along_track"] < 180


def test_what_cannot_be_joined_is_said(frames: list[EarthcareReader], tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="no frames"):
        earthcare.join([])
    with pytest.raises(ReaderError, match="04366E is there twice"):
        earthcare.join([frames[0], frames[0]])
    other = earthcare.reader(open_local(products.write(tmp_path, "ATL_EBD_2A", Frame(4366, 5))))
    with pytest.raises(ReaderError, match="AC__TC__2B, ATL_EBD_2A"):
        earthcare.join([frames[0], other])
    other.close()
    bins = earthcare.reader(open_local(products.write(tmp_path, "AC__TC__2B", Frame(4367, 5), products.Shape(bins=9))))
    with pytest.raises(ReaderError, match="their variables differ"):
        earthcare.join([frames[0], bins])
    bins.close()
