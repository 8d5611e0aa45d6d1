"""A swath as a strip: lines one after the other, for small pictures in which a map would be a thread."""

from typing import TYPE_CHECKING

import numpy as np

from tercet.readers.earthcare.colours import colours_of, explain
from tercet.readers.earthcare.sheets import Sheet, ticks_along

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_LINES = 1600


def strip(values: "xarray.DataArray", title: str, sheet: Sheet) -> "Figure":
    """Draw the lines of a swath side by side.

    Args:
        values: two-dimensional, with the coordinates ``latitude`` and ``longitude`` of the same shape.
        title: two lines.
        sheet: its size.
    """
    columns = np.isfinite(values.latitude.values).any(axis=0)
    step = max(1, -(-values.shape[0] // _LINES))
    part = values[::step, columns]
    colours = colours_of(str(values.name), part.values.T, values.attrs)
    figure, axes = sheet.empty()
    drawing = axes.imshow(colours.values, cmap=colours.map, norm=colours.norm, aspect="auto", interpolation="nearest")
    axes.set_yticks([])
    axes.set_ylabel("across the track")
    axes.set_title(title, loc="left", fontsize="medium")
    ticks_along(axes, part, sheet.ticks)
    explain(figure, axes, drawing, colours, values.attrs)
    return figure
