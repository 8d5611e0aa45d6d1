"""The records in recorded answers of CMR, whichever of its formats they came in.

All that CMR says of granules is taken, of other missions and in formats that cannot become Items, too: the
transform says of each why not, where a file passed over in silence would leave a person wondering.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from harvesters.base import Record

_ATOM_ENTRY = frozenset({"title", "data_center", "dataset_id"})
_ECHO10 = frozenset({"Granule", "concept-id"})
_UMM_ITEM = frozenset({"meta", "umm"})


def records_in(document: Any) -> Sequence[Record] | None:  # noqa: ANN401 - any JSON value
    """The records of an answer, of a list of records, or a record alone; None where it is none of CMR's."""
    if isinstance(document, list):
        return _listed(document)
    if not isinstance(document, Mapping):
        return None
    if _is_record(document):
        return [document]
    if {"hits", "took"} <= document.keys() and isinstance(document.get("items"), list):
        return [item for item in document["items"] if isinstance(item, Mapping)]
    feed = document.get("feed")
    if isinstance(feed, Mapping) and isinstance(feed.get("entry"), list):
        return [entry for entry in feed["entry"] if isinstance(entry, Mapping)]
    return None


def _is_record(document: Mapping[str, Any]) -> bool:
    keys = document.keys()
    return (
        keys >= _UMM_ITEM
        or keys >= _ATOM_ENTRY
        or keys >= _ECHO10
        or "GranuleUR" in keys
        or "CollectionReference" in keys
    )


def _listed(document: Sequence[Any]) -> Sequence[Record] | None:
    """A list of records or answers, all of them CMR's; another source's list is not ours to empty."""
    found = [records_in(part) for part in document]
    if not found or any(records is None for records in found):
        return None
    return [record for records in found if records is not None for record in records]
