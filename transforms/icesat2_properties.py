"""What an ICESat-2 Item says of its granule: time, track, release."""

from collections.abc import Mapping
from typing import Any, Final

from tercet.errors import RecordError
from transforms.icesat2_granule import Granule
from transforms.icesat2_names import HEMISPHERES, GranuleName, orbit_state
from transforms.icesat2_products import PRODUCTS, doi
from transforms.times import compact, utc

_IN_TITLE: Final = {
    "sat:relative_orbit": "track",
    "icesat2:cycle": "cycle",
    "icesat2:region": "region",
    "icesat2:first_cycle": "cycles from",
    "icesat2:hemisphere": "hemisphere",
    "icesat2:area": "area",
    "icesat2:resolution": "resolution",
}


def properties_of(granule: Granule, name: GranuleName, file_name: str) -> dict[str, Any]:
    """Build the properties of a granule's Item.

    Raises:
        RecordError: it has no time, or one that cannot be read.
    """
    product = PRODUCTS.get(name.product)
    orbit = _orbit(granule, name, product.cut if product else "pass")
    properties = _times(granule, name)
    properties["title"] = _title(name, properties["datetime"], orbit)
    properties["platform"] = "icesat-2"
    properties["instruments"] = ["atlas"]
    properties["product:type"] = name.product
    if product:
        properties["processing:level"] = product.level
    properties["version"] = name.release
    registered = granule.doi or doi(name.product, name.release)
    if registered:
        properties["sci:doi"] = registered
    properties.update(orbit)
    properties["icesat2:release"] = name.release
    properties["icesat2:revision"] = name.revision
    if granule.footprint.made_of:
        properties["icesat2:footprint"] = granule.footprint.made_of
    if granule.granule_ur and granule.granule_ur != file_name:
        properties["icesat2:granule_ur"] = granule.granule_ur
    properties["tercet:source"] = "icesat2"
    properties["tercet:surface"] = granule.surface
    return properties


def _times(granule: Granule, name: GranuleName) -> dict[str, Any]:
    if granule.start:
        times = {"datetime": utc(granule.start, name="start")}
    elif name.start:  # the name's time is the region's, some seconds off the granule's
        times = {"datetime": compact(name.start, name="start")}
    else:
        raise RecordError(f"{name} has no time: neither its record nor its name says when it was measured")
    if granule.start and granule.end:
        times["start_datetime"] = times["datetime"]
        times["end_datetime"] = utc(granule.end, name="end")
        if times["end_datetime"] < times["start_datetime"]:
            raise RecordError(f"{name} ends before it starts: {granule.start} to {granule.end}")
    if granule.produced:
        times["created"] = times["processing:datetime"] = utc(granule.produced, name="production time")
    if granule.updated:
        times["updated"] = utc(granule.updated, name="revision date")
    return times


def _orbit(granule: Granule, name: GranuleName, cut: str) -> dict[str, Any]:
    """Track, cycle and region, as far as they mean something for the way that the product is cut."""
    ours: dict[str, Any] = {}
    if cut != "grid" and name.rgt:
        ours["sat:relative_orbit"] = name.rgt
        absolute = granule.orbit or name.absolute_orbit
        if absolute:
            ours["sat:absolute_orbit"] = absolute
    if cut in ("region", "track") and name.region:
        ours["sat:orbit_state"] = orbit_state(name.region)
        ours["icesat2:region"] = name.region
    if cut != "grid" and name.cycle:
        ours["icesat2:cycle"] = name.cycle
    if name.first_cycle is not None:
        ours["icesat2:first_cycle"] = name.first_cycle
        ours["icesat2:last_cycle"] = name.last_cycle
    if name.hemisphere and name.hemisphere in HEMISPHERES:
        ours["icesat2:hemisphere"] = HEMISPHERES[name.hemisphere]
    if name.area:
        ours["icesat2:area"] = name.area
        ours["icesat2:resolution"] = name.resolution
    return ours


def _title(name: GranuleName, start: str, orbit: Mapping[str, Any]) -> str:
    words = [f"{name.product} {start[:10]} {start[11:19]}"]
    words += [f"{word} {orbit[key]}" for key, word in _IN_TITLE.items() if key in orbit]
    return ", ".join(words)
