"""One variable, one value a profile, bin or pixel: what a picture or a map grid is made of."""

from typing import TYPE_CHECKING

from tercet.errors import ReaderError
from tercet.readers.earthcare.display import MAIN
from tercet.readers.earthcare.layout import Axes, Layout
from tercet.readers.earthcare.reading import Reading

if TYPE_CHECKING:
    import xarray


def asked(reading: Reading, layout: Layout, variable: str | None) -> tuple[str, str | None]:
    """The name of a variable, and the label of a place in its small dimension: ``pixel_values_TIR2`` names both.

    Raises:
        ReaderError: there is no such variable; the nearest is proposed.
    """
    if variable is None:
        return _first(reading, layout), None
    if layout.array(variable.rpartition("/")[2]) is not None:
        return variable, None
    for name in sorted(layout.all, key=len, reverse=True):
        if variable.startswith(f"{name}_"):
            return name, variable.removeprefix(f"{name}_")
    reading.variables.choose(variable, where=reading.name)
    return variable, None


def panel(dataset: "xarray.Dataset", name: str, label: str | None, axes: Axes) -> "xarray.DataArray":
    """One place of each small dimension, the one that is asked for or the first; ``long_name`` says which.

    Raises:
        ReaderError: the variable has no value along the track, or no such place.
    """
    values = dataset[name.rpartition("/")[2]]
    said = str(values.attrs.get("long_name") or str(values.name).replace("_", " "))
    kept = {axes.along, axes.across, axes.vertical}
    if not kept & set(values.dims):
        raise ReaderError(f"{name} has no value along the track: look at dataset({name!r})")
    left = label
    for dim in [one for one in values.dims if one not in kept]:
        labels = [str(one) for one in dataset[dim].values] if dim in dataset.coords else []
        at, left = _place([spelled(one) for one in labels] or list(map(str, range(values.sizes[dim]))), left)
        if at is None:
            raise ReaderError(f"{name} has no {label!r} along {dim}; it has {', '.join(labels) or values.sizes[dim]}")
        values = values.isel({dim: at})
        said += f", {labels[at] if labels else f'{dim} {at}'}"
    if left:
        raise ReaderError(f"{name} has no {label!r}: {left!r} is no place of it")
    return values.assign_attrs(long_name=said)


def spelled(label: object) -> str:
    """A label as part of a name: ``355/670 nm`` is ``355_670nm``."""
    return str(label).replace(" ", "").replace("/", "_")


def _place(labels: list[str], asked: str | None) -> tuple[int | None, str | None]:
    """The place that a name begins with, and what is left of the name; the first where nothing is asked for."""
    if not asked:
        return 0, asked
    found = [one for one in labels if asked == one or asked.startswith(f"{one}_")]
    if not found:
        return None, asked
    longest = max(found, key=len)
    return labels.index(longest), asked.removeprefix(longest).removeprefix("_")


def _first(reading: Reading, layout: Layout) -> str:
    for name in MAIN.get(reading.product.type or "", ()):
        array = layout.array(name)
        if array is not None and layout.axes.along in layout.dims(array):
            return name
    taken = {one.path for one in layout.coordinates.values()}
    found = [
        name for name, one in layout.all.items() if one.path not in taken and layout.axes.along in layout.dims(one)
    ]
    if not found:
        raise ReaderError(f"{reading.name} has no variable along the track to draw")
    return max(found, key=lambda name: len(layout.dims(layout.all[name])))
