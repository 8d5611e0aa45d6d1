"""The records in recorded answers of CMR, whichever of its formats they came in.

All that CMR says of granules is taken, of other missions and in formats that cannot become Items, too: the
transform says of each why not, where a file passed over in silence would leave a person wondering.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from harvesters.base import Record
from transforms.icesat2_file import KEY

_ATOM_ENTRY = frozenset({"title", "data_center", "dataset_id"})
_ECHO10 = frozenset({"Granule", "concept-id"})
_UMM_ITEM = frozenset({"meta", "umm"})
_STAC_ITEM = frozenset({"type", "id", "assets", "geometry"})
_ERROR = frozenset({"errors"})
_CMR = "https://cmr."


def records_in(document: Any) -> Sequence[Record] | None:  # noqa: ANN401 - any JSON value
    """The records of an answer, of a list of records, or a record alone; None where it is none of CMR's.

    A header of a file (`harvesters.icesat2_file_hdf5`) that an archive of raw records kept is one, too.
    """
    if isinstance(document, list):
        return _listed(document)
    if not isinstance(document, Mapping):
        return None
    if _is_record(document):
        return [document]
    if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        return _listed(document["features"])
    feed = document.get("feed")
    entries = feed.get("entry") if isinstance(feed, Mapping) else document.get("items")
    if isinstance(entries, list) and (feed or {"hits", "took"} <= document.keys() or _are_of_umm(entries)):
        return [entry for entry in entries if isinstance(entry, Mapping)]
    return None


def _are_of_umm(entries: Sequence[Any]) -> bool:
    """Whether a page without its head, as scripts keep it, is of CMR."""
    return bool(entries) and all(isinstance(entry, Mapping) and entry.keys() >= _UMM_ITEM for entry in entries)


def _is_record(document: Mapping[str, Any]) -> bool:
    keys = document.keys()
    return (
        keys >= _UMM_ITEM
        or keys >= _ATOM_ENTRY
        or keys >= _ECHO10
        or "GranuleUR" in keys
        or "CollectionReference" in keys
        or keys == _ERROR
        or KEY in keys
        or (keys >= _STAC_ITEM and _is_cmr_stac(document))
    )


def _is_cmr_stac(item: Mapping[str, Any]) -> bool:
    """Whether a STAC Item came from CMR, by way of another's catalogue, too: those of other sources are not ours."""
    links = item.get("links") or ()
    return str(item["id"]).startswith("ATL") or any(
        isinstance(link, Mapping) and str(link.get("href")).startswith(_CMR) for link in links
    )


def _listed(document: Sequence[Any]) -> Sequence[Record] | None:
    """A list of records or answers, all of them CMR's; another source's list is not ours to empty."""
    found = [records_in(part) for part in document]
    if not found or any(records is None for records in found):
        return None
    return [record for records in found if records is not None for record in records]
