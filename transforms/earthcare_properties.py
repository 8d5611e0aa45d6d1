"""What an EarthCARE Item says of its product: from the name first, then from the archive's record or the file.

`kept` reads a record into what its name does not tell, `properties` writes both into an Item.
"""

import functools
import re
from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.earthcare_names import ProductName, level
from transforms.earthcare_products import instruments_of
from transforms.times import utc

Sent = Mapping[str, Any]

ORBIT_STATES: Mapping[str, str] = {
    **dict.fromkeys("ABH", "ascending"),
    **dict.fromkeys("DEF", "descending"),
    # frames C and G turn over the poles, from ascending to descending and back: the sat extension's word for both
    **dict.fromkeys("CG", "crossing"),
}
NOT_INSTRUMENTS = frozenset({"synergetic", "combined", "aux", "tlm"})

_TIMES = ("created", "published", "updated", "processing:datetime", "sat:anx_datetime")
_TEXTS: Mapping[str, str] = {
    "processing:facility": "processing:facility",
    "eofeos:mission_phase": "earthcare:mission_phase",
    "sci:doi": "sci:doi",
}
_ACQUISITIONS = frozenset({"nominal", "calibration", "other"})
_FAR_FUTURE = "9999"
_DOI = re.compile(r"10\.[0-9A-Za-z]{4,}/\S+", re.ASCII)


def kept(product: str, name: ProductName, sent: Sent) -> dict[str, Any]:
    """What the archive says of a product beyond its name, in the spelling of the catalog.

    Raises:
        RecordError: a time cannot be read, or the end is before the start.
    """
    start = sent.get("start_datetime") or sent.get("datetime")
    properties: dict[str, Any] = when(product, name, start, sent.get("end_datetime"))
    for key in _TIMES:
        time = sent.get(key)
        if time:
            # two of them repeat what the name says, and were read with it
            properties[key] = time if time == name.created else utc(time, name=f"{product}: {key}")
    for key, ours in _TEXTS.items():
        text = sent.get(key)
        if text and isinstance(text, str):
            properties[ours] = text
    software = sent.get("processing:software")
    versions = (
        {key: str(said) for key, said in software.items() if said and key} if isinstance(software, Mapping) else None
    )
    if versions:
        properties["processing:software"] = versions
    acquisition = str(sent.get("product:acquisition_type")).lower()
    if acquisition in _ACQUISITIONS:
        properties["product:acquisition_type"] = acquisition
    if "sci:doi" in properties:
        properties.update(_doi(properties.pop("sci:doi")))
    return properties | _where_the_name_is_silent(name, sent)


def when(product: str, name: ProductName, start: str | None, end: str | None) -> dict[str, Any]:
    """Start and end of the frame, or of validity; what has no end has no duration.

    Raises:
        RecordError: they cannot be read, or the end is before the start.
    """
    begin = name.start if start in (None, "", name.start) else utc(start, name=f"{product}: start_datetime")
    last = end or name.stop
    if not last or last.startswith(_FAR_FUTURE):  # the archive's way to say: valid until further notice
        return {"datetime": begin}
    last = utc(last, name=f"{product}: end_datetime")
    if last < begin:
        raise RecordError(f"{product} ends at {last}, before it starts at {begin}")
    return {"datetime": begin, "start_datetime": begin, "end_datetime": last}


def contradictions(name: ProductName, sent: Sent) -> list[str]:
    """Where a record disagrees with the name of its product, which is then believed."""
    grid, orbit = sent.get("grid:code"), sent.get("sat:absolute_orbit")
    other = []
    if name.orbit is not None and orbit is not None and _whole(orbit) != name.orbit:
        other.append("the record's orbit is not that of the product name, which is believed")
    if name.orbit is not None and grid and grid != _grid_code(name):
        other.append("the record's grid:code is not the orbit and frame of the product name, and is left out")
    if sent.get("product:type") not in (None, name.type):
        other.append("the record's product:type is not that of the product name, which is believed")
    return other


def properties(product: str, name: ProductName, said: Sent) -> dict[str, Any]:
    """Write the properties of an Item: what the name tells, and what was kept of records or files."""
    written: dict[str, Any] = {
        "title": product,
        **said,
        "platform": "earthcare",
        "product:type": name.type,
        "version": name.baseline,
        "earthcare:baseline": name.baseline,
    }
    if name.created and "created" not in said:
        written["created"] = name.created
    if name.orbit is not None:
        written["sat:orbit_state"] = ORBIT_STATES[name.frame or ""]
        written["earthcare:frame"] = name.frame
        if name.orbit:
            written["sat:absolute_orbit"] = name.orbit
    instruments = instruments_of(name.type)
    if instruments:
        written["instruments"] = list(instruments)
    if "processing:level" not in said and (told := level(name.type)):
        written["processing:level"] = told
    return written


def _where_the_name_is_silent(name: ProductName, sent: Sent) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    orbit, grid = _whole(sent.get("sat:absolute_orbit")), sent.get("grid:code")
    if name.orbit is None and orbit:
        properties["sat:absolute_orbit"] = orbit
    if grid and isinstance(grid, str) and (name.orbit is None or grid == _grid_code(name)):
        properties["grid:code"] = grid
    stage = sent.get("processing:level")
    if stage and isinstance(stage, str) and stage != level(name.type):
        properties["processing:level"] = stage
    if not instruments_of(name.type):
        said = [instrument.lower() for instrument in sent.get("instruments") or () if isinstance(instrument, str)]
        instruments = [instrument for instrument in said if instrument and instrument not in NOT_INSTRUMENTS]
        if instruments:
            properties["instruments"] = instruments
    return properties


@functools.lru_cache(maxsize=256)
def _doi(text: str) -> Mapping[str, str]:
    """The DOI in a text, which may be an address."""
    found = _DOI.search(text)
    return {"sci:doi": found[0]} if found else {}


def _grid_code(name: ProductName) -> str:
    return f"WRS-{name.orbit}-{name.frame}"


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else None
