"""What names mean in a granule: the shortest name is for what the product is read for."""

from collections import defaultdict
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final

from tercet.errors import ReaderError
from tercet.readers.icesat2.layout import BEAM, within
from tercet.readers.icesat2.structure import Field, Structure
from tercet.readers.variables import nearest

_ELSEWHERE: Final = 2


class Naming:
    """Fields of one granule by name."""

    def __init__(self, structure: Structure, where: str) -> None:
        self._structure = structure
        self._where = where

    @cached_property
    def _by_name(self) -> Mapping[str, list[Field]]:
        found: dict[str, list[Field]] = defaultdict(list)
        for field in self._structure.fields.values():
            found[field.name].append(field)
        return found

    @cached_property
    def names(self) -> Mapping[str, Field]:
        """Fields by the shortest name that means only them: what the product is read for needs the fewest words."""
        return {self.name_of(field): field for field in self._structure.fields.values()}

    def name_of(self, field: Field) -> str:
        """The shortest name that means this field only."""
        parts = field.path.removeprefix(f"{BEAM}/").split("/")
        suffixes = ("/".join(parts[-count:]) for count in range(1, len(parts)))
        return next((suffix for suffix in suffixes if self.best(suffix) == [field]), "/".join(parts))

    def best(self, suffix: str) -> list[Field]:
        """Fields whose path ends so; of several the best ones.

        Those of the main rows come first, and of these the uppermost; then those in groups that the product is known
        to have. Elsewhere none is better than another, but in grids the uppermost.
        """
        ending = "/" + suffix
        held = [one for one in self._by_name.get(suffix.rsplit("/", 1)[-1], ()) if f"/{one.path}".endswith(ending)]
        ranks = [self._rank(one) for one in held]
        if not held or min(ranks)[0] == _ELSEWHERE:
            exact = [one for one in held if one.path.removeprefix(f"{BEAM}/") == suffix]
            return exact or self._uppermost(held)
        return [one for one, rank in zip(held, ranks, strict=True) if rank == min(ranks)]

    def _uppermost(self, held: list[Field]) -> list[Field]:
        """Of grids: the map of a month lies above those of its days."""
        if self._structure.beams or not held:
            return held
        depth = min(one.path.count("/") for one in held)
        return [one for one in held if one.path.count("/") == depth]

    def _rank(self, field: Field) -> tuple[int, bool, int]:
        group = field.path.rpartition("/")[0].removeprefix(BEAM).removeprefix("/")
        known = bool(field.rows) and group in self._structure.layout.groups
        tier = 0 if field.rows and field.rows == self._structure.main else 1 if known else _ELSEWHERE
        return tier, not field.path.startswith(f"{self._structure.main}/"), field.path.count("/")

    def find(self, asked: str) -> list[Field]:
        """The field that a name means, or all that a pattern with ``*`` means.

        Args:
            asked: a short name, the end of a path, or a path, with or without a beam.

        Raises:
            ReaderError: there is none, or several: they are named.
        """
        wanted = within(asked)
        if any(sign in wanted for sign in "*?["):
            return self._matching(wanted)
        found = self.best(wanted)
        if len(found) == 1:
            return found
        if found:
            paths = ", ".join(one.path for one in found)
            raise ReaderError(f"{self._where} has {len(found)} variables {asked!r}: ask for one of {paths}")
        raise ReaderError(f"{self._where} has no variable {asked!r}: {nearest(wanted, self.names)}")

    def _matching(self, pattern: str) -> list[Field]:
        found = [
            field
            for field in self._structure.fields.values()
            if fnmatchcase(field.name, pattern)
            or fnmatchcase(path := field.path.removeprefix(f"{BEAM}/"), pattern)
            or fnmatchcase(path, f"*/{pattern}")
        ]
        if found:
            return found
        raise ReaderError(f"{self._where} has no variable like {pattern!r}; variables() lists what it has")
