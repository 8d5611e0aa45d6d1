"""One open granule: what is asked for by name becomes fields, and fields become tracks."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray

from tercet.readers.hdf5 import Array, Hdf5
from tercet.readers.icesat2.beams import Beam, Beams, beams_of, chosen, says_which
from tercet.readers.icesat2.facts import Facts, product_named
from tercet.readers.icesat2.joins import finest
from tercet.readers.icesat2.layout import BEAM
from tercet.readers.icesat2.naming import Naming
from tercet.readers.icesat2.photons import Classified
from tercet.readers.icesat2.plan import Request
from tercet.readers.icesat2.probing import beams_in, groups_of, probed
from tercet.readers.icesat2.reading import Reading, Track
from tercet.readers.icesat2.structure import Field, Rows, Structure
from tercet.readers.icesat2.values import variable_of
from tercet.readers.selection import Selection
from tercet.readers.variables import Variable, Variables


@dataclass(frozen=True, slots=True)
class Column:
    """A field to read, with what it is called and how it is described.

    Attributes:
        field: where it lies.
        variable: its description.
        array: that of the first beam.
        scales: paths of the arrays that say what columns stand for, by dimension.
    """

    field: Field
    variable: Variable
    array: Array
    scales: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Granule:
    """An open granule.

    Attributes:
        file: where it is read from.
        name: for messages.
    """

    def __init__(self, file: Hdf5, name: str) -> None:
        self.file = file
        self.name = name
        self._arrays = file.arrays()

        self._said = product_named(file)
        self._beams: list[str] = []
        self._reading = Reading(file)
        self._known: tuple[Structure, Naming] | None = None
        self._paths: set[str] | None = set()

    @property
    def structure(self) -> Structure:
        """What it holds, as far as it was looked at; all of it where nothing was asked for by name before."""
        return (self._known or self._list())[0]

    @property
    def naming(self) -> Naming:
        """What names mean in it; as `structure`."""
        return (self._known or self._list())[1]

    def look(self, names: Sequence[str] | None, beams: Beams = None) -> None:
        """Make names known, by a look at where they usually lie, else by a list of all that the file holds.

        Args:
            names: as `Naming.find` takes them; None for what the product is mostly read for.
            beams: in which; where they are asked for by name the others are not looked at.
        """
        if self._paths is None:  # all is known
            return
        groups = groups_of(self.file, beams)
        if not set(groups) <= set(self._beams):
            self._beams, self._paths = list(dict.fromkeys([*self._beams, *groups])), set()
        found = probed(self.file, self._said, self._beams, names)
        if not found:
            self._list()
        elif not self._paths.issuperset(found):
            self._paths.update(found)
            self._know(sorted(self._paths))

    def _list(self) -> tuple[Structure, Naming]:
        self._beams, self._paths = beams_in(self.file), None
        return self._know(self._arrays)

    def _know(self, paths: Iterable[str]) -> tuple[Structure, Naming]:
        structure = Structure(paths, self._beams, self._said)
        self._known = structure, Naming(structure, self.name)
        return self._known

    @property
    def facts(self) -> Facts:
        """What it says of itself."""
        return self._reading.facts

    @property
    def beams(self) -> Mapping[str, Beam]:
        """Its beams, pairs or profiles as far as they were looked at, with spots and strengths as far as known."""
        return beams_of(self.structure.beams, self.facts.orientation, self.file)

    @cached_property
    def all_beams(self) -> Mapping[str, Beam]:
        """All of them."""
        return beams_of(beams_in(self.file), self.facts.orientation, self.file)

    def chosen(self, beams: Beams) -> list[str]:
        """Names of the beams that are asked for; which are strong is only looked up where that matters."""
        if says_which(beams):
            return chosen(beams, self.all_beams, self.name)
        there = groups_of(self.file, beams)
        return chosen(beams, {name: Beam(name) for name in there}, self.name)

    def variables(self) -> Variables:
        """All that it holds, along the track first; of several beams the first is described."""
        if self._paths is not None:
            self._list()
        described = [self.column(field).variable for field in self.structure.fields.values()]
        return Variables(sorted(described, key=lambda one: BEAM not in one.path))

    def column(self, field: Field) -> Column:
        """A field with its description; no values are read."""
        array = self._arrays[field.of(field.beams[0]) if field.beams else field.path]
        rows = self.structure.rows[field.rows] if field.rows and self._is_along(field) else None
        name = self.naming.name_of(field)
        variable = variable_of(name, field, array, rows)
        return Column(field, variable, array, dict(self._scales(array, variable.dims[1:], array.shape[1:])))

    def _scales(self, array: Array, dims: Sequence[str], sizes: Sequence[int]) -> Iterator[tuple[str, str]]:
        """Arrays called like a dimension, in the group of the array or above."""
        for dim, size in zip(dims, sizes, strict=True):
            group = array.path
            while group:
                group = group.rpartition("/")[0]
                path = f"{group}/{dim}".lstrip("/")
                if path in self._arrays and self._arrays[path].shape == (size,):
                    yield dim, path
                    break

    def scale(self, path: str) -> NDArray[Any]:
        """Values of a scale that was read with the tracks."""
        return self._reading.scales[path]

    def asked(self, names: Sequence[str] | str | None, beams: Beams = None) -> tuple[list[Field], list[Field]]:
        """Fields by name: those along the track, and those that lie beside, each once.

        Raises:
            ReaderError: there is none of a name, or several.
        """
        listed = [names] if isinstance(names, str) else names
        self.look(listed, beams)
        found = self._usual() if listed is None else [field for name in listed for field in self.naming.find(name)]
        unique = list(dict.fromkeys(found))
        along = [field for field in unique if field.rows and self._is_along(field)]
        return along, [field for field in unique if field not in along]

    def without_scales(self, beside: Sequence[Field], along: Sequence[Field]) -> list[Field]:
        """Fields beside the track, without those that come along as coordinates of others."""
        scales = {path for field in along for path in self.column(field).scales.values()}
        return [field for field in beside if scales.isdisjoint(field.of(beam) for beam in field.beams or ("",))]

    def _usual(self) -> list[Field]:
        structure = self.structure
        known = [found[0] for name in structure.layout.variables if len(found := self.naming.best(name)) == 1]
        return known or [
            field for field in structure.fields.values() if field.rows == structure.main and self._is_along(field)
        ]

    def _is_along(self, field: Field) -> bool:
        """Whether it is as long as the rows of its group: the bins of histograms are not."""
        rows = self.structure.rows[field.rows or ""]
        axis = rows.latitude or rows.time or ""
        # two beams tell: only one of them may have as many rows as a histogram has bins
        beams = (field.beams[0], field.beams[-1])
        pairs = ((field.of(beam), axis.replace(BEAM, beam, 1)) for beam in beams)
        return all(
            self._arrays[path].shape[:1] == self._arrays[rows_path].shape[:1]
            for path, rows_path in pairs
            if rows_path in self._arrays
        )

    def size(self, beam: str) -> int:
        """How many rows a beam has, of those that the product is read for."""
        main = self.structure.rows.get(self.structure.main or "")
        path = (main.latitude or main.time or "").replace(BEAM, beam, 1) if main else ""
        return self._arrays[path].shape[0] if path in self._arrays else 0

    def rows_of(self, along: Sequence[Field]) -> Rows:
        """The rows in which fields are given together.

        Raises:
            ReaderError: they do not belong together.
        """
        return self.structure.rows[finest((field.rows or "" for field in along), self.name)]

    def tracks(
        self,
        along: Sequence[Field],
        beams: Sequence[str],
        selection: Selection,
        classified: Mapping[str, Classified] | None = None,
    ) -> list[Track]:
        """Read fields of beams where and when they are wanted."""
        scales = [path for field in along for path in self.column(field).scales.values()]
        request = Request(along, self.rows_of(along), beams, selection, classified, list(dict.fromkeys(scales)))
        return self._reading.tracks(self.structure, request)
