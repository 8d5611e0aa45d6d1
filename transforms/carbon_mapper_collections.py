"""What the Collections of Carbon Mapper say of themselves.

Source: Carbon Mapper's terms of use of 2026-01-13 (https://carbonmapper.org/terms) and its public documentation.
"""

from collections.abc import Mapping
from typing import Any

from transforms.carbon_mapper_files import PLUME_ASSETS, SCENE_ASSETS, SOURCE_ASSETS
from transforms.carbon_mapper_queryables import PLUME_QUERYABLES, SCENE_QUERYABLES, SOURCE_QUERYABLES
from transforms.catalog import EXTENSIONS, CollectionSpec

ATTRIBUTION = "Source: Carbon Mapper"
PROVIDERS: tuple[Mapping[str, Any], ...] = (
    {
        "name": "Carbon Mapper",
        "description": "Detects and quantifies the plumes, publishes them, and grants the licence.",
        "roles": ["processor", "licensor", "host"],
        "url": "https://carbonmapper.org",
    },
    {
        "name": "Planet Labs",
        "description": "Operates Tanager-1.",
        "roles": ["producer"],
        "url": "https://www.planet.com",
    },
    {
        "name": "NASA Jet Propulsion Laboratory",
        "description": "Operates EMIT and AVIRIS.",
        "roles": ["producer"],
        "url": "https://www.jpl.nasa.gov",
    },
    {
        "name": "Arizona State University",
        "description": "Operates the Global Airborne Observatory.",
        "roles": ["producer"],
        "url": "https://www.asu.edu",
    },
)
LINKS: tuple[Mapping[str, Any], ...] = (
    {
        "rel": "license",
        "href": "https://carbonmapper.org/terms",
        "type": "text/html",
        "title": "Carbon Mapper terms of use: non-commercial, with attribution",
    },
    {
        "rel": "about",
        "href": "https://data.carbonmapper.org",
        "type": "text/html",
        "title": "Carbon Mapper data portal",
    },
    {
        "rel": "describedby",
        "href": "https://api.carbonmapper.org/api/v1/docs",
        "type": "text/html",
        "title": "Carbon Mapper API",
    },
)

_TERMS = f"{ATTRIBUTION}; non-commercial use under Carbon Mapper's terms of use."
_KEYWORDS = ("methane", "CH4", "carbon dioxide", "CO2", "Tanager", "EMIT", "AVIRIS", "GAO")
_CITATION = "Carbon Mapper. Carbon Mapper Data Portal. https://carbonmapper.org/data"
_RENDER = f"{EXTENSIONS}/render/v2.0.0/schema.json"

PLUMES = CollectionSpec(
    id="carbon-mapper-plumes",
    title="Carbon Mapper: methane and CO2 plumes",
    description=(
        "Plumes of methane and carbon dioxide that Carbon Mapper detected in scenes of Tanager-1, EMIT and airborne "
        "imaging spectrometers, each with its emission rate at the time of the overpass, the wind behind it, and "
        f"rasters of its enhancement. {_TERMS} "
        "The newest version of each plume is here; Tanager's plumes are published 30 days after acquisition. "
        "Files need the token of a free Carbon Mapper account."
    ),
    license="other",
    providers=PROVIDERS,
    keywords=("plume", "emission", *_KEYWORDS),
    item_assets=PLUME_ASSETS,
    queryables=PLUME_QUERYABLES,
    links=LINKS,
    citation=_CITATION,
    extra={
        "stac_extensions": [_RENDER],
        "attribution": ATTRIBUTION,
        "renders": {
            "plume": {"title": "Plume", "assets": ["mask"], "bidx": [1, 2, 3, 4]},
            "rgb": {"title": "True colour", "assets": ["rgb"], "bidx": [1, 2, 3], "nodata": 0},
            "concentrations": {
                "title": "Enhancement, ppm·m",
                "assets": ["concentrations"],
                "rescale": [[0, 1500]],
                "colormap_name": "plasma",
                "nodata": "nan",
            },
        },
    },
)

SCENES = CollectionSpec(
    id="carbon-mapper-scenes",
    title="Carbon Mapper: scenes",
    description=(
        "Scenes that Carbon Mapper searched for plumes, with rasters of the enhancement of methane and carbon dioxide "
        "over the whole scene, their uncertainty, and a true-colour picture. Scenes in which nothing was detected are "
        f"here, too: cm:published_plume_count is 0. {_TERMS} The newest version of each scene is here. "
        "Rasters named unortho and the artifact mask are in rows and columns of the sensor. "
        "Files need the token of a free Carbon Mapper account."
    ),
    license="other",
    providers=PROVIDERS,
    keywords=("scene", "enhancement", "matched filter", *_KEYWORDS),
    item_assets=SCENE_ASSETS,
    queryables=SCENE_QUERYABLES,
    links=LINKS,
    citation=_CITATION,
    extra={
        "stac_extensions": [_RENDER],
        "attribution": ATTRIBUTION,
        "renders": {
            "cmf_ch4": {
                "title": "Methane enhancement, ppm·m",
                "assets": ["cmf_ch4"],
                "rescale": [[0, 1500]],
                "colormap_name": "plasma",
            },
            "rgb": {"title": "True colour", "assets": ["rgb"], "bidx": [1, 2, 3]},
        },
    },
)

SOURCES = CollectionSpec(
    id="carbon-mapper-sources",
    title="Carbon Mapper: sources",
    description=(
        "Places that emit: clusters of plumes of one gas and sector, with the days on which each was observed and "
        "detected. The emission of a source is the mean of its daily emissions times its persistence, the share of "
        "observed days with a detection: an average over overpasses without a detection, too, that must not be "
        "compared with the emission of a plume, which is that of one overpass. The provider computes its clusters "
        f"anew now and then, and their names change with their centres. {_TERMS}"
    ),
    license="other",
    providers=PROVIDERS,
    keywords=("source", "emitter", "persistence", "emission", *_KEYWORDS),
    item_assets=SOURCE_ASSETS,
    queryables=SOURCE_QUERYABLES,
    links=LINKS,
    citation=_CITATION,
    extra={"attribution": ATTRIBUTION},
)
COLLECTIONS = (PLUMES, SCENES, SOURCES)
