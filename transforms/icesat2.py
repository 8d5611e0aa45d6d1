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
from transforms.icesat2_names import GranuleName
from transforms.icesat2_products import collection_id
from transforms.icesat2_properties import properties_of

__all__ = ["collection", "entry"]

Sent = Mapping[str, Any]

CONCEPTS: Final = "https://cmr.earthdata.nasa.gov/search/concepts"


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
    properties = properties_of(granule, name, file_name)
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
