"""Pictures of EarthCARE products: which kind each variable is, and what stands around it."""

from typing import TYPE_CHECKING

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.earthcare.layout import Layout
from tercet.readers.earthcare.names import name_of
from tercet.readers.earthcare.part import Heights
from tercet.readers.earthcare.sheets import PAGE, Sheet

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_TOP_M = 20_000.0
_BOTTOM_M = -500.0


def surface_of(layout: Layout) -> str | None:
    """The name of the ground's height, which is drawn below a curtain; None where the product has none."""
    return name_of(layout.surface) if layout.surface is not None else None


def drawn(
    dataset: "xarray.Dataset", values: "xarray.DataArray", layout: Layout, height: Heights | None, sheet: Sheet = PAGE
) -> "Figure":
    """Draw a variable as what it is: a curtain, a swath on a map (on a card as a strip), or a line along the track.

    Args:
        dataset: that it is of; where it holds the ground's height that is drawn, too.
        values: one a profile, bin or pixel.
        layout: of both.
        height: of a curtain, metres; None is 20 km.
        sheet: its size.

    Raises:
        ReaderError: it has no place along the track, nothing lies in what is asked for, or nobody knows where it lies.
    """
    name, surface = values.name, surface_of(layout)
    title = f"{_heading(dataset)}\n{values.attrs['long_name']}"
    if not values.size:
        raise ReaderError(f"{dataset.attrs['source']}: nothing lies in what is asked for, there is nothing to draw")
    if not _has_places(dataset):
        raise ReaderError(
            f"{dataset.attrs['source']} has no latitudes and longitudes there: draw what dataset() gives yourself"
        )
    is_there = surface is not None and surface in dataset and dataset[surface].dims == (layout.axes.along,)
    ground = dataset[surface] if is_there else None
    if "height" in dataset.coords and set(dataset.height.dims) == set(values.dims):
        from tercet.readers.earthcare.curtains import curtain  # noqa: PLC0415 - one kind of picture at a time

        bottom, top = height or (None, None)
        limits = (_BOTTOM_M if bottom is None else bottom, _TOP_M if top is None else top)
        return curtain(values, ground, limits, title, sheet)
    if values.dims == (layout.axes.along, layout.axes.across):
        from tercet.readers.earthcare.maps import swath  # noqa: PLC0415 - as above
        from tercet.readers.earthcare.strips import strip  # noqa: PLC0415 - as above

        return swath(values, title) if sheet == PAGE else strip(values, title, sheet)
    if values.dims == (layout.axes.along,):
        from tercet.readers.earthcare.lines import line  # noqa: PLC0415 - as above

        return line(values, title, sheet)
    raise ReaderError(f"{name} has dimensions {', '.join(map(str, values.dims))}: draw what dataset() gives yourself")


def _has_places(dataset: "xarray.Dataset") -> bool:
    return all(name in dataset.coords and bool(dataset[name].notnull().any()) for name in ("latitude", "longitude"))


def _heading(dataset: "xarray.Dataset") -> str:
    said = dataset.attrs
    place = f"orbit {said['orbit']:05d}{said.get('frame', '')}" if "orbit" in said else str(said.get("source", ""))
    day = ""
    if "time" in dataset.coords and dataset.time.size:
        known = dataset.time.values[~np.isnat(dataset.time.values)]
        day = f"{str(known.min().astype('datetime64[s]')).replace('T', ' ')} UTC" if known.size else ""
    kind = str(said.get("product_type", "")).replace("__", "_")
    return "  ·  ".join(part for part in (f"EarthCARE {kind}".strip(), place, day) if part)
