"""The files of plumes and scenes: which asset each is, and what is known of it.

Source: the provider's STAC Items (media types), and rasters that were looked at (data types, nodata, bands).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from transforms.carbon_mapper_names import ProductCollection

AUTH = "carbon_mapper"
"""Name of the login that every asset refers to."""
AUTH_SCHEMES: Mapping[str, Any] = {
    AUTH: {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of a free Carbon Mapper account, made under Account > API Tokens.",
    }
}

# QGIS compares these byte by byte
GEOTIFF = "image/tiff; application=geotiff"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
PNG = "image/png"
GEOJSON = "application/geo+json"
TEXT = "text/plain"

_RGB = [{"name": "red"}, {"name": "green"}, {"name": "blue"}]
_ALPHA = [*_RGB, {"name": "alpha", "description": "Above 0 where the pixel belongs to the plume."}]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a plume or scene.

    Attributes:
        asset: the key of the asset.
        measured: data type, nodata, unit and bands as found in real files of ``measured_in``.
        measured_in: the versions that files were looked at in, or that are said to be the same.
    """

    asset: str
    title: str
    media_type: str
    roles: tuple[str, ...]
    description: str
    measured: Mapping[str, Any] = field(default_factory=dict)
    measured_in: frozenset[str] = frozenset()

    def definition(self) -> dict[str, Any]:
        """What holds for this file in every Item: an entry of a Collection's ``item_assets``."""
        roles = {"roles": list(self.roles)}
        return {"title": self.title, "description": self.description, "type": self.media_type, **roles}


V3 = frozenset({"v3", "v3a", "v3b", "v3c", "v3d", "v3e"})
# from v3b on the whole crop keeps its values, so that 0 may no longer mean "not integrated"
_MASKED = frozenset({"v3", "v3a"})

VIS_FILES: Mapping[str, File] = {
    "plume.tif": File(
        "mask",
        "Plume mask",
        GEOTIFF,
        ("mask", "visual"),
        "Coloured picture of the plume whose fourth band, alpha, is above 0 inside the plume.",
        {"data_type": "uint8", "bands": _ALPHA},
        V3,
    ),
    "plume-concentrations.tif": File(
        "concentrations",
        "Enhancement",
        GEOTIFF,
        ("data",),
        "Enhancement of the gas above its background over the plume's crop; NaN outside the plume.",
        {"data_type": "float32", "nodata": "nan", "unit": "ppm.m"},
        V3,
    ),
    "rgb.tif": File(
        "rgb",
        "True colour",
        GEOTIFF,
        ("visual",),
        "The ground around the plume in true colour.",
        {"data_type": "uint8", "nodata": 0, "bands": _RGB},
        V3,
    ),
    "plume-outline.geojson": File("outline", "Plume outline", GEOJSON, ("data",), "Outline of the plume mask."),
    "plume-confidence.tif": File("confidence", "Plume confidence", GEOTIFF, ("data",), "Confidence in each pixel."),
    "plume.png": File("thumbnail", "Plume", PNG, ("thumbnail",), "The plume alone, not georeferenced."),
    "plume-rgb.png": File("overview", "Plume over true colour", PNG, ("overview",), "Not georeferenced."),
    "rgb.png": File("overview_rgb", "True colour", PNG, ("overview",), "Not georeferenced."),
}
IME_FILES: Mapping[str, File] = {
    "ime-cmf-concentrations.tif": File(
        "ime_concentrations",
        "Enhancement that was integrated",
        COG,
        ("data",),
        "Enhancement behind the emission rate. Before v3b it holds the integrated pixels only; "
        "from v3b on apply ime_mask by georeference.",
        {"data_type": "float32", "nodata": 0, "unit": "ppm.m"},
        _MASKED,
    ),
    "ime-cmf-mask.tif": File("ime_mask", "Integrated pixels", COG, ("mask",), "Pixels behind the emission rate."),
    "ime-cmf-outline.geojson": File(
        "ime_outline", "Outline of the integrated pixels", GEOJSON, ("data",), "Outline of ime_mask."
    ),
    "ime-cmf-concentrations.png": File(
        "overview_ime_concentrations",
        "Enhancement that was integrated",
        PNG,
        ("overview",),
        "Not georeferenced.",
    ),
    "ime-cmf-mask.png": File("overview_ime_mask", "Integrated pixels", PNG, ("overview",), "Not georeferenced."),
    "quantification-mask.tif": File("ime_mask", "Integrated pixels", COG, ("mask",), "Pixels behind the emission."),
    "tile.tif": File("ime_concentrations", "Enhancement that was integrated", COG, ("data",), "Of v1."),
}
# before vis and ime were split there was one raster, which the provider offers in the place of ime's
LEGACY_FILES: Mapping[str, File] = {
    "concentrations.tif": File(
        "ime_concentrations", "Enhancement (before v2)", GEOTIFF, ("data",), "Enhancement behind the emission rate."
    ),
}
_SCENE_FILES: Mapping[str, File] = {
    "cmf.tif": File(
        "cmf",
        "Enhancement",
        COG,
        ("data",),
        "Enhancement of the gas by a column-wise matched filter, on the map's grid.",
        {"data_type": "float32", "unit": "ppm.m"},
        V3,
    ),
    "cmf-unortho.tif": File(
        "cmf_unortho",
        "Enhancement, sensor geometry",
        COG,
        ("data",),
        "The same in rows and columns of the sensor: without a coordinate reference system.",
        {"unit": "ppm.m"},
        V3,
    ),
    "uncertainty.tif": File(
        "uncertainty",
        "Uncertainty of the enhancement",
        COG,
        ("data",),
        "Uncertainty of each pixel, on the map's grid.",
        {"unit": "ppm.m"},
        V3,
    ),
    "uncertainty-unortho.tif": File(
        "uncertainty_unortho",
        "Uncertainty, sensor geometry",
        COG,
        ("data",),
        "The same in rows and columns of the sensor: without a coordinate reference system.",
        {"unit": "ppm.m"},
        V3,
    ),
    "artifact-mask.tif": File(
        "artifact_mask",
        "Artifacts, sensor geometry",
        COG,
        ("mask",),
        "Flags of artifacts, not of clouds, in rows and columns of the sensor; v3e has none.",
    ),
    "uas.txt": File("uas", "Unit absorption spectrum", TEXT, ("metadata",), "Spectrum behind the matched filter."),
}
_SCENE_PICTURES: Mapping[str, File] = {
    "rgb.tif": File(
        "rgb",
        "True colour",
        COG,
        ("visual",),
        "The whole scene in true colour, on the map's grid.",
        {"data_type": "uint8"},
        V3,
    ),
}
ON_THE_GRID = frozenset({"cmf.tif", "uncertainty.tif", "rgb.tif"})
"""Files of a scene that lie on the map's grid; the others are in the sensor's rows and columns, or text."""

_FILES: Mapping[tuple[str, str | None], Mapping[str, File]] = {
    ("l3a", "vis"): VIS_FILES,
    ("l3a", "ime"): IME_FILES,
    ("l3a", None): LEGACY_FILES,
    ("l2b", None): _SCENE_FILES,
    ("l2b", "rgb"): _SCENE_PICTURES,
}
_BY_SUFFIX = {"tif": GEOTIFF, "png": PNG, "geojson": GEOJSON, "txt": TEXT}


def _newest(*tables: Mapping[str, File]) -> dict[str, Mapping[str, Any]]:
    """Definitions by asset; where several files can be one, the first, which is the newest version's."""
    found: dict[str, Mapping[str, Any]] = {}
    for file in (file for table in tables for file in table.values()):
        found.setdefault(file.asset, file.definition())
    return found


def _of_gas(gas: str) -> dict[str, Mapping[str, Any]]:
    """Definitions of a scene's files for one gas."""
    named = _newest(_SCENE_FILES).items()
    return {f"{asset}_{gas}": {**file, "title": f"{file['title']}, {gas.upper()}"} for asset, file in named}


PLUME_ASSETS = _newest(VIS_FILES, IME_FILES, LEGACY_FILES)
"""Assets that a plume can have."""
SCENE_ASSETS = {**_of_gas("ch4"), **_of_gas("co2"), **_newest(_SCENE_PICTURES)}
"""Assets that a scene can have."""

SOURCE_ASSETS: Mapping[str, Mapping[str, Any]] = {
    "metadata": {
        "title": "Source with its plumes and scenes",
        "description": "The provider's record, with all plumes of the source and all scenes that it was looked for in.",
        "type": "application/json",
        "roles": ["metadata"],
    }
}
"""Assets that a source has: the record behind its statistics, which anybody may read."""


@lru_cache(maxsize=4096)
def template(collection_id: str, name: str) -> tuple[str, dict[str, Any]]:
    """The asset's key and what holds for this file in all Items of a collection: shared, so never changed.

    A file that is new to us is listed as it is called.
    """
    collection = ProductCollection.parse(collection_id)
    file = _FILES.get((collection.level, collection.kind), {}).get(name) if collection else None
    gas = collection.gas if collection and collection.level == "l2b" else None
    if file is None:
        suffix = name.rpartition(".")[2]
        kind = {"type": _BY_SUFFIX[suffix]} if suffix in _BY_SUFFIX else {}
        key, known = plain_key(name), {**kind, "title": name, "roles": ["data"]}
    else:
        measured = file.measured if collection and collection.version in file.measured_in else {}
        key = file.asset
        known = {"type": file.media_type, "title": file.title, "roles": list(file.roles), **measured}
    if gas:
        key, known["title"] = f"{key}_{gas}", f"{known['title']}, {gas.upper()}"
    return key, {**known, "auth:refs": [AUTH]}


def plain_key(name: str) -> str:
    """The key of a file by its own name."""
    stem, _, suffix = name.rpartition(".")
    return (stem or suffix).replace("-", "_")
