"""Reading rows of beams in two steps: where they are, then what they are; each is one request for all beams."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.readers.hdf5 import Array, Hdf5, Wanted
from tercet.readers.icesat2.cuts import Clock, Finder, Photons, Placed, Timed, during, positions_at
from tercet.readers.icesat2.facts import Facts, granule_name, text, wanted_facts
from tercet.readers.icesat2.joins import missing
from tercet.readers.icesat2.layout import BEAM
from tercet.readers.icesat2.photons import CLASSES
from tercet.readers.icesat2.plan import SEGMENT_ID, Asked, Plan, Request
from tercet.readers.icesat2.structure import Rows, Structure
from tercet.readers.icesat2.times import utc

_HEIGHTS: Final = f"{BEAM}/heights"
_GEOLOCATION: Final = f"{BEAM}/geolocation"


@dataclass(frozen=True, slots=True)
class Track:
    """What was read of one beam, without what lies outside; arrays of shape (rows, ...).

    Attributes:
        beam: name of its group.
        longitude: degrees; NaN where that is not known.
        latitude: the same.
        time: UTC, ``datetime64[ns]``; of ATL11 (rows, cycles).
        values: as stored, by path of their field.
    """

    beam: str
    longitude: NDArray[Any]
    latitude: NDArray[Any]
    time: NDArray[np.datetime64]
    values: dict[str, NDArray[Any]]


class Reading:
    """Reads requests from one granule."""

    def __init__(self, file: Hdf5) -> None:
        self._file = file
        self._arrays = file.arrays()
        self._facts: Facts | None = None
        self._units: dict[str, str] = {}
        self.scales: dict[str, NDArray[Any]] = {}

    @property
    def facts(self) -> Facts:
        """What the granule says of itself; read with the first values that are read, or alone."""
        if self._facts is None:
            self._read([])
        return self._facts or Facts()

    def clock(self, rows: Rows, beam: str) -> Clock:
        """What turns times of a beam's rows into UTC."""
        path = (rows.time or "").replace(BEAM, beam, 1)
        if path not in self._units:
            array = self._arrays.get(path)
            self._units[path] = text(array.attributes.get("units")) if array is not None else ""
        return lambda delta_time: utc(delta_time, self.facts.epoch_gps, self._units[path])

    def tracks(self, structure: Structure, request: Request) -> list[Track]:
        """Read what is wanted of each beam that holds such rows; empty beams give empty tracks."""
        plans = [plan for beam in request.beams if (plan := self._plan(structure, request, beam)) is not None]
        first = [(plan, path, ()) for plan in plans for path in plan.first()]
        if first:
            self._read(first, soon=[path.replace(BEAM, plan.beam, 1) for plan in plans for path in plan.soon()])
        for plan in plans:
            plan.cut = plan.finder.find(plan.whole, plan.count, request.selection, f"{self._file.name}: {plan.beam}")
        self._read([asked for plan in plans for asked in plan.second()], request.scales)
        return [self._track(plan) for plan in plans]

    def _plan(self, structure: Structure, request: Request, beam: str) -> Plan | None:
        rows = request.rows
        axis = next((path for path in (rows.latitude, rows.time) if path), "").replace(BEAM, beam, 1)
        if axis not in self._arrays:
            return None
        # of the first beam that has it: the same in all
        held = {one.path: self._arrays[one.of(one.beams[0])].fill for one in request.fields if beam in one.beams}
        return Plan(request, beam, self._arrays[axis].shape[0], self._finder(structure, request, beam), held)

    def _finder(self, structure: Structure, request: Request, beam: str) -> Finder:
        """How rows are found by what the beam has: tools leave out what was not asked for."""
        rows, segments, guide = request.rows, structure.rows.get(_GEOLOCATION), structure.guide
        if rows.root == _HEIGHTS and segments:
            indexed = request.classified is not None or any(join.how == "index" for join in request.joins.values())
            photons = Photons(segments, self.clock(segments, beam), indexed=indexed)
            if self._has(beam, photons.beginnings, photons.counts, *photons.paths(request.selection)):
                return photons
        if rows.latitude:
            return Placed(rows, self.clock(rows, beam))
        there = guide and self._has(beam, guide.latitude, guide.longitude, guide.time)
        return Timed(rows, guide if there else None, self.clock(rows, beam))

    def _has(self, beam: str, *paths: str | None) -> bool:
        return all(path is not None and path.replace(BEAM, beam, 1) in self._arrays for path in paths)

    def _read(self, asked: Sequence[Asked], scales: Sequence[str] = (), soon: Sequence[str] = ()) -> None:
        """One request; the first takes along what is small and the same for all beams."""
        wanted = [Wanted(path.replace(BEAM, plan.beam, 1), slices) for plan, path, slices in asked]
        others = [path for path in scales if path not in self.scales]
        facts = [one.path for one in wanted_facts(self._arrays)] if self._facts is None else []
        values = self._file.read([*wanted, *map(Wanted, [*others, *facts])], soon)
        for (plan, path, slices), value in zip(asked, values, strict=False):
            plan.take(path, slices, value)
        beside = dict(zip([*others, *facts], values[len(wanted) :], strict=True))
        self.scales |= {path: beside[path] for path in others}
        if self._facts is None:
            self._facts = Facts.of(beside, granule_name(self._file))

    def _track(self, plan: Plan) -> Track:
        rows, selection = plan.request.rows, plan.request.selection
        delta_time = plan.values(rows.time) if rows.time else np.full(plan.rows, np.nan)
        longitude, latitude = self._places(plan, delta_time)
        values = dict(plan.fields())
        classified = (plan.request.classified or {}).get(plan.beam)
        if classified is not None and plan.cut.index is not None:
            ids = plan.whole[SEGMENT_ID]
            found = classified.on(ids, plan.cut.index, plan.cut.runs, delta_time)
            values |= dict(zip(CLASSES, found, strict=True))
        inside = selection.points(longitude, latitude) if selection.is_spatial else np.ones(plan.rows, dtype=bool)
        clock = self.clock(rows, plan.beam)
        inside &= during(selection, delta_time, clock)
        time = clock(delta_time)
        if inside.all():
            return Track(plan.beam, longitude, latitude, time, values)
        cut = {path: value[inside] for path, value in values.items()}
        return Track(plan.beam, longitude[inside], latitude[inside], time[inside], cut)

    def _places(self, plan: Plan, delta_time: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        rows = plan.request.rows
        if rows.latitude and rows.longitude:
            return plan.values(rows.longitude), plan.values(rows.latitude)
        guide = plan.finder.guide if isinstance(plan.finder, Timed) else None
        return positions_at(delta_time, guide, plan.whole)


def completed(tracks: Sequence[Track], path: str, array: Array) -> list[NDArray[Any]]:
    """A field of all beams; those that lack it get fill, or NaN."""
    return [
        track.values[path]
        if path in track.values
        else missing((track.latitude.shape[0], *array.shape[1:]), array.dtype, array.fill)
        for track in tracks
    ]
