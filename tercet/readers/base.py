"""What every reader is: variables, a Dataset, a table and a picture of one Item, file or address."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tercet.readers.selection import Bbox, TimeSpan
from tercet.readers.showing import folded_html
from tercet.readers.variables import Variable, Variables

if TYPE_CHECKING:  # they take half a second to import, and who only lists variables needs none of them
    import geopandas
    import xarray
    from matplotlib.figure import Figure

__all__ = ["Bbox", "Names", "Polygon", "Reader", "TimeSpan", "Variable", "Variables"]

Names = Sequence[str] | str | None
"""Names of variables, or one; None stands for the reader's own choice, which its class describes."""

Polygon = Any
"""A shapely geometry, GeoJSON (geometry, Feature or FeatureCollection) or the path of a file; WGS 84."""


class Reader(ABC):
    """One Item, file or address, open. Values are read when they are asked for, and only what is asked for.

    Subclasses may add keyword arguments to `dataset` and `table` (``beams=``, ``joined=``…), never drop any.

    Attributes:
        item: the STAC Item as a dict, where it was opened from one.
        name: for messages and titles: the Item's id or the file's name.
    """

    item: Mapping[str, Any] | None
    name: str

    @abstractmethod
    def variables(self) -> Variables:
        """List what is in it; no values are read."""

    def inspected(self) -> Variables:
        """List what is in it with what only the files tell: shapes, chunks and sizes."""
        return self.variables()

    @abstractmethod
    def dataset(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "xarray.Dataset":
        """Read variables as an `xarray.Dataset`; the subset is cut when reading, not after.

        Raises:
            ReaderError: there is no such variable (the nearest is proposed), or the file cannot be read. What
                overlaps nothing is no error: dimensions are of length 0, variables and attributes are there.
        """

    @abstractmethod
    def table(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "geopandas.GeoDataFrame":
        """Read variables as a table: one row a segment, photon, profile or pixel; geometry in WGS 84.

        It has ``to_arrow()`` and ``to_parquet()``; ``attrs`` hold units, long names and the source.
        """

    @abstractmethod
    def plot(self, variable: str | None = None) -> "Figure":
        """Draw what a scientist would show; the figure is returned, not shown."""

    def quicklook(self) -> "Figure":
        """Draw it without any choice: the same as ``plot()``."""
        return self.plot()

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections; a second time does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>\n{self.variables()!r}"

    def _repr_html_(self) -> str:
        known = self.variables()
        return folded_html(type(self).__name__, self.name, known.counted, known._repr_html_())
