"""From arrays of an EarthCARE file to an `xarray.Dataset` with its coordinates set."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.earthcare.classes import classes_of
from tercet.readers.earthcare.cut import WHOLE, Cut
from tercet.readers.earthcare.display import labels_of
from tercet.readers.earthcare.fills import default_code, measured
from tercet.readers.earthcare.layout import TIMES, Layout
from tercet.readers.earthcare.names import name_of
from tercet.readers.earthcare.times import TimeScale, described, moments
from tercet.readers.hdf5 import Array, Wanted

if TYPE_CHECKING:
    import xarray

CRS = "EPSG:4326"
_SMALL = 2
"""Bytes of the whole numbers that a float32 holds exactly."""

_PLACES: Mapping[str, Mapping[str, str]] = {
    "latitude": {"standard_name": "latitude", "units": "degrees_north"},
    "longitude": {"standard_name": "longitude", "units": "degrees_east"},
    "height": {
        "standard_name": "height_above_reference_ellipsoid",
        "units": "m",
        "positive": "up",
        "comment": "above the WGS 84 ellipsoid; minus geoid_offset, where the file has it, it is above sea level",
    },
}
_OURS = frozenset({"units", "long_name", "_FillValue", "scale_factor", "add_offset", "calendar"})


@dataclass(frozen=True, slots=True)
class View:
    """How arrays of a file are seen: their layout, which part of them, and on which clock."""

    layout: Layout
    cut: Cut = WHOLE
    scale: TimeScale = "utc"

    def wanted(self, array: Array) -> Wanted:
        """The part of an array that is read."""
        whole = slice(None)
        slices = [self.cut.slices.get(name, whole) if name else whole for name in self.layout.stored_dims(array)]
        while slices and slices[-1] == whole:
            slices.pop()
        return Wanted(array.path, tuple(slices))

    def variable(self, name: str, stored: NDArray[Any], array: Array) -> "xarray.Variable":
        """Turn what was read of an array into a variable: dimensions named, fills masked, rows dropped, attributes."""
        import xarray  # noqa: PLC0415 - a third of a second

        names = self.layout.stored_dims(array)
        dims = tuple(one for one in names if one is not None)
        values = stored.reshape([size for size, one in zip(stored.shape, names, strict=True) if one is not None])
        if self.cut.rows is not None and self.layout.axes.along in dims:
            values = np.compress(self.cut.rows, values, axis=dims.index(self.layout.axes.along))
        if is_time(array):
            times = moments(values, array.attributes.get("units"), self.scale)
            return xarray.Variable(dims, times, described(self.scale))
        return xarray.Variable(dims, measured(values, array), attributes_of(name, array))


def is_time(array: Array) -> bool:
    """Whether an array counts seconds since the mission's epoch."""
    units = array.attributes.get("units")
    name = name_of(array)
    return array.dtype.kind == "f" and (
        (isinstance(units, str) and "since" in units.lower()) or (units is None and name in TIMES)
    )


def attributes_of(name: str, array: Array) -> dict[str, Any]:
    """Attributes of a variable: the file's own, and what they mean in CF's words."""
    own = {key: value for key, value in array.attributes.items() if key not in _OURS}
    said = {key: array.attributes[key] for key in ("units", "long_name") if key in array.attributes}
    classes = classes_of(array.attributes)
    if classes is not None:
        own |= classes.attributes(array.dtype)
    missing = default_code(array)
    if missing is not None and (classes is None or missing not in classes.labels):
        own["missing_value"] = array.dtype.type(missing)
    return {**said, **own, **_PLACES.get(name, {}), "source_path": array.path}


def assembled(
    variables: Mapping[str, "xarray.Variable"],
    coordinates: Mapping[str, "xarray.Variable"],
    cut: Cut,
    attributes: Mapping[str, Any],
) -> "xarray.Dataset":
    """Put variables and coordinates together; outside the selection pixels are NaN."""
    import xarray  # noqa: PLC0415 - as above

    kind = attributes.get("product_type")
    labels = dict(_labels(variables.values(), kind))
    return xarray.Dataset(
        {name: _inside(one, cut) for name, one in variables.items()},
        coords={**coordinates, **labels},
        attrs={**attributes, "crs": CRS},
    )


def _labels(variables: Iterable["xarray.Variable"], kind: str | None) -> Iterable[tuple[str, Any]]:
    for one in variables:
        for dimension, size in one.sizes.items():
            found = labels_of(kind, str(dimension), size, one.attrs)
            if found:
                yield str(dimension), (dimension, list(found))


def _inside(variable: "xarray.Variable", cut: Cut) -> "xarray.Variable":
    if cut.inside is None or not set(cut.inside_dims) <= set(variable.dims):
        return variable
    return _where(variable, cut.inside_dims, cut.inside)


def _where(variable: "xarray.Variable", dims: Sequence[Hashable], kept: NDArray[np.bool_]) -> "xarray.Variable":
    """Put NaN where a mask, of some of a variable's dimensions, is False; whole numbers change to floats."""
    ordered = [dim for dim in variable.dims if dim in dims]
    mask = np.transpose(kept, [list(dims).index(dim) for dim in ordered])
    mask = mask.reshape([variable.sizes[dim] if dim in ordered else 1 for dim in variable.dims])
    values = variable.values
    if values.dtype.kind == "M":
        return variable.copy(data=np.where(mask, values, np.datetime64("NaT")))
    if values.dtype.kind in "iub":
        values = values.astype(np.float32 if values.dtype.itemsize <= _SMALL else np.float64)
    return variable.copy(data=np.where(mask, values, values.dtype.type(np.nan)))


def masked_by_quality(
    dataset: "xarray.Dataset", statuses: Mapping[str, Sequence[int]], names: Iterable[str]
) -> "xarray.Dataset":
    """Put NaN where a status is none of those that are kept.

    Args:
        dataset: holds the variables and the statuses.
        statuses: name of a status to the values that are kept.
        names: variables to be masked; where one lacks a dimension of the status it is left as it is.
    """
    for status, kept in statuses.items():
        good = dataset.variables[status]
        mask = np.isin(good.values, list(kept))
        for name in names:
            if name not in statuses and set(good.dims) <= set(dataset[name].dims):
                variable = _where(dataset.variables[name], good.dims, mask)
                variable.attrs["quality_kept"] = f"{status} in {sorted(kept)}"
                dataset[name] = variable
    return dataset
