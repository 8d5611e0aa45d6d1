"""What is read of one beam: planned, taken as it comes, and given out in the rows that are wanted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.readers.icesat2.cuts import Cut, Finder, Photons, Timed
from tercet.readers.icesat2.joins import Join, spread
from tercet.readers.icesat2.layout import BEAM
from tercet.readers.icesat2.photons import Classified
from tercet.readers.icesat2.structure import Field, Rows
from tercet.readers.selection import Selection

SEGMENT_ID: Final = f"{BEAM}/geolocation/segment_id"


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted.

    Attributes:
        fields: all that lie along the track.
        rows: in which they are given.
        beams: names of groups.
        selection: where and when.
        classified: ATL08's photons by beam, where each photon is to get its class.
        scales: paths of arrays to read along, whole: what the columns of others stand for.
    """

    fields: Sequence[Field]
    rows: Rows
    beams: Sequence[str]
    selection: Selection
    classified: Mapping[str, Classified] | None = None
    scales: Sequence[str] = ()

    @property
    def joins(self) -> dict[str, Join]:
        """How other rows are given to these, by their root."""
        roots = dict.fromkeys(one.rows for one in self.fields if one.rows not in (None, self.rows.root))
        return {root: Join(self.rows.root, root) for root in roots if root}


@dataclass
class Plan:
    """What is read of one beam, and what has been.

    Attributes:
        request: of all beams.
        beam: its group.
        count: how many rows it has.
        finder: of those that are wanted.
        held: fill of the fields that it has, by path.
        cut: what is to be read.
        whole: what was read to find it, whole, by path.
        parts: what was read of it, run by run, by path.
        coarse: parts of other rows that are given to these.
    """

    request: Request
    beam: str
    count: int
    finder: Finder
    held: Mapping[str, Any]
    cut: Cut = field(default_factory=lambda: Cut([]))
    whole: dict[str, NDArray[Any]] = field(default_factory=dict)
    parts: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    coarse: dict[str, NDArray[Any]] = field(default_factory=dict)

    def first(self) -> list[str]:
        """Whole fields by which rows are found."""
        paths = self.finder.paths(self.request.selection)
        if isinstance(self.finder, Timed) and self.finder.guide and self.rows_lie_nowhere:
            guide = self.finder.guide
            paths += [path for path in (guide.time, guide.latitude, guide.longitude) if path]
        if self.request.classified is not None and isinstance(self.finder, Photons):
            paths.append(SEGMENT_ID)
        paths += [path for join in self.request.joins.values() for path in join.keys()[0]]
        return list(dict.fromkeys(paths))

    @property
    def rows_lie_nowhere(self) -> bool:
        """Whether positions are not among the rows."""
        return self.request.rows.latitude is None

    def second(self) -> Iterator["Asked"]:
        """Parts of fields, each once."""
        for path in self._fine():
            if path not in self.whole:
                # an empty slice still tells type and shape
                yield from ((self, path, (run,)) for run in self.cut.runs or [slice(0, 0)])
        for path, join in self._coarse():
            yield self, path, (join.part(self.cut),)

    def soon(self) -> list[str]:
        """The fields of `second`, before it is known which part of them is wanted."""
        return [*self._fine(), *(path for path, _ in self._coarse())]

    def _fine(self) -> list[str]:
        rows = self.request.rows
        fine = [rows.longitude, rows.latitude, rows.time]
        fine += [path for path, _ in self._fields(rows.root) if path in self.held]
        fine += [path for join in self.request.joins.values() for path in join.keys()[1]]
        return list(dict.fromkeys(path for path in fine if path))

    def _coarse(self) -> list[tuple[str, Join]]:
        joins = self.request.joins.items()
        return [(path, join) for root, join in joins for path, _ in self._fields(root) if path in self.held]

    def _fields(self, root: str) -> list[tuple[str, Field]]:
        return [(one.path, one) for one in self.request.fields if one.rows == root]

    def take(self, path: str, slices: tuple[slice, ...], value: NDArray[Any]) -> None:
        """Keep what was read."""
        if not slices:
            self.whole[path] = value
        elif any(path == known for join in self.request.joins for known, _ in self._fields(join)):
            self.coarse[path] = value
        else:
            self.parts.setdefault(path, []).append(value)

    @property
    def rows(self) -> int:
        """How many were read."""
        return sum(run.stop - run.start for run in self.cut.runs)

    def values(self, path: str) -> NDArray[Any]:
        """A field of the fine rows, all its runs."""
        if path in self.whole:
            whole = self.whole[path]
            return np.concatenate([whole[run] for run in self.cut.runs] or [whole[:0]])
        parts = self.parts[path]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def fields(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """What is wanted, by path, in the fine rows; what this beam lacks is left out."""
        for one in self.request.fields:
            if one.path not in self.held:
                continue
            if one.rows == self.request.rows.root:
                yield one.path, self.values(one.path)
            else:
                join = self.request.joins[one.rows or ""]
                fine = {path: self.values(path) for path in join.keys()[1]}
                rows = join.rows(self.cut, self.whole, fine)
                yield one.path, spread(self.coarse[one.path], rows, self.held[one.path])


Asked = tuple[Plan, str, tuple[slice, ...]]
"""A field of a beam, and which part of it; nothing is the whole."""
