"""STAC Items of the fake: products of plumes and of scenes, in the shape that the provider's had."""

from datetime import datetime, timedelta
from typing import Any

from tests.upstreams.carbon_mapper_archive import Archive
from tests.upstreams.carbon_mapper_columns import DAY_MS, PLUMES_PER_SCENE, VERSIONS
from tests.upstreams.carbon_mapper_holdings import EMPTY, NEWEST, Holding
from tests.upstreams.carbon_mapper_plume import (
    GATEWAY,
    Plume,
    checksum,
    milliseconds,
    moment,
    path,
    scene_name,
    scene_uuid,
)

ROOT = "https://api.carbonmapper.org/api/v1/stac"
EXTENSIONS = "https://stac-extensions.github.io"
TIFF = "image/tiff; application=geotiff"
TYPES = {"tif": TIFF, "png": "image/png", "geojson": "application/geo+json", "txt": "text/plain"}
FILES = {
    "vis": (
        "plume.tif",
        "plume-concentrations.tif",
        "plume-outline.geojson",
        "rgb.tif",
        "plume.png",
        "plume-rgb.png",
        "rgb.png",
    ),
    "ime": ("ime-cmf-concentrations.tif", "ime-cmf-mask.tif", "ime-cmf-outline.geojson"),
    "l4a": (),
    "l2c": (),
    "l2b": ("cmf.tif", "cmf-unortho.tif", "uncertainty.tif", "uncertainty-unortho.tif", "artifact-mask.tif", "uas.txt"),
    "rgb": ("rgb.tif",),
}
PLATFORMS = {"tan": ("tan", "tan"), "emi": ("iss", "emit"), "GAO": ("gao", "gao"), "av3": ("av3", "av3")}


def files(kind: str, collection: str, version: int) -> tuple[str, ...]:
    """The keys of the files of a product; the flags of the newest scenes were left out."""
    if collection == "l3a-ch4-mf-v1":
        return ("concentrations.tif",)
    if kind == "ime" and VERSIONS[version][1] == "v1":
        return ("tile.tif", "quantification-mask.tif", "ime-cmf-concentrations.tif")
    return tuple(key for key in FILES[kind] if not (key == "artifact-mask.tif" and version == NEWEST))


def feature(archive: Archive, collection: str, holding: Holding, member: int) -> dict[str, Any]:
    """One STAC Item."""
    if holding.kind in ("l2b", "rgb"):
        return _of_scene(archive, collection, holding, member)
    return _of_plume(archive, collection, holding, member)


def _of_plume(archive: Archive, collection: str, holding: Holding, index: int) -> dict[str, Any]:
    # what was processed anew was of an older version before
    was = index in archive.reprocessed and holding.version != NEWEST
    plume = Plume(archive, index, original=was)
    is_new = index in archive.reprocessed and not was
    published = archive.changed_at if is_new and holding.kind != "l2c" else plume.published
    modified = archive.changed_at if index in archive.reprocessed else plume.published
    visibility = "public_archive" if was and holding.kind != "l2c" else "public"
    common = {
        "datetime": f"{plume.acquired:%Y-%m-%dT%H:%M:%SZ}",
        "cm:created": milliseconds(plume.published - timedelta(days=20)),
        "cm:modified": milliseconds(modified),
        "cm:published_at": milliseconds(published),
        "cm:visibility": visibility,
        "cm:mission_phase": "production",
    }
    if holding.kind == "l2c":
        properties = {**common, **_named("cm:", plume), "cm:gas": plume.gas, "version": "v0"}
        return _item(collection, plume.plume_id, _point(plume), properties, [])
    platform, instrument = PLATFORMS.get(plume.instrument, (plume.instrument, plume.instrument))
    properties = {
        **common,
        "cm:gas": plume.gas.lower(),
        "version": collection.rpartition("-")[2],
        "platform": platform,
        "instruments": [instrument],
        "cm:cmf_type": collection.split("-")[-2],
        "cm:scene_id": plume.scene_name,
        "cm:plume_latitude": plume.latitude,
        "cm:plume_longitude": plume.longitude,
        "processing:level": "L4" if holding.kind == "l4a" else "L3",
        **({"processing:software": {"cmpro": plume.software}} if plume.software else {}),
        **_named("cm:plume:", plume),
        "cm:plume:gas": plume.gas,
        **(_emission(plume) if holding.kind == "l4a" else {}),
        **(_mass(plume) if holding.kind == "ime" else {}),
    }
    geometry = _outline(plume) if holding.kind == "vis" else _point(plume)
    return _item(collection, plume.plume_id, geometry, properties, files(holding.kind, collection, holding.version))


def _named(prefix: str, plume: Plume) -> dict[str, Any]:
    return {
        f"{prefix}longitude": plume.longitude,
        f"{prefix}latitude": plume.latitude,
        f"{prefix}cmf_type": plume.cmf,
        f"{prefix}sector": plume.sector,
        f"{prefix}phme_candidate": False,
        f"{prefix}published_at": milliseconds(plume.published),
        f"{prefix}publications": None,
        f"{prefix}modified": milliseconds(plume.modified),
        f"{prefix}created": milliseconds(plume.published - timedelta(days=20)),
    }


def _emission(plume: Plume) -> dict[str, Any]:
    emission, uncertainty = plume.rate
    return {
        "cm:emission": emission,
        "cm:emission_uncertainty": uncertainty,
        "cm:wind_source": plume.wind_source,
        "cm:wind_speed_avg": plume.wind[0],
        "cm:wind_speed_std": 0.3,
        "cm:wind_direction_avg": plume.wind[1],
        "cm:wind_direction_std": 4.5,
        "cm:emission_forecast": None,
    }


def _mass(plume: Plume) -> dict[str, Any]:
    """Mass over fetch, times wind, is the emission."""
    fetch = 1500.0
    return {
        "cm:ime": plume.emission * fetch / (plume.wind[0] * 3600),
        "cm:fetch": fetch,
        "cm:pixres": 59.1,
        "cm:sum_pix": 166.0,
        "cm:ime_avg": None,
    }


def _of_scene(archive: Archive, collection: str, holding: Holding, number: int) -> dict[str, Any]:
    scene = Scene(archive, number)
    west, south, east, north = scene.bounds
    properties = {
        "gsd": 59.1,
        "version": VERSIONS[holding.version][1],
        "datetime": scene.timestamp,
        "platform": PLATFORMS.get(scene.instrument, (scene.instrument, ""))[0],
        "instruments": [PLATFORMS.get(scene.instrument, ("", scene.instrument))[1]],
        "proj:epsg": 32638,
        "proj:shape": [2064, 1837],
        "proj:transform": [59.1, 0.0, 586795.5, 0.0, -59.1, 1802176.4, 0.0, 0.0, 1.0],
        "processing:level": "L2",
        "view:sun_elevation": 50.0 + number % 30,
        "cm:created": milliseconds(scene.acquired + timedelta(days=1)),
        "cm:modified": milliseconds(scene.acquired + timedelta(days=31)),
        "cm:published_at": milliseconds(scene.acquired + timedelta(days=31)),
        "cm:visibility": "public",
        "cm:mission_phase": "production",
        "cm:scene:name": scene.name,
        "cm:scene:instrument": scene.instrument,
        "cm:scene:platform": None,
        "cm:scene:cloud_cover_pct": float(number % 100),
    }
    if holding.kind == "l2b":
        properties |= {"cm:gas": collection.split("-")[1], "cm:cmf_type": collection.split("-")[2]}
    geometry = {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }
    return _item(collection, scene.name, geometry, properties, files(holding.kind, collection, holding.version))


class Scene:
    """One acquisition: the even ones have plumes, the odd ones none."""

    def __init__(self, archive: Archive, number: int) -> None:
        self.plume, self.number = Plume(archive, number // 2 * PLUMES_PER_SCENE), number
        self.acquired: datetime = moment(int(self.plume.acquired.timestamp() * 1000) + number % 2 * EMPTY)
        self.instrument = self.plume.instrument
        self.name = scene_name(self.instrument, self.acquired, number // 2)
        self.timestamp = f"{self.acquired:%Y-%m-%dT%H:%M:%SZ}"
        longitude, latitude = self.plume.longitude, self.plume.latitude
        # nowhere over the line: what the provider makes of that is not known
        self.bounds = [max(-180.0, longitude - 0.3), latitude - 0.3, min(180.0, longitude + 0.3), latitude + 0.3]
        self.published = self.acquired + timedelta(milliseconds=31 * DAY_MS)
        self.id = scene_uuid(number // 2) if number % 2 == 0 else scene_uuid((1 << 40) + number)


def _item(
    collection: str, name: str, geometry: dict[str, Any], properties: dict[str, Any], keys: Any
) -> dict[str, Any]:
    corners = geometry["coordinates"][0] if geometry["type"] == "Polygon" else [geometry["coordinates"]]
    longitudes, latitudes = [corner[0] for corner in corners], [corner[1] for corner in corners]
    home = {"rel": "collection", "type": "application/json", "href": f"{ROOT}/collections/{collection}"}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [f"{EXTENSIONS}/version/v1.2.0/schema.json", f"{EXTENSIONS}/file/v2.1.0/schema.json"],
        "id": name,
        "geometry": geometry,
        "bbox": [min(longitudes), min(latitudes), max(longitudes), max(latitudes)],
        "properties": properties,
        # the link to the collection is there twice at times
        "links": [{**home, "rel": "self", "href": f"{home['href']}/items/{name}"}, home, home],
        "assets": {key: _asset(path(name, collection, key), key) for key in keys},
        "collection": collection,
    }


def _asset(where: str, key: str) -> dict[str, Any]:
    return {
        "href": f"{GATEWAY}/{where}",
        "type": TYPES[key.rpartition(".")[2]],
        "title": key,
        "roles": ["visual" if key.endswith(".png") else "data"],
        "file:size": 1000 + len(where),
        "file:checksum": checksum(where),
        **({"proj:epsg": None} if "unortho" in key else {}),
    }


def _point(plume: Plume) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [plume.longitude, plume.latitude]}


def _outline(plume: Plume) -> dict[str, Any]:
    west, south, east, north = plume.bounds
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }
