"""HDF5 files of every layout that h5py writes, and bytes in memory that stand in for a network."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5.remote import RemoteHdf5
from tercet.readers.hdf5.structure import Structure

LIBVERS = ("earliest", "v108", "v110", "latest")
"""Which versions of HDF5 a file is written for: each stores groups, chunks or attributes in another way."""
REFUSED = ("refused/reference", "refused/list", "refused/opaque")
RECORD = np.dtype([("a", "<i4"), ("b", ">f8", (2,)), ("c", "S5")])

_FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True},
    {"compression": 6, "shuffle": True, "fletcher32": True},
)
_LAYOUTS = (
    ((7,), (3,), None),
    ((25,), (4,), (None,)),
    ((6, 7), (4, 3), None),
    ((6, 7), (4, 3), (None, 9)),
    ((6, 7), (4, 3), (None, None)),
    ((5, 4, 3), (2, 2, 2), (20, 20, 20)),
    ((0,), (5,), (None,)),
)
_TYPES = ("<i1", "<u2", ">i4", "<f4", ">f8", "<f2", "?", RECORD)


class Memory:
    """A file's bytes, handed out as a server would; says how often it was asked.

    Attributes:
        rounds: how often bytes were fetched that somebody had to wait for.
        fetched: how many.
    """

    def __init__(self, content: bytes, name: str = "far.h5", head: int = 2048) -> None:
        self.name = name
        self.content = content
        self.size = len(content)
        self.head = content[:head]
        self.rounds = self.fetched = 0

    def views(self, spans: Sequence[tuple[int, int]]) -> list[memoryview]:
        self.rounds += 1
        self.fetched += sum(stop - start for start, stop in spans)
        return [memoryview(self.content)[start:stop] for start, stop in spans]

    def read(self, spans: Sequence[tuple[int, int]], _then: int = 0) -> list[bytes]:
        return [bytes(one) for one in self.views(spans)]

    def each(self, spans: Sequence[tuple[int, int]], take: Callable[[int, memoryview], None], _then: int = 0) -> None:
        for number, content in enumerate(self.views(spans) if spans else ()):
            take(number, content)

    def close(self) -> None:
        pass


def far(path: Path) -> RemoteHdf5:
    """Open a file as if it were far away."""
    source = Memory(path.read_bytes(), str(path))
    return RemoteHdf5(source, Structure(source))


def values(dtype: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Values of a type, none like its neighbour."""
    count = int(np.prod(shape))
    numbers = np.arange(count) * 37 % 101
    if np.dtype(dtype).names is None:
        return numbers.astype(dtype).reshape(shape)
    records = np.zeros(count, dtype)
    for name in records.dtype.names or ():
        records[name] = numbers.reshape(-1, 1) if records[name].ndim > 1 else numbers
    return records.reshape(shape)


def every_layout(path: Path, libver: str, user_block: int) -> Path:
    """Write a file of each way to store an array, a text, an attribute and a group."""
    # the files of the earliest version may use what came later only where nothing else will do
    with h5py.File(path, "w", libver=(libver, "latest"), userblock_size=user_block) as file:
        _arrays(file)
        _never_written(file)
        _texts(file)
        _refused(file)
        _many(file, huge=libver != "earliest")
        _scales(file)
        file["texts/fixed_again"] = file["texts/fixed"]
        file["soft"] = h5py.SoftLink("/texts/fixed")
        file["external"] = h5py.ExternalLink("other.h5", "/x")
        file["named_type"] = np.dtype(">f4")
        file.create_dataset("of_named_type", (4,), file["named_type"])[...] = [1, 2, 3, 4]
        file.create_dataset("null", data=h5py.Empty("f4"))
    return path


def _arrays(file: h5py.File) -> None:
    number = 0
    for dtype in _TYPES:
        for whole in ((), (5,), (0,), (300, 4)):
            file[f"arrays/whole_{(number := number + 1)}"] = values(dtype, whole)
        for options in _FILTERS:
            for shape, chunks, most in _LAYOUTS:
                name = f"arrays/chunked_{(number := number + 1)}"
                array = file.create_dataset(name, shape, dtype, chunks=chunks, maxshape=most, **options)
                array[...] = values(dtype, shape)
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4, 3))
    compact = h5py.h5d.create(file.id, b"arrays/compact", h5py.h5t.IEEE_F64LE, space, properties)
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, values("f8", (4, 3)))


def _never_written(file: h5py.File) -> None:
    for number, (shape, chunks, most) in enumerate(_LAYOUTS[:-1]):
        for name, options in (("plain", {}), ("packed", {"compression": 1})):
            where = f"gaps/{name}_{number}"
            array = file.create_dataset(where, shape, "i2", chunks=chunks, maxshape=most, fillvalue=7, **options)
            array[chunks[0] :] = values("i2", (shape[0] - chunks[0], *shape[1:]))
    file.create_dataset("gaps/all", (5, 4), "f8", fillvalue=3.5)
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((3,))
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    early = h5py.h5d.create(
        file.id, b"gaps/early", h5py.h5t.STD_I32LE, h5py.h5s.create_simple((10,), (20,)), properties
    )
    early.write(h5py.h5s.ALL, h5py.h5s.ALL, values("i4", (10,)))


def _texts(file: h5py.File) -> None:
    texts = file.create_group("texts")
    texts["varying"] = ["a", "bc", "", "ü"]
    texts["scalar"] = "hello"
    texts.create_dataset("chunked", (10,), h5py.string_dtype(), chunks=(3,), compression=1)[:3] = ["x", "yy", "zzz"]
    texts["fixed"] = np.array([b"ab ", b"c", b""], "S6")
    texts["enum"] = values("i2", (4,))
    texts.create_dataset("codes", (4,), h5py.enum_dtype({"A": 0, "B": 3}, "i2"))[...] = [0, 3, 0, 3]


def _refused(file: h5py.File) -> None:
    refused = file.create_group("refused")
    refused.create_dataset("reference", (1,), h5py.ref_dtype)[0] = file["texts"].ref
    refused.create_dataset("list", (2,), h5py.vlen_dtype("i4"))[0] = [1, 2]
    refused["opaque"] = np.array([b"abc", b"def"], "V3")


def _many(file: h5py.File, *, huge: bool) -> None:
    group = file.create_group("many")
    for number in range(80):
        group.create_group(f"inner_{number:03d}")
        group.attrs[f"number_{number}"] = number * 1.5
    group.attrs.update(
        {"long": "x" * 5000, "text": "ünï", "list": ["a", "bb"], "flag": True, "grid": values("i8", (2, 3))}
    )
    group.attrs.update({"empty": h5py.Empty("S1"), "bytes": np.bytes_(b"fix  "), "reference": file["texts"].ref})
    group.attrs["record"] = np.zeros((), RECORD)
    if huge:
        group.attrs["huge"] = np.arange(20_000)


def _scales(file: h5py.File) -> None:
    group = file.create_group("scaled", track_order=True)
    for name, size in (("z", 3), ("y", 4)):
        group[name] = np.arange(size, dtype="f8")
        group[name].make_scale(name)
    file["above"] = np.arange(3)
    file["above"].make_scale()
    group["both"] = np.zeros((3, 4))
    group["both"].dims[0].attach_scale(group["z"])
    group["both"].dims[1].attach_scale(group["y"])
    group["one"] = np.zeros((3, 4))
    group["one"].dims[0].attach_scale(file["above"])
    group["both"].attrs["_FillValue"] = np.array([3.5])
    group["both"].attrs["units"] = np.bytes_(b"meters")


def many_chunks(path: Path, libver: str) -> Path:
    """Write arrays with so many chunks that their indexes have levels and pages, most of which nobody wrote."""
    with h5py.File(path, "w", libver=(libver, "latest")) as file:
        for name, most, options in (
            ("fixed", 30_000, {}),
            ("fixed_packed", 30_000, {"compression": 1}),
            ("growing", None, {}),
            ("growing_packed", None, {"compression": 1}),
        ):
            array = file.create_dataset(name, (30_000,), "i2", chunks=(4,), maxshape=(most,), fillvalue=5, **options)
            array[100:900] = values("i2", (800,))
            array[29_999] = 8
        for name, options in (("two_ways", {}), ("two_ways_packed", {"compression": 1})):
            array = file.create_dataset(name, (90, 90), "i2", chunks=(2, 3), maxshape=(None, None), **options)
            array[...] = values("i2", (90, 90))
    return path


def differences(one: Any, other: Any) -> Iterator[str]:
    """What differs between two open files; nothing where they are the same."""
    if one.groups() != other.groups():
        yield "groups"
    if list(one.arrays()) != list(other.arrays()):
        yield "arrays"
    for group in one.groups():
        yield from _attributes(group, one.attributes(group), other.attributes(group))
    for path, array in one.arrays().items():
        again = other.arrays()[path]
        for name in ("path", "shape", "dtype", "chunks", "dims"):
            if getattr(array, name) != getattr(again, name):
                yield f"{path}: {name} {getattr(array, name)} {getattr(again, name)}"
        if not same(np.asarray(array.fill), np.asarray(again.fill)):
            yield f"{path}: fill {array.fill} {again.fill}"
        yield from _attributes(path, array.attributes, again.attributes)


def _attributes(path: str, one: Any, other: Any) -> Iterator[str]:
    if set(one) != set(other):
        yield f"{path}: attributes {sorted(set(one) ^ set(other))}"
        return
    for name in one:
        if type(one[name]) is not type(other[name]) or not same(np.asarray(one[name]), np.asarray(other[name])):
            yield f"{path}: {name} {one[name]!r} {other[name]!r}"


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two arrays are the same, bit by bit."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    return one.tolist() == other.tolist() if one.dtype.kind == "O" else one.tobytes() == other.tobytes()
