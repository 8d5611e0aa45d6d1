"""The Item of a source, of all that is known of it."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from transforms.carbon_mapper_collections import SOURCES
from transforms.carbon_mapper_files import SOURCE_ASSETS
from transforms.carbon_mapper_items import API, SOURCE, extensions, plume_key, safe
from transforms.carbon_mapper_names import PlumeId
from transforms.carbon_mapper_sources import subject
from transforms.carbon_mapper_values import PLATFORMS, slug
from transforms.catalog import STAC_VERSION
from transforms.entry import Entry, Item, Kin, Part
from transforms.geometry import point

Record = Mapping[str, Any]

_METADATA = {key: value for key, value in SOURCE_ASSETS["metadata"].items() if key != "description"}


def source_entries(parts: Sequence[Part]) -> list[Entry]:
    """The Item of a source: what the newest record says, filled up by others of the same name."""
    newest = sorted(parts, key=lambda part: (part.freshness, part.key), reverse=True)
    said = [part.said for part in newest if part.said["source"] == newest[0].said["source"]]
    facts: dict[str, Any] = {}
    for one in said:
        facts = {**one["facts"], **facts}
    name, plumes = said[0]["source"], said[0]["plumes"]
    address = f"{API}/catalog/source/{quote(name)}"
    geometry = point(*said[0]["point"])
    properties = _properties(name, facts, plumes)
    item: Item = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": extensions(properties),
        "id": safe(name),
        "collection": SOURCES.id,
        "geometry": geometry,
        "bbox": [*geometry["coordinates"], *geometry["coordinates"]],
        "properties": properties,
        "links": [
            {
                "rel": "via",
                "href": address,
                "type": "application/json",
                "title": "Record of Carbon Mapper",
            }
        ],
        "assets": {
            "metadata": {
                "href": address,
                **_METADATA,
                "tercet:evidence": "derived",
            }
        },
    }
    return [
        Entry(
            item,
            "sources",
            subject=subject(name, plumes, facts),
            rank="",
            archive_id=item["id"],
            freshness=newest[0].freshness,
            part=parts[0] if len(parts) == 1 else None,
            kin=tuple(Kin(plume_key(plume)) for plume in plumes),
            remarks=_remarks(said),
        )
    ]


def _properties(name: str, facts: Record, plumes: Sequence[str]) -> Item:
    codes = sorted({PlumeId.parse(plume).instrument for plume in plumes})
    known = [PLATFORMS.get(code, (slug(code), slug(code))) for code in codes]
    properties: Item = {
        "title": f"{facts['cm:gas']} source {name}" if "cm:gas" in facts else f"Source {name}",
        **facts,
        "product:type": "source",
        "processing:level": "L4",
        "tercet:source": SOURCE,
        "tercet:surface": "rest",
    }
    if len(known) == 1:
        properties["platform"] = known[0][0]
    if known:
        properties["instruments"] = sorted({instrument for _, instrument in known})
    if plumes:
        properties["cm:plume_ids"] = list(plumes)
    return properties


def _remarks(said: Sequence[Record]) -> tuple[str, ...]:
    new = [
        f"records of sources have {name!r}, which is new to Tercet and left out"
        for one in said
        for name in one.get("new", ())
    ]
    return tuple(sorted(set(new)))
