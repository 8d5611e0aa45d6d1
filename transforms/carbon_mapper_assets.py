"""Which file of a plume is which asset, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from transforms.carbon_mapper_names import AssetUrl, ProductCollection

Json = dict[str, Any]

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

_RGB = [{"name": "red"}, {"name": "green"}, {"name": "blue"}]
_ALPHA = [*_RGB, {"name": "alpha", "description": "Above 0 where the pixel belongs to the plume."}]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a plume.

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
_FILES: Mapping[tuple[str, str | None], Mapping[str, File]] = {
    ("l3a", "vis"): VIS_FILES,
    ("l3a", "ime"): IME_FILES,
    ("l3a", None): LEGACY_FILES,
}
# found beside the stated files of every probed ch4-mfa plume of v3 to v3e; of others nobody knows
_SIBLINGS: Mapping[str | None, tuple[str, ...]] = {
    "vis": ("plume-concentrations.tif", "rgb.tif", "plume-outline.geojson"),
    "ime": ("ime-cmf-mask.tif", "ime-cmf-outline.geojson"),
}
_BY_SUFFIX = {"tif": GEOTIFF, "png": PNG, "geojson": GEOJSON, "txt": "text/plain"}

_NEWEST: dict[str, File] = {}
for _files in _FILES.values():
    for _file in _files.values():
        _NEWEST.setdefault(_file.asset, _file)
ITEM_ASSETS: Mapping[str, Mapping[str, Any]] = {key: file.definition() for key, file in _NEWEST.items()}
"""Assets that a plume can have; where several files can be one, the newest version's."""


@dataclass(frozen=True, slots=True)
class PlumeAssets:
    """The assets of one plume and the collections that they come from."""

    assets: Json
    vis: ProductCollection | None
    ime: ProductCollection | None

    @property
    def has_checksums(self) -> bool:
        """Whether any asset carries a checksum."""
        return any("file:checksum" in asset for asset in self.assets.values())


def plume_assets(plume_id: str, urls: Mapping[str, Any], fields: tuple[str, ...]) -> PlumeAssets:
    """The assets of a plume, by evidence.

    What the provider stated is ``recorded``; siblings that are known to lie beside a stated file are ``derived``.
    Addresses of other hosts or other plumes are left out.

    Args:
        plume_id: the plume.
        urls: the record.
        fields: its fields that hold addresses.
    """
    assets: Json = {}
    homes: dict[str | None, AssetUrl] = {}
    for name in fields:
        value = urls.get(name)
        url = AssetUrl.parse(value) if isinstance(value, str) and value else None
        if url is None or url.item != plume_id:
            continue
        homes.setdefault(url.collection.kind, url)
        key, asset = _recorded(url)
        assets.setdefault(key, asset)
    for url in homes.values():
        _add_siblings(assets, url)
    collections = {kind: url.collection for kind, url in homes.items()}
    return PlumeAssets(assets, collections.get("vis"), collections.get("ime"))


def _recorded(url: AssetUrl) -> tuple[str, Json]:
    key, template = _template(url.collection.id, url.key)
    asset = {"href": url.href, **template, "tercet:evidence": "recorded"}
    if url.checksum:
        asset["file:checksum"] = url.checksum
    return key, asset


def _add_siblings(assets: Json, url: AssetUrl) -> None:
    collection = url.collection
    if (collection.level, collection.gas, collection.filter) != ("l3a", "ch4", "mfa") or collection.version not in V3:
        return
    for name in _SIBLINGS.get(collection.kind, ()):
        key, template = _template(collection.id, name)
        if key not in assets:
            assets[key] = {"href": url.sibling(name), **template, "tercet:evidence": "derived"}


@lru_cache(maxsize=4096)
def _template(collection_id: str, name: str) -> tuple[str, Json]:
    """The asset's key and what holds for this file in all plumes of a collection: shared, so never changed."""
    collection = ProductCollection.parse(collection_id)
    file = _FILES.get((collection.level, collection.kind), {}).get(name) if collection else None
    if file is None:  # a file that is new to us is listed as it is called
        stem, _, suffix = name.rpartition(".")
        kind = {"type": _BY_SUFFIX[suffix]} if suffix in _BY_SUFFIX else {}
        return (stem or suffix).replace("-", "_"), {**kind, "title": name, "roles": ["data"], "auth:refs": [AUTH]}
    measured = file.measured if collection and collection.version in file.measured_in else {}
    roles = {"roles": list(file.roles), "auth:refs": [AUTH]}
    return file.asset, {"type": file.media_type, "title": file.title, **roles, **measured}
