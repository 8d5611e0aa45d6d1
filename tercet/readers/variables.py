"""What can be read from an Item, file or address: to list, to search, and to choose from by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from tercet.errors import ReaderError
from tercet.readers.showing import table_html

_HEAD = ("name", "dimensions", "shape", "type", "unit", "what it is")
_FEW = 12
"""So many names still fit in a message."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing that can be read.

    Attributes:
        name: how it is asked for; unique in its reader.
        path: where it lies: the path in the HDF5 file (``{beam}`` where each beam has it), or the asset's key.
        dims: names of its dimensions.
        shape: as `dims`; None where it differs between beams, or is not known before the file is opened.
        dtype: NumPy's name of the type as stored; "" where it is not known before the file is opened.
        unit: as the provider writes it; None where none is stated.
        long_name: what it is, in the provider's words.
        fill: the value that means "nothing here"; None where there is none.
        chunks: shape of what is stored in one piece; None where that is the whole, or not known.
        stored: bytes in the file, compressed; None where that is not known without reading.
    """

    name: str
    path: str
    dims: tuple[str, ...]
    shape: tuple[int, ...] | None
    dtype: str
    unit: str | None = None
    long_name: str | None = None
    fill: Any = None
    chunks: tuple[int, ...] | None = None
    stored: int | None = None


class Variables(Mapping[str, Variable]):
    """The variables of a reader by name: to browse (``print``, notebooks), and to search by keyword."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        self._by_name = {variable.name: variable for variable in variables}

    def __getitem__(self, name: str) -> Variable:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def search(self, *words: str) -> "Variables":
        """Give those whose name, path or long name holds every word, whatever its case."""
        lowered = [word.lower() for word in words]
        return Variables([one for one in self.values() if all(word in _text(one) for word in lowered)])

    def choose(self, names: Sequence[str] | str, *, where: str) -> list[Variable]:
        """Give the variables of these names, in this order, each once; a full path is a name, too.

        Args:
            names: one or several.
            where: the reader's name, for the error.

        Raises:
            ReaderError: one is not there; the nearest are proposed.
        """
        asked = [names] if isinstance(names, str) else list(names)
        by_path = {variable.path.strip("/"): variable for variable in self.values()}
        chosen = {}
        for name in asked:
            found = self._by_name.get(name) or by_path.get(name.strip("/"))
            if found is None:
                raise ReaderError(self._unknown(name, where))
            chosen[found.name] = found
        return list(chosen.values())

    def _unknown(self, name: str, where: str) -> str:
        return f"{where} has no variable {name!r}: {nearest(name, self._by_name)}"

    @property
    def counted(self) -> str:
        """How many there are, in words."""
        return f"{len(self)} variable{'' if len(self) == 1 else 's'}"

    def __repr__(self) -> str:
        rows = [_row(variable) for variable in self.values()]
        widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]] if rows else []
        lines = ["  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
                 for row in rows]  # fmt: skip
        return "\n".join([self.counted, *(f"  {line}" for line in lines)])

    def _repr_html_(self) -> str:
        return table_html(_HEAD, map(_row, self.values()))


def nearest(name: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """Advice for a name that is not known: the nearest ones, or all where they are few."""
    lowered = {one.lower(): one for one in known}
    wanted = name.lower()
    near = get_close_matches(wanted, lowered, n=3, cutoff=0.6)
    near += [one for one in lowered if (wanted in one or one in wanted) and one not in near][: 3 - len(near)]
    if near:
        return f"did you mean {' or '.join(repr(lowered[one]) for one in near)}?"
    if not lowered:
        return "it has none"
    if len(lowered) <= _FEW:
        return f"it has {', '.join(sorted(lowered.values()))}"
    return f"variables() lists the {len(lowered)} that it has, variables().search('…') finds one by a word"


def _text(variable: Variable) -> str:
    return f"{variable.name} {variable.path} {variable.long_name or ''}".lower()


def _row(variable: Variable) -> tuple[str, ...]:
    shape = "x".join(map(str, variable.shape)) if variable.shape is not None else ""
    dims = f"({', '.join(variable.dims)})"
    return variable.name, dims, shape, variable.dtype, variable.unit or "", variable.long_name or ""
