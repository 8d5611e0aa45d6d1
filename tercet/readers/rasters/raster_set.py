"""The rasters of an Item as arrays of NumPy: which there are, where their pixels lie, and what is in them."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.base import Names
from tercet.readers.items import known_file
from tercet.readers.locations import Location
from tercet.readers.rasters.grids import Grid, Part
from tercet.readers.rasters.pixels import Pixels
from tercet.readers.rasters.raster import Raster
from tercet.readers.rasters.variables import is_raster, unit_of, variable_of
from tercet.readers.variables import Variables
from tercet.settings import Settings, load_settings

if TYPE_CHECKING:
    from tercet.readers.checksums import Checked

_T = TypeVar("_T")
_AT_ONCE = 8
"""Files that are opened or read side by side."""


class Rasters:
    """The GeoTIFFs of an Item, a folder or an address, by asset key.

    Attributes:
        name: for messages.
        item: the STAC Item as a dict, where there is one.
        files: all assets, also those that are no rasters.
        settings: credentials and addresses.
    """

    def __init__(
        self,
        name: str,
        files: Mapping[str, Location],
        *,
        item: Mapping[str, Any] | None,
        settings: Settings | None = None,
    ) -> None:
        self.item = item
        self.name = name
        self.settings = settings or load_settings()
        self.files = dict(files)
        self._rasters = {key: Raster(at, self.settings) for key, at in files.items() if is_raster(at)}

    def raster(self, name: str) -> Raster:
        """One GeoTIFF as it is stored.

        Raises:
            ReaderError: there is none of that name.
        """
        return self._rasters[self._chosen(name)[0]]

    def variables(self) -> Variables:
        """List the rasters; remote ones are described by their Item until they are opened."""
        known = self._rasters.items()
        return Variables([variable_of(key, raster, is_mask=self._is_mask(key)) for key, raster in known])

    def inspected(self) -> Variables:
        """List the rasters with what only their files tell: each header is read."""
        self._each(list(self._rasters), lambda key: self._rasters[key].grid)
        return self.variables()

    def chosen(self, variables: Names = None) -> list[str]:
        """The names of variables, as they are spelled here; all that have a CRS where none is named.

        Raises:
            ReaderError: one of them is not there.
        """
        return self._chosen(variables)

    def grid(self, name: str) -> Grid:
        """Where the pixels of a variable lie."""
        return self._grid(self._chosen(name)[0])

    def part(self, name: str, part: Part | None = None) -> Pixels:
        """Some rows and columns of a variable, or all, as arrays of NumPy."""
        (known,) = self._chosen(name)
        return self._pixels(known, part or self._grid(known).whole)

    def label(self, name: str) -> str:
        """What stands beside the colour bar of a raster."""
        said = self.files[name].asset
        known = known_file(self.files[name].file_name)
        title = str(said.get("title") or (known[1]["title"] if known else name))
        unit = self.unit(name)
        return f"{title} ({unit.replace('.', '·')})" if unit else title

    def unit(self, name: str) -> str | None:
        """The unit of a raster; None where it has none, or nobody says."""
        return unit_of(name, self.files[name].asset)

    def verify(self, *keys: str) -> "dict[str, Checked]":
        """Compare files with the checksums that their Item states; all files where none is named.

        Raises:
            ReaderError: one of them differs.
        """
        from tercet.readers.checksums import verified  # noqa: PLC0415 - on demand

        return verified({key: self._file(key) for key in keys or self.files}, self.settings)

    def close(self) -> None:
        """Let go of files and connections; what is asked for later opens them again."""
        for raster in self._rasters.values():
            raster.close()

    # what plumes and scenes do in their own way

    def _pixels(self, name: str, part: Part) -> Pixels:
        """Some rows and columns of a variable."""
        raster = self._rasters[name]
        if self._is_mask(name):
            return Pixels(raster.valid(part)[np.newaxis], raster.grid.part(part), (name,), fill=False)
        values = raster.values(part)
        bands = tuple(raster.header.bands[index - 1] for index in raster.header.value_bands)
        fill = np.nan if values.dtype.kind == "f" else values.dtype.type(raster.header.nodata or 0)
        return Pixels(values, raster.grid.part(part), bands, fill)

    def _grid(self, name: str) -> Grid:
        return self._rasters[name].grid

    def _is_mask(self, name: str) -> bool:
        return "mask" in (self.files[name].asset.get("roles") or ())

    def _default(self) -> list[str]:
        """What is read where nothing is named."""
        return [name for name in self._rasters if self._grid(name).crs is not None] or list(self._rasters)

    def _chosen(self, variables: Names) -> list[str]:
        if variables is None:
            found = self._default()
            if not found:
                raise ReaderError(f"{self.name} has no rasters: its assets are {', '.join(self.files) or 'none'}")
            return found
        return [one.name for one in self.variables().choose(variables, where=self.name)]

    def _file(self, key: str) -> Location:
        if key not in self.files:
            raise ReaderError(f"{self.name} has no asset {key!r}: it has {', '.join(self.files)}")
        return self.files[key]

    def _each(self, names: Sequence[str], work: Callable[[str], _T]) -> list[_T]:
        """The same for several files: side by side where they are remote."""
        if len(names) < 2 or all(self.files[name].is_local for name in names):  # noqa: PLR2004 - several
            return [work(name) for name in names]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(work, names))
