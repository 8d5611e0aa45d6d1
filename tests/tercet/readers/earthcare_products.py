"""Generated EarthCARE products, one of each layout: names, dimensions and attributes as recorded, invented values.

Nothing in them was measured: ``Notes`` in the header says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tests.harvesters.earthcare_files import EPOCH, FILL, LEAP_SECONDS, name_of, write_header
from tests.upstreams.earthcare_orbit import _KM_IN_RADIANS, _STARTS, PERIOD_S, Frame

Values = NDArray[Any]

FRAME_E = Frame(4366, 4)
"""Orbit 4366, frame E: descending through the tropics by day."""

TARGET_CLASSES = "-1: unknown\n 0: ground\n 1: clear\n 5: heavy rain\n 8: liquid cloud\n 21: ice cloud (no liquid)"
TARGET_COLOURS = "#c5c9c7\n #a2653e\n #ffffff\n #ff474c\n #0504aa\n #7bc8f6"
CTC_CLASSES = "-1 = No data,  0 = Ground and underground levels,  1 = Clear,   4 = Drizzle, or warm rain,  9 = Ice"
BIT_CLASSES = " -1 = Retrieval not applied,  1 = Cloud only,  2 = Drizzle,  4 = Warm rain"
BIT_NOTE = "Bitwise approach, multiple types are allowed adding values together"
ESCAPED_CLASSES = "0: good data \\n 1: valid, but many layers\\n\\t -1: cloudy profile"


@dataclass(frozen=True)
class Shape:
    """Sizes of a generated product."""

    along: int = 90
    across: int = 12
    bins: int = 20
    margin_deg: float = 0.7


@dataclass(frozen=True)
class Field:
    """One variable of a layout: how its values are made, and what the file says of it."""

    dims: tuple[str, ...]
    dtype: str = "float32"
    unit: str | None = None
    values: Callable[..., Values] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    fill: float | None = None


def smooth(*indices: Values) -> Values:
    """Positive values from 1e-7 to 1e-3 that differ everywhere; each eleventh is netCDF's default fill."""
    place = sum(index * step for index, step in zip(indices, (7, 13, 3, 5), strict=False))
    values = 10.0 ** (-5 + 2 * np.sin(np.asarray(place) / 40.0))
    return np.where(np.asarray(place) % 11 == 0, FILL, values)


def codes(*indices: Values) -> Values:
    known = np.array([-1, 0, 1, 5, 8, 21])
    chosen: Values = known[np.asarray(sum(indices)) // 3 % len(known)]
    return chosen


def statuses(*indices: Values) -> Values:
    return np.asarray(sum(indices)) % 4


def bits(*indices: Values) -> Values:
    return np.asarray(sum(indices)) % 8


_P, _C, _S = ("along_track",), ("along_track", "JSG_height"), ("along_track", "across_track")
_R = ("along_track", "CPR_height")
_GEOID = Field(_P, unit="m", values=lambda i: 20 + 0.0 * i)
_ELEVATION = Field(_P, unit="m", values=lambda i: 300 * np.abs(np.sin(i / 9)))
_QUALITY = {"definition": "0: good\n1: fair\n2: poor\n3: bad", "long_name": "Quality status"}

Fields = Mapping[str, Field]


def _curtain(fields: Fields) -> Fields:
    return {"geoid_offset": _GEOID, "elevation": _ELEVATION, **fields}


def _profile(name: str, unit: str, low: float, high: float) -> Field:
    said = {"long_name": name, "plot_range": f"[{low:.1e} {high:.1e}]", "plot_scale": "logarithmic"}
    return Field(_C, unit=unit, values=smooth, attributes=said)


CURTAINS: Mapping[str, Fields] = {
    "AC__TC__2B": _curtain({
        "synergetic_target_classification": Field(
            _C, "int8", values=codes,
            attributes={"definition": TARGET_CLASSES, "plot_colors": TARGET_COLOURS, "plot_range": "[-1 33]"},
        ),
        "quality_status": Field(_C, "int8", values=statuses, attributes=_QUALITY),
    }),
    "ACM_CAP_2B": _curtain({
        "ice_water_content": _profile("Ice water content", "kg m-3", 1e-8, 5e-4),
        "aerosol_extinction": _profile("Aerosol extinction", "m-1", 1e-6, 1e-3),
        "iterations_count": Field(_P, "int32", values=lambda i: i % 40),
        "tropopause_height": Field(_P, unit="m", values=lambda i: 16000 + 10.0 * i),
        "MSI_longwave_brightness_temperature": Field(
            (*_P, "MSI_longwave_channel"), unit="K", values=lambda i, j: 250 + i + j
        ),
        "quality_status": Field(_P, "int8", values=statuses, attributes=_QUALITY),
    }),
    "ATL_EBD_2A": _curtain({
        "particle_backscatter_coefficient_355nm": Field(_C, unit="m-1 sr-1", values=smooth),
        "particle_extinction_coefficient_355nm": Field(_C, unit="m-1", values=smooth),
        "simple_classification": Field(_C, "int8", values=codes, attributes={"definition": TARGET_CLASSES}),
        "quality_status": Field(_C, "int8", values=statuses, attributes=_QUALITY),
    }),
    "ATL_ALD_2A": {
        "geoid_offset": _GEOID,
        "aerosol_optical_thickness_355nm": Field(_P, unit="1", values=smooth),
        "aerosol_layer_base": Field((*_P, "max_layers"), unit="m", values=lambda i, j: 500.0 * j + i),
        "aerosol_layer_top": Field((*_P, "max_layers"), unit="m", values=lambda i, j: 500.0 * j + i + 400),
        "quality_status": Field(_P, values=statuses, attributes={"definition": ESCAPED_CLASSES}),
    },
    "ATL_CTH_2A": {
        "ATLID_cloud_top_height": Field(_P, unit="m", values=lambda i: 5000 + 10.0 * i),
        "quality_status": Field(_P, "int8", values=statuses, attributes=_QUALITY),
    },
}  # fmt: skip

RADAR: Mapping[str, Fields] = {
    "CPR_CLD_2A": {
        "geoid_offset": _GEOID,
        "surface_elevation": _ELEVATION,
        "water_content": Field(_R, unit="kg m-3", values=smooth),
        "ice_water_path": Field(_P, unit="kg m-2", values=smooth),
        "land_flag": Field(_P, "int8", values=lambda i: i % 2, attributes={"definition": "1=land, 0=not land"}),
        "retrieval_classification": Field(
            _P, "int8", values=bits, attributes={"definition": BIT_CLASSES, "note": BIT_NOTE}
        ),
        "hydrometeor_classification": Field(_R, "int8", values=codes, attributes={"definition": CTC_CLASSES}),
    },
    "CPR_FMR_2A": {
        "surface_elevation": _ELEVATION,
        "reflectivity_corrected": Field(_R, unit="dBZ", values=lambda i, j: -35 + (i + 2 * j) % 50),
    },
    "CPR_CD__2A": {
        "surface_elevation": _ELEVATION,
        "doppler_velocity_best_estimate": Field(_R, unit="m s-1", values=lambda i, j: 5 * np.sin((i + 3 * j) / 9)),
    },
}  # fmt: skip

SWATHS: Mapping[str, Fields] = {
    "MSI_COP_2A": {
        "cloud_optical_thickness": Field(
            _S, unit="1", values=smooth, attributes={"long_name": "Cloud optical thickness"}
        ),
        "cloud_water_path": Field(_S, unit="kg m-2", values=smooth, fill=FILL),
        "cloud_top_height": Field(_S, unit="m", values=lambda i, j: 1000 + 100.0 * (i + j)),
        "quality_status": Field(_S, "int8", values=statuses, attributes=_QUALITY),
    },
    "MSI_CM__2A": {
        "cloud_mask": Field(
            _S, "int8", values=statuses, fill=3, attributes={"definition": "0: clear\n1: maybe\n2: cloud"}
        ),
        "cloud_phase_quality_status": Field(_S, "int8", values=lambda i, j: np.where((i + j) % 5 == 0, -127, 4)),
        "surface_classification": Field(_S, "int16", values=lambda i, j: -32767 + (i + j) % 9),
    },
    "AM__ACD_2B": {
        "aerosol_optical_thickness_spectral": Field(
            (*_S, "aerosol_optical_thickness_dimension"), unit="1", values=smooth
        ),
        "quality_status": Field(_S, "int8", values=statuses, attributes=_QUALITY),
    },
    "AM__CTH_2B": {
        "cloud_top_height_MSI": Field(_S, unit="m", values=lambda i, j: 1000 + 100.0 * (i + j)),
    },
    "MSI_RGR_1C": {
        "pixel_values": Field(("band", *_S), unit="W m-2 sr-1 um-1", values=lambda b, i, j: 10.0 * b + i + 0.1 * j),
    },
}  # fmt: skip

SIZES: Mapping[str, int] = {
    "MSI_longwave_channel": 3, "max_layers": 5, "band": 7, "direction": 3, "aerosol_optical_thickness_dimension": 3,
    "bbr_direction": 3, "msi_channel": 7,
}  # fmt: skip


def write(  # noqa: PLR0913 - each is a way in which files differ
    folder: Path,
    kind: str,
    frame: Frame = FRAME_E,
    shape: Shape = Shape(),
    *,
    scales_in: str = "ScienceData",
    chunked: bool = False,
    file_name: str | None = None,
) -> Path:
    """Write a generated product of a type and give its path."""
    name = name_of(frame, kind, agency="J" if kind in JAPANESE else "E")
    path = folder / (file_name or f"{name}.h5")
    with h5py.File(path, "w") as file:
        write_header(file, name, frame, kind, {"Notes": "generated, nothing in it was measured"})
        if kind in JAPANESE:
            _write_japanese(file, kind, frame, shape)
        elif kind in BROADBAND:
            _write_broadband(file, kind, frame, shape)
        elif kind == "AUX_MET_1D":
            _write_weather(file, frame, shape)
        elif kind == "MSI_NOM_1B":
            _write_native(file, frame, shape)
        elif kind == "ATL_NOM_1B":
            _write_lidar(file, frame, shape, scales_in)
        else:
            _write_european(file, kind, frame, shape, scales_in=scales_in, chunked=chunked)
    return path


def places(frame: Frame, shape: Shape, offsets_km: Values) -> tuple[Values, Values, Values]:
    """Longitude and latitude (along, across), and seconds (along), the margins beyond the frame included."""
    first, last = _STARTS[frame.index] - shape.margin_deg, _STARTS[frame.index + 1] + shape.margin_deg
    coarse = np.linspace(first, last, min(shape.along, 90))
    angles = np.linspace(first, last, shape.along)
    positions = np.array([[frame._position(a, km * _KM_IN_RADIANS) for km in offsets_km] for a in coarse])
    turned = np.unwrap(np.radians(positions[..., 0]), axis=0)
    longitude = np.stack([np.degrees(np.interp(angles, coarse, column)) for column in turned.T], axis=1)
    latitude = np.stack([np.interp(angles, coarse, column) for column in positions[..., 1].T], axis=1)
    start = (frame._moment(first) - EPOCH).total_seconds() + LEAP_SECONDS
    return (longitude + 180) % 360 - 180, latitude, start + (angles - first) / 360 * PERIOD_S


def heights(shape: Shape, top: float = 20000.0) -> Values:
    """Descending, a little different in each profile."""
    bins = np.linspace(top, -500, shape.bins)
    return (bins[None, :] + 15.0 * np.sin(np.arange(shape.along) / 10)[:, None]).astype(np.float32)


def offsets(shape: Shape) -> Values:
    """Kilometres beside the track, as the imager looks: more to the east on a descent."""
    return np.linspace(-40, 110, shape.across)


def made(item: Field, shape: tuple[int, ...]) -> Values:
    assert item.values is not None
    return np.broadcast_to(item.values(*np.indices(shape)), shape).astype(item.dtype)


def _write_european(  # noqa: PLR0913 - each is a way in which files differ
    file: Any, kind: str, frame: Frame, shape: Shape, *, scales_in: str, chunked: bool
) -> None:
    is_swath = kind in SWATHS
    fields = {**CURTAINS, **RADAR, **SWATHS}[kind]
    longitude, latitude, seconds = places(frame, shape, offsets(shape) if is_swath else np.zeros(1))
    science = file.create_group("ScienceData")
    sizes = {"along_track": shape.along, "across_track": shape.across, "JSG_height": shape.bins,
             "CPR_height": shape.bins, **SIZES}  # fmt: skip
    used = {dim for one in fields.values() for dim in one.dims} | {"along_track"}
    scales = {dim: _scale(science if scales_in == "ScienceData" else file, dim, sizes[dim]) for dim in used}
    place = _S if is_swath else _P
    _put(science, "time", seconds, _P, scales, {"units": "seconds since 2000-01-01 00:00:00.0", "long_name": "Time"})
    _put(science, "latitude", latitude if is_swath else latitude[:, 0], place, scales, {"units": "degree_north"})
    _put(science, "longitude", longitude if is_swath else longitude[:, 0], place, scales, {"units": "degree_east"})
    bins = {"JSG_height", "CPR_height"} & used
    if bins:
        _put(science, "height", heights(shape), ("along_track", bins.pop()), scales, {"units": "m"})
    for name, one in fields.items():
        values = made(one, tuple(sizes[dim] for dim in one.dims))
        said = dict(one.attributes) | ({"units": one.unit} if one.unit else {})
        _put(science, name, values, one.dims, scales, said, fill=one.fill, chunked=chunked)


def _scale(group: Any, name: str, size: int) -> Any:
    """A dimension as netCDF-4 writes one without a coordinate variable."""
    scale = group.create_dataset(name, shape=(size,), dtype=">f4")
    scale.make_scale(f"This is a netCDF dimension but not a netCDF variable. {size:9d}")
    return scale


def _put(  # noqa: PLR0913, PLR0917 - what HDF5 asks for
    group: Any,
    name: str,
    values: Values,
    dims: tuple[str, ...] = (),
    scales: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
    *,
    fill: float | None = None,
    chunked: bool = False,
) -> None:
    stored = {"chunks": tuple(min(size, 512) for size in values.shape), "compression": "gzip", "shuffle": True}
    variable = group.create_dataset(name, data=values, **(stored if chunked else {}))
    for axis, dim in enumerate(dims):
        if scales and dim in scales:
            variable.dims[axis].attach_scale(scales[dim])
    for key, value in (attributes or {}).items():
        variable.attrs[key] = value
    if fill is not None:
        variable.attrs["_FillValue"] = np.asarray(fill, dtype=values.dtype)


def _write_lidar(file: Any, frame: Frame, shape: Shape, scales_in: str) -> None:
    """Level 1 of the lidar: each bin has a place of its own, and the ellipsoid's place under the profile."""
    longitude, latitude, seconds = places(frame, shape, np.zeros(1))
    science = file.create_group("ScienceData")
    owner = science if scales_in == "ScienceData" else file
    scales = {"along_track": _scale(owner, "along_track", shape.along), "height": _scale(owner, "height", shape.bins)}
    both = ("along_track", "height")
    slant = np.linspace(0.02, 0, shape.bins)[None, :]
    _put(science, "time", seconds, _P, scales, {"units": "seconds since 2000-01-01 00:00:00.0"})
    _put(science, "ellipsoid_latitude", latitude[:, 0], _P, scales, {"units": "degree_north"})
    _put(science, "ellipsoid_longitude", longitude[:, 0], _P, scales, {"units": "degree_east"})
    _put(science, "sample_latitude", latitude + slant, both, scales, {"units": "degree_north"})
    _put(science, "sample_longitude", longitude + slant, both, scales, {"units": "degree_east"})
    _put(science, "sample_altitude", heights(shape), both, scales, {"units": "m"})
    for name in ("mie", "rayleigh", "crosspolar"):
        values = smooth(*np.indices((shape.along, shape.bins))).astype(np.float32)
        _put(science, f"{name}_attenuated_backscatter", values, both, scales, {"units": "m-1 sr-1"})


JAPANESE: Mapping[str, Mapping[str, str]] = {
    "CPR_NOM_1B": {"time": "profileTime", "height": "binHeight", "surface": "surfaceElevation"},
    "CPR_ECO_2A": {"time": "time", "height": "bin_height", "surface": "surface_elevation"},
    "CPR_CLP_2A": {"time": "time", "height": "height", "surface": "surface_elevation"},
    "ATL_CLA_2A": {"time": "time", "height": "height", "surface": "surface_elevation"},
    "MSI_CLP_2A": {"time": "time"},
}
_CURTAIN_OF = {
    "CPR_NOM_1B": ("radarReflectivityFactor", "dopplerVelocity"),
    "CPR_ECO_2A": ("integrated_radar_reflectivity_10km", "integrated_doppler_velocity_10km"),
    "CPR_CLP_2A": ("cloud_ice_content_10km", "cloud_water_content_10km"),
    "ATL_CLA_2A": ("aerosol_extinction_10km", "cloud_extinction_10km"),
}


def _write_japanese(file: Any, kind: str, frame: Frame, shape: Shape) -> None:
    """No dimension scales; some arrays have a formality of length 1 at their end."""
    names = JAPANESE[kind]
    is_swath = "height" not in names
    longitude, latitude, seconds = places(frame, shape, offsets(shape) if is_swath else np.zeros(1))
    science, geo = file.create_group("ScienceData/Data"), file.create_group("ScienceData/Geo")
    _put(geo, names["time"], seconds, attributes={"units": "seconds since 2000-01-01 00:00:00.0"})
    _put(geo, "latitude", latitude if is_swath else latitude[:, 0], attributes={"units": "degree_north"})
    _put(geo, "longitude", longitude if is_swath else longitude[:, 0], attributes={"units": "degree_east"})
    if is_swath:
        indices = np.indices((shape.along, shape.across))
        _put(science, "cloud_optical_thickness", smooth(*indices).astype(np.float32))
        _put(science, "quality_flag", statuses(*indices).astype(np.int8))
        return
    _put(geo, names["height"], heights(shape), attributes={"units": "m"})
    _put(geo, names["surface"], made(_ELEVATION, (shape.along,)), attributes={"units": "m"})
    indices = np.indices((shape.along, shape.bins))
    for name in _CURTAIN_OF[kind]:
        values = smooth(*indices).astype(np.float32)
        _put(science, name, values[..., None] if kind == "CPR_NOM_1B" else values)
    _put(science, "quality_flag_10km", statuses(*indices).astype(np.int8))


BROADBAND: Mapping[str, tuple[str, ...]] = {
    "BBR_NOM_1B": ("standard", "small", "full"),
    "BBR_SNG_1B": ("",),
    "BM__RAD_2B": ("Standard", "Small", "Full", "Assessment"),
    "BMA_FLX_2B": ("StandardResolution", "SmallResolution", "FullResolution", "AssessmentResolution"),
}


def _write_broadband(file: Any, kind: str, frame: Frame, shape: Shape) -> None:
    for number, group in enumerate(BROADBAND[kind]):
        owner = file.create_group(f"ScienceData/{group}")
        own = Shape(shape.along + number, shape.across, shape.bins, shape.margin_deg)
        longitude, latitude, seconds = places(frame, own, np.zeros(1))
        if kind == "BBR_NOM_1B":
            _write_footprints(owner, own, longitude[:, 0], latitude[:, 0], seconds)
        elif kind == "BBR_SNG_1B":
            _write_pixels(owner, frame, own)
        else:
            _write_fluxes(owner, kind, own, longitude[:, 0], latitude[:, 0], seconds)


def _write_native(file: Any, frame: Frame, shape: Shape) -> None:
    """Level 1 of the imager on its native grid: each band has places of its own, some columns have none."""
    longitude, latitude, seconds = places(frame, shape, offsets(shape))
    science = file.create_group("ScienceData")
    sizes = {"band": 7, "along_track": shape.along, "across_track": shape.across}
    scales = {name: _scale(science, name, size) for name, size in sizes.items()}
    dims, whole = tuple(sizes), tuple(sizes.values())
    shift = 0.001 * np.arange(7)[:, None, None]
    _put(science, "time", seconds, _P, scales, {"units": "seconds since 2000-01-01 00:00:00.0"})
    for name, values, unit in (("latitude", latitude, "degree_north"), ("longitude", longitude, "degree_east")):
        placed = values[None] + shift
        placed[..., -2:] = FILL
        _put(science, name, placed, dims, scales, {"units": unit})
    radiance = (np.indices(whole) * np.array([100, 1, 0.1])[:, None, None, None]).sum(axis=0)
    _put(science, "pixel_values", radiance.astype(np.float32), dims, scales, {"units": "W m-2 sr-1 um-1"})


def _write_footprints(group: Any, shape: Shape, longitude: Values, latitude: Values, seconds: Values) -> None:
    scales = {"direction": _scale(group, "direction", 3), "band": _scale(group, "band", 2),
              "along_track": _scale(group, "along_track", shape.along)}  # fmt: skip
    cube = ("direction", "band", "along_track")
    times = seconds[None, None, :] + np.arange(3)[:, None, None] * 30.0 + np.zeros((1, 2, 1))
    _put(group, "time_barycentre", times, cube, scales, {"units": "seconds since 2000-01-01 00:00:00.0"})
    _put(group, "barycentre_latitude", latitude, _P, scales, {"units": "degree_north"})
    _put(group, "barycentre_longitude", longitude, _P, scales, {"units": "degree_east"})
    values = (np.indices((3, 2, shape.along)) * np.array([100, 10, 1])[:, None, None, None]).sum(axis=0)
    _put(group, "radiance", values.astype(np.float64), cube, scales, {"units": "W m-2 sr-1"})


def _write_pixels(group: Any, frame: Frame, shape: Shape) -> None:
    longitude, latitude, seconds = places(frame, shape, offsets(shape))
    scales = {"direction": _scale(group, "direction", 3), "band": _scale(group, "band", 2),
              "along_track": _scale(group, "along_track", shape.along),
              "pixel": _scale(group, "pixel", shape.across)}  # fmt: skip
    dims = ("direction", "band", "along_track", "pixel")
    whole = (3, 2, shape.along, shape.across)
    _put(group, "time", np.broadcast_to(seconds, (3, 2, shape.along)), dims[:3], scales,
         {"units": "seconds since 2000-01-01 00:00:00.0"})  # fmt: skip
    _put(group, "latitude", np.broadcast_to(latitude, whole), dims, scales, {"units": "degree_north"})
    _put(group, "longitude", np.broadcast_to(longitude, whole), dims, scales, {"units": "degree_east"})
    _put(group, "radiance", np.indices(whole).sum(axis=0).astype(np.float32), dims, scales, {"units": "W m-2 sr-1"})


def _write_fluxes(  # noqa: PLR0913, PLR0917 - places and times
    group: Any, kind: str, shape: Shape, longitude: Values, latitude: Values, seconds: Values
) -> None:
    scales = {"along_track": _scale(group, "along_track", shape.along),
              "bbr_direction": _scale(group, "bbr_direction", 3)}  # fmt: skip
    _put(group, "time", seconds, _P, scales, {"long_name": "Time"})
    _put(group, "latitude", latitude, _P, scales, {"units": "degree_north"})
    _put(group, "longitude", longitude, _P, scales, {"units": "degree_east"})
    name = "solar_radiance" if kind == "BM__RAD_2B" else "solar_top_of_atmosphere_flux"
    views = {"units": "W m-2", "bbr_direction": "fore, nadir, aft"}
    _put(
        group, name, np.indices((shape.along, 3)).sum(axis=0).astype(np.float32), (*_P, "bbr_direction"), scales, views
    )
    combined = made(Field(_P, values=lambda i: 240 + i * 0.1), (shape.along,))
    _put(group, "thermal_combined_top_of_atmosphere_flux", combined, _P, scales, {"units": "W m-2"})


def _write_weather(file: Any, frame: Frame, shape: Shape) -> None:
    """The weather model on its own horizontal grid, in no order along the track, and without times."""
    longitude, latitude, _ = places(frame, shape, np.array([-20.0, 20.0]))
    science = file.create_group("ScienceData")
    count = longitude.size
    scales = {
        "horizontal_grid": _scale(science, "horizontal_grid", count),
        "height": _scale(science, "height", shape.bins),
    }
    one, both = ("horizontal_grid",), ("horizontal_grid", "height")
    _put(science, "latitude", latitude.reshape(-1), one, scales, {"units": "degree_north"})
    _put(science, "longitude", longitude.reshape(-1), one, scales, {"units": "degree_east"})
    grid = Shape(count, shape.across, shape.bins)
    _put(science, "geometrical_height", heights(grid), both, scales, {"units": "m"})
    _put(
        science,
        "temperature",
        (220 + np.indices((count, shape.bins))[1]).astype(np.float32),
        both,
        scales,
        {"units": "K"},
    )
    _put(science, "tropopause_height_calipso", np.full(count, 16500, np.float32), one, scales, {"units": "m"})


KINDS = (*CURTAINS, *RADAR, *SWATHS, *JAPANESE, *BROADBAND, "ATL_NOM_1B", "MSI_NOM_1B", "AUX_MET_1D")
"""Every product type that can be generated: one or more of each layout."""
