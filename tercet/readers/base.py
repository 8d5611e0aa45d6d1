"""What every reader is: variables, a Dataset, a table and a picture of one Item, file or address."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:  # they take half a second to import, and who only lists variables needs none of them
    import geopandas
    import xarray
    from matplotlib.figure import Figure

Bbox = tuple[float, float, float, float]
"""West, south, east, north in degrees, WGS 84; west > east crosses the antimeridian."""

TimeSpan = tuple[datetime | str | None, datetime | str | None]
"""Half-open, UTC; None leaves an end open; text is RFC 3339 or a date."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One thing that can be read.

    Attributes:
        name: how it is asked for; unique in its reader.
        path: where it lies: the path in the HDF5 file (``{beam}`` where each beam has it), or the asset's key.
        dims: names of its dimensions.
        shape: as `dims`; None where it differs between beams.
        dtype: NumPy's name of the type as stored.
        unit: as the provider writes it; None where none is stated.
        long_name: what it is, in the provider's words.
        fill: the value that means "nothing here"; None where there is none.
    """

    name: str
    path: str
    dims: tuple[str, ...]
    shape: tuple[int, ...] | None
    dtype: str
    unit: str | None = None
    long_name: str | None = None
    fill: Any = None


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


def _text(variable: Variable) -> str:
    return f"{variable.name} {variable.path} {variable.long_name or ''}".lower()


class Reader(ABC):
    """One Item, file or address, open. Values are read when they are asked for, and only what is asked for.

    Attributes:
        item: the STAC Item as a dict, where it was opened from one.
        name: for messages and titles: the Item's id or the file's name.
    """

    item: Mapping[str, Any] | None
    name: str

    @abstractmethod
    def variables(self) -> Variables:
        """List what is in it; no values are read."""

    @abstractmethod
    def dataset(
        self,
        variables: Sequence[str] | str | None = None,
        *,
        bbox: Bbox | None = None,
        polygon: Any = None,  # noqa: ANN401 - shapely geometry, GeoJSON or a file's path
        time: TimeSpan | None = None,
    ) -> "xarray.Dataset":
        """Read variables as an `xarray.Dataset`; the subset is cut when reading, not after."""

    @abstractmethod
    def table(
        self,
        variables: Sequence[str] | str | None = None,
        *,
        bbox: Bbox | None = None,
        polygon: Any = None,  # noqa: ANN401 - shapely geometry, GeoJSON or a file's path
        time: TimeSpan | None = None,
    ) -> "geopandas.GeoDataFrame":
        """Read variables as a table: one row a segment, photon, profile or pixel; geometry in WGS 84."""

    @abstractmethod
    def plot(self, variable: str | None = None) -> "Figure":
        """Draw what a scientist would show; the figure is returned, not shown."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections; a second time does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
