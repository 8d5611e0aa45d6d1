"""Every layout of HDF5, read locally, from afar and with an index, against h5py."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tercet.errors import ReaderError
from tercet.readers.hdf5 import Wanted
from tercet.readers.hdf5.index import read, written
from tercet.readers.hdf5.indexing import chunk_index
from tercet.readers.hdf5.listing import Listed
from tercet.readers.hdf5.local import open_local
from tercet.readers.hdf5.remote import RemoteHdf5
from tests.tercet.readers.hdf5_files import LIBVERS, REFUSED, Memory, differences, every_layout, far, many_chunks, same


def indexed(path: Path) -> RemoteHdf5:
    source = Memory(path.read_bytes(), str(path), head=0)
    return RemoteHdf5(source, Listed(read(chunk_index(path), "index"), source))


@pytest.fixture(params=[*((libver, 0) for libver in LIBVERS), ("v108", 512)], ids=str)
def layouts(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return every_layout(tmp_path / "layouts.h5", *request.param)


def test_a_file_of_every_layout_is_the_same_here_from_afar_and_with_an_index(layouts: Path) -> None:
    local = open_local(layouts)
    wanted = [Wanted(path) for path in local.arrays() if path not in REFUSED]
    expected = local.read(wanted)
    for opened in (far(layouts), indexed(layouts)):
        assert list(differences(local, opened)) == []
        for one, here, there in zip(wanted, expected, opened.read(wanted), strict=True):
            assert same(here, there), one.path
    local.close()


def test_what_is_read_here_is_what_h5py_reads(tmp_path: Path) -> None:
    path = every_layout(tmp_path / "layouts.h5", "v108", 0)
    opened = open_local(path)
    with h5py.File(path) as file:
        for name, array in opened.arrays().items():
            if name in REFUSED or name == "null" or array.dtype == object or array.dtype.kind == "S":
                continue
            oracle = file[name][...]
            assert same(opened.read([Wanted(name)])[0], oracle), name
            assert array.shape == file[name].shape
            assert array.chunks == file[name].chunks


def test_texts_are_str_without_padding_however_they_are_stored(tmp_path: Path) -> None:
    path = every_layout(tmp_path / "layouts.h5", "latest", 0)
    wanted = [Wanted(f"texts/{name}") for name in ("varying", "scalar", "fixed")]
    for opened in (open_local(path), far(path), indexed(path)):
        varying, scalar, fixed = opened.read(wanted)
        assert varying.tolist() == ["a", "bc", "", "ü"]
        assert scalar[()] == "hello"
        assert fixed.tolist() == ["ab", "c", ""]


@pytest.mark.parametrize("name", REFUSED)
def test_values_that_no_table_is_made_of_are_listed_and_refused_when_read(tmp_path: Path, name: str) -> None:
    path = every_layout(tmp_path / "layouts.h5", "v110", 0)
    for opened in (open_local(path), far(path), indexed(path)):
        assert opened.arrays()[name].dtype.kind == "V"
        with pytest.raises(ReaderError, match="not read"):
            opened.read([Wanted(name)])


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_indexes_with_levels_and_pages_are_read_whole(tmp_path: Path, libver: str) -> None:
    path = many_chunks(tmp_path / "many.h5", libver)
    local, remote = open_local(path), far(path)
    wanted = [Wanted(name) for name in local.arrays()]
    for one, here, there in zip(wanted, local.read(wanted), remote.read(wanted), strict=True):
        assert same(here, there), one.path


def test_the_same_file_gives_the_same_index_and_it_says_all_that_it_said(tmp_path: Path) -> None:
    path = every_layout(tmp_path / "layouts.h5", "v108", 0)
    content = chunk_index(path)
    assert chunk_index(path) == content
    assert written(read(content, "index")) == content


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "no chunk index"), (b"{}", "no chunk index"), (b"\x1f\x8b\x08", "no chunk index")]
)
def test_what_is_no_index_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ReaderError, match=words):
        read(content, "x.index")


_DTYPES = st.sampled_from(["<i1", "<u2", "<i8", ">i4", "<f4", ">f8", "?"])
_OPTIONS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"compression": 4}, {"compression": 1, "shuffle": True}, {"fletcher32": True, "shuffle": True}]
)


@st.composite
def arrays(draw: st.DrawFn) -> dict[str, Any]:
    shape = tuple(draw(st.lists(st.integers(0, 9), min_size=1, max_size=3)))
    chunks = tuple(draw(st.integers(1, max(size, 1))) for size in shape)
    most = tuple(draw(st.sampled_from([size or None, size + 5, None])) for size in shape)
    return {"shape": shape, "chunks": chunks, "maxshape": most, "dtype": draw(_DTYPES), **draw(_OPTIONS)}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layout=arrays(), libver=st.sampled_from(LIBVERS), picked=st.data())
def test_any_part_of_any_array_is_what_h5py_cuts_out(
    tmp_path: Path, layout: dict[str, Any], libver: str, picked: st.DataObject
) -> None:
    path = tmp_path / "one.h5"
    shape = layout["shape"]
    with h5py.File(path, "w", libver=(libver, "latest")) as file:
        array = file.create_dataset("x", fillvalue=1, **layout)
        slices = tuple(slice(*sorted(picked.draw(st.tuples(*[st.integers(0, size)] * 2)))) for size in shape)
        array[slices] = (np.arange(array[slices].size) % 2).reshape(array[slices].shape)
        part = tuple(slice(*sorted(picked.draw(st.tuples(*[st.integers(0, size)] * 2)))) for size in shape)
        expected = array[part]
    wanted = [Wanted("x", part), Wanted("x")]
    for opened in (open_local(path), far(path), indexed(path)):
        cut, whole = opened.read(wanted)
        assert same(cut, expected)
        assert same(whole[part], expected)
        opened.close()
