"""Carbon Mapper's records as Items: plumes, scenes and sources, whichever of its surfaces a record came from.

A record is recognised by what it holds. What it says becomes a `Part`; the Items of a plume, scene or source are made
of all of its parts, so that they do not depend on which surface spoke first, last or at all.

Source: Carbon Mapper data platform API, "catalog" and "stac".
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from tercet.errors import ConfigError, RecordError
from transforms import carbon_mapper_records, carbon_mapper_scenes, carbon_mapper_stac
from transforms.carbon_mapper_collections import COLLECTIONS
from transforms.carbon_mapper_items import needs_more, plume_entries
from transforms.carbon_mapper_names import PlumeId, ProductCollection, SceneName
from transforms.carbon_mapper_scene_items import scene_entries
from transforms.carbon_mapper_source_items import source_entries
from transforms.carbon_mapper_sources import source_part
from transforms.catalog import CollectionSpec
from transforms.entry import Entry, Fragment, IncompleteError, Part
from transforms.times import utc

Record = Mapping[str, Any]

PRODUCTS = ("plumes", "scenes", "sources")
VERIFIED = "tercet:verified"
"""The one key of a record that says which files of a plume or scene were asked for, and which were there."""
_OF_PRODUCT = dict(zip(PRODUCTS, COLLECTIONS, strict=True))


def entry(record: Record) -> Entry:
    """Build the Item of one record.

    Args:
        record: a plume of ``plumes/annotated``, ``plumes/related``, a source answer or ``plume-csv`` (by column
            name); a STAC Item; a scene of ``scenes/annotated``; a source of ``sources.geojson`` or its own answer; a
            check of files.

    Returns:
        The Item as it is if nothing else is known, and the part that it is made of. A plume's geometry is its outline
        or bounds, a scene's its footprint, a source's its centre (degrees, WGS 84); ``datetime`` is the start of the
        acquisition. ``cm:emission`` is in kg/h, absent where unknown or withheld.

    Raises:
        IncompleteError: the record is of a plume or scene, and states no area that it covers.
        RecordError: the record is none of these, or a field holds what it cannot hold.
    """
    if not isinstance(record, Mapping):
        raise RecordError(f"a record of Carbon Mapper is an object, this is {record!r}")
    name = _name(record)
    try:
        product, subject, part = _part(record)
        made = assemble([part])
    except RecordError as error:
        raise RecordError(f"{name}: {error}" if name else str(error)) from error
    if made:
        return made[0]
    raise IncompleteError(f"{name}: {needs_more(part)}", Fragment(_OF_PRODUCT[product].id, product, subject, part))


def assemble(parts: Sequence[Part]) -> list[Entry]:
    """The Items of one plume, scene or source of all that is said of it; none where that is not enough.

    Raises:
        RecordError: the area that it covers is none.
    """
    said = parts[0].said
    if "plume" in said:
        return plume_entries(parts)
    return scene_entries(parts) if "scene" in said else source_entries(parts)


def collection(collection_id: str) -> CollectionSpec:
    """What a Collection of this source says of itself.

    Raises:
        ConfigError: this source has no such Collection.
    """
    specs = [*COLLECTIONS, *(spec.superseded() for spec in COLLECTIONS)]
    for spec in specs:
        if spec.id == collection_id:
            return spec
    raise ConfigError(f"Carbon Mapper has no Collection {collection_id!r}: it has {', '.join(s.id for s in specs)}")


def _part(record: Record) -> tuple[str, str, Part]:
    """Product, subject and part of a record."""
    if VERIFIED in record:
        return _checked(record[VERIFIED])
    if record.get("type") == "Feature":
        return _of_feature(record)
    plume_id = record.get("plume_id")
    if isinstance(plume_id, str):
        return "plumes", plume_id, carbon_mapper_records.plume_part(record)
    if "source_name" in record:
        return "sources", *source_part(record)
    if isinstance(record.get("name"), str) and "timestamp" in record:
        return "scenes", record["name"], carbon_mapper_scenes.listed_part(record)
    raise RecordError(
        f"it has no plume_id, so it is no plume of Carbon Mapper, and no scene or source either; "
        f"its fields are {', '.join(map(str, record))[:200]}"
    )


def _of_feature(record: Record) -> tuple[str, str, Part]:
    """A GeoJSON Feature: a STAC Item, or a source."""
    name, properties = record.get("collection"), record.get("properties")
    if not isinstance(name, str) and isinstance(properties, Mapping) and "source_name" in properties:
        return "sources", *source_part(record)
    collection = ProductCollection.parse(name) if isinstance(name, str) else None
    if collection is None or not isinstance(record.get("id"), str):
        raise RecordError(f"a Feature of {name!r} is no STAC Item of Carbon Mapper, and no source")
    if carbon_mapper_stac.is_plume_product(collection):
        return "plumes", record["id"], carbon_mapper_stac.plume_part(record, collection)
    if carbon_mapper_scenes.is_scene_product(collection):
        return "scenes", record["id"], carbon_mapper_scenes.product_part(record, collection)
    raise RecordError(
        f"Items of {name} are not taken: they are neither detections, plumes, emissions nor rasters of scenes"
    )


def _checked(told: Any) -> tuple[str, str, Part]:  # noqa: ANN401 - any JSON value
    """Which files were asked for, and whether they were there."""
    found = told.get("assets") if isinstance(told, Mapping) else None
    if not isinstance(found, Mapping):
        raise RecordError(f"{VERIFIED} is to hold a plume_id or scene_name, and assets: true or false by address")
    checked = {str(address): value for address, value in found.items() if isinstance(value, bool)}
    when = utc(told["checked"], name="checked") if told.get("checked") else ""
    # a later check asks for what is still unknown: it does not take the place of one of other files
    key = f"verified:{blake2b(' '.join(sorted(checked)).encode(), digest_size=8).hexdigest()}"
    plume_id, scene = told.get("plume_id"), told.get("scene_name")
    if isinstance(plume_id, str):
        PlumeId.parse(plume_id)
        return "plumes", plume_id, Part(key, {"plume": plume_id, "says": "verified", "checked": checked}, when)
    name = SceneName.parse(str(scene)).scene
    return "scenes", name, Part(key, {"scene": name, "says": "verified", "checked": checked}, when)


def _name(record: Record) -> str:
    """What a person would call a record; "" where it has no name."""
    if isinstance(record.get("plume_id"), str):
        return f"plume {record['plume_id']}"
    if record.get("type") == "Feature" and isinstance(record.get("collection"), str):
        return f"STAC Item {record['collection']}/{record.get('id')}"
    properties = record.get("properties")
    named = properties if isinstance(properties, Mapping) else record
    if "source_name" in named:
        return f"source {str(named['source_name']).partition('?')[0]}"
    return f"scene {record['name']}" if "name" in record and "timestamp" in record else ""
