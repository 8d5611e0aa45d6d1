"""ICESat-2: what NASA's CMR or a file says of a granule, into an Item of the catalog."""

from collections.abc import Mapping
from typing import Any, Final

from tercet.errors import RecordError
from transforms import icesat2_echo10, icesat2_file, icesat2_json, icesat2_stac, icesat2_umm
from transforms.entry import Entry
from transforms.icesat2_assets import assets
from transforms.icesat2_collections import collection
from transforms.icesat2_granule import Granule, freshness
from transforms.icesat2_items import item, kin
from transforms.icesat2_names import GranuleName, file_name
from transforms.icesat2_properties import properties_of

__all__ = ["collection", "entry"]

Sent = Mapping[str, Any]

_ENDS: Final = (".h5", ".nc")
_BROKEN: Final = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


def entry(record: Sent) -> Entry:
    """Build the Item of one granule.

    Args:
        record: an item of a ``granules.umm_json`` answer, a UMM-G record, an entry of ``granules.json``, an ECHO10
            record as a dict, an Item of CMR-STAC, or the header of a file (`harvesters.icesat2_file`).

    Returns:
        An Item whose geometry is the footprint that CMR holds (degrees, WGS 84), valid and split at the
        antimeridian, its great-circle edges densified. Its id is the file's name without suffix, though CMR's own
        name may differ; ``datetime`` is the start of the granule; ``created`` is when the file was made. Of several
        records of a granule UMM-G's counts, whichever came last. A file's Item has an id and a subject of its own.

    Raises:
        RecordError: it is no granule of ICESat-2, has no footprint, or says something that cannot be read.

    Source: UMM-G 1.6.6 and recorded answers of https://cmr.earthdata.nasa.gov/search, 2023 to 2026.
    """
    try:
        if icesat2_file.KEY in record:
            return icesat2_file.entry(record)
        granule = _read(record)
        file_name = _file_name(granule)
        return _entry(granule, GranuleName.parse(file_name), file_name)
    except _BROKEN as error:
        raise RecordError(f"{_label(record)} is not shaped like a granule of CMR: {error!r}") from error


def _read(record: Sent) -> Granule:
    if "umm" in record and "EntryTitle" not in record["umm"]:
        return icesat2_umm.read(record["umm"], record.get("meta") or {})
    if "GranuleUR" in record:
        return icesat2_umm.read(record, {})
    if "Granule" in record:
        return icesat2_echo10.read(record)
    if record.get("type") == "Feature":
        return icesat2_stac.read(record)
    if "title" in record and "short_name" not in record:
        return icesat2_json.read(record)
    raise RecordError(_why_not(record))


def _entry(granule: Granule, name: GranuleName, file_name: str) -> Entry:
    described = assets(granule.urls, file_name, granule.files)
    item_id = file_name.removesuffix(name.suffix)
    properties = properties_of(granule, name, file_name)
    return Entry(
        item(granule, name, item_id, properties, described),
        name.product,
        name.subject,
        name.rank,
        item_id,
        freshness(granule.surface, properties.get("updated", "")),
        kin=kin(name),
        remarks=granule.footprint.remarks,
    )


def _file_name(granule: Granule) -> str:
    """The data file's name: the URL's word is the file, the GranuleUR's may have an ending of its own."""
    for url in granule.urls:
        if url.endswith(_ENDS) and "opendap" not in url:
            return url[url.rfind("/") + 1 :]
    return file_name(granule.producer_id or granule.granule_ur or str(granule.concept_id))


def _label(record: Sent) -> str:
    """How to name a record that could not be read."""
    umm = record.get("umm") if isinstance(record.get("umm"), Mapping) else record
    for key in ("GranuleUR", "title", "producer_granule_id", "id", "concept-id"):
        if isinstance(umm, Mapping) and umm.get(key):
            return str(umm[key])
    return "the record"


def _why_not(record: Sent) -> str:
    """Why a record of CMR is not taken, and what to take instead."""
    if "errors" in record:
        told = " ".join(map(str, record["errors"]))
        return f"CMR answered with an error instead of granules: {told[:300]}; ask it again otherwise"
    umm = record.get("umm") or {}
    title = record.get("dataset_id") or umm.get("EntryTitle") or ""
    if "short_name" in record or "EntryTitle" in umm:
        return f"this is CMR's record of the Collection {title!r}, not of a granule: harvest its granules instead"
    if "CollectionReference" in record:
        return "this is a part of a UMM-G record, without GranuleUR and file name: ask CMR for the whole granule"
    return "this is not a granule of CMR: ask CMR for granules.umm_json"
