"""What each EarthCARE product is mainly about, and how it is drawn: a table of facts.

Source: the product list of the mission's public readers; ranges are those that the files name (``plot_range``), and
where they name none those of the mission's quicklooks, rounded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Scale: TypeAlias = Literal["linear", "log"]

_NAMES = """
ATL_NOM_1B mie_attenuated_backscatter rayleigh_attenuated_backscatter crosspolar_attenuated_backscatter
CPR_NOM_1B radarReflectivityFactor dopplerVelocity
MSI_NOM_1B pixel_values
MSI_RGR_1C pixel_values
BBR_NOM_1B radiance
BBR_SNG_1B radiance
AUX_MET_1D temperature pressure specific_humidity tropopause_height_calipso
AUX_JSG_1D surface_elevation land_flag
ATL_FM__2A featuremask
ATL_AER_2A particle_backscatter_coefficient_355nm particle_extinction_coefficient_355nm lidar_ratio_355nm
ATL_EBD_2A particle_backscatter_coefficient_355nm particle_extinction_coefficient_355nm simple_classification
ATL_ICE_2A ice_water_content ice_effective_radius
ATL_TC__2A classification
ATL_CTH_2A ATLID_cloud_top_height ATLID_cloud_top_height_confidence simplified_uppermost_cloud_classification
ATL_ALD_2A aerosol_optical_thickness_355nm aerosol_layer_base aerosol_layer_top
CPR_FMR_2A reflectivity_corrected reflectivity_no_attenuation_correction path_integrated_attenuation
CPR_CD__2A doppler_velocity_best_estimate sedimentation_velocity_best_estimate
CPR_TC__2A hydrometeor_classification doppler_velocity_classification
CPR_CLD_2A water_content characteristic_diameter mass_flux ice_water_path rain_water_path liquid_water_path
MSI_CM__2A cloud_mask cloud_type cloud_phase
MSI_COP_2A cloud_optical_thickness cloud_effective_radius cloud_water_path cloud_top_height cloud_top_temperature
MSI_AOT_2A aerosol_optical_thickness_670nm aerosol_optical_thickness_865nm angstrom_parameter_670nm_865nm
AC__TC__2B synergetic_target_classification ATLID_target_classification CPR_target_classification
AM__CTH_2B cloud_top_height_MSI cloud_top_height_difference_ATLID_MSI cloud_fraction
AM__ACD_2B aerosol_optical_thickness_spectral aerosol_angstrom_exponent aerosol_dominant_type_ATLID
ACM_CAP_2B ice_water_content liquid_water_content rain_rate aerosol_extinction
ACM_RT__2B flux_up_solar_1d_all_sky flux_down_solar_1d_all_sky
BM__RAD_2B solar_radiance thermal_radiance
BMA_FLX_2B thermal_combined_top_of_atmosphere_flux solar_combined_top_of_atmosphere_flux
CPR_ECO_2A integrated_radar_reflectivity_10km integrated_doppler_velocity_10km
CPR_CLP_2A cloud_ice_content_10km cloud_water_content_10km cloud_air_velocity_10km
ATL_CLA_2A aerosol_extinction_10km cloud_extinction_10km aerosol_backscatter_10km
MSI_CLP_2A cloud_optical_thickness cloud_top_height cloud_top_temperature
AC__CLP_2B cloud_ice_content_10km cloud_water_content_10km
ACM_CLP_2B cloud_ice_content_10km cloud_water_content_10km
"""

MAIN: Mapping[str, tuple[str, ...]] = {
    kind: tuple(names) for kind, *names in (row.split() for row in _NAMES.strip().splitlines())
}
"""What a product is mainly about; the first is drawn where nothing else is asked for."""

QUALITY = "quality_status"
"""The product's own judgement: 0 is best."""

_BANDS = ("VIS", "VNIR", "SWIR1", "SWIR2", "TIR1", "TIR2", "TIR3")
_LABELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "MSI_NOM_1B": {"band": _BANDS},
    "MSI_RGR_1C": {"band": _BANDS},
    "BBR_NOM_1B": {"band": ("SW", "LW"), "direction": ("aft", "nadir", "fore")},
    "BBR_SNG_1B": {"band": ("SW", "TW"), "direction": ("aft", "nadir", "fore")},
    "BM__RAD_2B": {"direction": ("fore", "nadir", "aft")},
    "BMA_FLX_2B": {"direction": ("fore", "nadir", "aft")},
    "AM__ACD_2B": {
        "aerosol_optical_thickness_dimension": ("355 nm", "670 nm", "865 nm"),
        "angstrom_dimension": ("355/670 nm", "670/865 nm"),
    },
}
"""The order of bands and views; level 1 of the radiometer looks aft first, level 2 fore first."""

NADIR_COLUMN: Mapping[str, int] = {"MSI": 266, "AM_": 150}
"""Column of the swath below the satellite, by the first three characters of the type."""


def labels_of(kind: str | None, dimension: str, size: int, attributes: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What the places of a small dimension stand for; None where that is not known.

    Args:
        kind: product type.
        dimension: its name; one that ends in it counts, too: ``bbr_direction``.
        size: its length; a table of another length is not for it.
        attributes: of a variable that has it: some say it under the dimension's own name, divided by commas.
    """
    said = attributes.get(dimension)
    names = tuple(part.strip() for part in said.split(",")) if isinstance(said, str) else ()
    if len(names) == size:
        return names
    known = _LABELS.get(kind or "", {})
    found = next((known[key] for key in known if dimension.lower().endswith(key)), ())
    return found if len(found) == size else None


@dataclass(frozen=True, slots=True)
class Range:
    """How values are turned into colours.

    Attributes:
        low: value of the first colour; None is the values' own.
        high: value of the last one.
        scale: of the colours in between.
        colours: name of matplotlib's colour map.
    """

    low: float | None
    high: float | None
    scale: Scale = "linear"
    colours: str = "viridis"


_RANGES: tuple[tuple[str, Range], ...] = (
    (r"doppler|velocity", Range(-6, 6, colours="RdBu_r")),
    (r"radarreflectivityfactor|integrated_radar_reflectivity", Range(1e-3, 1e2, "log", "turbo")),
    (r"reflectivity", Range(-40, 20, colours="turbo")),
    (r"attenuated_backscatter", Range(1e-8, 1e-5, "log", "turbo")),
    (r"backscatter", Range(1e-8, 1e-4, "log", "turbo")),
    (r"lidar_ratio", Range(0, 100, colours="turbo")),
    (r"depol", Range(0, 0.6, colours="turbo")),
    (r"extinction", Range(1e-7, 1e-3, "log", "turbo")),
    (r"(ice|water)_content_\d+km", Range(1e-4, 1, "log")),
    (r"water_content", Range(1e-7, 1e-3, "log")),
    (r"mass_flux", Range(1e-7, 1e-2, "log")),
    (r"optical_thickness", Range(0.1, 100, "log")),
    (r"cloud_water_path", Range(0.01, 3, "log", "Blues")),
    (r"temperature", Range(None, None, colours="plasma")),
    (r"flux|radiance", Range(None, None, colours="inferno")),
)
_NOT_THAT = re.compile(r"error|status|uncertainty|flag|confidence")
_NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?")


def range_of(name: str, attributes: Mapping[str, Any]) -> Range:
    """How a variable is drawn: by what the file says, else by its name, else by its values."""
    known = _by_name(name)
    said = _NUMBER.findall(str(attributes.get("plot_range", "")))
    if len(said) != 2 or float(said[0]) >= float(said[1]):  # noqa: PLR2004 - from and to
        return known
    low, high = map(float, said)
    is_log = str(attributes.get("plot_scale", "")).startswith("log") and low > 0
    return Range(low, high, "log" if is_log else "linear", known.colours)


def _by_name(name: str) -> Range:
    lowered = name.lower()
    if _NOT_THAT.search(lowered):
        return Range(None, None)
    return next((one for pattern, one in _RANGES if re.search(pattern, lowered)), Range(None, None))
