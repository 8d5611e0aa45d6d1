"""A variable with one value a profile, drawn along the track."""

from typing import TYPE_CHECKING

import numpy as np

from tercet.readers.earthcare_curtains import ticks_along
from tercet.readers.earthcare_display import range_of

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def line(values: "xarray.DataArray", title: str) -> "Figure":
    """Draw values over the track."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - matplotlib takes half a second

    figure = Figure(figsize=(13, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(np.arange(values.size), values.values, ".", markersize=2.5, color="tab:blue")
    unit = str(values.attrs.get("units", "")).strip()
    axes.set(ylabel=unit if unit not in ("1", "-") else "", xlim=(-0.5, values.size - 0.5))
    if range_of(str(values.name), values.attrs).scale == "log" and (values.values > 0).any():
        axes.set_yscale("log")
    axes.grid(color="0.9")
    axes.set_title(title, loc="left", fontsize="medium")
    ticks_along(axes, values)
    return figure
