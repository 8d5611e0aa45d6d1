"""What is wrong with an HDF5 file is said with its name, the byte, and what to do next."""

import random
from pathlib import Path

import h5py
import numpy as np
import pytest

from tercet.errors import ReaderError
from tercet.readers.hdf5 import Wanted
from tercet.readers.hdf5.local import open_local
from tercet.readers.hdf5.remote import RemoteHdf5
from tercet.readers.hdf5.structure import Structure
from tests.tercet.readers.hdf5_files import Memory, far


@pytest.fixture
def beam(tmp_path: Path) -> Path:
    path = tmp_path / "beam.h5"
    with h5py.File(path, "w", libver=("v108", "v108")) as file:
        group = file.create_group("gt1l/heights")
        for name in ("lat_ph", "lon_ph", "h_ph", "delta_time", "quality_ph", "dist_ph", "a", "b", "c"):
            group.create_dataset(
                name, data=np.arange(300.0), chunks=(50,), compression=1, shuffle=name == "a", maxshape=(None,)
            )
            group[name].attrs["units"] = "m"
        for number in range(12):
            group.attrs[f"note_{number}"] = f"text {number}"
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 and so on", "ZIP"),
        (b"<!DOCTYPE html><html>", "login"),
        (b"CDF\x01 and so on", "netCDF-3"),
        (b"\x1f\x8b and so on", "unpack"),
        (b'{"error": "no"}', "JSON"),
        (b"GIF89a and so on", "byte 0 begins 47 49 46"),
        (b"\x89HDF\r\n", "cut off at byte 6"),
    ],
)
def test_what_is_no_hdf5_is_said_here_and_from_afar(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file.h5"
    path.write_bytes(content)
    with pytest.raises(ReaderError, match=words) as here:
        open_local(path)
    with pytest.raises(ReaderError, match=words):
        far(path)
    assert "file.h5" in str(here.value)


@pytest.mark.parametrize("kept", [20, 60, 1000, 5000, -1])
def test_a_file_that_was_cut_off_names_the_byte_and_what_is_missing(beam: Path, kept: int) -> None:
    content = beam.read_bytes()[:kept]
    beam.write_bytes(content)
    for opens in (open_local, far):
        with pytest.raises(ReaderError, match=f"beam.h5 is cut off at byte {len(content)}"):
            opens(beam)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"gone\.h5 cannot be read: No such file"):
        open_local(tmp_path / "gone.h5")


def test_arrays_and_groups_that_are_not_there_propose_the_nearest(beam: Path) -> None:
    for opened in (open_local(beam), far(beam)):
        with pytest.raises(ReaderError, match="holds no array gt1l/heights/lat; nearest: gt1l/heights/lat_ph"):
            opened.read([Wanted("gt1l/heights/lat")])
        with pytest.raises(ReaderError, match="holds no array gt3r/heights/h_ph; nearest: gt1l/heights/h_ph"):
            opened.read([Wanted("gt3r/heights/h_ph")])
        with pytest.raises(ReaderError, match="holds no group gt1l/height; nearest: gt1l/heights"):
            opened.attributes("gt1l/height")
        assert "gt1l/heights" not in opened.arrays()
        assert "gt1l/heights/h_ph" in opened.arrays()
        with pytest.raises(KeyError):
            opened.arrays()["gt1l/heights/nothing"]
        opened.close()


def test_steps_and_slices_too_many_are_refused(beam: Path) -> None:
    for opened in (open_local(beam), far(beam)):
        with pytest.raises(ReaderError, match="without steps"):
            opened.read([Wanted("gt1l/heights/h_ph", (slice(0, 10, 2),))])
        with pytest.raises(ReaderError, match="has 1 dimensions"):
            opened.read([Wanted("gt1l/heights/h_ph", (slice(0, 1), slice(0, 1)))])
        opened.close()


def test_a_chunk_that_does_not_unpack_names_its_bytes(beam: Path) -> None:
    with h5py.File(beam) as file:
        chunk = file["gt1l/heights/h_ph"].id.get_chunk_info(2)
    content = bytearray(beam.read_bytes())
    content[chunk.byte_offset + 2 : chunk.byte_offset + chunk.size] = bytes(chunk.size - 2)
    beam.write_bytes(content)
    where = f"h_ph is broken in bytes {chunk.byte_offset} to {chunk.byte_offset + chunk.size}"
    with pytest.raises(ReaderError, match=where):
        far(beam).read([Wanted("gt1l/heights/h_ph")])
    with pytest.raises(ReaderError, match="h_ph cannot be read, the file is broken there"):
        open_local(beam).read([Wanted("gt1l/heights/h_ph")])


def test_a_checksum_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "checked.h5"
    with h5py.File(path, "w") as file:
        array = file.create_dataset("x", data=np.arange(100.0), chunks=(100,), fletcher32=True)
        at = array.id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[at + 5] ^= 1
    path.write_bytes(content)
    with pytest.raises(ReaderError, match="checksum"):
        far(path).read([Wanted("x")])


def test_whatever_is_broken_in_a_file_is_an_error_and_never_a_crash(beam: Path) -> None:
    content = beam.read_bytes()
    pick = random.Random(7)
    broken = 0
    for _ in range(150):
        bytes_ = bytearray(content)
        for at in pick.sample(range(len(content)), 4):
            bytes_[at] = pick.choice([0, 255, pick.randrange(256)])
        source = Memory(bytes(bytes_), "broken.h5")
        try:
            opened = RemoteHdf5(source, Structure(source))
            for path, array in opened.arrays().items():
                if array.shape == (300,):
                    opened.read([Wanted(path)])
        except ReaderError as error:
            assert "broken.h5" in str(error)  # noqa: PT017 - that there is one, is not known beforehand
            broken += 1
    assert broken > 10


def test_what_h5py_says_of_a_damaged_attribute_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "damaged.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)
        file["x"].attrs["units"] = "m"
    content = bytearray(path.read_bytes())
    content[content.find(b"units\0") - 8] = 99  # the version of the message
    path.write_bytes(content)
    opened = open_local(path)
    with pytest.raises(ReaderError, match=r"damaged\.h5: .* cannot be read, the file is broken there"):
        list(opened.arrays()["x"].attributes)
    opened.close()
