"""What a granule holds, known from the paths of its arrays alone: fields of all beams, and the rows they lie in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tercet.readers.icesat2.layout import (
    BEAM,
    GROUPS,
    LAYOUTS,
    OWN_ROWS,
    SAME_ROWS,
    TELLING,
    Layout,
    dimension,
    position_names,
    time_name,
)

_SKIPPED: Final = ("METADATA/", "ancillary_data/calibrations/", "atlas_impulse_response/", "ds_")
"""What is large or says nothing of the Earth: it is not listed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One array, in every beam that has it.

    Attributes:
        path: with ``{beam}`` for the beam's group.
        beams: those that have it; none of an array outside of beams.
        rows: the root of the rows that it lies in; None where it does not lie along a track.
    """

    path: str
    beams: tuple[str, ...] = ()
    rows: str | None = None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rsplit("/", 1)[-1]

    def of(self, beam: str) -> str:
        """Its path in one beam."""
        return self.path.replace(BEAM, beam, 1)


@dataclass(frozen=True, slots=True)
class Rows:
    """Arrays in the same steps along a track.

    Attributes:
        root: path of the group that holds them and their positions.
        dim: what one row is: photon, segment, profile…
        latitude: path of the field of positions; None where only the time is known.
        longitude: the same.
        time: path of the field of ``delta_time``.
    """

    root: str
    dim: str
    latitude: str | None
    longitude: str | None
    time: str | None


class Structure:
    """Fields, rows and beams of one granule.

    Attributes:
        beams: groups of beams, pairs or profiles that are there, whether they hold anything or not.
        fields: by path.
        rows: by root.
    """

    def __init__(self, paths: Iterable[str], beams: Iterable[str], product: str | None) -> None:
        self.beams = tuple(sorted(beams))
        self._groups: dict[str, set[str]] = defaultdict(set)
        holders = self._holders(paths)
        self.rows: Mapping[str, Rows] = {root: self._rows(root) for root in self._roots()}
        self.fields: Mapping[str, Field] = {
            path: Field(path, tuple(beams), self._root_of(path) if beams else None) for path, beams in holders.items()
        }
        self.product = self._known(product)

    def _holders(self, paths: Iterable[str]) -> Mapping[str, list[str]]:
        holders: dict[str, list[str]] = {}
        for path in paths:
            if path.startswith(_SKIPPED):
                continue
            first, _, rest = path.partition("/")
            if first in GROUPS and rest:
                path = f"{BEAM}/{rest}"  # noqa: PLW2901 - the same array, in any beam
                group, _, name = path.rpartition("/")
                self._groups[group].add(name)
                holders.setdefault(path, []).append(first)
            else:
                holders.setdefault(path, [])
        return holders

    def _roots(self) -> Iterator[str]:
        for group, names in self._groups.items():
            if position_names(names) or time_name(names):
                yield group

    def _rows(self, root: str) -> Rows:
        names = self._groups[root]
        latitude, longitude = position_names(names) or (None, None)
        time = time_name(names)
        dim = "ref_pt" if "ref_pt" in names and latitude else dimension(root, latitude, self.beams)
        return Rows(
            root,
            dim,
            latitude and f"{root}/{latitude}",
            longitude and f"{root}/{longitude}",
            time and f"{root}/{time}",
        )

    def _root_of(self, path: str) -> str | None:
        """The topmost group around an array that has times or positions: those further down repeat them."""
        group, found = path.rpartition("/")[0], None
        while group:
            parent, _, last = group.rpartition("/")
            neighbour = f"{parent}/{SAME_ROWS[last]}" if last in SAME_ROWS else ""
            if neighbour in self.rows:
                return neighbour
            found = group if group in self.rows else found
            if last in OWN_ROWS:
                break
            group = parent
        return found

    def _known(self, said: str | None) -> str | None:
        """The product that the file says, unless its rows are another's: copies keep what was said of their source."""
        mains = LAYOUTS[said[:5]].mains if said and said[:5] in LAYOUTS else ()
        if said and (not self.beams or not mains or any(f"{BEAM}/{main}".rstrip("/") in self.rows for main in mains)):
            return said
        return self._told() or said

    def _told(self) -> str | None:
        held = {path.split("/", 2)[1] for path in self.fields if path.startswith(BEAM)}
        return next((product for name, product in TELLING if name in held), None)

    @property
    def layout(self) -> Layout:
        """How the product lays things out; of one that is not known, nothing."""
        return LAYOUTS.get((self.product or "")[:5], Layout(()))

    @cached_property
    def main(self) -> str | None:
        """The root of the rows that the product is read for: the first that has positions where none is known."""
        known = [f"{BEAM}/{main}".rstrip("/") for main in self.layout.mains]
        placed = [root for root, rows in self.rows.items() if rows.latitude]
        return next((root for root in [*known, *placed] if root in self.rows), None)

    @cached_property
    def guide(self) -> Rows | None:
        """Rows that say where a beam was: those of ATL03's segments rather than of its photons."""
        segments = self.rows.get(f"{BEAM}/geolocation")
        return segments if segments and segments.latitude else self.rows.get(self.main or "")
