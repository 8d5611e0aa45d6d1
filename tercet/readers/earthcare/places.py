"""Where and when the values of a file are, as far as that is needed to cut out a part."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.earthcare.cut import Asked, Where
from tercet.readers.earthcare.dataset import View
from tercet.readers.earthcare.fetching import Fetching
from tercet.readers.earthcare.layout import Layout
from tercet.readers.earthcare.scout import lines_that_may, nodes
from tercet.readers.hdf5 import Array, Wanted


class Places:
    """Places and times of the layouts of a file; whole ones are worked out once."""

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching
        self._whole: dict[tuple[str, ...], Where] = {}
        self._looked_at: dict[tuple[str, ...], NDArray[Any]] = {}

    def of(self, layout: Layout, asked: Asked, nadir: int | None, arrays: Iterable[Array] = ()) -> Where:
        """Give the places and times that matter for what is asked for: of all profiles, or of some lines of a swath.

        Args:
            layout: whose.
            asked: a part, not the whole.
            nadir: the column of a swath below the satellite.
            arrays: that are asked for: of some lines of a swath, these are fetched with the places.
        """
        if layout.groups in self._whole:
            return self._whole[layout.groups]
        if layout.time is not None and not asked.is_spatial and asked.latitudes is None:
            return _where(layout, {"time": self._fetching.kept([layout.time.path])[0]}, {"time": layout.time}, nadir)
        part = self._lines(layout, asked)
        if part is not None:
            alike = [one.path for one in arrays if layout.dims(one)[:1] == (layout.axes.along,)]
            return self._some(layout, part, nadir, alike)
        self._whole[layout.groups] = self._all(layout, nadir)
        return self._whole[layout.groups]

    def _all(self, layout: Layout, nadir: int | None) -> Where:
        there = {name: one for name, one in layout.coordinates.items() if name != "height"}
        stored = self._fetching.kept([one.path for one in there.values()])
        return _where(layout, dict(zip(there, stored, strict=True)), there, nadir)

    def _some(self, layout: Layout, part: slice, nadir: int | None, alike: Sequence[str]) -> Where:
        there = {name: one for name, one in layout.coordinates.items() if name != "height"}
        [times] = self._fetching.kept([there["time"].path])
        paths = [there["longitude"].path, there["latitude"].path]
        longitude, latitude, *_ = self._fetching.lines(list(dict.fromkeys([*paths, *alike])), part)
        stored = {"time": times[part], "longitude": longitude, "latitude": latitude}
        return _where(layout, stored, there, nadir, first=part.start)

    def _lines(self, layout: Layout, asked: Asked) -> slice | None:
        """The lines of a swath that may hold an area; None where all places are needed, or nearly all."""
        time, latitude, longitude = layout.time, layout.latitude, layout.longitude
        if time is None or latitude is None or longitude is None or not asked.is_spatial:
            return None
        if layout.dims(latitude) != (layout.axes.along, layout.axes.across) or self._fetching.has(latitude.path):
            return None
        [stored] = self._fetching.kept([time.path])
        times = _values(layout, time, stored)
        at = nodes(times, latitude.shape[0])
        if at is None:
            return None
        if layout.groups not in self._looked_at:
            parts = [
                Wanted(one.path, (slice(int(line), int(line) + 1),)) for one in (longitude, latitude) for line in at
            ]
            self._looked_at[layout.groups] = np.concatenate(self._fetching.file.read(parts, self._fetching.soon))
        read = self._looked_at[layout.groups]
        east, north = _values(layout, longitude, read[: len(at)]), _values(layout, latitude, read[len(at) :])
        return lines_that_may(asked, times, at, east, north)


def _values(layout: Layout, array: Array, stored: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(View(layout).variable("", stored, array).values)


def _where(
    layout: Layout, stored: dict[str, NDArray[Any]], arrays: dict[str, Array], nadir: int | None, first: int = 0
) -> Where:
    known = {name: View(layout).variable(name, stored[name], one) for name, one in arrays.items()}
    latitude, longitude, times = (known.get(name) for name in ("latitude", "longitude", "time"))
    return Where(
        along=layout.axes.along,
        longitude=None if longitude is None else longitude.values,
        latitude=None if latitude is None else latitude.values,
        dims=() if latitude is None else tuple(map(str, latitude.dims)),
        times=None if times is None else times.values,
        time_dims=() if times is None else tuple(map(str, times.dims)),
        nadir=nadir,
        first=first,
    )
