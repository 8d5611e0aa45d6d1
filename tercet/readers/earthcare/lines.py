"""A variable with one value a profile, drawn along the track."""

from typing import TYPE_CHECKING

import numpy as np

from tercet.readers.earthcare.display import range_of
from tercet.readers.earthcare.sheets import PAGE, Sheet, ticks_along

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def line(values: "xarray.DataArray", title: str, sheet: Sheet = PAGE) -> "Figure":
    """Draw values over the track."""
    figure, axes = sheet.empty()
    axes.plot(np.arange(values.size), values.values, ".", markersize=2.5, color="tab:blue")
    unit = str(values.attrs.get("units", "")).strip()
    axes.set(ylabel=unit if unit not in ("1", "-") else "", xlim=(-0.5, values.size - 0.5))
    if range_of(str(values.name), values.attrs).scale == "log" and (values.values > 0).any():
        axes.set_yscale("log")
    axes.grid(color="0.9")
    axes.set_title(title, loc="left", fontsize="medium")
    ticks_along(axes, values, sheet.ticks)
    return figure
