"""How ICESat-2's products lay out what lies along a track: where rows begin, and where they were measured.

Source: product data dictionaries of ATL03 to ATL24, releases 001 to 007, and files of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

BEAM: Final = "{beam}"
"""Stands for the group of a beam, pair or profile in paths."""

BEAMS: Final = ("gt1l", "gt1r", "gt2l", "gt2r", "gt3l", "gt3r")
GROUPS: Final = (*BEAMS, "pt1", "pt2", "pt3", "profile_1", "profile_2", "profile_3")
"""Ground tracks, pairs of them (ATL11), profiles of the atmosphere (ATL04, ATL09)."""

POSITIONS: Final = (
    ("lat_ph", "lon_ph"),
    ("reference_photon_lat", "reference_photon_lon"),
    ("latitude", "longitude"),
    ("segment_lat", "segment_lon"),
    ("reference_pt_lat", "reference_pt_lon"),
    ("anom_sseg_lat", "anom_sseg_lon"),
    ("lat_mean", "lon_mean"),
    ("transect_lat", "transect_lon"),
)
"""What products call latitude and longitude of a row, the best first."""
TIMES: Final = ("delta_time", "anom_sseg_time")

OWN_ROWS: Final = frozenset({"anom_ssegs", "bckgrd_atlas", "calibration", "crossing_track_data"})
"""Groups whose rows are not those of the group around them."""
SAME_ROWS: Final = MappingProxyType({
    "geophys_corr": "geolocation",
    "cycle_stats": "corrected_h",
    "ref_surf": "corrected_h",
})  # fmt: skip
"""Groups whose rows are those of their neighbour, which has the positions."""

LABELS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "ds_surf_type": ("land", "ocean", "sea_ice", "land_ice", "inland_water"),
    "ds_xyz": ("x", "y", "z"),
})  # fmt: skip
"""What columns of arrays stand for, where the numbers in the file do not say it."""
COLUMNS: Final = MappingProxyType({
    "signal_conf_ph": "ds_surf_type",
    "surf_type": "ds_surf_type",
    "velocity_sc": "ds_xyz",
    "canopy_h_metrics": "ds_metrics",
    "canopy_h_metrics_abs": "ds_metrics",
    "h_canopy_20m": "ds_geosegments",
    "h_te_best_fit_20m": "ds_geosegments",
    "latitude_20m": "ds_geosegments",
    "longitude_20m": "ds_geosegments",
    "subset_can_flag": "ds_geosegments",
    "subset_te_flag": "ds_geosegments",
})  # fmt: skip
"""Second dimensions whose scales get lost when a variable is cut out of a granule."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What one product is mostly read for.

    Attributes:
        mains: groups in a beam that hold its rows, one for each way in which releases call them.
        groups: in which variables are looked for first, so that the file need not be listed; mains among them.
        variables: what is read when nothing is asked for; what a release lacks is left out.
        height: what is drawn.
    """

    mains: tuple[str, ...]
    groups: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    height: str = ""


def _within(group: str, members: str) -> tuple[str, ...]:
    return (group, *(f"{group}/{member}" for member in members.split()))


LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType({
    "ATL03": Layout(
        ("heights",),
        ("heights", "geolocation", "geophys_corr", "bckgrd_atlas"),
        ("h_ph", "signal_conf_ph", "quality_ph"),
        "h_ph",
    ),
    "ATL04": Layout(("",), ("",), ("surface_height", "surface_conf", "solar_elevation"), "surface_height"),
    "ATL06": Layout(
        ("land_ice_segments",),
        _within("land_ice_segments", "bias_correction dem fit_statistics geophysical ground_track"),
        ("h_li", "h_li_sigma", "atl06_quality_summary"),
        "h_li",
    ),
    "ATL07": Layout(
        ("sea_ice_segments",),
        _within("sea_ice_segments", "geolocation geophysical heights stats"),
        ("height_segment_height", "height_segment_length_seg", "height_segment_quality", "height_segment_type"),
        "height_segment_height",
    ),
    "ATL08": Layout(
        ("land_segments",),
        (*_within("land_segments", "canopy terrain"), "signal_photons"),
        ("h_te_best_fit", "h_te_uncertainty", "n_te_photons", "h_canopy", "h_canopy_uncertainty", "n_ca_photons"),
        "h_te_best_fit",
    ),
    "ATL09": Layout(
        ("high_rate",), ("high_rate",), ("cloud_flag_atm", "cloud_flag_asr", "apparent_surf_reflec", "dem_h"), "dem_h"
    ),
    "ATL10": Layout(
        ("freeboard_segment", "freeboard_beam_segment/beam_freeboard"),
        (*_within("freeboard_segment", "geophysical heights"), "freeboard_beam_segment/beam_freeboard"),
        ("beam_fb_height", "beam_fb_unc", "beam_fb_quality_flag"),
        "beam_fb_height",
    ),
    "ATL11": Layout(
        ("", "corrected_h"),
        ("", "corrected_h", "cycle_stats", "ref_surf"),
        ("h_corr", "h_corr_sigma", "quality_summary"),
        "h_corr",
    ),
    "ATL12": Layout(
        ("ssh_segments",),
        _within("ssh_segments", "heights stats"),
        ("h", "h_uncrtn", "h_var", "swh", "length_seg"),
        "h",
    ),
    "ATL13": Layout(
        ("",),
        ("",),
        ("ht_ortho", "ht_water_surf", "stdev_water_surf", "inland_water_body_id", "inland_water_body_type"),
        "ht_ortho",
    ),
    "ATL14": Layout((), (), ("h",), "h"),
    "ATL15": Layout((), (), ("delta_h",), "delta_h"),
    "ATL20": Layout((), (), ("mean_fb",), "mean_fb"),
    "ATL21": Layout((), (), ("mean_ssha",), "mean_ssha"),
    "ATL22": Layout(("",), ("",), (), "transect_mean_ht_ortho"),
    "ATL24": Layout(("",), ("",), ("ortho_h", "ellipse_h", "surface_h", "class_ph", "confidence"), "ortho_h"),
})  # fmt: skip

_DIMENSIONS: Final = MappingProxyType({
    "heights": "photon",
    "signal_photons": "photon",
    "high_rate": "profile",
    "low_rate": "profile",
    "bckgrd_atlas": "record",
})  # fmt: skip

KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "heights": ("geolocation/ph_index_beg", "geolocation/segment_ph_cnt", "geolocation/segment_id"),
    "signal_photons": (
        "signal_photons/ph_segment_id",
        "land_segments/segment_id_beg",
        "land_segments/segment_id_end",
    ),
})  # fmt: skip
"""By which rows of a group are joined to others."""

TELLING: Final = (
    ("land_segments", "ATL08"),
    ("land_ice_segments", "ATL06"),
    ("heights", "ATL03"),
    ("geolocation", "ATL03"),
    ("sea_ice_segments", "ATL07"),
    ("freeboard_segment", "ATL10"),
    ("freeboard_beam_segment", "ATL10"),
    ("ssh_segments", "ATL12"),
    ("high_rate", "ATL09"),
    ("nrb_profile", "ATL04"),
    ("segment_lat", "ATL13"),
    ("class_ph", "ATL24"),
    ("corrected_h", "ATL11"),
    ("ref_pt", "ATL11"),
)
"""What lies uppermost in a beam, by which a product is known whose file says nothing of it."""


def within(asked: str) -> str:
    """A name or path without the beam that it may begin with."""
    first, _, rest = asked.strip("/").partition("/")
    return rest if first in (*GROUPS, BEAM) and rest else asked.strip("/")


def position_names(names: Iterable[str]) -> tuple[str, str] | None:
    """What latitude and longitude are called among the arrays of a group; None where there are none."""
    held = set(names)
    for latitude, longitude in POSITIONS:
        if latitude in held and longitude in held:
            return latitude, longitude
    return None


def time_name(names: Iterable[str]) -> str | None:
    """What the time of a row is called among the arrays of a group."""
    held = set(names)
    return next((name for name in TIMES if name in held), None)


def dimension(root: str, latitude: str | None = None, beams: Iterable[str] = ()) -> str:
    """What rows are called: photons, profiles, or segments.

    Args:
        root: of the rows.
        latitude: what it is called there.
        beams: groups of the granule.
    """
    known = _DIMENSIONS.get(root.removeprefix(f"{BEAM}/"))
    if known or latitude == "lat_ph":  # photons need no group of their own, as in ATL24
        return known or "photon"
    return "profile" if any(beam.startswith("profile") for beam in beams) else "segment"
