"""What the Collections of Carbon Mapper say of themselves.

Source: Carbon Mapper's terms of use of 2026-01-13 (https://carbonmapper.org/terms) and its public documentation.
"""

from collections.abc import Mapping
from typing import Any

from transforms.carbon_mapper_assets import ITEM_ASSETS
from transforms.catalog import COMMON_QUERYABLES, EXTENSIONS, CollectionSpec, Queryable

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

_COMMON = (
    "updated",
    "published",
    "platform",
    "instruments",
    "product:type",
    "processing:level",
    "version",
    "gsd",
    "tercet:source",
    "tercet:surface",
)
PLUME_QUERYABLES: Mapping[str, Queryable] = {
    **{name: COMMON_QUERYABLES[name] for name in _COMMON},
    "cm:gas": Queryable("Gas", "string", "CH4 or CO2.", summarise=True),
    "cm:emission": Queryable(
        "Emission rate", "number", "Rate at the time of the overpass; absent where withheld.", "kg/h", summarise=True
    ),
    "cm:emission_uncertainty": Queryable(
        "Emission uncertainty", "number", "Uncertainty of the rate; what it covers depends on the version.", "kg/h"
    ),
    "cm:emission_cmf_type": Queryable("Emission filter", "string", "Matched filter of the rate.", summarise=True),
    "cm:hide_emission": Queryable("Emission withheld", "boolean", "Whether the provider withholds the rate."),
    "cm:sector": Queryable("Sector", "string", "IPCC-like code: 1B2 oil and gas, 6A solid waste…", summarise=True),
    "cm:wind_speed_avg": Queryable("Wind speed", "number", "Mean wind 10 m above ground.", "m/s", summarise=True),
    "cm:wind_speed_std": Queryable("Wind speed spread", "number", "Standard deviation of the wind speed.", "m/s"),
    "cm:wind_direction_avg": Queryable(
        "Wind direction", "number", "Where the wind comes from, clockwise from north.", "deg"
    ),
    "cm:wind_direction_std": Queryable(
        "Wind direction spread", "number", "Standard deviation of the direction.", "deg"
    ),
    "cm:wind_source": Queryable("Wind source", "string", "Weather model: hrrr, ecmwf_ifs, era5.", summarise=True),
    "cm:plume_latitude": Queryable("Origin latitude", "number", "Where the plume begins, WGS 84.", "deg"),
    "cm:plume_longitude": Queryable("Origin longitude", "number", "Where the plume begins, WGS 84.", "deg"),
    "cm:country": Queryable("Country", "string", "Country of the origin.", summarise=True),
    "cm:state_province": Queryable("State or province", "string", "State or province of the origin."),
    "cm:is_offshore": Queryable("Offshore", "boolean", "Whether the origin lies at sea."),
    "cm:mission_phase": Queryable("Mission phase", "string", "production, or Tanager's first_light.", summarise=True),
    "cm:sensitivity_mode": Queryable("Sensitivity mode", "string", "Tanager's mode of the scene.", summarise=True),
    "cm:cmf_type": Queryable("Detection filter", "string", "Matched filter of the detection.", summarise=True),
    "cm:collection": Queryable("Detection collection", "string", "The provider's collection of the detection."),
    "cm:scene_id": Queryable("Scene", "string", "Name of the scene that the plume was seen in."),
    "cm:scene_uuid": Queryable("Scene UUID", "string", "The provider's identifier of the scene."),
    "cm:plume_uuid": Queryable("Plume UUID", "string", "The provider's identifier of the plume."),
    "cm:plume_quality": Queryable("Quality", "string", "The provider's judgement: good, questionable, bad."),
    "cm:phme_candidate": Queryable("PHME candidate", "boolean", "The provider's flag of that name."),
    "cm:publications": Queryable("Publications", "strings", "Where the provider published on the plume."),
    "cm:provider": Queryable("Operator", "string", "Who operates the instrument.", summarise=True),
    "view:off_nadir": Queryable("Off-nadir angle", "number", "Angle of view from nadir.", "deg", summarise=True),
}

PLUMES = CollectionSpec(
    id="carbon-mapper-plumes",
    title="Carbon Mapper: methane and CO2 plumes",
    description=(
        "Plumes of methane and carbon dioxide that Carbon Mapper detected in scenes of Tanager-1, EMIT and airborne "
        "imaging spectrometers, each with its emission rate at the time of the overpass, the wind behind it, and "
        f"rasters of its enhancement. {ATTRIBUTION}; non-commercial use under Carbon Mapper's terms of use. "
        "The newest version of each plume is here; Tanager's plumes are published 30 days after acquisition. "
        "Files need the token of a free Carbon Mapper account."
    ),
    license="other",
    providers=PROVIDERS,
    keywords=("methane", "CH4", "carbon dioxide", "CO2", "plume", "emission", "Tanager", "EMIT", "AVIRIS", "GAO"),
    item_assets=ITEM_ASSETS,
    queryables=PLUME_QUERYABLES,
    links=LINKS,
    citation="Carbon Mapper. Carbon Mapper Data Portal. https://carbonmapper.org/data",
    extra={
        "stac_extensions": [f"{EXTENSIONS}/render/v2.0.0/schema.json"],
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
