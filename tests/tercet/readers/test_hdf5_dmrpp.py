"""DMR++ as NASA's archive writes it, made here from generated files: read with it, values are those of the file."""

import base64
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import h5py
import numpy as np
import pytest

from tercet.errors import ReaderError
from tercet.readers.hdf5 import Wanted
from tercet.readers.hdf5.dmrpp import listing
from tercet.readers.hdf5.listing import Listed
from tercet.readers.hdf5.local import open_local
from tercet.readers.hdf5.remote import RemoteHdf5
from tests.tercet.readers.hdf5_files import Memory, same

_NAMES = {"f4": "Float32", "f8": "Float64", "i1": "Int8", "u1": "UInt8", "i4": "Int32", "i8": "Int64", "u2": "UInt16"}


@pytest.fixture
def granule(tmp_path: Path) -> Path:
    path = tmp_path / "ATL08.h5"
    with h5py.File(path, "w", libver=("v108", "v108")) as file:
        file.attrs["short_name"] = np.bytes_(b"ATL08 ")
        file["ancillary_data/release"] = np.array([b"006" + b" " * 77], "S80")
        file["ancillary_data/start_delta_time"] = np.array([1.5])
        land = file.create_group("gt1l/land_segments")
        land.attrs["description"] = "canopy & <ground>"
        time = land.create_dataset("delta_time", data=np.arange(250.0), chunks=(100,), compression=6)
        time.make_scale("delta_time")
        for name, dtype in (("h_canopy", "f4"), ("segment_id", "i4"), ("flag", "i1"), ("count", ">u2")):
            array = land.create_dataset(
                name, (250,), dtype, chunks=(100,), compression=6, shuffle=dtype[-2] in "iu", fletcher32=name == "flag"
            )
            array[...] = np.arange(250).astype(dtype)
            array.dims[0].attach_scale(time)
            array.attrs["_FillValue"] = np.array([100], dtype)
            array.attrs["valid_range"] = np.array([0, 9], "i4")
        land.create_dataset("grid", (250, 5), "f4", chunks=(100, 5), compression=6)[:100] = 2.0
        land.create_dataset("gaps", (250,), "f4", chunks=(100,), fillvalue=7.5)[100:150] = 1.0
    return path


def dmrpp(path: Path) -> bytes:
    """Describe a file as OPeNDAP does; filters in the order of 2020."""
    with h5py.File(path) as file:
        inner = _members(file)
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
        '<Dataset xmlns="http://xml.opendap.org/ns/DAP/4.0#" xmlns:dmrpp="http://xml.opendap.org/dap/dmrpp/1.0.0#" '
        f'dapVersion="4.0" dmrVersion="1.0" name="{path.name}">{inner}</Dataset>'
    ).encode("latin-1")


def _members(group: h5py.Group) -> str:
    parts = [_attribute(name, value) for name, value in group.attrs.items()]
    for name, member in group.items():
        if isinstance(member, h5py.Group):
            parts.append(f'<Group name="{name}">{_members(member)}</Group>')
        else:
            parts.append(_array(name, member))
    return "".join(parts)


def _array(name: str, array: h5py.Dataset) -> str:
    kind = "String" if array.dtype.kind == "S" else _NAMES[array.dtype.str[1:]]
    scales = [dim[0].name if len(dim) else "" for dim in array.dims]
    dims = "".join(
        f'<Dim name="{scale}" size="{size}"/>' if scale else f'<Dim size="{size}"/>'
        for scale, size in zip(scales, array.shape, strict=True)
    )
    hidden = ("DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME")
    notes = "".join(_attribute(key, value) for key, value in array.attrs.items() if key not in hidden)
    return f'<{kind} name="{name}">{dims}{notes}{_stored(array)}</{kind}>'


def _attribute(name: str, value: Any) -> str:
    values = np.atleast_1d(value)
    kind = "String" if values.dtype.kind in "SOU" else _NAMES[values.dtype.str[1:]]
    texts = [one.decode() if isinstance(one, bytes) else str(one) for one in values.tolist()]
    inner = "".join(f"<Value>{escape(text)}</Value>" for text in texts)
    return f'<Attribute name="{name}" type="{kind}">{inner}</Attribute>'


def _stored(array: h5py.Dataset) -> str:
    if array.dtype.kind == "S":
        return f"<dmrpp:compact>{base64.b64encode(array[...].tobytes()).decode()}</dmrpp:compact>"
    order = "BE" if array.dtype.byteorder == ">" else "LE"
    if array.chunks is None:
        at, size = array.id.get_offset(), array.id.get_storage_size()
        return f'<dmrpp:chunks byteOrder="{order}"><dmrpp:chunk offset="{at}" nBytes="{size}"/></dmrpp:chunks>'
    done = ["deflate"] * bool(array.compression) + ["shuffle"] * array.shuffle + ["fletcher32"] * array.fletcher32
    chunks = [array.id.get_chunk_info(number) for number in range(array.id.get_num_chunks())]
    inner = "".join(
        f'<dmrpp:chunk offset="{one.byte_offset}" nBytes="{one.size}" '
        f'chunkPositionInArray="[{",".join(map(str, one.chunk_offset))}]"/>'
        for one in chunks
    )
    packed = f'compressionType="{" ".join(done)}" ' if done else ""
    fill = f'fillValue="{array.fillvalue}" ' if array.fillvalue else ""
    sizes = f"<dmrpp:chunkDimensionSizes>{' '.join(map(str, array.chunks))}</dmrpp:chunkDimensionSizes>"
    return f'<dmrpp:chunks {packed}{fill}byteOrder="{order}">{sizes}{inner}</dmrpp:chunks>'


def test_with_a_dmrpp_a_file_is_what_it_is_without(granule: Path) -> None:
    source = Memory(granule.read_bytes(), head=0)
    described, local = RemoteHdf5(source, Listed(listing(dmrpp(granule), "x.dmrpp"), source)), open_local(granule)
    assert described.groups() == local.groups()
    assert list(described.arrays()) == list(local.arrays())
    for path, array in local.arrays().items():
        again = described.arrays()[path]
        assert (again.shape, again.dtype, again.chunks, again.dims) == (
            array.shape,
            array.dtype,
            array.chunks,
            array.dims,
        )
        assert again.fill == array.fill
        assert {key: np.asarray(value).tolist() for key, value in again.attributes.items()} == {
            key: np.asarray(value).tolist() for key, value in array.attributes.items()
        }
    for group in local.groups():
        assert dict(described.attributes(group)) == dict(local.attributes(group))
    wanted = [Wanted(path, part) for path in local.arrays() for part in ((), (slice(90, 210),))]
    for one, here, there in zip(wanted, local.read(wanted), described.read(wanted), strict=True):
        assert same(here, there), one.path


def test_only_values_are_fetched(granule: Path) -> None:
    source = Memory(granule.read_bytes(), head=0)
    described = RemoteHdf5(source, Listed(listing(dmrpp(granule), "x.dmrpp"), source))
    described.read([Wanted("gt1l/land_segments/h_canopy"), Wanted("ancillary_data/release")])
    assert source.rounds == 1
    assert source.fetched == described.arrays()["gt1l/land_segments/h_canopy"].stored


@pytest.mark.parametrize("content", [b"", b"<html/>", b"<Dataset", b"no XML at all"])
def test_what_is_no_dmrpp_is_refused_by_its_name(content: bytes) -> None:
    with pytest.raises(ReaderError, match=r"x\.dmrpp is no DMR\+\+"):
        listing(content, "x.dmrpp")


def test_a_filter_that_is_not_known_is_refused(granule: Path) -> None:
    content = dmrpp(granule).replace(b'"deflate"', b'"szip"')
    with pytest.raises(ReaderError, match=r"x\.dmrpp is no DMR\+\+, or broken \('szip'\)"):
        listing(content, "x.dmrpp")
