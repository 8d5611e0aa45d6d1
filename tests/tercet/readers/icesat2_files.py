"""Granules of every layout of ICESat-2 as HDF5 files, invented, with NASA's groups, attributes, types and chunks.

A beam of index b runs north from 45 degrees at 20 + b / 100 degrees east; segment i of 20 m is at 45 + i * STEP.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

BEAMS: Final = ("gt1l", "gt1r", "gt2l", "gt2r", "gt3l", "gt3r")
START: Final = 127_044_900.25
"""Seconds since 2018: 2022-01-10T10:15:00.25Z."""
STEP: Final = 0.00018
"""Degrees of latitude in 20 m."""
SEGMENT_S: Final = 0.0029
FLOAT_FILL: Final = np.finfo(np.float32).max
FIRST_ID: Final = 250_001

_UNLABELLED: Final = ("surf_type", "signal_conf_ph", "canopy_h_metrics")
"""Whose columns lose their names when a subsetter cuts them out of a granule."""
_EMPTY: Final = 10
"""Each tenth segment of ATL03 has no photons."""


def granule(  # noqa: PLR0913 - what granules differ in, by name
    path: Path,
    product: str,
    *,
    segments: int = 200,
    beams: Sequence[str] = BEAMS,
    empty: Sequence[str] = (),
    orientation: int | Sequence[int] | None = 1,
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write a granule.

    Args:
        path: where.
        product: ATL03 to ATL24.
        segments: of 20 m, of each beam.
        beams: that have a group.
        empty: those of them whose arrays hold nothing.
        orientation: of the spacecraft; None leaves it out.
        more: ``longitude`` of the first beam, ``release``, ``photons`` a segment, ``without`` groups or arrays.
    """
    options = dict(more or {})
    with h5py.File(path, "w") as file:
        _header(file, product, orientation, options)
        for name in beams:
            index = BEAMS.index(name) if name in BEAMS else int(name[-1])
            beam = _beam(file, name, index, orientation)
            count = 0 if name in empty else segments
            _WRITERS[product](beam, _Way(index, count, options.get("longitude", 20.0), options.get("photons", 5)))
            _scaled(beam, None)
        for gone in options.get("without", ()):
            del file[gone]
    return path


class _Way:
    """Where and when a beam was."""

    def __init__(self, index: int, segments: int, longitude: float, photons: int) -> None:
        self.index = index
        self.segments = segments
        self.photons = photons
        self.number = np.arange(segments)
        self.latitude = 45 + self.number * STEP
        self.longitude = _folded(longitude + index * 0.01 - self.number * STEP / 10)
        self.delta_time = START + self.number * SEGMENT_S + index * 1e-4

    def every(self, step: int) -> "_Way":
        """The same way in longer steps."""
        other = _Way(self.index, 0, 0.0, self.photons)
        other.segments = len(self.number[::step])
        other.number = self.number[::step]
        other.latitude, other.longitude = self.latitude[::step], self.longitude[::step]
        other.delta_time = self.delta_time[::step]
        return other


def counts(segments: int, photons: int = 5) -> NDArray[np.int32]:
    """How many photons each segment of ATL03 has."""
    number = np.arange(segments)
    return np.where(number % _EMPTY == 3, 0, photons + number % 3).astype(np.int32)


def _folded(longitude: NDArray[Any]) -> NDArray[Any]:
    return (longitude + 180) % 360 - 180


def _header(file: h5py.File, product: str, orientation: int | Sequence[int] | None, options: Mapping[str, Any]) -> None:
    release = options.get("release", "006")
    file.attrs["short_name"] = np.bytes_(product)
    file.attrs["Conventions"] = np.bytes_("CF-1.6")
    name = options.get("name", f"{product}_20220110101500_03211402_{release}_01.h5")
    file.create_group("METADATA/DatasetIdentification").attrs["fileName"] = np.bytes_(name)
    ancillary = file.create_group("ancillary_data")
    ancillary["atlas_sdp_gps_epoch"] = np.array([1_198_800_018.0])
    ancillary["release"] = np.array([release.encode().ljust(80)], "S80")
    ancillary["start_region"] = np.array([2], np.int32)
    info = file.create_group("orbit_info")
    info["rgt"], info["cycle_number"] = np.array([321], np.int16), np.array([14], np.int8)
    if orientation is not None:
        info["sc_orient"] = np.atleast_1d(np.asarray(orientation, np.int8))
    for scale, size in (("ds_surf_type", 5), ("ds_metrics", 18), ("ds_geosegments", 5)):
        file[scale] = np.arange(1, size + 1, dtype=np.int32)
        file[scale].make_scale(scale)


def _beam(file: h5py.File, name: str, index: int, orientation: Any) -> h5py.Group:
    group = file.create_group(name)
    if name in BEAMS:
        forward = orientation != 0
        spot = 6 - index if forward else index + 1
        group.attrs["atlas_beam_type"] = np.bytes_("strong" if spot % 2 else "weak")
        group.attrs["atlas_spot_number"] = np.bytes_(str(spot))
        group.attrs["sc_orientation"] = np.bytes_("Forward" if forward else "Backward")
        group.attrs["groundtrack_id"] = np.bytes_(name)
    return group


def _put(group: h5py.Group, name: str, values: Any, units: str = "1", **more: Any) -> h5py.Dataset:
    """An array as NASA writes it: chunks of 10,000 rows, gzip, whole numbers shuffled."""
    array = np.asarray(values)
    chunks = (10_000, *array.shape[1:])
    dataset = group.create_dataset(
        name,
        data=array,
        chunks=chunks,
        maxshape=(None, *array.shape[1:]),
        compression=6,
        shuffle=array.dtype.kind != "f",
    )
    dataset.attrs["units"] = np.bytes_(units)
    dataset.attrs["long_name"] = np.bytes_(more.pop("long_name", name.replace("_", " ")))
    if "fill" in more:
        fill = more.pop("fill")
        dataset.attrs.create("_FillValue", np.array([fill], array.dtype))
    for scale in more.pop("scales", ()):
        dataset.dims[1].attach_scale(group.file[scale])
    if array.ndim > 1 and not dataset.dims[1] and name not in _UNLABELLED:
        bins = group.require_dataset(
            f"ds_{array.shape[1]}", (array.shape[1],), np.int32, data=np.arange(array.shape[1])
        )
        bins.make_scale(f"ds_{array.shape[1]}")
        dataset.dims[1].attach_scale(bins)
    for key, value in more.items():
        dataset.attrs[key] = np.bytes_(value) if isinstance(value, str) else value
    return dataset


def _scaled(group: h5py.Group, above: h5py.Dataset | None) -> None:
    """Rows are those of the time, or of the reference points, in the same group or above."""
    scale = next((group[name] for name in ("ref_pt", "delta_time") if name in group and group[name].ndim == 1), above)
    if scale is not None and scale is not above:
        scale.make_scale(scale.name.rsplit("/", 1)[-1])
    for held in group.values():
        if isinstance(held, h5py.Group):
            _scaled(held, scale)
        elif scale is not None and held != scale and held.shape[0] == scale.shape[0] and not held.is_scale:
            held.dims[0].attach_scale(scale)


def _place(group: h5py.Group, way: _Way, *, dtype: Any = np.float64, names: Sequence[str] = ()) -> None:
    latitude, longitude, time = names or ("latitude", "longitude", "delta_time")
    _put(group, latitude, way.latitude.astype(dtype), "degrees_north")
    _put(group, longitude, way.longitude.astype(dtype), "degrees_east")
    _put(group, time, way.delta_time, "seconds since 2018-01-01")


def _floats(way: _Way, offset: float, *, fill_each: int = 7) -> NDArray[np.float32]:
    """Numbers that differ from row to row and beam to beam; each seventh is fill."""
    values = (offset + way.index * 10 + way.number / 8).astype(np.float32)
    values[way.number % fill_each == 4] = FLOAT_FILL
    return values


def _meters(group: h5py.Group, way: _Way, **offsets: float) -> None:
    for name, offset in offsets.items():
        _put(group, name, _floats(way, offset), "meters", fill=FLOAT_FILL)


def _flags(group: h5py.Group, way: _Way, name: str, meanings: str, **more: Any) -> None:
    values = np.arange(len(meanings.split()), dtype=np.int8)
    flags = (way.number % len(values)).astype(np.int8)
    if "fill" in more:
        flags[way.number % 11 == 5] = more["fill"]
    _put(group, name, flags, flag_values=values, flag_meanings=meanings, **more)


def _atl03(beam: h5py.Group, way: _Way) -> None:
    many = counts(way.segments, way.photons)
    segments = beam.create_group("geolocation")
    _place(segments, way, names=("reference_photon_lat", "reference_photon_lon", "delta_time"))
    starts = np.cumsum(many) - many
    _put(segments, "ph_index_beg", np.where(many > 0, starts + 1, 0).astype(np.int64), fill=0)
    _put(segments, "segment_ph_cnt", many, fill=0)
    _put(segments, "segment_id", (FIRST_ID + way.number).astype(np.int32))
    _put(segments, "segment_dist_x", 5_000_000 + way.number * 20.0, "meters")
    _put(segments, "surf_type", np.tile(np.array([1, 0, 0, 1, 0], np.int8), (way.segments, 1)))
    corrections = beam.create_group("geophys_corr")
    _put(corrections, "delta_time", way.delta_time, "seconds since 2018-01-01")
    _meters(corrections, way, geoid=40, dem_h=300)
    _flags(corrections, way, "dem_flag", "none arctic global mss antarctic", fill=127)
    _heights(beam.create_group("heights"), way, many)
    background = beam.create_group("bckgrd_atlas")
    shots = np.arange(way.segments // 2)
    _put(background, "delta_time", START + way.index * 1e-4 + shots * 2 * SEGMENT_S, "seconds since 2018-01-01")
    _put(background, "bckgrd_rate", (1000.0 + shots).astype(np.float32), "counts / second")
    for surface in ("land", "ocean"):
        found = beam.create_group(f"signal_find_output/{surface}")
        _put(found, "delta_time", START + shots * SEGMENT_S, "seconds since 2018-01-01")
        _put(found, "bckgrd_mean", shots.astype(np.float32))


def _heights(heights: h5py.Group, way: _Way, many: NDArray[np.int32]) -> None:
    segment = np.repeat(way.number, many)
    within = np.arange(segment.size) - np.repeat(np.cumsum(many) - many, many)
    share = (within + 0.5) / np.maximum(many[segment], 1) if segment.size else within.astype(float)
    _put(heights, "lat_ph", 45 + (segment + share - 0.5) * STEP, "degrees_north")
    _put(heights, "lon_ph", way.longitude[segment] if segment.size else np.empty(0), "degrees_east")
    _put(heights, "delta_time", way.delta_time[segment] + (share - 0.5) * SEGMENT_S, "seconds since 2018-01-01")
    _put(heights, "h_ph", (300 + way.index + within + segment / 16).astype(np.float32), "meters")
    _put(heights, "dist_ph_along", (share * 20).astype(np.float32), "meters")
    confidence = np.column_stack([(segment + column) % 7 - 2 for column in range(5)]).astype(np.int8)
    _put(
        heights, "signal_conf_ph", confidence, flag_meanings="possible_tep not_considered noise buffer low medium high"
    )
    _put(heights, "quality_ph", (within % 2).astype(np.int8), flag_meanings="nominal possible_afterpulse")


def _atl06(beam: h5py.Group, way: _Way) -> None:
    segments = beam.create_group("land_ice_segments")
    _place(segments, way)
    _meters(segments, way, h_li=1000, h_li_sigma=0.1)
    _flags(segments, way, "atl06_quality_summary", "best_quality potential_problem")
    _put(segments, "segment_id", (FIRST_ID + way.number).astype(np.int32), fill=0)
    _meters(segments.create_group("dem"), way, dem_h=990)
    track = segments.create_group("ground_track")
    _put(track, "x_atc", 5_000_000 + way.number * 20.0, "meters", fill=np.finfo(np.float64).max)
    fit = segments.create_group("fit_statistics")
    _put(fit, "n_fit_photons", (way.number + 20).astype(np.int32), fill=2_147_483_647)
    _flags(fit, way, "signal_selection_source", "pe flagged backup failed", fill=127)
    quality = beam.create_group("segment_quality")
    longer = _Way(way.index, way.segments + 13 if way.segments else 0, 20.0, 5)
    _place(quality, longer, names=("reference_pt_lat", "reference_pt_lon", "delta_time"))
    _flags(quality, longer, "signal_selection_source", "pe flagged backup failed")
    rare = way.every(50)
    histogram = beam.create_group("residual_histogram")
    _place(histogram, rare, names=("lat_mean", "lon_mean", "delta_time"))
    _put(histogram, "count", np.ones((rare.segments, 40), np.int32), "counts")
    _put(histogram, "dh", np.linspace(-1, 1, 40).astype(np.float32), "meters")


def _atl07(beam: h5py.Group, way: _Way) -> None:
    segments = beam.create_group("sea_ice_segments")
    _place(segments, way)
    _put(segments, "height_segment_id", (way.number + 1).astype(np.int32))
    heights = segments.create_group("heights")
    _meters(heights, way, height_segment_height=0.2, height_segment_length_seg=60)
    _flags(heights, way, "height_segment_quality", "bad_quality good_quality")
    _flags(heights, way, "height_segment_type", "cloud_covered other specular_lead dark_lead")
    _flags(heights, way, "height_segment_fit_quality_flag", "best high med low poor", fill=-1)
    stats = segments.create_group("stats")
    _put(stats, "hist_photon_heights", np.ones((way.segments, 40), np.int16))
    _put(stats, "ds_si_hist_bins", np.arange(40, dtype=np.int32))


def _atl08(beam: h5py.Group, way: _Way) -> None:
    land = way.every(5)
    segments = beam.create_group("land_segments")
    _place(segments, land, dtype=np.float32)
    ids = (FIRST_ID + land.number).astype(np.int32)
    _put(segments, "segment_id_beg", ids)
    _put(segments, "segment_id_end", ids + 4)
    _put(segments, "rgt", np.full(land.segments, 321, np.int16))
    _put(segments, "night_flag", (land.number % 2).astype(np.int32), fill=2_147_483_647)
    _put(segments, "segment_landcover", np.where(land.number % 3 == 1, 255, 111).astype(np.int32), fill=255)
    _put(segments, "latitude_20m", np.tile(land.latitude[:, None], 5).astype(np.float32), "degrees")
    _put(
        segments, "surf_type", np.tile(np.array([1, 0, 0, 0, 0], np.int8), (land.segments, 1)), scales=["ds_surf_type"]
    )
    _meters(segments, land, dem_h=300, h_dif_ref=0.5)
    canopy, terrain = segments.create_group("canopy"), segments.create_group("terrain")
    _meters(canopy, land, h_canopy=12, h_canopy_uncertainty=2, h_mean_canopy=8)
    metrics = np.arange(18, dtype=np.float32)[None] + _floats(land, 3, fill_each=100)[:, None]
    _put(canopy, "canopy_h_metrics", metrics, "meters", fill=FLOAT_FILL, scales=["ds_metrics"])
    _put(canopy, "n_ca_photons", (land.number + 30).astype(np.int32))
    _meters(terrain, land, h_te_best_fit=310, h_te_uncertainty=1)
    _put(terrain, "n_te_photons", (land.number + 10).astype(np.int32))
    _signal_photons(beam.create_group("signal_photons"), way)


def _signal_photons(group: h5py.Group, way: _Way) -> None:
    """Each third photon of ATL03's, of all classes in turn."""
    many = counts(way.segments, way.photons)
    segment = np.repeat(way.number, many)
    within = np.arange(segment.size) - np.repeat(np.cumsum(many) - many, many)
    share = (within + 0.5) / np.maximum(many[segment], 1) if segment.size else within.astype(float)
    third = np.arange(0, segment.size, 3)
    _put(group, "ph_segment_id", (FIRST_ID + segment[third]).astype(np.int32))
    _put(group, "classed_pc_indx", (within[third] + 1).astype(np.int32))
    meanings = "noise ground canopy top_of_canopy"
    _put(group, "classed_pc_flag", (np.arange(third.size) % 4).astype(np.int8), flag_meanings=meanings)
    _put(group, "ph_h", (within[third] / 2).astype(np.float32), "meters", fill=FLOAT_FILL)
    times = way.delta_time[segment] + (share - 0.5) * SEGMENT_S if segment.size else np.empty(0)
    _put(group, "delta_time", times[third], "seconds since 2018-01-01")


def _atl10(beam: h5py.Group, way: _Way) -> None:
    segments = beam.create_group("freeboard_segment")
    _place(segments, way)
    _meters(segments, way, beam_fb_height=0.3, beam_fb_unc=0.02)
    _flags(segments, way, "beam_fb_quality_flag", "invalid best high med low poor", fill=127)
    heights = segments.create_group("heights")
    _place(heights, way)
    _meters(heights, way, height_segment_height=0.4)
    leads = beam.create_group("leads")
    _place(leads, way.every(20))
    _meters(leads, way.every(20), lead_height=0.1)


def _atl11(pair: h5py.Group, way: _Way) -> None:
    cycles = 3
    _put(pair, "latitude", way.latitude, "degrees_north", fill=np.finfo(np.float64).max)
    _put(pair, "longitude", way.longitude, "degrees_east", fill=np.finfo(np.float64).max)
    _put(pair, "ref_pt", (FIRST_ID + way.number).astype(np.int32))
    _put(pair, "cycle_number", np.arange(3, 3 + cycles, dtype=np.int8))
    pair["cycle_number"].make_scale("cycle_number")
    days = 91 * 86400.0
    times = way.delta_time[:, None] + np.arange(cycles) * days
    times[way.number % 5 == 2, 1] = np.finfo(np.float64).max  # clouds in the second cycle
    heights = np.stack([_floats(way, 1500 - cycle, fill_each=9) for cycle in range(cycles)], axis=1)
    for group, name, values, fill in (
        (pair, "delta_time", times, np.finfo(np.float64).max),
        (pair, "h_corr", heights, FLOAT_FILL),
        (pair, "h_corr_sigma", np.ones_like(heights), FLOAT_FILL),
        (pair, "quality_summary", np.zeros(heights.shape, np.int8), 127),
        (pair.create_group("cycle_stats"), "h_rms_misfit", np.full_like(heights, 0.5), FLOAT_FILL),
    ):
        _put(group, name, values, "meters", fill=fill, scales=[f"{pair.name}/cycle_number"])
    _meters(pair.create_group("ref_surf"), way, dem_h=1490)
    crossing = pair.create_group("crossing_track_data")
    _place(crossing, way.every(25))
    _meters(crossing, way.every(25), h_corr=1400)


def _atl12(beam: h5py.Group, way: _Way) -> None:
    segments = beam.create_group("ssh_segments")
    _place(segments, way)
    heights = segments.create_group("heights")
    _meters(heights, way, h=12, h_var=0.1, swh=1.5, length_seg=7000)
    _put(heights, "y", np.ones((way.segments, 12), np.float32), "meters")
    _put(segments.create_group("stats"), "n_photons", (way.number + 100).astype(np.int32))


def _atl13(beam: h5py.Group, way: _Way) -> None:
    _place(beam, way, names=("segment_lat", "segment_lon", "delta_time"))
    _meters(beam, way, ht_ortho=150, ht_water_surf=190, stdev_water_surf=0.1)
    _put(beam, "inland_water_body_id", (way.number // 50 + 7).astype(np.int64))
    _put(beam, "rgt", np.full(way.segments, 321, np.int16))
    anomalies = beam.create_group("anom_ssegs")
    _place(anomalies, way.every(30), names=("anom_sseg_lat", "anom_sseg_lon", "anom_sseg_time"))
    _meters(anomalies, way.every(30), anom_sseg_ht_delta=1)


def _atl04(profile: h5py.Group, way: _Way) -> None:
    _place(profile, way)
    _meters(profile, way, surface_height=100)
    _put(profile, "nrb_profile", np.ones((way.segments, 20), np.float32))
    _place(profile.create_group("calibration"), way.every(40))


def _atl09(profile: h5py.Group, way: _Way) -> None:
    _place(high := profile.create_group("high_rate"), way)
    _flags(high, way, "cloud_flag_atm", "0 1 2 3 4 5", fill=127)
    _meters(high, way, dem_h=200)
    _place(low := profile.create_group("low_rate"), way.every(25))
    _meters(low, way.every(25), met_t10m=280)


def _atl24(beam: h5py.Group, way: _Way) -> None:
    _place(beam, way, names=("lat_ph", "lon_ph", "delta_time"))
    _put(beam, "ortho_h", (way.number / 4).astype(np.float32), "meters")
    _put(beam, "class_ph", np.where(way.number % 2, 40, 41).astype(np.int8))


_WRITERS: Final[Mapping[str, Callable[[h5py.Group, _Way], None]]] = {
    "ATL03": _atl03,
    "ATL04": _atl04,
    "ATL06": _atl06,
    "ATL07": _atl07,
    "ATL08": _atl08,
    "ATL09": _atl09,
    "ATL10": _atl10,
    "ATL11": _atl11,
    "ATL12": _atl12,
    "ATL13": _atl13,
    "ATL24": _atl24,
}
PRODUCTS: Final = tuple(_WRITERS)
PAIRS: Final = ("pt1", "pt2", "pt3")
PROFILES: Final = ("profile_1", "profile_2", "profile_3")


def groups_of(product: str) -> tuple[str, ...]:
    """What groups along the track are called in a product."""
    return {"ATL04": PROFILES, "ATL09": PROFILES, "ATL11": PAIRS}.get(product, BEAMS)
