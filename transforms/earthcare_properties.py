"""What an EarthCARE Item says of its product: from the name first, then from the archive's record."""

from collections.abc import Mapping
from typing import Any

from tercet.errors import RecordError
from transforms.earthcare_names import ProductName, level
from transforms.earthcare_products import INSTRUMENTS
from transforms.times import utc

Sent = Mapping[str, Any]

ORBIT_STATES: Mapping[str, str] = {
    # frames C and G turn over the poles, from ascending to descending and back
    **dict.fromkeys("ABH", "ascending"),
    **dict.fromkeys("DEF", "descending"),
    **dict.fromkeys("CG", "crossing"),
}
NOT_INSTRUMENTS = frozenset({"synergetic", "combined", "aux", "tlm"})

_TIMES = ("created", "published", "updated", "processing:datetime", "sat:anx_datetime")
_KEPT = ("processing:facility", "grid:code")
_ACQUISITIONS = frozenset({"nominal", "calibration", "other"})
_FAR_FUTURE = "9999"


def properties_of(item_id: str, name: ProductName, sent: Sent) -> dict[str, Any]:
    """What the name and the archive say of the product.

    Raises:
        RecordError: a time cannot be read, or the end is before the start.
    """
    properties: dict[str, Any] = {"title": item_id, **_when(item_id, name, sent)}
    for key in _TIMES:
        if sent.get(key):
            properties[key] = utc(sent[key], name=f"{item_id}: {key}")
    properties["platform"] = "earthcare"
    properties["product:type"] = name.type
    properties["version"] = properties["earthcare:baseline"] = name.baseline
    properties.update({key: sent[key] for key in _KEPT if sent.get(key)})
    properties.update(_orbit(name, sent))
    properties.update(_processing(name, sent))
    return properties


def _when(item_id: str, name: ProductName, sent: Sent) -> dict[str, str]:
    start = utc(sent.get("start_datetime") or sent.get("datetime") or name.start, name=f"{item_id}: start_datetime")
    end = sent.get("end_datetime") or name.stop
    if not end or end.startswith(_FAR_FUTURE):  # the archive's way to say: valid until further notice
        return {"datetime": start}
    end = utc(end, name=f"{item_id}: end_datetime")
    if end < start:
        raise RecordError(f"{item_id} ends at {end}, before it starts at {start}")
    return {"datetime": start, "start_datetime": start, "end_datetime": end}


def _orbit(name: ProductName, sent: Sent) -> dict[str, Any]:
    orbit = name.orbit if name.orbit is not None else sent.get("sat:absolute_orbit")
    properties: dict[str, Any] = {"sat:absolute_orbit": orbit} if orbit and isinstance(orbit, int) else {}
    if name.frame:
        properties["sat:orbit_state"] = ORBIT_STATES[name.frame]
        properties["earthcare:frame"] = name.frame
    return properties


def _processing(name: ProductName, sent: Sent) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    instruments = INSTRUMENTS.get(name.type[:3])
    if instruments is None:
        said = (str(instrument).lower() for instrument in sent.get("instruments") or ())
        instruments = tuple(instrument for instrument in said if instrument not in NOT_INSTRUMENTS)
    if instruments:
        properties["instruments"] = list(instruments)
    said_level = sent.get("processing:level") or level(name.type)
    if said_level:
        properties["processing:level"] = said_level
    software = {key: str(value) for key, value in (sent.get("processing:software") or {}).items() if value}
    if software:
        properties["processing:software"] = software
    if sent.get("product:acquisition_type") in _ACQUISITIONS:
        properties["product:acquisition_type"] = sent["product:acquisition_type"]
    if sent.get("eofeos:mission_phase"):
        properties["earthcare:mission_phase"] = sent["eofeos:mission_phase"]
    if sent.get("sci:doi"):
        properties["sci:doi"] = sent["sci:doi"].removeprefix("https://doi.org/")
    return properties
