"""How an EarthCARE file is read: names to arrays, one trip for all that can be fetched together."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.earthcare.cut import WHOLE, Asked, Cut, cut_of
from tercet.readers.earthcare.dataset import View, assembled, is_time, masked_by_quality
from tercet.readers.earthcare.display import MAIN, NADIR_COLUMN, QUALITY
from tercet.readers.earthcare.fetching import Fetching
from tercet.readers.earthcare.header import FRAME_LATITUDES, HEADER_PATHS, Product, product_of, type_in
from tercet.readers.earthcare.layout import Layout, layouts_of
from tercet.readers.earthcare.names import name_of
from tercet.readers.earthcare.part import Heights, Margins, Options, Quality
from tercet.readers.earthcare.places import Places
from tercet.readers.hdf5 import Array, Hdf5
from tercet.readers.selection import hull
from tercet.readers.variables import Variable, Variables

if TYPE_CHECKING:
    import xarray
    from numpy.typing import NDArray


class Reading:
    """An open EarthCARE file: what it holds, and parts of that.

    Attributes:
        file: where it is read from.
        name: for messages.
        item: the Item that it was opened from.
    """

    def __init__(self, file: Hdf5, name: str, item: Mapping[str, Any] | None) -> None:
        self.file = file
        self.name = name
        self._item = item
        self._fetching = Fetching(file)
        self._places = Places(self._fetching)

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """By resolution; the key is "" where there is only one."""
        return layouts_of(self.file)

    @cached_property
    def product(self) -> Product:
        """Which product it is."""
        arrays = self.file.arrays()
        paths = [path for path in HEADER_PATHS if path in arrays]
        return product_of(paths, self._fetching.kept(paths), self.name, self._item)

    @property
    def _kind(self) -> str | None:
        """The product type by its name, which spares a trip, else by its header."""
        return self.product.type if "product" in self.__dict__ else type_in(self.name) or self.product.type

    @cached_property
    def variables(self) -> Variables:
        """All that can be read; of a product of several resolutions as ``standard/radiance``."""
        listed = []
        for resolution, layout in self.layouts.items():
            for name, array in layout.all.items():
                listed.append(_described(f"{resolution}/{name}" if resolution else name, array, layout))
        return Variables(listed)

    def layout(self, resolution: str | None, names: Iterable[str] = ()) -> Layout:
        """The layout that is asked for: by its name, by the first part of a variable's, else the standard one.

        Raises:
            ReaderError: there is none of that name, or variables of several are asked for together.
        """
        asked = {part for part in (self._resolution_in(name) for name in names) if part}
        if resolution is not None:
            asked.add(resolution.lower())
        unknown = asked - self.layouts.keys()
        if unknown:
            there = ", ".join(self.layouts) if "" not in self.layouts else "only one"
            raise ReaderError(f"{self.name} has no resolution {min(unknown)!r}; it has {there}")
        if len(asked) > 1:
            raise ReaderError(
                f"{self.name}: {' and '.join(sorted(asked))} differ in their profiles: read one at a time"
            )
        return self.layouts[asked.pop()] if asked else next(iter(self.layouts.values()))

    def chosen(self, names: Sequence[str] | str | None, layout: Layout) -> dict[str, Array]:
        """The arrays that are asked for, by name; where none is named the product's main ones.

        Raises:
            ReaderError: there is no such variable; the nearest are proposed.
        """
        if names is None:
            return self._main(layout)
        found = {}
        for name in [names] if isinstance(names, str) else names:
            array = layout.array(name.rpartition("/")[2])
            if array is None or (name.strip("/").startswith("ScienceData") and array.path != name.strip("/")):
                one = self.variables.choose(name, where=self.name)[0]
                array = self.file.arrays()[one.path]
            found[name_of(array)] = array
        return found

    def read(self, arrays: Mapping[str, Array], layout: Layout, asked: Asked, options: Options) -> "xarray.Dataset":
        """Read arrays where they are asked for.

        Raises:
            ReaderError: the file cannot be read, or lacks what it is asked for by.
        """
        cut = WHOLE
        if not asked.is_whole:
            nadir = NADIR_COLUMN.get((self._kind or "")[:3])
            self._fetching.soon = [one.path for one in (*layout.coordinates.values(), *arrays.values())]
            cut = cut_of(asked, self._places.of(layout, asked, nadir, arrays.values()), self.name)
        statuses = self._statuses(options.quality, layout)
        all_arrays = {**arrays, **{name: self._status(name, layout) for name in statuses}}
        has_bins = any(layout.axes.vertical in layout.dims(one) for one in all_arrays.values())
        if has_bins and options.height is not None:
            cut = self._between(options.height, layout, cut)
        coordinates = {name: one for name, one in layout.coordinates.items() if has_bins or name != "height"}
        others = {name: one for name, one in all_arrays.items() if not _is_same(coordinates.get(name), one)}
        together = [*coordinates.items(), *others.items()]
        view = View(layout, cut, options.time_scale)
        read = self._fetching.read([view.wanted(array) for _, array in together])
        made = {name: view.variable(name, values, array) for (name, array), values in zip(together, read, strict=True)}
        dataset = assembled(
            {name: made[name] for name in others},
            {name: made[name] for name in coordinates},
            cut,
            self._attributes(layout),
        )
        return masked_by_quality(dataset, statuses, [name for name in others if name in arrays])

    def latitudes(self, margins: Margins) -> tuple[float, float] | None:
        """Between which latitudes a frame lies, where it is to be trimmed.

        Raises:
            ReaderError: it is not known which frame this is.
        """
        if margins == "kept":
            return None
        if margins != "trimmed":
            raise ReaderError(f"margins are 'kept' or 'trimmed', not {margins!r}")
        if self.product.frame is None:
            raise ReaderError(
                f"{self.name} says neither in its header nor by its name which frame it is: select by bbox"
            )
        return FRAME_LATITUDES[self.product.frame]

    def _main(self, layout: Layout) -> dict[str, Array]:
        names = MAIN.get(self._kind or "", ())
        found = {name: one for name in (*names, QUALITY) if (one := layout.array(name)) is not None}
        if found.keys() - {QUALITY}:
            return found
        taken = {one.path for one in layout.coordinates.values()}
        return {name: one for name, one in layout.all.items() if one.path not in taken}

    def _between(self, height: Heights, layout: Layout, cut: Cut) -> Cut:
        """Cut out the bins of which any lies between bottom and top; those of other profiles there become NaN."""
        vertical = layout.axes.vertical
        if layout.height is None or vertical is None:
            raise ReaderError(f"{self.name} has no heights: read it without height=")
        bottom, top = height
        view = View(layout, cut)
        stored = self._fetching.read([view.wanted(layout.height)])[0]
        heights = view.variable("height", stored, layout.height)
        above = heights.values >= (-np.inf if bottom is None else bottom)
        inside: NDArray[np.bool_] = np.asarray(above & (heights.values <= (np.inf if top is None else top)))
        axis = heights.dims.index(vertical)
        part = hull(np.asarray(inside.any(axis=tuple(at for at in range(inside.ndim) if at != axis))))
        inside = np.take(inside, range(part.start, part.stop), axis=axis)
        slices = {**cut.slices, vertical: part}
        if cut.inside is None and not inside.all():
            return Cut(slices, cut.rows, inside, tuple(map(str, heights.dims)))
        return Cut(slices, cut.rows, cut.inside, cut.inside_dims)

    def _statuses(self, quality: Quality, layout: Layout) -> dict[str, Sequence[int]]:
        if quality is None:
            return {}
        if isinstance(quality, Mapping):
            return dict(quality)
        if layout.array(QUALITY) is None:
            near = ", ".join(name for name in layout.all if "quality" in name or "flag" in name) or "none"
            raise ReaderError(f"{self.name} has no {QUALITY}, but {near}: say quality={{name: values that are kept}}")
        return {QUALITY: range(quality + 1)}

    def _status(self, name: str, layout: Layout) -> Array:
        return next(iter(self.chosen(name, layout).values()))

    def _attributes(self, layout: Layout) -> dict[str, Any]:
        said = {"source": self.name, **self.product.attributes()}
        return said | ({"resolution": layout.resolution} if layout.resolution else {})

    def _resolution_in(self, name: str) -> str | None:
        first, _, rest = name.strip("/").partition("/")
        if rest and first != "ScienceData":
            return first.lower()
        group = name.strip("/").rpartition("/")[0]
        return next((key for key, layout in self.layouts.items() if key and group in layout.groups), None)


def _described(name: str, array: Array, layout: Layout) -> Variable:
    units = "seconds since 2000-01-01" if is_time(array) and "units" not in array.attributes else None
    return Variable(
        name=name,
        path=array.path,
        dims=tuple(one or "" for one in layout.stored_dims(array)),
        shape=array.shape,
        dtype=array.dtype.name,
        unit=array.attributes.get("units", units),
        long_name=array.attributes.get("long_name"),
        fill=array.fill,
        chunks=array.chunks,
        stored=array.stored,
    )


def _is_same(one: Array | None, other: Array) -> bool:
    return one is not None and one.path == other.path
