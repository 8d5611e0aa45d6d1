"""Pictures of EarthCARE products: which kind each variable is, and what stands around it."""

from typing import TYPE_CHECKING, Any

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.earthcare_display import MAIN
from tercet.readers.earthcare_layout import Layout

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from tercet.readers.earthcare import EarthcareReader

_TOP_M = 20_000.0
_BOTTOM_M = -500.0


def drawn(reader: "EarthcareReader", layout: Layout, variable: str | None, part: Any) -> "Figure":  # noqa: ANN401 - `Part`
    """Draw a variable as what it is: a curtain, a map of a swath, or a line along the track.

    Raises:
        ReaderError: there is no such variable, it has no place along the track, or nothing lies in what is asked for.
    """
    name, label = _asked(reader, layout, variable)
    surface = layout.surface.path.rpartition("/")[2] if layout.surface is not None else None
    dataset = reader.dataset([name, *([surface] if surface and surface != name else [])], **part)
    values, panel = _panel(dataset, name, label)
    if not values.size:
        raise ReaderError(f"{reader.name}: nothing lies in what is asked for, there is nothing to draw")
    ground = dataset[surface] if surface and dataset[surface].dims == (layout.axes.along,) else None
    if "height" in dataset.coords and set(dataset.height.dims) == set(values.dims):
        from tercet.readers.earthcare_curtains import curtain  # noqa: PLC0415 - one kind of picture at a time

        bottom, top = part.get("height") or (None, None)
        limits = (_BOTTOM_M if bottom is None else bottom, _TOP_M if top is None else top)
        return curtain(values, ground, limits, panel)
    if values.dims == dataset.latitude.dims and values.ndim > 1:
        from tercet.readers.earthcare_maps import swath  # noqa: PLC0415 - as above

        return swath(values, panel)
    if values.dims == (layout.axes.along,):
        from tercet.readers.earthcare_lines import line  # noqa: PLC0415 - as above

        return line(values, panel)
    raise ReaderError(f"{name} has dimensions {', '.join(map(str, values.dims))}: draw what dataset() gives yourself")


def _asked(reader: "EarthcareReader", layout: Layout, variable: str | None) -> tuple[str, str | None]:
    """The name of a variable, and the label of a place in its small dimension: ``pixel_values_TIR2`` names both."""
    if variable is None:
        return _first(reader, layout), None
    if layout.array(variable.rpartition("/")[2]) is not None:
        return variable, None
    for name in sorted(layout.all, key=len, reverse=True):
        if variable.startswith(f"{name}_"):
            return name, variable.removeprefix(f"{name}_")
    reader.variables().choose(variable, where=reader.name)
    return variable, None


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


def _panel(dataset: "xarray.Dataset", name: str, label: str | None) -> tuple["xarray.DataArray", str]:
    """One place of each small dimension, the one that is asked for or the first; and the picture's title."""
    values = dataset[name]
    said = str(values.attrs.get("long_name") or name.replace("_", " "))
    kept = set(dataset.latitude.dims) | set(dataset.height.dims if "height" in dataset.coords else ())
    if not kept & set(values.dims):
        raise ReaderError(f"{name} has no value along the track: look at dataset({name!r})")
    for dim in [one for one in values.dims if one not in kept]:
        labels = [str(one) for one in dataset[dim].values] if dim in dataset.coords else []
        plain = [one.replace(" ", "").replace("/", "_") for one in labels]
        at = plain.index(label) if label in plain else int(label) if label and label.isdigit() else 0
        if label and label not in plain and not label.isdigit():
            raise ReaderError(f"{name} has no {label!r} along {dim}; it has {', '.join(plain) or values.sizes[dim]}")
        values = values.isel({dim: min(at, values.sizes[dim] - 1)})
        said += f", {labels[at] if labels else f'{dim} {at}'}"
    return values, f"{_heading(dataset)}\n{said}"


def _heading(dataset: "xarray.Dataset") -> str:
    said = dataset.attrs
    place = f"orbit {said['orbit']:05d}{said.get('frame', '')}" if "orbit" in said else str(said.get("source", ""))
    day = ""
    if "time" in dataset.coords and dataset.time.size:
        known = dataset.time.values[~np.isnat(dataset.time.values)]
        day = f"{str(known.min().astype('datetime64[s]')).replace('T', ' ')} UTC" if known.size else ""
    kind = str(said.get("product_type", "")).replace("__", "_")
    return "  ·  ".join(part for part in (f"EarthCARE {kind}".strip(), place, day) if part)
