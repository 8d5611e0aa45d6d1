"""Local EarthCARE products as raw records: ``.h5`` with or without its ``.HDR``, ZIPs of both, orbit files.

A record holds what the file says and nothing is taken for granted of it: `transforms.earthcare_file` makes sense of
it. Files are recognised by how they begin; the name tells only whether a broken one is ours.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Any
from zlib import error as ZlibError  # noqa: N812 - it is a class

from harvesters.base import Record
from harvesters.earthcare_file_header import header_in_xml
from tercet.errors import RecordError
from transforms.earthcare_file import MARK
from transforms.earthcare_names import ProductName

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
_XML = (b"<", b"\xef\xbb\xbf<")
_MEMBER = 1 << 20
_BAD_ZIP = (zipfile.BadZipFile, zipfile.LargeZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError)


def records_in_file(path: Path) -> Iterable[Record] | None:
    """The raw records in a product file, a ZIP of products, or a header; None where it is not EarthCARE's.

    A header beside its product is read with that, and gives no record of its own.

    Raises:
        RecordError: it is EarthCARE's by its name or what it holds, and broken.
    """
    with path.open("rb") as file:
        beginning = file.read(len(_HDF5))
    if beginning == _HDF5:
        return _in_hdf5(path)
    if beginning.startswith(_ZIP):
        return _in_zip(path)
    if beginning.startswith(_XML):
        return _in_xml(path)
    if path.suffix.lower() == ".h5" and _is_product(path.name):
        raise RecordError(_no_hdf5(path.name))
    return None


def _in_hdf5(path: Path) -> list[Record] | None:
    from harvesters.earthcare_file_hdf5 import read_product  # noqa: PLC0415 - only who has such files waits for HDF5

    read: Mapping[str, Any] | None = read_product(path, path.name)
    if read is None:
        return None
    files = {"data": _address(path)}
    header = _beside(path, ".hdr")
    if header is not None:
        files["header"] = _address(header)
        with suppress(RecordError), header.open("rb") as file:  # a broken one is told of when it is read alone
            read = _completed(read, header_in_xml(file, header.name))
    return [_record(path.name, files, read)]


def _in_xml(path: Path) -> list[Record] | None:
    with path.open("rb") as file:
        header = header_in_xml(file, path.name)
    if header is None:
        return None
    is_orbit_file = path.suffix.lower() == ".eof"
    if not is_orbit_file and _beside(path, ".h5") is not None:
        return []
    return [_record(path.name, {"data" if is_orbit_file else "header": _address(path)}, header)]


def _in_zip(path: Path) -> list[Record] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            read = list(_read_members(archive, path.name))
    except _BAD_ZIP as error:
        if not _is_product(path.name):
            return None
        raise RecordError(f"{path.name} is cut off or damaged ({error}): download it again") from error
    return [_record(name, {"archive": _address(path)}, said) for name, said in read] or None


def _read_members(archive: zipfile.ZipFile, archive_name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What each product in an archive says, with its header where that is in it, too."""
    from harvesters.earthcare_file_hdf5 import read_product  # noqa: PLC0415 - as above

    members = {PurePosixPath(info.filename.lower()): info for info in archive.infolist() if not info.is_dir()}
    for place, info in members.items():
        name = PurePosixPath(info.filename).name
        header = members.get(place.with_suffix(".hdr"))
        if place.suffix == ".h5":
            with TemporaryFile() as unpacked:  # HDF5 seeks, which a packed member does not do well
                _copy(archive, info, unpacked)
                read = read_product(unpacked, f"{name} in {archive_name}")
            if read is not None:
                yield name, _completed(read, _header_of(archive, header)) if header else read
        elif place.suffix == ".hdr" and place.with_suffix(".h5") not in members and _is_product(name):
            yield name, _header_of(archive, info) or {}


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: IO[bytes]) -> None:
    with archive.open(info) as source:
        while piece := source.read(_MEMBER):
            target.write(piece)
    target.seek(0)


def _header_of(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Mapping[str, Any] | None:
    with archive.open(info) as file:
        return header_in_xml(file, info.filename)


def _completed(read: Mapping[str, Any], header: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a product says, and where it is silent its header."""
    if header is None:
        return read
    return {**read, **{part: {**header[part], **read.get(part, {})} for part in header}}


def _record(name: str, files: Mapping[str, Any], read: Mapping[str, Any]) -> Record:
    return {"id": PurePosixPath(name).stem, MARK: {"name": name, "files": files, **read}}


def _address(path: Path) -> dict[str, Any]:
    whole = path.resolve()
    return {"href": whole.as_uri(), "size": whole.stat().st_size}


def _beside(path: Path, suffix: str) -> Path | None:
    """The file of the same name with another suffix, however that is spelt."""
    for spelling in (suffix, suffix.upper()):
        if (beside := path.with_suffix(spelling)).is_file():
            return beside
    return None


def _is_product(name: str) -> bool:
    try:
        return bool(ProductName.of_file(name))
    except RecordError:
        return False


def _no_hdf5(name: str) -> str:
    if ProductName.of_file(name).type.endswith("_0_"):
        return f"{name} is a level 0 packet stream, which is no HDF5 and has no footprint: take its level 1 product"
    return f"{name} does not begin as HDF5 does: download it again"
