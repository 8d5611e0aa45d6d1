"""One variable, one value a profile, bin or pixel: what a picture or a map grid is made of."""

from typing import TYPE_CHECKING

from tercet.errors import ReaderError
from tercet.readers.earthcare_display import MAIN
from tercet.readers.earthcare_layout import Layout

if TYPE_CHECKING:
    import xarray

    from tercet.readers.earthcare import EarthcareReader


def asked(reader: "EarthcareReader", layout: Layout, variable: str | None) -> tuple[str, str | None]:
    """The name of a variable, and the label of a place in its small dimension: ``pixel_values_TIR2`` names both.

    Raises:
        ReaderError: there is no such variable; the nearest is proposed.
    """
    if variable is None:
        return _first(reader, layout), None
    if layout.array(variable.rpartition("/")[2]) is not None:
        return variable, None
    for name in sorted(layout.all, key=len, reverse=True):
        if variable.startswith(f"{name}_"):
            return name, variable.removeprefix(f"{name}_")
    reader.variables().choose(variable, where=reader.name)
    return variable, None


def panel(dataset: "xarray.Dataset", name: str, label: str | None) -> "xarray.DataArray":
    """One place of each small dimension, the one that is asked for or the first; ``long_name`` says which.

    Raises:
        ReaderError: the variable has no value along the track, or no such place.
    """
    values = dataset[name.rpartition("/")[2]]
    said = str(values.attrs.get("long_name") or str(values.name).replace("_", " "))
    kept = set(dataset.latitude.dims) | set(dataset.height.dims if "height" in dataset.coords else ())
    if not kept & set(values.dims):
        raise ReaderError(f"{name} has no value along the track: look at dataset({name!r})")
    for dim in [one for one in values.dims if one not in kept]:
        labels = [str(one) for one in dataset[dim].values] if dim in dataset.coords else []
        at = _place(name, str(dim), [spelled(one) for one in labels], values.sizes[dim], label)
        values = values.isel({dim: at})
        said += f", {labels[at] if labels else f'{dim} {at}'}"
    return values.assign_attrs(long_name=said)


def spelled(label: object) -> str:
    """A label as part of a name: ``355/670 nm`` is ``355_670nm``."""
    return str(label).replace(" ", "").replace("/", "_")


def _place(name: str, dimension: str, labels: list[str], size: int, label: str | None) -> int:
    if label is None:
        return 0
    if label in labels:
        return labels.index(label)
    if label.isdigit() and int(label) < size:
        return int(label)
    raise ReaderError(f"{name} has no {label!r} along {dimension}; it has {', '.join(labels) or f'0 to {size - 1}'}")


def _first(reader: "EarthcareReader", layout: Layout) -> str:
    for name in MAIN.get(reader.product.type or "", ()):
        if layout.array(name) is not None:
            return name
    taken = {one.path for one in layout.coordinates.values()}
    found = [
        name for name, one in layout.all.items() if one.path not in taken and layout.axes.along in layout.dims(one)
    ]
    if not found:
        raise ReaderError(f"{reader.name} has no variable along the track to draw")
    return max(found, key=lambda name: len(layout.dims(layout.all[name])))
