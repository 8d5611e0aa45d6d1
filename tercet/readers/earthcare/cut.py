"""Which profiles, pixels and bins are wanted: places and times first, then the parts of the arrays that hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.errors import ReaderError
from tercet.readers.selection import Selection, hull

Dims = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """Where and when the values of a layout are.

    Attributes:
        along: name of the dimension along the track.
        longitude: degrees, NaN where there is none; None where the product has no places.
        latitude: the same shape.
        dims: of longitude and latitude.
        times: ``datetime64[ns]``; None where the product has none.
        time_dims: theirs.
        nadir: the column below the satellite, in a swath.
        first: the line of the file that is the first here.
    """

    along: str
    longitude: NDArray[Any] | None
    latitude: NDArray[Any] | None
    dims: Dims
    times: NDArray[np.datetime64] | None
    time_dims: Dims
    nadir: int | None = None
    first: int = 0

    def track(self) -> tuple[NDArray[Any], NDArray[Any]] | None:
        """Longitude and latitude of one place a profile or line: below the satellite, or mid-swath."""
        if self.longitude is None or self.latitude is None or self.along not in self.dims:
            return None
        return self._one_a_line(self.longitude), self._one_a_line(self.latitude)

    def _one_a_line(self, values: NDArray[Any]) -> NDArray[Any]:
        axis = self.dims.index(self.along)
        lines = np.moveaxis(values, axis, 0)
        while lines.ndim > 1:
            columns = lines.shape[-1]
            middle = self.nadir if self.nadir is not None and self.nadir < columns else columns // 2
            lines = lines[..., middle]
        return lines


@dataclass(frozen=True, slots=True)
class Cut:
    """What is read, and what of that is wanted.

    Attributes:
        slices: by dimension; one that is not named is read whole.
        rows: which of the profiles or lines that are read are kept; None is all.
        inside: which of the pixels that are kept are wanted, of `inside_dims`; None is all.
        inside_dims: dimensions of `inside`.
    """

    slices: Mapping[str, slice] = field(default_factory=dict)
    rows: NDArray[np.bool_] | None = None
    inside: NDArray[np.bool_] | None = None
    inside_dims: Dims = ()


WHOLE = Cut()
"""All that a file holds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What part is asked for.

    Attributes:
        selection: in space and time.
        near: longitude, latitude in degrees and radius in kilometres; None is anywhere.
        latitudes: between which the track must lie, south and north; None is all that the file holds.
    """

    selection: Selection
    near: tuple[float, float, float] | None = None
    latitudes: tuple[float, float] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all that the file holds is asked for."""
        return self.selection.is_whole and not self.is_spatial and self.latitudes is None

    @property
    def is_spatial(self) -> bool:
        """Whether not everywhere is asked for."""
        return self.selection.is_spatial or self.near is not None


def cut_of(asked: Asked, where: Where, name: str) -> Cut:
    """Find the part of the arrays that is asked for.

    Raises:
        ReaderError: it is asked for by what the product does not have: places, or times.
    """
    if asked.is_whole:
        return WHOLE
    rows = _rows_in_time(asked, where, name) & _rows_between(asked, where, name)
    if not asked.is_spatial:
        return _of_rows(rows, where)
    if where.longitude is None or where.latitude is None:
        raise ReaderError(f"{name} has no latitude and longitude: select by time, or read it whole")
    wanted = _wanted(asked, where.longitude, where.latitude)
    if wanted.ndim == 1:
        return _of_rows(rows & wanted, where)
    return _of_pixels(rows, wanted, where)


def distances_km(longitude: NDArray[Any], latitude: NDArray[Any], near: tuple[float, float, float]) -> NDArray[Any]:
    """Kilometres on the WGS 84 ellipsoid between a station and places; NaN where a place is unknown."""
    from pyproj import Geod  # noqa: PLC0415 - only who asks for a station waits for it

    known = np.isfinite(longitude) & np.isfinite(latitude)
    east, north = np.where(known, longitude, 0.0), np.where(known, latitude, 0.0)
    # an ellipsoid's shortest way takes microseconds each: what is far off in latitude need not be that exact
    far = np.abs(north - near[1]) * 110.0 > max(near[2], 1.0) * 1.1 + 10.0
    result = np.abs(north - near[1]) * 111.0
    close = ~far & known
    station_east, station_north = np.full(close.sum(), near[0]), np.full(close.sum(), near[1])
    metres = Geod(ellps="WGS84").inv(station_east, station_north, east[close], north[close])[2]
    result[close] = np.asarray(metres) / 1000.0
    result[~known] = np.nan
    return result


def _wanted(asked: Asked, longitude: NDArray[Any], latitude: NDArray[Any]) -> NDArray[np.bool_]:
    wanted = asked.selection.points(longitude, latitude)
    if asked.near is not None:
        with np.errstate(invalid="ignore"):
            wanted &= distances_km(longitude, latitude, asked.near) <= asked.near[2]
    return wanted


def _rows_in_time(asked: Asked, where: Where, name: str) -> NDArray[np.bool_]:
    if not asked.selection.is_temporal:
        return np.ones(_count(where), dtype=bool)
    if where.times is None or where.along not in where.time_dims:
        raise ReaderError(f"{name} has no time for each profile: select by bbox or polygon, or read it whole")
    return _any_but(asked.selection.moments(where.times), where.time_dims, where.along)


def _rows_between(asked: Asked, where: Where, name: str) -> NDArray[np.bool_]:
    if asked.latitudes is None:
        return np.ones(_count(where), dtype=bool)
    track = where.track()
    if track is None:
        raise ReaderError(f"{name} has no latitudes along its track: read it with margins='kept'")
    south, north = asked.latitudes
    # half-open: a profile on the border belongs to the frame north of it
    return np.asarray((track[1] >= south) & ((track[1] < north) | (north == 90)))  # noqa: PLR2004 - the pole


def _of_rows(rows: NDArray[np.bool_], where: Where) -> Cut:
    part = hull(rows)
    kept = rows[part]
    return Cut({where.along: _in_file(part, where)}, None if kept.all() else kept)


def _of_pixels(rows: NDArray[np.bool_], wanted: NDArray[np.bool_], where: Where) -> Cut:
    along = where.dims.index(where.along)
    shape = [1] * wanted.ndim
    shape[along] = -1
    wanted = wanted & rows.reshape(shape)
    slices = {where.along: hull(_any_but(wanted, where.dims, where.along)), where.dims[-1]: slice(None)}
    if where.dims[-1] != where.along:
        slices[where.dims[-1]] = hull(_any_but(wanted, where.dims, where.dims[-1]))
    inside = wanted[tuple(slices.get(name, slice(None)) for name in where.dims)]
    kept = _any_but(inside, where.dims, where.along)
    slices[where.along] = _in_file(slices[where.along], where)
    if not kept.all():
        inside = np.compress(kept, inside, axis=along)
    return Cut(slices, None if kept.all() else kept, None if inside.all() else inside, where.dims)


def _in_file(part: slice, where: Where) -> slice:
    return slice(part.start + where.first, part.stop + where.first)


def _any_but(mask: NDArray[np.bool_], dims: Dims, kept: str) -> NDArray[np.bool_]:
    return np.asarray(mask.any(axis=tuple(axis for axis, name in enumerate(dims) if name != kept)))


def _count(where: Where) -> int:
    for values, dims in ((where.times, where.time_dims), (where.latitude, where.dims)):
        if values is not None and where.along in dims:
            return int(values.shape[dims.index(where.along)])
    return 0
