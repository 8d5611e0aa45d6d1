"""Carbon Mapper's answers recognised by what they hold, whichever file they were kept in."""

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from harvesters.base import Record
from transforms.carbon_mapper import VERIFIED
from transforms.carbon_mapper_names import ProductCollection, is_scene_name


def records_in(document: Any) -> Iterable[Record] | None:  # noqa: ANN401 - any JSON value
    """The records of an answer, None where it is not one of Carbon Mapper's.

    Known are: pages of plumes and scenes, one plume or scene, a row of plume-csv by column name, a source with its
    plumes, sources.geojson, STAC Items and FeatureCollections, checks of files; and lists of all these.
    """
    if isinstance(document, list):
        return _in_list(document)
    return _in_object(document) if isinstance(document, Mapping) else None


def source_record(answer: Mapping[str, Any]) -> Record:
    """The answer for one source with no more of its plumes than their ids and when they were published.

    The plumes are records of their own.
    """
    plumes = [plume for plume in answer.get("plumes") or () if _is_plume(plume)]
    published = sorted(str(plume["published_at"]) for plume in plumes if plume.get("published_at"))
    kept = {key: value for key, value in answer.items() if key != "plumes"}
    kept.setdefault("plume_ids", [plume["plume_id"] for plume in plumes])
    if published:
        kept.setdefault("published_at_min", published[0])
        kept.setdefault("published_at_max", published[-1])
    return kept


def _in_object(document: Mapping[str, Any]) -> Iterable[Record] | None:
    items, features, plumes = (_list(document, name) for name in ("items", "features", "plumes"))
    if isinstance(document.get("source_name"), str) and (plumes is not None or _is_source(document)):
        return [*(plumes or ()), source_record(document)]
    if items is not None:
        return items if _is_nothing(document) else _all_if_any(items, lambda item: _is_plume(item) or _is_scene(item))
    if plumes is not None:  # the answer for a plume that belongs to no source
        return _all_if_any(plumes, _is_plume)
    if features is not None and document.get("type") in ("FeatureCollection", None):
        return features if _is_nothing(document) else _all_if_any(features, _is_feature)
    if _is_feature(document) or _is_plume(document) or VERIFIED in document or _is_scene(document):
        # plume-csv repeats its header on every page
        return [] if document.get("plume_id") == "plume_id" else [document]
    return None


def _list(document: Mapping[str, Any], name: str) -> list[Any] | None:
    value = document.get(name)
    return value if isinstance(value, list) else None


def _in_list(documents: list[Any]) -> Iterable[Record] | None:
    parts = [(document, records_in(document)) for document in documents]
    if all(records is None for _, records in parts):
        return None
    # what stands among ours and is not recognised is rejected later, with its reason
    return chain.from_iterable([document] if records is None else records for document, records in parts)


def _is_nothing(document: Mapping[str, Any]) -> bool:
    """Whether it is the answer to a question that nothing meets: a page of plumes or scenes, or a FeatureCollection."""
    if "features" in document:
        return not document["features"] and document.get("type") == "FeatureCollection"
    return not document["items"] and ("count" in document or {"total_count", "offset"} <= document.keys())


def _all_if_any(items: list[Any], ours: Callable[[Any], bool]) -> list[Any] | None:
    return items if any(ours(item) for item in items) else None


def _is_plume(item: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(item, Mapping) and isinstance(item.get("plume_id"), str) and item.get("type") != "Feature"


def _is_scene(item: Any) -> bool:  # noqa: ANN401 - any JSON value
    name = item.get("name") if isinstance(item, Mapping) else None
    return isinstance(name, str) and "timestamp" in item and is_scene_name(name)


def _is_source(item: Mapping[str, Any]) -> bool:
    return "plume_ids" in item or isinstance(item.get("source"), Mapping)


def _is_feature(item: Any) -> bool:  # noqa: ANN401 - any JSON value
    """A STAC Item of one of their collections, or a source of sources.geojson."""
    if not isinstance(item, Mapping) or item.get("type") != "Feature":
        return False
    collection, properties = item.get("collection"), item.get("properties")
    if isinstance(collection, str):
        return ProductCollection.parse(collection) is not None
    return isinstance(properties, Mapping) and "source_name" in properties
