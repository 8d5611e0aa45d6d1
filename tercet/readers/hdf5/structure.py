"""What is in a remote HDF5 file: groups, arrays, attributes, and where values lie; fetched as it is asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tercet.readers.hdf5 import superblock
from tercet.readers.hdf5.attributes import FILL, OWN, plain
from tercet.readers.hdf5.base import Array, Attributes, Wanted
from tercet.readers.hdf5.chunks import Chunks
from tercet.readers.hdf5.cursor import Span, together
from tercet.readers.hdf5.held import Find
from tercet.readers.hdf5.likely import likely
from tercet.readers.hdf5.objects import Header
from tercet.readers.hdf5.resolving import Resolver, Source
from tercet.readers.hdf5.selection import enclosing, missing
from tercet.readers.hdf5.stored import Stored, look, stored
from tercet.readers.hdf5.tree import Tree
from tercet.readers.hdf5.types import Kind
from tercet.readers.hdf5.values import Attribute, attributes, references, value, varying

_SCALES = "DIMENSION_LIST"


@dataclass(frozen=True, slots=True)
class Piecewise:
    """How an array is stored, and where its pieces lie."""

    stored: Stored
    chunks: Chunks


class Structure:
    """The structure of one file. Threads may share it: one of them asks at a time."""

    def __init__(self, source: Source) -> None:
        start = superblock.parsed(source.head, source.name, source.size)
        self._resolver = Resolver(source)
        self.blocks = self._resolver.blocks
        self.blocks.base = start.base
        self.blocks.offset_size, self.blocks.length_size = start.offset_size, start.length_size
        self._name = source.name
        self._tree = Tree(self.blocks, start.root)
        self._listed: dict[str, Header] | None = None
        self._described: dict[str, dict[str, Array]] = {}
        self._pieces: dict[str, Piecewise] = {}

    def groups(self) -> tuple[str, ...]:
        """The paths of all groups, each before its members."""
        return ("", *(path for path, one in self.listed().items() if one.is_group))

    def paths(self) -> tuple[str, ...]:
        """The paths of all arrays."""
        return tuple(path for path, one in self.listed().items() if one.is_array)

    def listed(self) -> Mapping[str, Header]:
        """All groups and arrays by path, each group before its members."""
        if self._listed is None:
            self._listed = self._resolver.resolved(self._tree.walk)
        return self._listed

    def look(self, paths: Iterable[str]) -> frozenset[str]:
        """Which of these groups and arrays there are; what describes them, and arrays beside, is fetched together."""
        paths = list(paths)
        seen = self._resolver.resolved(lambda: together(self._seen, paths))
        return frozenset(path for path, is_there in zip(paths, seen, strict=True) if is_there)

    def _seen(self, path: str) -> bool:
        found = self._tree.find(path)
        if found is not None and found.is_array:
            self._beside(path)
        elif found is not None and found.is_group:
            self._named(found, OWN)
        return found is not None and (found.is_array or found.is_group)

    def array(self, path: str) -> Array | None:
        """One array without its values; those beside it are looked at in the same go."""
        return self._resolver.resolved(lambda: self._known(path))

    def _known(self, path: str) -> Array | None:
        # before all of a group is described for it: names are often tried that are not there
        if path.rpartition("/")[0] not in self._described:
            found = self._tree.find(path)
            if found is None or not found.is_array:
                return None
        return self._beside(path).get(path)

    def _beside(self, path: str) -> Mapping[str, Array]:
        """The arrays of the group of one."""
        group = path.rpartition("/")[0]
        if group not in self._described:
            self._described[group] = self._arrays(group)
        return self._described[group]

    def attributes(self, group: str) -> Attributes:
        """The attributes of a group."""
        return self._resolver.resolved(lambda: self._group_attributes(group))

    def pieces(self, wanted: Sequence[Wanted], soon: Sequence[str]) -> tuple[list[Piecewise], Find]:
        """How arrays are stored, and where their pieces lie; and what finds bytes that came along."""
        paths = [one.path for one in wanted]

        def question() -> list[Piecewise]:
            return together(self._piecewise, paths)

        def next_one() -> None:
            together(self._piecewise_if_there, soon)

        with self._resolver.lock:
            unknown = [one for one in wanted if one.path not in self._pieces]
            hows = self._resolver.resolved(lambda: together(lambda one: self._stored(one.path), unknown), next_one)
            spans = likely(unknown, hows, self.blocks.base, self.blocks.size)
            held = self._resolver.hold(spans, (question, next_one))
            try:
                found = self._resolver.resolved(question, next_one)
                return found, lambda start, stop: held.find(start, stop) or self.blocks.find(start, stop)
            finally:
                self._resolver.let_go()

    def lacking(self, soon: Sequence[str]) -> list[Span]:
        """Bytes that tell where the pieces of arrays lie, and are not here."""
        return self._resolver.lacking(lambda: together(self._piecewise_if_there, soon))

    def keep(self, start: int, content: memoryview) -> None:
        """Keep such bytes."""
        self.blocks.put(start, content)

    def placed(self, path: str) -> Piecewise:
        """How one array is stored, and where its pieces lie; nothing but structure is fetched."""
        return self._resolver.resolved(lambda: self._piecewise(path))

    def texts(self, values: Any) -> Any:  # noqa: ANN401 - an array of places in a heap, and one of texts
        """Texts of variable length, from the places where they lie."""
        return self._resolver.resolved(lambda: varying(self.blocks, values))

    def _piecewise(self, path: str) -> Piecewise:
        if path not in self._pieces:
            how = self._stored(path)
            self._pieces[path] = Piecewise(how, how.pieces(self.blocks))
        return self._pieces[path]

    def _piecewise_if_there(self, path: str) -> None:
        found = self._tree.find(path)
        if found is not None and found.is_array:
            self._piecewise(path)

    def _stored(self, path: str) -> Stored:
        found = self._tree.find(path)
        if found is None or not found.is_array:
            raise missing(path, self._name, self.paths(), "array")
        return stored(self.blocks, found)

    def _group_attributes(self, group: str) -> dict[str, Any]:
        found = self._tree.find(group)
        if found is None or not found.is_group:
            raise missing(group, self._name, self.groups(), "group")
        return self._named(found, OWN - {"NAME", "CLASS"})

    def _named(self, of: Header, hidden: frozenset[str]) -> dict[str, Any]:
        known = attributes(self.blocks, of)
        shown = {name: one for name, one in known.items() if one and name not in hidden and one.type.is_value}
        values = together(lambda one: value(self.blocks, one), shown.values())
        return {name: plain(one) for name, one in zip(shown, values, strict=True)}

    def _arrays(self, group: str) -> dict[str, Array]:
        arrays = {path: one for path, one in self._tree.below(group).items() if one.is_array}
        described = together(lambda path: self._array(path, arrays[path]), arrays)
        return dict(zip(arrays, described, strict=True))

    def _array(self, path: str, of: Header) -> Array:
        known = attributes(self.blocks, of)
        seen = look(self.blocks, of)
        return Array(
            path=path,
            shape=seen.shape,
            dtype=seen.type.read,
            chunks=seen.chunks,
            dims=self._dims(path, known.get(_SCALES), len(seen.shape)),
            fill=self._fill(known.get(FILL)),
            attributes=self._named(of, OWN | {FILL}),
            stored=seen.size,
        )

    def _fill(self, attribute: Attribute | None) -> Any:  # noqa: ANN401 - of the array's type
        if attribute is None or not attribute.type.is_value:
            return None
        stored_fill = value(self.blocks, attribute)
        return stored_fill.reshape(-1)[0] if stored_fill.size == 1 else None

    def _dims(self, path: str, attribute: Attribute | None, rank: int) -> tuple[str, ...]:
        """The last part of the name of each dimension's first scale."""
        if attribute is None or attribute.type.kind is not Kind.VARYING_REFERENCES:
            return ("",) * rank
        addresses = references(self.blocks, attribute)
        return tuple("" if address is None else self._scale(path, address) for address in addresses)

    def _scale(self, path: str, address: int) -> str:
        # scales lie beside their arrays, or above
        for group in enclosing(path):
            above = self._tree.find(group)
            for name, place in self._tree.members(above).items() if above else ():
                if place == address:
                    return name
        return ""
