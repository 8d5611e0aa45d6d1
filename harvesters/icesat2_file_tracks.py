"""Beams of a granule on disk: which there are, strong or weak, and where they ran."""

from collections.abc import Iterator
from typing import Any, Final

import h5py
import numpy as np
import shapely
from numpy.typing import NDArray

GAP_KM: Final = 20.0
"""Where consecutive positions lie farther apart, nothing was measured between them."""
TOLERANCE_DEGREES: Final = 0.002
"""How far, at most some 200 m, a track with fewer positions may lie from all of them."""

ENOUGH: Final = 100_000
"""Positions of a beam that are looked at: of ten million photons each hundredth lies some 70 m from the one before."""

_GROUPS: Final = (
    "gt1l",
    "gt1r",
    "gt2l",
    "gt2r",
    "gt3l",
    "gt3r",
    "pt1",
    "pt2",
    "pt3",
    "profile_1",
    "profile_2",
    "profile_3",
)
_PLACES: Final = (
    ("geolocation", "reference_photon_lat", "reference_photon_lon"),
    ("heights", "lat_ph", "lon_ph"),
    ("land_ice_segments", "latitude", "longitude"),
    ("land_segments", "latitude", "longitude"),
    ("sea_ice_segments", "latitude", "longitude"),
    ("freeboard_segment", "latitude", "longitude"),
    ("freeboard_beam_segment/beam_freeboard", "latitude", "longitude"),
    ("ssh_segments", "latitude", "longitude"),
    ("corrected_h", "latitude", "longitude"),
    ("high_rate", "latitude", "longitude"),
    ("low_rate", "latitude", "longitude"),
    ("", "latitude", "longitude"),
    ("", "segment_lat", "segment_lon"),
    ("", "lat_ph", "lon_ph"),
)
"""Where products keep the positions of a beam: group, latitude, longitude. Segments before photons: they are fewer."""
_ATTRIBUTES: Final = {"type": "atlas_beam_type", "orientation": "sc_orientation"}
_KM_PER_DEGREE: Final = 111.2
_OWN_UNITS: Final = "seconds since 2018-01-01"
_LATEST: Final = 3e9
"""Seconds since 2018 that no granule reaches: fill is beyond."""


def beam_groups(file: h5py.File) -> list[str]:
    """Groups of beams, pairs or profiles."""
    # get() would call a damaged one absent
    return [name for name in _GROUPS if name in file and isinstance(file[name], h5py.Group)]


def beams(file: h5py.File, *, with_tracks: bool) -> dict[str, dict[str, Any]]:
    """What is known of each: ``positions`` is how many it has.

    Args:
        file: a granule.
        with_tracks: whether to read where and when each was, too: ``tracks`` and ``times``.
    """
    return {name: _beam(file[name], with_tracks=with_tracks) for name in beam_groups(file)}


def _beam(group: h5py.Group, *, with_tracks: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: text for key, name in _ATTRIBUTES.items() if (text := _attribute(group, name)) is not None
    }
    place = _place(group)
    found["positions"] = 0 if place is None else int(place[0].size)
    if place is None or not with_tracks or not found["positions"]:
        return found
    step = max(1, found["positions"] // ENOUGH)
    latitudes, longitudes = (dataset[...].ravel()[::step].astype(np.float64) for dataset in place)
    tracks = list(_pieces(longitudes, latitudes))
    times = _times(place[0].parent)
    return {**found, **({"tracks": tracks} if tracks else {}), **({"times": times} if times else {})}


def _attribute(group: h5py.Group | h5py.Dataset, name: str) -> str | None:
    value = group.attrs.get(name)
    if isinstance(value, np.ndarray):
        value = value.flat[0] if value.size else None
    return value.decode("utf-8", "replace").strip() if isinstance(value, bytes) else value and str(value).strip()


def _place(group: h5py.Group) -> tuple[h5py.Dataset, h5py.Dataset] | None:
    """Latitude and longitude datasets of the same length; those with positions before empty ones."""
    places = []
    for path, latitude, longitude in _PLACES:
        inner = group.get(path) if path else group
        if isinstance(inner, h5py.Group) and latitude in inner and longitude in inner:
            pair = (inner[latitude], inner[longitude])
            if all(isinstance(one, h5py.Dataset) for one in pair) and pair[0].size == pair[1].size:
                places.append(pair)
    return max(places, key=lambda pair: bool(pair[0].size), default=None)


def _times(group: h5py.Group) -> list[float] | None:
    """First and last ``delta_time``, seconds since 2018-01-01; none where a tool counted from another date."""
    dataset = group.get("delta_time")
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind != "f":
        return None
    units = _attribute(dataset, "units") or ""
    if " since " in units and not units.startswith(_OWN_UNITS):
        return None
    moments = dataset[...].ravel()
    moments = moments[(moments > 0) & (moments < _LATEST)]
    return [float(moments.min()), float(moments.max())] if moments.size else None


def _pieces(longitudes: NDArray[np.float64], latitudes: NDArray[np.float64]) -> Iterator[list[list[float]]]:
    """A beam's way, in pieces without gaps, with no more positions than it needs."""
    on_globe = (np.abs(longitudes) <= 360) & (np.abs(latitudes) <= 90)  # noqa: PLR2004 - degrees; NaN and fill are not
    x, y = np.unwrap(longitudes[on_globe], period=360), latitudes[on_globe]
    east = np.diff(x) * np.cos(np.radians(y[:-1]))
    cuts = np.flatnonzero(np.hypot(east, np.diff(y)) * _KM_PER_DEGREE > GAP_KM) + 1
    for piece in np.split(np.column_stack([x, y]), cuts):
        if len(piece) > 1:
            line = shapely.simplify(shapely.linestrings(piece), TOLERANCE_DEGREES)
            yield _folded(shapely.get_coordinates(line))
        elif len(piece):
            yield _folded(piece)


def _folded(track: NDArray[np.float64]) -> list[list[float]]:
    folded = np.column_stack([(track[:, 0] + 180) % 360 - 180, track[:, 1]])
    positions: list[list[float]] = np.round(folded, 5).tolist()
    return positions
