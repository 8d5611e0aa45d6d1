"""ICESat-2: a granule's record of NASA's CMR into an Item of the catalog."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from tercet.errors import RecordError
from transforms import icesat2_json, icesat2_umm
from transforms.catalog import EXTENSIONS, STAC_VERSION
from transforms.entry import Entry, Item
from transforms.geometry import bbox
from transforms.icesat2_assets import assets, auth_schemes, storage_schemes
from transforms.icesat2_collections import collection
from transforms.icesat2_granule import Granule
from transforms.icesat2_names import GranuleName, orbit_state
from transforms.icesat2_products import PRODUCTS, collection_id, doi
from transforms.times import compact, utc

__all__ = ["collection", "entry"]

Sent = Mapping[str, Any]

CONCEPTS: Final = "https://cmr.earthdata.nasa.gov/search/concepts"
_IN_TITLE: Final = {
    "sat:relative_orbit": "track",
    "icesat2:cycle": "cycle",
    "icesat2:region": "region",
    "icesat2:first_cycle": "cycles from",
    "icesat2:hemisphere": "hemisphere",
    "icesat2:area": "area",
    "icesat2:resolution": "resolution",
}
_HEMISPHERES: Final = {"01": "north", "02": "south"}


def entry(record: Sent) -> Entry:
    """Build the Item of one granule.

    Args:
        record: an item of a ``granules.umm_json`` answer, a UMM-G record, or an entry of ``granules.json``.

    Returns:
        An Item whose geometry is the footprint that CMR holds (degrees, WGS 84), valid and split at the
        antimeridian. Its id is the file's name without suffix, though CMR's own name may differ; ``datetime`` is
        the start of the granule; ``created`` is when the file was made.

    Raises:
        RecordError: it is no granule of ICESat-2, has no footprint, or says something that cannot be read.

    Source: UMM-G 1.6.6 and recorded answers of https://cmr.earthdata.nasa.gov/search, 2023 to 2026.
    """
    try:
        granule = _read(record)
        file_name = _file_name(granule)
        return _entry(granule, GranuleName.parse(file_name), file_name)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise RecordError(f"{_label(record)} is not shaped like a granule of CMR: {error!r}") from error


def _read(record: Sent) -> Granule:
    if "umm" in record and "EntryTitle" not in record["umm"]:
        return icesat2_umm.read(record["umm"], record.get("meta") or {})
    if "GranuleUR" in record:
        return icesat2_umm.read(record, {})
    if "title" in record and "short_name" not in record:
        return icesat2_json.read(record)
    raise RecordError(_why_not(record))


def _entry(granule: Granule, name: GranuleName, file_name: str) -> Entry:
    described = assets(granule.urls, file_name, granule.files)
    item_id = file_name.removesuffix(name.suffix)
    properties = _properties(granule, name, file_name)
    access = {"auth:schemes": auth_schemes(described), "storage:schemes": storage_schemes(described)}
    properties.update({key: schemes for key, schemes in access.items() if schemes})
    item: Item = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(
            _extensions(
                orbit="sat:relative_orbit" in properties or "sat:orbit_state" in properties,
                doi="sci:doi" in properties,
                auth="auth:schemes" in properties,
                alternate="storage:schemes" in properties,
                facts=bool(granule.files) and "data" in described,
            )
        ),
        "id": item_id,
        "collection": collection_id(name.product, name.release),
        "geometry": granule.geometry,
        "bbox": bbox(granule.geometry),
        "properties": properties,
        "links": _links(granule),
        "assets": described,
    }
    return Entry(item, name.product, name.subject, name.rank, item_id, properties.get("updated", ""))


def _properties(granule: Granule, name: GranuleName, file_name: str) -> dict[str, Any]:
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
    registered = doi(name.product, name.release)
    if registered:
        properties["sci:doi"] = registered
    properties.update(orbit)
    properties["icesat2:release"] = name.release
    properties["icesat2:revision"] = name.revision
    if granule.granule_ur != file_name:
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
    if name.hemisphere in _HEMISPHERES:
        ours["icesat2:hemisphere"] = _HEMISPHERES[name.hemisphere]
    if name.area:
        ours["icesat2:area"] = name.area
        ours["icesat2:resolution"] = name.resolution
    return ours


def _title(name: GranuleName, start: str, orbit: Mapping[str, Any]) -> str:
    words = [f"{name.product} {start[:10]} {start[11:19]}"]
    words += [f"{word} {orbit[key]}" for key, word in _IN_TITLE.items() if key in orbit]
    return ", ".join(words)


def _links(granule: Granule) -> list[dict[str, str]]:
    if not granule.concept_id:
        return []
    return [
        {
            "rel": "via",
            "href": f"{CONCEPTS}/{granule.concept_id}.umm_json",
            "type": "application/vnd.nasa.cmr.umm+json",
            "title": "The record at NASA's CMR",
        }
    ]


@lru_cache(maxsize=64)
def _extensions(*, orbit: bool, doi: bool, auth: bool, alternate: bool, facts: bool) -> tuple[str, ...]:
    used = {
        "alternate-assets/v1.2.0": alternate,
        "authentication/v1.1.0": auth,
        "file/v2.1.0": facts,
        "processing/v1.2.0": True,
        "product/v1.0.0": True,
        "sat/v1.2.0": orbit,
        "scientific/v1.0.0": doi,
        "storage/v2.0.0": alternate,
        "version/v1.2.0": True,
    }
    return tuple(f"{EXTENSIONS}/{name}/schema.json" for name, is_used in used.items() if is_used)


def _file_name(granule: Granule) -> str:
    """The data file's name: the URL's word is the file, the GranuleUR's may have an ending of its own."""
    for url in granule.urls:
        if url.endswith((".h5", ".nc")) and not url.startswith("https://opendap."):
            return url[url.rfind("/") + 1 :]
    if granule.producer_id:
        return granule.producer_id
    stem, dot, suffix = granule.granule_ur.rpartition(".")
    return stem + dot + suffix.partition("_")[0]


def _label(record: Sent) -> str:
    """How to name a record that could not be read."""
    umm = record.get("umm") if isinstance(record.get("umm"), Mapping) else record
    for key in ("GranuleUR", "title", "producer_granule_id", "id"):
        if isinstance(umm, Mapping) and umm.get(key):
            return str(umm[key])
    return "the record"


def _why_not(record: Sent) -> str:
    """Why a record of CMR is not taken, and what to take instead."""
    umm = record.get("umm") or {}
    title = record.get("dataset_id") or umm.get("EntryTitle") or ""
    if "short_name" in record or "EntryTitle" in umm:
        return f"this is CMR's record of the Collection {title!r}, not of a granule: harvest its granules instead"
    if "Granule" in record:
        name = (record["Granule"] or {}).get("GranuleUR", "the granule")
        return f"{name} came in CMR's ECHO10 format: ask CMR for granules.umm_json instead"
    if "CollectionReference" in record:
        return "this is a part of a UMM-G record, without GranuleUR and file name: ask CMR for the whole granule"
    return "this is not a granule of CMR: ask CMR for granules.umm_json"
