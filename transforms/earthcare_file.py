"""What a local EarthCARE file says of its product, in the same words as a record of the archive.

The raw record is what `harvesters.earthcare_file` read: the header's fields by their own names, coordinates along
the track or the two edges of the swath, and the addresses of the files. Header times are true UTC; the time variable
counts SI seconds since 2000-01-01T00:00:00Z, so the leap seconds since then make it late when it is read naively.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tercet.errors import RecordError
from transforms.earthcare_assets import ORBIT_FILE, Facts
from transforms.earthcare_geometry import along, between
from transforms.earthcare_names import ProductName
from transforms.earthcare_products import PRODUCT_TYPES
from transforms.earthcare_properties import when
from transforms.entry import Item
from transforms.times import utc

Sent = Mapping[str, Any]

MARK: Final = "earthcare_file"
"""The key of a raw record that holds what a file says."""

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
LEAP_SECONDS: Final = timedelta(seconds=5)
"""Those of 2005, 2008, 2012, 2015 and 2016: none was inserted since, and the mission began in 2024."""

RENAMED: Final = "the file is called other than its header says; the header is believed"

_OFF_TRACK: Final = frozenset({"AUX_MET_1D"})
"""Their coordinates are those of a weather model's grid, in no order along the track."""
_STARTS: Final = ("Validity_Start", "frameStartTime", "sensingStartTime")
_STOPS: Final = ("Validity_Stop", "frameStopTime", "sensingStopTime")
_OPEN: Final = "9999"
_LONGEST: Final = timedelta(hours=1)


def is_record_of_file(record: Sent) -> bool:
    """Whether this was read in a local product file."""
    return isinstance(record.get(MARK), Mapping)


def name_of_file(record: Sent) -> ProductName:
    """The product name: as the header has it, even where the file was renamed.

    Raises:
        RecordError: neither header nor file name holds one.
    """
    read = record[MARK]
    for said in (read.get("fixed", {}).get("File_Name"), read.get("main", {}).get("productName")):
        try:
            return ProductName.of_file(said or "")
        except RecordError:
            continue
    try:
        return ProductName.of_file(read["name"])
    except RecordError as error:
        raise RecordError(f"{error}, and neither does its header: give the file its product name back") from error


def said_by_file(record: Sent, name: ProductName) -> dict[str, Any]:
    """Read what a file says.

    Raises:
        RecordError: its coordinates make no footprint, or its end is before its start.
    """
    read = record[MARK]
    product = str(name)
    said: dict[str, Any] = {
        "id": product,
        "surface": "file",
        "properties": _properties(product, name, read),
        "assets": _assets(read),
    }
    geometry = _geometry(product, read) if name.type not in _OFF_TRACK else None
    if geometry:
        said["geometry"] = geometry
    if product not in read["name"]:
        said["remarks"] = [RENAMED]
    return said


def _properties(product: str, name: ProductName, read: Sent) -> dict[str, Any]:
    fixed, main = read.get("fixed", {}), read.get("main", {})
    header = {**main, **fixed}
    end = _first(header, _STOPS) or _end_by_time(read, _first(header, _STARTS) or name.start)
    properties = when(product, name, _first(header, _STARTS), end)
    if name.created:
        properties["processing:datetime"] = name.created
    node = _time(main.get("ANXTime"))
    if node:
        properties["sat:anx_datetime"] = node
    if fixed.get("System"):
        properties["processing:facility"] = fixed["System"]
    if fixed.get("Creator") and fixed.get("Creator_Version"):
        properties["processing:software"] = {fixed["Creator"]: str(fixed["Creator_Version"])}
    known = PRODUCT_TYPES.get(name.type)
    if known and known.doi:
        properties["sci:doi"] = known.doi
    return properties


def _first(header: Sent, keys: tuple[str, ...]) -> str | None:
    return next((time for time in (_time(header.get(key)) for key in keys) if time), None)


def _time(said: object) -> str | None:
    """A header time such as ``UTC=2025-03-05T13:45:40``, None where it is none or open."""
    text = said.removeprefix("UTC=").strip() if isinstance(said, str) else ""
    if text.startswith(_OPEN):
        return None
    try:
        return utc(text)
    except RecordError:
        return None


def _end_by_time(read: Sent, start: str) -> str | None:
    """The end by the time variable, where the header tells none and the variable is of this frame."""
    if not read.get("seconds"):
        return None
    end = EPOCH + timedelta(seconds=read["seconds"][1]) - LEAP_SECONDS
    if not timedelta() <= end - datetime.fromisoformat(start) <= _LONGEST:
        return None
    return utc(end.isoformat())


def _geometry(product: str, read: Sent) -> Item | None:
    try:
        if read.get("edges"):
            return between(*read["edges"])
        return along(read["track"]) if read.get("track") else None
    except RecordError as error:
        raise RecordError(
            f"{product}: the coordinates in its file make no footprint: {error}; download it again"
        ) from error


def _assets(read: Sent) -> Facts:
    assets: Facts = {}
    for key, file in read["files"].items():
        assets[key] = {"href": file["href"], "tercet:evidence": "verified"}
        if file.get("size"):
            assets[key]["file:size"] = file["size"]
        if key == "data" and file["href"].lower().endswith(".eof"):
            assets[key].update(ORBIT_FILE)
    return assets
