"""A scene of our own, as the surfaces of Carbon Mapper would tell it."""

from collections.abc import Sequence
from typing import Any

from tests.transforms.carbon_mapper_surfaces import GATEWAY

SCENE = "tan20260813t101112c96s4001"
RING = [[10.0, 20.0], [10.2, 20.0], [10.3, 20.2], [10.0, 20.2], [10.0, 20.0]]
RASTERS = ("cmf.tif", "cmf-unortho.tif", "uncertainty.tif", "uncertainty-unortho.tif", "uas.txt")
GRID = {"proj:epsg": 32632, "proj:shape": [600, 500], "proj:transform": [30.0, 0.0, 4e5, 0.0, -30.0, 2.2e6, 0, 0, 1]}


def product(collection: str, *, archived: bool = False, keys: Sequence[str] = RASTERS, **more: Any) -> dict[str, Any]:
    """A STAC Item of a scene of our own."""
    version = collection.rpartition("-")[2]
    parts = collection.split("-")
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": SCENE,
        "collection": collection,
        "geometry": {"type": "Polygon", "coordinates": [RING]},
        "bbox": [10.0, 20.0, 10.3, 20.2],
        "cmpro_version": "3.99.0",
        "properties": {
            "datetime": "2026-08-13T10:11:12Z",
            "platform": "tan",
            "instruments": ["tan"],
            "version": version,
            **({"cm:gas": parts[1], "cm:cmf_type": parts[2]} if parts[1] != "rgb" else {}),
            "gsd": 30.5,
            **GRID,
            "proj:bbox": [4e5, 2.18e6, 4.15e5, 2.2e6],
            "view:sun_elevation": 61.5,
            "cm:water_vapor": 21.5,
            "cm:water_vapor_source": "ecmwf_ifs",
            "cm:active_wavelengths": [2100.5, 2105.5],
            "processing:level": "L2",
            "processing:software": {"cmpro": "3.99.0"},
            "processing:datetime": "2026-08-14T02:21:42.863034+00:00",
            "cm:created": "2026-08-14T02:21:44.097Z",
            "cm:modified": "2026-09-12T10:12:13.523Z",
            "cm:published_at": "2026-09-12T10:12:13.523Z",
            "cm:visibility": "public_archive" if archived else "public",
            "cm:mission_phase": "production",
            "cm:scene:name": SCENE,
            "cm:scene:platform": None,
            "cm:scene:created": "2026-08-13T20:47:09.506Z",
            "cm:scene:modified": "2026-09-12T10:12:13.400Z",
            "cm:scene:published_at": "2026-09-12T10:12:13.300Z",
            "cm:scene:cloud_cover_pct": 12.5,
            "cm:scene:cloud_cover_pct_assessed": 100,
            **more,
        },
        "links": [],
        "assets": {key: asset(collection, key) for key in keys},
    }


def asset(collection: str, key: str) -> dict[str, Any]:
    off_grid = {} if key in ("cmf.tif", "uncertainty.tif", "rgb.tif") else {"proj:epsg": None}
    return {
        "href": f"{GATEWAY}/{collection}/2026/08/13/{SCENE}/{SCENE}_{collection}_{key}",
        "type": "text/plain" if key.endswith("txt") else "image/tiff; application=geotiff; profile=cloud-optimized",
        "file:size": 1000,
        "file:checksum": "1114" + "0" * 40,
        **off_grid,
    }


def picture(version: str, *, archived: bool = False) -> dict[str, Any]:
    bands = [{"name": "red", "description": "x", "center_wavelength": 0.66, "full_width_half_max": 0.01}]
    return product(f"l2b-rgb-{version}", archived=archived, keys=("rgb.tif",), bands=bands)


def annotated(**changes: Any) -> dict[str, Any]:
    """An element of scenes/annotated of our own."""
    record = {
        "id": "00000000-0000-4000-8000-000000000002",
        "name": SCENE,
        "bounds": [10.0, 20.0, 10.3, 20.2],
        "timestamp": "2026-08-13T10:11:12.960000Z",
        "published_at": "2026-09-12T10:12:13.300Z",
        "platform": "Tanager",
        "instrument": "tan",
        "mission_phase": "production",
        "cloud_cover_pct": 12.5,
        "cloud_cover_pct_assessed": 100,
        "not_cloudy": True,
        "area_sqkm": 430.5,
        "gsd": None,
        "published_plume_count": 0,
        "sun_elevation": 61.5,
        "off_nadir": -12.25,
    }
    return {**record, **changes}
