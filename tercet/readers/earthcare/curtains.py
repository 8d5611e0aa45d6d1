"""A curtain: height over the track, with the ground below, and time and place along it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.earthcare.colours import colours_of, explain
from tercet.readers.earthcare.sheets import PAGE, Sheet, ticks_along

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_COLUMNS = 1600
_ROWS = 480
_KM = 1000.0


def curtain(
    values: "xarray.DataArray",
    ground: "xarray.DataArray | None",
    limits: tuple[float, float],
    title: str,
    sheet: Sheet = PAGE,
) -> "Figure":
    """Draw values over track and height.

    Args:
        values: dimensions along the track and of the bins, with the coordinates ``height``, ``latitude``…
        ground: metres above the ellipsoid, one a profile.
        limits: bottom and top of the picture, metres above the ellipsoid.
        title: two lines.
        sheet: its size.
    """
    along = values.latitude.dims[0]
    ordered = values.transpose(along, ...)
    step = max(1, -(-ordered.shape[0] // _COLUMNS))
    ordered = ordered.isel({along: slice(None, None, step)})
    image = resampled(ordered.values, ordered.height.transpose(along, ...).values, limits)
    colours = colours_of(str(values.name), image, values.attrs)
    figure, axes = sheet.empty()
    extent = (-0.5, ordered.shape[0] - 0.5, limits[0] / _KM, limits[1] / _KM)
    drawing = axes.imshow(
        colours.values, cmap=colours.map, norm=colours.norm, extent=extent, aspect="auto", origin="lower",
        interpolation="nearest",
    )  # fmt: skip
    if ground is not None:
        level = ground.isel({along: slice(None, None, step)}).values / _KM
        axes.fill_between(range(len(level)), limits[0] / _KM, np.nan_to_num(level), color="0.2", linewidth=0, zorder=2)
    axes.set(ylabel="Height (km)", ylim=extent[2:], xlim=extent[:2])
    axes.set_title(title, loc="left", fontsize="medium")
    ticks_along(axes, ordered, sheet.ticks)
    explain(figure, axes, drawing, colours, values.attrs)
    return figure


def resampled(values: NDArray[Any], heights: NDArray[Any], limits: tuple[float, float]) -> NDArray[Any]:
    """Put profiles onto one regular grid of heights: each row takes the bin that is nearest, none where none is near.

    Args:
        values: (profiles, bins).
        heights: the same, metres; ascending or descending, each profile its own; NaN where there is no bin.
        limits: bottom and top of the grid.

    Returns:
        (rows, profiles), the lowest row first; NaN where no bin lies within one and a half of the profile's spacing.
    """
    edges = np.linspace(limits[0], limits[1], _ROWS + 1)
    rows = (edges[1:] + edges[:-1]) / 2
    image = np.full((_ROWS, values.shape[0]), np.nan, dtype=np.float64)
    for column, (profile, levels) in enumerate(zip(values, heights, strict=True)):
        known = np.flatnonzero(np.isfinite(levels))
        if not known.size:
            continue
        order = known[np.argsort(levels[known])]
        ascending = levels[order]
        reach = 1.5 * np.median(np.diff(ascending)) / 2 if len(ascending) > 1 else np.inf
        after = np.clip(np.searchsorted(ascending, rows), 1, max(len(ascending) - 1, 1))
        after = np.minimum(after, len(ascending) - 1)
        before = np.maximum(after - 1, 0)
        nearest = np.where(rows - ascending[before] <= ascending[after] - rows, before, after)
        spacing = np.maximum(np.abs(ascending[after] - ascending[before]) / 2 * 1.01, reach)
        close = np.abs(ascending[nearest] - rows) <= spacing
        image[close, column] = profile[order[nearest[close]]]
    return image
