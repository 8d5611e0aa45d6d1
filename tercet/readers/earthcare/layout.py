"""Where things lie in an EarthCARE file: groups, coordinates under their many names, dimensions named or not.

ESA keeps all in ``/ScienceData`` with dimension scales, JAXA in ``/ScienceData/Data`` and ``/Geo`` without, the
radiometer's products in one group per resolution. Dimensions without a scale are told by their size.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tercet.errors import ReaderError
from tercet.readers.earthcare.names import name_of, paths_of
from tercet.readers.hdf5 import Array, Hdf5

SCIENCE = "ScienceData"
_RESOLUTIONS = ("standard", "small", "full", "assessment")

TIMES = ("time", "profileTime", "time_barycentre")
"""What counts seconds, whether or not the file says so."""
_LATITUDES = ("latitude", "ellipsoid_latitude", "barycentre_latitude", "sample_latitude")
_LONGITUDES = ("longitude", "ellipsoid_longitude", "barycentre_longitude", "sample_longitude")
_HEIGHTS = ("height", "bin_height", "binHeight", "sample_altitude", "geometrical_height", "altitude", "height_layer")
_SURFACES = ("elevation", "surface_elevation", "surfaceElevation")

ALONG, ACROSS, VERTICAL = "along_track", "across_track", "vertical"


@dataclass(frozen=True, slots=True)
class Axes:
    """Dimensions that have a meaning, as this file calls them; None where it has none.

    Attributes:
        along: profiles or lines, in time order.
        across: pixels of a line.
        vertical: bins of a profile.
    """

    along: str
    across: str | None
    vertical: str | None


class Layout:
    """Arrays that share one geolocation.

    Attributes:
        groups: where they lie, the first before the others.
        resolution: standard, small, full or assessment; None where the product has no such choice.
    """

    def __init__(self, file: Hdf5, groups: tuple[str, ...], resolution: str | None = None) -> None:
        self._file = file
        self.groups = groups
        self.resolution = resolution

    def array(self, name: str) -> Array | None:
        """Look an array up by its name; None where there is none."""
        arrays = self._file.arrays()
        found = (arrays[path] for path in paths_of(name, self.groups) if path in arrays)
        return next((one for one in found if not _is_bare(one)), None)

    @cached_property
    def all(self) -> Mapping[str, Array]:
        """All arrays by name, without those that only stand for a dimension; looks at each of them."""
        arrays = self._file.arrays()
        paths = [path for path in arrays if path.rpartition("/")[0] in self.groups]
        known = (arrays[path] for path in sorted(paths, key=self._place, reverse=True))
        return {name_of(one): one for one in known if not _is_bare(one)}

    def _place(self, path: str) -> int:
        return self.groups.index(path.rpartition("/")[0])

    @cached_property
    def time(self) -> Array | None:
        """Seconds; mostly one a profile, the radiometer has one a view and band, too."""
        return self._first(TIMES)

    @cached_property
    def latitude(self) -> Array | None:
        """Degrees north."""
        return self._first(_LATITUDES)

    @cached_property
    def longitude(self) -> Array | None:
        """Degrees east."""
        return self._first(_LONGITUDES)

    @cached_property
    def height(self) -> Array | None:
        """Metres above the ellipsoid, of each bin; None where there are no bins."""
        found = (one for one in map(self.array, _HEIGHTS) if one is not None and self._vertical(one) is not None)
        return next(found, None)

    @cached_property
    def surface(self) -> Array | None:
        """Metres above the ellipsoid, of the ground below each profile."""
        return self._first(_SURFACES)

    @cached_property
    def coordinates(self) -> Mapping[str, Array]:
        """The arrays behind time, latitude, longitude and height, as far as there are."""
        found = {"time": self.time, "latitude": self.latitude, "longitude": self.longitude, "height": self.height}
        return {name: array for name, array in found.items() if array is not None}

    @cached_property
    def _along(self) -> tuple[str, int]:
        """Name and size of the dimension along the track: the only one of the times, or the longest."""
        reference = self.time if self.time is not None and any(self.time.shape) else self.latitude
        if reference is None or not reference.shape:
            return ALONG, -1
        axis = max(range(len(reference.shape)), key=lambda at: reference.shape[at])
        return reference.dims[axis] or ALONG, reference.shape[axis]

    @cached_property
    def axes(self) -> Axes:
        """The dimensions that have a meaning."""
        return Axes(self._along[0], self._across, None if self.height is None else self._vertical(self.height))

    @cached_property
    def _across(self) -> str | None:
        others = [] if self._swath is None else [name for name in self.dims(self._swath) if name != self._along[0]]
        return others[-1] if others else None

    def _vertical(self, heights: Array) -> str | None:
        """The dimension of the bins: heights of a swath's pixels have none."""
        others = [name for name in self.dims(heights) if name not in (self._along[0], self._across)]
        return others[-1] if others else None

    @property
    def _swath(self) -> Array | None:
        """Latitudes, unless they are those of the bins of a slanted profile."""
        return None if self.latitude is None or self.latitude.path.endswith("/sample_latitude") else self.latitude

    def dims(self, array: Array) -> tuple[str, ...]:
        """Names of the dimensions of an array, without those of length 1 that have none."""
        return tuple(name for name in self.stored_dims(array) if name is not None)

    def stored_dims(self, array: Array) -> tuple[str | None, ...]:
        """Name each dimension: by its scale, else by its size; None where it has length 1 and is to be left out."""
        names: list[str | None] = []
        for axis, size in enumerate(array.shape):
            name = array.dims[axis]
            # a coordinate of this name has two dimensions, and xarray wants one that is called as its own to have one
            named = VERTICAL if name == "height" else name
            names.append(named or self._by_size(size, names))
        return tuple(names)

    def _by_size(self, size: int, taken: Iterable[str | None]) -> str | None:
        used = set(taken)
        if size == self._along[1] and self._along[0] not in used:
            return self._along[0]
        if size == 1:
            return None
        known = [name for name, length in self._sizes if length == size and name not in used]
        return known[0] if known else next(name for name in _numbered(f"dim_{size}") if name not in used)

    @cached_property
    def _sizes(self) -> list[tuple[str, int]]:
        """Names and sizes of the pixels of a line and the bins of a profile, for arrays without scales."""
        sizes = []
        for name, array in ((ACROSS, self._swath), (VERTICAL, self._first(_HEIGHTS))):
            others = [axis for axis in range(len(array.shape)) if self._is_other(array, axis)] if array else []
            if array and others:
                sizes.append((array.dims[others[-1]] or name, array.shape[others[-1]]))
        return sizes

    def _is_other(self, array: Array, axis: int) -> bool:
        """Whether a dimension is not the one along the track, and no formality of length 1."""
        if array.dims[axis]:
            return array.dims[axis] != self._along[0]
        return array.shape[axis] not in (1, self._along[1])

    def _first(self, names: Iterable[str]) -> Array | None:
        return next((one for one in map(self.array, names) if one is not None), None)


def layouts_of(file: Hdf5) -> dict[str, Layout]:
    """The layouts of a file by resolution; the key is "" where there is only one.

    Raises:
        ReaderError: it holds no science data.
    """
    flat = Layout(file, (SCIENCE,))
    if flat.latitude is not None or flat.time is not None:
        return {"": flat}
    japanese = Layout(file, (f"{SCIENCE}/Data", f"{SCIENCE}/Geo"))
    if japanese.latitude is not None or japanese.time is not None:
        return {"": japanese}
    found = dict(_by_resolution(file))
    if found:
        return found
    others = list(dict.fromkeys(path.rpartition("/")[0] for path in file.arrays() if path.startswith(f"{SCIENCE}/")))
    if not others:
        raise ReaderError(
            f"{file.name} holds no group {SCIENCE}: it is no EarthCARE product, or a part of one; "
            "open the .h5 as the archive has it"
        )
    return {"": Layout(file, tuple(others))}


def _by_resolution(file: Hdf5) -> Iterable[tuple[str, Layout]]:
    for resolution in _RESOLUTIONS:
        for group in (resolution, resolution.capitalize(), f"{resolution.capitalize()}Resolution"):
            layout = Layout(file, (f"{SCIENCE}/{group}",), resolution)
            if layout.latitude is not None:
                yield resolution, layout
                break


def _is_bare(array: Array) -> bool:
    """Whether this only stands for a dimension: netCDF-4 writes such as big-endian floats that were never put."""
    is_scale = len(array.shape) == 1 and (array.dtype.str == ">f4" or array.stored == 0)
    return is_scale and array.fill is None and not array.attributes


def _numbered(stem: str) -> Iterable[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}_{number}"
        number += 1
