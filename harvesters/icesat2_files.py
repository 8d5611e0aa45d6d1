"""Files of ICESat-2 that are no recorded answers in text: granules on disk, catalogues in parquet, XML."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from harvesters.base import Record
from tercet.errors import RecordError

_HDF5: Final = b"\x89HDF\r\n\x1a\n"
_PARQUET: Final = b"PAR1"
_XML: Final = b"<"
_BEGINNING: Final = 4096
_OF_CMR: Final = (b"<results", b"<Granule", b"<feed")
_SIDECARS: Final = ((b"opendap.org", "a DMR++ or DMR sidecar"), (b"isotc211", "ISO metadata"))


def records_in_file(path: Path) -> Iterable[Record] | None:
    """The records in a file: one of a granule, as many as a catalogue has rows; None where it is not ICESat-2's.

    Raises:
        RecordError: it is broken, or nothing that an Item can be made of.
    """
    with path.open("rb") as stream:
        beginning = stream.read(_BEGINNING)
    # the readers' libraries take a tenth of a second to load, which most harvests need not spend
    if beginning.startswith(_HDF5):
        from harvesters import icesat2_file_hdf5  # noqa: PLC0415 - as above

        return icesat2_file_hdf5.records(path)
    if beginning.startswith(_PARQUET):
        from harvesters import icesat2_file_parquet  # noqa: PLC0415 - as above

        return icesat2_file_parquet.records(path)
    if beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_XML):
        _refuse_xml(path, beginning)
    return None


def _refuse_xml(path: Path, beginning: bytes) -> None:
    """Say of XML that has to do with granules what to give instead.

    Raises:
        RecordError: it is CMR's, or lies beside a granule.
    """
    if any(tag in beginning for tag in _OF_CMR):
        raise RecordError(f"{path} is an answer of CMR in XML: ask CMR for granules.umm_json instead")
    for word, meaning in _SIDECARS:
        if word in beginning:
            raise RecordError(f"{path} is {meaning}, which lies beside a granule: give the granule's .h5 instead")
