"""A few coordinates of an EarthCARE product: enough for a track or the outline of a swath.

Source: the mission's readers (HARP's ingestion definitions, earthcarekit, ecaio). ESA puts coordinates among the
variables, JAXA into ``Geo``, BBR products into a group for each resolution. What is not there holds netCDF's default
fill value, often without saying so.
"""

from collections.abc import Iterator
from itertools import product, takewhile
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

PIECES = 50
"""Positions along a frame of 5000 km."""

_PAIRS = (
    # ATLID's level 1 has its samples' places in two dimensions, and the ground track beside them
    ("ellipsoid_latitude", "ellipsoid_longitude"),
    ("latitude", "longitude"),
    ("barycentre_latitude", "barycentre_longitude"),
    ("sample_latitude", "sample_longitude"),
)
_TIMES = ("time", "profileTime", "time_barycentre")
_FIRST_GROUPS = ("Geo", "Standard", "standard", "StandardResolution")
_NADIR = (1, 0)
"""Of BBR's directions (fore, nadir, aft) and bands (short wave, total); MSI's level 1 has bands only."""
_BANDS = 7
"""Of the imager, which has most."""
_SINCE = "2000-01-01"
_LATEST = 4e9
_DECIMALS = 6
_SWATH = 2

Track = list[list[float]]


def coordinates(science: h5py.Group) -> dict[str, Any]:
    """Positions (longitude, latitude, degrees) as ``track`` or ``edges``, and ``seconds``.

    Args:
        science: the group ``ScienceData``.
    """
    groups = list(_groups(science))
    found: dict[str, Any] = {}
    for group, (latitude, longitude) in product(groups, _PAIRS):
        if _is_numbers(member(group, latitude)) and _is_numbers(member(group, longitude)):
            found = _places(group[latitude], group[longitude], is_profile=latitude.startswith("sample"))
            break
    seconds = next(
        (_ends(group[name]) for group, name in product(groups, _TIMES) if _is_numbers(member(group, name))), None
    )
    return {**found, **({"seconds": seconds} if seconds else {})}


def member(group: h5py.Group, path: str) -> Any:  # noqa: ANN401 - whatever lies there
    """What lies at a path, None where nothing does; its own `get` would call a damaged one absent."""
    if path not in group:
        return None
    return group[path]


def _groups(science: h5py.Group) -> Iterator[h5py.Group]:
    yield science
    inner = {name: part for name in science if isinstance(part := science[name], h5py.Group)}
    for name in sorted(inner, key=lambda name: (name not in _FIRST_GROUPS, name)):
        yield inner[name]


def _is_numbers(found: Any) -> bool:  # noqa: ANN401 - whatever lies at a path
    return isinstance(found, h5py.Dataset) and found.ndim > 0 and found.dtype.kind == "f" and found.size > 0


def _places(latitude: h5py.Dataset, longitude: h5py.Dataset, *, is_profile: bool) -> dict[str, Any]:
    y, x = _subsampled(latitude), _subsampled(longitude)
    if y.shape != x.shape:
        return {}
    good = (np.abs(y) <= 90) & (np.abs(x) <= 360)  # noqa: PLR2004 - degrees; NaN and fill values fail
    if is_profile or y.ndim < _SWATH:
        if y.ndim == _SWATH:  # down a profile only the last sample is on the ground
            y, x, good = y[:, -1], x[:, -1], good[:, -1]
        return {"track": _positions(x[good], y[good])}
    rows = np.flatnonzero(good.any(axis=1))
    first, last = good.argmax(axis=1), good.shape[1] - 1 - good[:, ::-1].argmax(axis=1)
    if (first[rows] == last[rows]).all():
        return {"track": _positions(x[rows, first[rows]], y[rows, first[rows]])}
    edges = [_positions(x[rows, edge[rows]], y[rows, edge[rows]]) for edge in (first, last)]
    return {"edges": edges} if len(rows) > 1 else {}


def _subsampled(dataset: h5py.Dataset) -> NDArray[np.float64]:
    """Some rows of a variable, the first and the last among them: (along,) or (along, across)."""
    lead = _leading(dataset)
    shape = dataset.shape[len(lead) :]
    is_across_first = len(shape) == _SWATH and shape[0] < shape[1]
    count = shape[1] if is_across_first else shape[0]
    step = max(1, (count - 1) // PIECES)
    rows: tuple[Any, ...] = (slice(None), slice(None, None, step)) if is_across_first else (slice(None, None, step),)
    end: tuple[Any, ...] = (slice(None), slice(-1, None)) if is_across_first else (slice(-1, None),)
    axis = 1 if is_across_first else 0
    parts = [dataset[lead + rows]] + ([dataset[lead + end]] if (count - 1) % step else [])
    values = np.concatenate([np.asarray(part, dtype=np.float64) for part in parts], axis=axis)
    return values.T if is_across_first else values


def _leading(dataset: h5py.Dataset) -> tuple[int, ...]:
    """One view and band of a variable that has several: they are its first dimensions, and few."""
    if dataset.ndim <= _SWATH:
        return ()
    few = takewhile(lambda size: size <= _BANDS, dataset.shape[:-1])
    return tuple(min(wanted, size - 1) for wanted, size in zip(_NADIR, few, strict=False))


def _positions(x: NDArray[np.float64], y: NDArray[np.float64]) -> Track:
    return np.round(np.column_stack([x, y]), _DECIMALS).tolist()  # type: ignore[no-any-return]


def _ends(time: h5py.Dataset) -> list[float] | None:
    """The first and the last of the seconds since 2000; None where it counts otherwise or holds none."""
    units = time.attrs.get("units", _SINCE)
    if _SINCE not in (units.decode() if isinstance(units, bytes) else str(units)):
        return None
    seconds = _subsampled(time)
    good = seconds[(seconds > 0) & (seconds < _LATEST)]
    return [round(float(good.min()), 3), round(float(good.max()), 3)] if good.size else None
