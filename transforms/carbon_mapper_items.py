"""The Items of a plume, one for each of its versions, of all that is known of it."""

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from transforms.carbon_mapper_assets import Files, Home, assets, has_checksums
from transforms.carbon_mapper_collections import PLUMES
from transforms.carbon_mapper_files import AUTH_SCHEMES
from transforms.carbon_mapper_names import ProductCollection
from transforms.carbon_mapper_plumes import EMISSIONS, Said, Version, facts, newest, versions
from transforms.catalog import EXTENSIONS, STAC_VERSION
from transforms.entry import Entry, Item, Kin, Part
from transforms.geometry import Geometry, bbox, box

SOURCE = "carbon-mapper"
API = "https://api.carbonmapper.org/api/v1"

PROCESSING = f"{EXTENSIONS}/processing/v1.2.0/schema.json"
PRODUCT = f"{EXTENSIONS}/product/v1.0.0/schema.json"
AUTH = f"{EXTENSIONS}/authentication/v1.1.0/schema.json"
FILE = f"{EXTENSIONS}/file/v2.1.0/schema.json"
_VIEW = f"{EXTENSIONS}/view/v1.1.0/schema.json"
# an extension is declared where a property of it is there
BY_PROPERTY: Mapping[str, str] = {
    "version": f"{EXTENSIONS}/version/v1.2.0/schema.json",
    "published": f"{EXTENSIONS}/timestamps/v1.1.0/schema.json",
    **dict.fromkeys(("view:off_nadir", "view:sun_elevation", "view:sun_azimuth", "view:azimuth"), _VIEW),
    "proj:code": f"{EXTENSIONS}/projection/v2.0.0/schema.json",
}
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_SURFACES = {"rest": "rest", "related": "rest", "csv": "csv"}
_SECONDS_PER_HOUR = 3600
_NEAR = 1e-3
"""Relative difference up to which the emission is what its parts make."""


def plume_key(plume_id: str) -> str:
    """What a plume and the sources that it belongs to are related by."""
    return f"carbon-mapper:plume:{plume_id}"


def scene_key(scene: str) -> str:
    """What a scene and the plumes in it are related by."""
    return f"carbon-mapper:scene:{scene}"


def plume_entries(parts: Sequence[Part]) -> list[Entry]:
    """The versions of one plume; none where nothing says which area it covers.

    Raises:
        RecordError: the area is none.
    """
    said = [part.said for part in parts if part.said["says"] != "verified"]
    checked = checked_files(parts)
    freshness = max(part.freshness for part in parts)
    known = facts(said) if said else {}
    chain = versions(said)
    return [
        _entry(version, geometry, known, checked, freshness, parts)
        for version in chain
        if (geometry := _geometry(version, chain)) is not None
    ]


def checked_files(parts: Sequence[Part]) -> dict[str, bool]:
    """Addresses that were asked for, and whether they were there when they last were."""
    found: dict[str, bool] = {}
    for part in sorted((part for part in parts if part.said["says"] == "verified"), key=lambda part: part.freshness):
        found |= part.said["checked"]
    return found


def _geometry(version: Version, chain: Sequence[Version]) -> Geometry | None:
    """The outline of its pictures, or the bounds that its records state; else those of the version nearest to it.

    A plume's outline changes little from version to version; an Item without any would be lost.
    """
    place = chain.index(version)
    for other in [version, *reversed(chain[:place]), *chain[place + 1 :]]:
        outlines = [(one["says"], one["geometry"]) for one in other.rasters if "geometry" in one]
        for says, geometry in outlines:
            if says == "vis":
                return dict(geometry)
        for one in other.emissions:
            if "bounds" in one:
                return box(*one["bounds"])
        if outlines:
            return dict(outlines[0][1])
    return None


def _entry(  # noqa: PLR0913, PLR0917 - what a version is made of
    version: Version,
    geometry: Geometry,
    known: Mapping[str, Any],
    checked: Mapping[str, bool],
    freshness: str,
    parts: Sequence[Part],
) -> Entry:
    plume_id = parts[0].said["plume"]
    rate = version.rate()
    files = assets(plume_id, _homes(version), checked, has_emission="cm:emission" in rate)
    properties = _properties(plume_id, version, known, rate)
    if files:
        properties["auth:schemes"] = AUTH_SCHEMES
    item: Item = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": extensions(properties, files),
        "id": plume_id,
        "collection": PLUMES.id,
        "geometry": geometry,
        "bbox": bbox(geometry),
        "properties": properties,
        "links": [
            {
                "rel": "via",
                "href": f"{API}/catalog/plume/{plume_id}",
                "type": "application/json",
                "title": "Record of Carbon Mapper",
            }
        ],
        "assets": files,
    }
    return Entry(
        item,
        "plumes",
        subject=plume_id,
        rank=version.rank,
        archive_id=archive_id(plume_id, version.label),
        freshness=freshness,
        part=parts[0] if len(parts) == 1 else None,
        kin=(Kin(scene_key(properties["cm:scene_id"]), "derived_from"), Kin(plume_key(plume_id))),
        remarks=_remarks(version, [part.said for part in parts if part.said["says"] == "l2c"], properties),
    )


def safe(name: str) -> str:
    """A name as an id may be spelled."""
    return _UNSAFE.sub("-", name)


def archive_id(name: str, version: str | None) -> str:
    """The id of a superseded version."""
    return f"{name}_{safe(version or 'unversioned')}"


def _properties(plume_id: str, version: Version, known: Mapping[str, Any], rate: Mapping[str, Any]) -> Item:
    gas = known.get("cm:gas")
    spoke = version.emissions or newest(version.rasters)
    properties: Item = {
        "title": f"{gas} plume {plume_id}" if gas else f"Plume {plume_id}",
        **known,
        **rate,
        "product:type": "plume",
        "processing:level": "L4",
        "cm:scene_id": plume_id.rpartition("-")[0],
        "tercet:source": SOURCE,
        "tercet:surface": _SURFACES.get(spoke[0]["says"], "stac"),
    }
    software = next((one["software"] for one in (*version.emissions, *version.rasters) if "software" in one), None)
    if software:
        properties["processing:software"] = {"cmpro": software}
    if version.label:
        properties["version"] = version.label
    return properties


def extensions(properties: Item, files: Mapping[str, Any] = MappingProxyType({})) -> list[str]:
    """The extensions whose properties an Item has, and its files, which are behind a login."""
    found = [PROCESSING, PRODUCT, *dict.fromkeys(url for name, url in BY_PROPERTY.items() if name in properties)]
    if files:
        found.append(AUTH)
        if has_checksums(files):
            found.append(FILE)
    return found


def _homes(version: Version) -> list[Home]:
    """The collections that hold its files: pictures first, and what records name before what goes with it."""
    if len(version.emissions) == 1 and not version.rasters:
        stated: Files = version.emissions[0].get("files", {})
        found = [Home(collection, stated[name]) for name in stated if (collection := ProductCollection.parse(name))]
        return sorted(found, key=_place_of) if len(found) > 1 else found
    names = [*version.named, *(name for one in version.rasters for name in one.get("files", ()))]
    complete = {one["collection"] for one in version.rasters}
    found = []
    for name in dict.fromkeys(names):
        collection = ProductCollection.parse(name)
        if collection is not None:
            found.append(Home(collection, _files(name, version), name in complete))
    return sorted(found, key=_place_of)


def _place_of(home: Home) -> int:
    return ("vis", "ime").index(home.collection.kind) if home.collection.kind in ("vis", "ime") else 2


def _files(name: str, version: Version) -> dict[str, dict[str, Any]]:
    """What was stated of the files of one collection: STAC's word on each first, which has sizes, too."""
    found: dict[str, dict[str, Any]] = {}
    for one in (*version.rasters, *version.emissions):
        for file, stated in one.get("files", {}).get(name, {}).items():
            if not found.get(file):
                found[file] = stated
    return found


def _remarks(version: Version, detections: Sequence[Said], properties: Item) -> tuple[str, ...]:
    new = [
        f"{'CSV rows' if one['says'] == 'csv' else 'records'} of plumes ({one['says']}) have {name!r}, "
        "which is new to Tercet and left out"
        for one in (*version.emissions, *version.rasters, *detections)
        for name in one.get("new", ())
    ]
    if properties.get("instruments") == ["emit"] and not _adds_up(properties):
        new.append("QA: the emission of a CH4 plume of EMIT is not IME / fetch x wind speed x 3600")
    return tuple(dict.fromkeys(new)) if new else ()


def _adds_up(properties: Item) -> bool:
    """Whether the emission (kg/h) is the mass (kg) over the length (m) that it was blown along, at the wind's speed.

    Source: two versions of a recorded plume, to all digits. Other gases and instruments are quantified otherwise.
    """
    names = ("cm:emission", "cm:ime", "cm:fetch", "cm:wind_speed_avg")
    rate, mass, length, speed = (properties.get(name) for name in names)
    if None in (rate, mass, speed) or not length or properties.get("cm:gas") != "CH4":
        return True
    return math.isclose(rate, mass / length * speed * _SECONDS_PER_HOUR, rel_tol=_NEAR)  # type: ignore[arg-type]


def needs_more(part: Part) -> str:
    """Why a part makes no Item by itself."""
    said = part.said
    if said["says"] in EMISSIONS and said["says"] != "l4a":
        return (
            "it has no plume_bounds, or a point, so what it covers is not known: "
            "kept until another record of the plume says"
        )
    thing = "plume" if "plume" in said else "scene"
    return (
        f"{said.get('collection', 'it')} states no area that it covers: kept until another record of the {thing} does"
    )
