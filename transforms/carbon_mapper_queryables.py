"""What the Items of Carbon Mapper's Collections can be searched, filtered and sorted by.

Source: the provider's public documentation and answers; meanings that it does not state are said to be its own.
"""

from collections.abc import Mapping

from transforms.catalog import COMMON_QUERYABLES, SHARED_QUERYABLES, Queryable

_COMMON = (
    "created",
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
_VIEW_OFF_NADIR = {
    "view:off_nadir": Queryable("Off-nadir angle", "number", "Angle of view from nadir.", "deg", summarise=True)
}
_PRODUCT = {
    "proj:code": Queryable("Projection", "string", "EPSG code of the rasters."),
    "processing:lineage": Queryable("Lineage", "string", "How the provider made the product."),
    "processing:datetime": SHARED_QUERYABLES["processing:datetime"],
    "cm:created": Queryable("Version created", "datetime", "When the provider made this version."),
    "cm:modified": Queryable("Version changed", "datetime", "When the provider last changed this version."),
    "cm:published_at": Queryable("Version published", "datetime", "When the provider published this version."),
}
PLUME_QUERYABLES: Mapping[str, Queryable] = {
    **{name: COMMON_QUERYABLES[name] for name in _COMMON},
    "title": SHARED_QUERYABLES["title"],
    "cm:gas": Queryable("Gas", "string", "CH4 or CO2.", summarise=True),
    "cm:emission": Queryable(
        "Emission rate",
        "number",
        "Rate at the time of the overpass; absent where withheld.",
        "kg/h",
        summarise=True,
        indexed=True,
    ),
    "cm:emission_uncertainty": Queryable(
        "Emission uncertainty", "number", "Uncertainty of the rate; what it covers depends on the version.", "kg/h"
    ),
    "cm:emission_cmf_type": Queryable("Emission filter", "string", "Matched filter of the rate.", summarise=True),
    "cm:hide_emission": Queryable("Emission withheld", "boolean", "Whether the provider withholds the rate."),
    "cm:sector": Queryable(
        "Sector", "string", "IPCC-like code: 1B2 oil and gas, 6A solid waste…", summarise=True, indexed=True
    ),
    "cm:wind_speed_avg": Queryable(
        "Wind speed", "number", "Mean wind 10 m above ground.", "m/s", summarise=True, indexed=True
    ),
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
    "cm:scene_id": Queryable("Scene", "string", "Name of the scene.", indexed=True),
    "cm:scene_uuid": Queryable("Scene UUID", "string", "The provider's identifier of the scene."),
    "cm:plume_uuid": Queryable("Plume UUID", "string", "The provider's identifier of the plume."),
    "cm:elevation": Queryable("Elevation", "number", "Of a plume's origin, or a scene's mean; above sea level.", "m"),
    "cm:elevation_method": Queryable("Elevation method", "string", "How the elevation was read: point, average."),
    "cm:elevation_source": Queryable("Elevation source", "string", "Where the elevation comes from."),
    "cm:plume_quality": Queryable("Quality", "string", "The provider's judgement: good, questionable, bad."),
    "cm:phme_candidate": Queryable("PHME candidate", "boolean", "The provider's flag of that name."),
    "cm:publications": Queryable("Publications", "strings", "Where the provider published on the plume."),
    "cm:provider": Queryable("Operator", "string", "Who operates the instrument.", summarise=True),
    **_VIEW_OFF_NADIR,
    **_PRODUCT,
    "cm:ime": Queryable("Integrated mass enhancement", "number", "Mass of the gas in the plume.", "kg", summarise=True),
    "cm:ime_uncertainty": Queryable("IME uncertainty", "number", "Uncertainty of the mass.", "kg"),
    "cm:fetch": Queryable("Fetch", "number", "Length of the plume that was integrated.", "m", summarise=True),
    "cm:pixres": Queryable("Pixel size", "number", "Size of the pixels that were integrated.", "m"),
    "cm:sum_pix": Queryable("Pixels", "number", "How many pixels were integrated."),
    "cm:threshold": Queryable("Threshold", "number", "Enhancement above which pixels were integrated.", "ppm.m"),
    "cm:percentile": Queryable("Percentile", "number", "Percentile that gave the threshold.", "%"),
    "cm:crop": Queryable("Crop", "number", "Size of the crop around the origin.", "m"),
    "cm:aspect_ratio": Queryable("Aspect ratio", "number", "Of the integrated pixels."),
    "cm:aspect_ratio_flag": Queryable("Aspect ratio flag", "boolean", "The provider's flag of that name."),
    "cm:background_std": Queryable("Background noise", "number", "Standard deviation of the background."),
    "cm:background_std_ppmm": Queryable("Background noise", "number", "Of the background's enhancement.", "ppm.m"),
    "cm:ime_div_fetch_avg": Queryable("IME by fetch", "number", "Mean of mass over length.", "kg/m"),
    "cm:ime_div_fetch_std": Queryable("IME by fetch, spread", "number", "Spread of mass over length.", "kg/m"),
    "cm:ime_avg": Queryable("Mean IME", "number", "Mean of the mass over several circles.", "kg"),
    "cm:ime_std": Queryable("IME spread", "number", "Spread of the mass over several circles.", "kg"),
    "cm:fetch_avg": Queryable("Mean fetch", "number", "Mean of the length over several circles.", "m"),
    "cm:fetch_std": Queryable("Fetch spread", "number", "Spread of the length over several circles.", "m"),
    "cm:sigma_ime_masking": Queryable(
        "IME masking", "number", "Uncertainty of the mass by the choice of pixels.", "kg"
    ),
    "cm:dynamic_masks_ime_avg": Queryable("IME of masks", "number", "Mean mass over several masks.", "kg"),
    "cm:dynamic_masks_ime_std": Queryable("IME of masks, spread", "number", "Spread over several masks.", "kg"),
}

SCENE_QUERYABLES: Mapping[str, Queryable] = {
    **{name: COMMON_QUERYABLES[name] for name in _COMMON},
    "title": SHARED_QUERYABLES["title"],
    **_PRODUCT,
    **_VIEW_OFF_NADIR,
    "view:azimuth": Queryable("Viewing azimuth", "number", "Clockwise from north.", "deg"),
    "view:incidence_angle": Queryable("Incidence angle", "number", "Between view and vertical on the ground.", "deg"),
    "view:sun_elevation": Queryable("Sun elevation", "number", "Above the horizon.", "deg", summarise=True),
    "view:sun_azimuth": Queryable("Sun azimuth", "number", "Clockwise from north.", "deg"),
    "eo:cloud_cover": Queryable("Cloud cover", "number", "Share of the scene.", "%", summarise=True, indexed=True),
    "cm:cloud_cover_pct_assessed": Queryable("Assessed", "number", "The provider's figure of that name.", "%"),
    "cm:not_cloudy": Queryable("Not cloudy", "boolean", "The provider's judgement."),
    "cm:area_sqkm": Queryable("Area", "number", "Area of the scene.", "km2"),
    "cm:published_plume_count": Queryable(
        "Published plumes",
        "integer",
        "Plumes published of the scene; 0 where none was detected.",
        summarise=True,
        indexed=True,
    ),
    "cm:gases": Queryable("Gases", "strings", "Gases whose enhancement is there.", summarise=True),
    "cm:mission_phase": PLUME_QUERYABLES["cm:mission_phase"],
    "cm:scene_id": PLUME_QUERYABLES["cm:scene_id"],
    "cm:scene_uuid": PLUME_QUERYABLES["cm:scene_uuid"],
    "cm:sensitivity_mode": PLUME_QUERYABLES["cm:sensitivity_mode"],
    "cm:elevation": PLUME_QUERYABLES["cm:elevation"],
    "cm:elevation_method": PLUME_QUERYABLES["cm:elevation_method"],
    "cm:elevation_source": PLUME_QUERYABLES["cm:elevation_source"],
    "cm:water_vapor": Queryable("Water vapour", "number", "Column of water vapour in the retrieval.", "kg/m2"),
    "cm:water_vapor_source": Queryable("Water vapour source", "string", "merra2, ecmwf_ifs.", summarise=True),
}

SOURCE_QUERYABLES: Mapping[str, Queryable] = {
    **{name: COMMON_QUERYABLES[name] for name in _COMMON if name not in {"created", "version", "gsd"}},
    "title": SHARED_QUERYABLES["title"],
    "cm:gas": PLUME_QUERYABLES["cm:gas"],
    "cm:sector": PLUME_QUERYABLES["cm:sector"],
    "cm:plume_count": Queryable("Plumes", "integer", "How many plumes belong to it.", summarise=True),
    "cm:persistence": Queryable(
        "Persistence",
        "number",
        "Share of the observed days on which it was detected, 0 to 1.",
        summarise=True,
        indexed=True,
    ),
    "cm:source_emission": Queryable(
        "Source emission",
        "number",
        "Mean of its daily emissions times its persistence: averaged over overpasses without a detection, too. "
        "Not to be compared with the emission of a plume.",
        "kg/h",
        summarise=True,
        indexed=True,
    ),
    "cm:source_emission_uncertainty": Queryable(
        "Source emission uncertainty", "number", "Uncertainty of the source's emission, weighted likewise.", "kg/h"
    ),
    "cm:detection_date_count": Queryable("Days detected", "integer", "Days on which it was detected.", summarise=True),
    "cm:observation_date_count": Queryable(
        "Days observed", "integer", "Days on which it was observed.", summarise=True
    ),
    "cm:null_detection_days": Queryable("Null detections", "integer", "Days observed without a detection."),
    "cm:observation_scene_count": Queryable("Scenes", "integer", "Scenes in which it was observed."),
    "cm:detection_dates": Queryable("Detections", "strings", "The days on which it was detected."),
    "cm:observation_dates": Queryable("Observations", "strings", "The days on which it was observed."),
    "cm:plume_ids": Queryable("Plume ids", "strings", "Its plumes, in order of acquisition."),
}
