"""Carbon Mapper's plumes as Items: records of REST (JSON) and of plume-csv, the same Item from either.

Source: Carbon Mapper data platform API, "plumes/annotated" and "plume-csv".
"""

import re
from collections.abc import Mapping
from typing import Any

from tercet.errors import ConfigError, RecordError
from transforms import carbon_mapper_fields as fields
from transforms.carbon_mapper_assets import AUTH_SCHEMES, PlumeAssets, plume_assets
from transforms.carbon_mapper_collections import PLUMES
from transforms.carbon_mapper_names import PlumeId, version_rank
from transforms.catalog import EXTENSIONS, STAC_VERSION, CollectionSpec
from transforms.entry import Entry, Item
from transforms.geometry import bbox, box
from transforms.times import utc

Record = Mapping[str, Any]

SOURCE = "carbon-mapper"
PRODUCT = "plumes"
API = "https://api.carbonmapper.org/api/v1/catalog"

_PROCESSING = f"{EXTENSIONS}/processing/v1.2.0/schema.json"
_PRODUCT = f"{EXTENSIONS}/product/v1.0.0/schema.json"
_VERSION = f"{EXTENSIONS}/version/v1.2.0/schema.json"
_TIMESTAMPS = f"{EXTENSIONS}/timestamps/v1.1.0/schema.json"
_VIEW = f"{EXTENSIONS}/view/v1.1.0/schema.json"
_AUTH = f"{EXTENSIONS}/authentication/v1.1.0/schema.json"
_FILE = f"{EXTENSIONS}/file/v2.1.0/schema.json"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


def entry(record: Record) -> Entry:
    """Build the Item of one plume.

    Args:
        record: an element of ``items`` of ``plumes/annotated``, a plume of a source answer, or a row of
            ``plume-csv`` by column name.

    Returns:
        An Item whose geometry is the plume's bounds (degrees, WGS 84) and whose ``datetime`` is the start
        of its scene. ``cm:emission`` is in kg/h, absent where unknown or withheld.

    Raises:
        RecordError: the record is no plume, or has no usable id, time or bounds.
    """
    if not isinstance(record, Mapping):
        raise RecordError(f"a record of Carbon Mapper is an object, this is {record!r}")
    plume_id = record.get("plume_id")
    if not isinstance(plume_id, str) or record.get("type") == "Feature":
        raise RecordError(_not_a_plume(record))
    name = PlumeId.parse(plume_id)
    try:
        return _entry(record, plume_id, name)
    except RecordError as error:
        raise RecordError(f"plume {plume_id}: {error}") from error


def collection(collection_id: str) -> CollectionSpec:
    """What a Collection of this source says of itself.

    Raises:
        ConfigError: this source has no such Collection.
    """
    specs = (PLUMES, PLUMES.superseded())
    for spec in specs:
        if spec.id == collection_id:
            return spec
    raise ConfigError(f"Carbon Mapper has no Collection {collection_id!r}: it has {', '.join(s.id for s in specs)}")


def _entry(record: Record, plume_id: str, name: PlumeId) -> Entry:
    status = record.get("status") or "published"
    if status != "published":
        raise RecordError(f"its status is {status!r}; only what is published is taken")
    geometry = box(*fields.bounds(record))
    files = plume_assets(plume_id, record, fields.ADDRESSES)
    version = _version(record, files)
    properties = _properties(record, plume_id, name, version)
    if files.assets:
        properties["auth:schemes"] = AUTH_SCHEMES
    item: Item = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": _extensions(properties, files),
        "id": plume_id,
        "collection": PLUMES.id,
        "geometry": geometry,
        "bbox": bbox(geometry),
        "properties": properties,
        "links": [
            {
                "rel": "via",
                "href": f"{API}/plume/{plume_id}",
                "type": "application/json",
                "title": "Record of Carbon Mapper",
            }
        ],
        "assets": files.assets,
    }
    return Entry(
        item,
        PRODUCT,
        subject=plume_id,
        rank=version_rank(version),
        archive_id=f"{plume_id}_{_UNSAFE.sub('-', version or 'unversioned')}",
        freshness=properties.get("updated", ""),
    )


def _properties(record: Record, plume_id: str, name: PlumeId, version: str | None) -> Item:
    found = fields.properties(record)
    gas = found.get("cm:gas")
    platform, instrument = fields.platform(record, name.instrument)
    properties: Item = {
        "title": f"{gas} plume {plume_id}" if gas else f"Plume {plume_id}",
        "datetime": _acquired(record, name),
        **fields.times(record),
        "platform": platform,
        "instruments": [instrument],
        "product:type": "plume",
        "processing:level": "L4",
        "cm:scene_id": name.scene,
        **found,
        "tercet:source": SOURCE,
        "tercet:surface": "csv" if "plume_latitude" in record or "ipcc_sector" in record else "rest",
    }
    software = record.get("processing_software")
    if isinstance(software, str) and software:
        properties["processing:software"] = {"cmpro": software}
    if version:
        properties["version"] = version
    return properties


def _acquired(record: Record, name: PlumeId) -> str:
    """The start of the scene, the same whichever surface spoke.

    Only some answers have a fraction of a second, so it is the name's: Tanager's hundredths.
    """
    value = record.get("scene_timestamp") or record.get("datetime")
    second = utc(value, name="scene_timestamp")[:19] if value else utc(name.second, name="its name's time")[:19]
    return f"{second}.{name.fraction if second == name.second else '000'}Z"


def _version(record: Record, files: PlumeAssets) -> str | None:
    """The version of the emission; where there is no emission, of the pictures."""
    stated = record.get("emission_version")
    if isinstance(stated, str) and stated:
        return stated
    home = files.vis or files.ime
    return home.version if home else None


def _extensions(properties: Item, files: PlumeAssets) -> list[str]:
    extensions = [_PROCESSING, _PRODUCT]
    if "version" in properties:
        extensions.append(_VERSION)
    if "published" in properties:
        extensions.append(_TIMESTAMPS)
    if "view:off_nadir" in properties:
        extensions.append(_VIEW)
    if files.assets:
        extensions.append(_AUTH)
        if files.has_checksums:
            extensions.append(_FILE)
    return extensions


def _not_a_plume(record: Record) -> str:
    """Why a record of Carbon Mapper that is no plume is not taken, for people."""
    if record.get("type") == "Feature" and isinstance(record.get("collection"), str):
        return (
            f"STAC Item {record['collection']}/{record.get('id')}: one product of a plume or scene; "
            "plumes are taken from REST and CSV answers for now"
        )
    properties = record.get("properties")
    if isinstance(properties, Mapping) and "source_name" in properties:
        name = str(properties["source_name"]).partition("?")[0]
        return f"source {name}: a cluster of plumes; sources are not taken for now, only plumes"
    if "name" in record and "timestamp" in record:
        return f"scene {record['name']}: scenes are not taken for now, only plumes"
    return f"it has no plume_id, so it is no plume of Carbon Mapper; its fields are {', '.join(map(str, record))[:200]}"
