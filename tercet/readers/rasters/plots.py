"""Rasters as pictures."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tercet.readers.rasters.grids import Bounds, Grid
from tercet.readers.rasters.pixels import Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Size = Literal["page", "thumbnail", "panel"]
"""With axes and colour bar; a picture alone; one of several side by side."""

_INCHES: Mapping[Size, tuple[float, float]] = {"page": (7.5, 6.2), "thumbnail": (4.6, 5.0), "panel": (4.6, 4.6)}
_ENHANCEMENT = "ppm·m"
_TOP = 99.7
"""Percentile of a scene's enhancements above which all is equally bright: plumes, not noise."""
_COLOURS = 3
_RANGE = (2, 98)
"""Percentiles of a picture that become black and white."""
_NICE = (1, 2, 5)
_THIRD = 0.3
"""Of the width: no scale bar is longer."""


def raster_figure(pixels: Pixels, *, title: str, label: str, size: Size = "page") -> Figure:
    """One raster, on a page with axes and its colour bar.

    Args:
        pixels: of all of it.
        title: above it.
        label: beside the colour bar.
        size: of the figure.
    """
    figure, axes = new_figure(size)
    draw(axes, pixels, label=label if size == "page" else None, **_range(label, pixels))
    axes.set_title(title, fontsize=10)
    finish(axes, pixels.grid, size=size)
    return figure


def _range(label: str, pixels: Pixels) -> dict[str, float]:
    """Of enhancements what counts is far above the noise; 0 is none."""
    values = pixels.values[0]
    if _ENHANCEMENT not in label or not np.isfinite(values).any():
        return {}
    return {"vmin": 0.0, "vmax": max(float(np.nanpercentile(values, _TOP)), 1.0)}


def new_figure(size: Size) -> "tuple[Figure, Axes]":
    """A figure that no window shows, and its axes."""
    figure = Figure(figsize=_INCHES[size], layout="constrained", dpi=120)
    return figure, figure.subplots()


def draw(axes: "Axes", pixels: Pixels, *, label: str | None = None, **options: Any) -> None:  # noqa: ANN401 - imshow's
    """Draw pixels where they lie: colours as they are, masks in grey, values with a colour bar."""
    extent = extent_of(pixels.grid)
    if pixels.values.shape[0] >= _COLOURS:
        axes.imshow(true_colour(pixels), extent=extent, **options)
        return
    values = pixels.values[0]
    if values.dtype == bool:
        axes.imshow(values, extent=extent, cmap="Greys", vmin=0, vmax=1, interpolation="nearest", **options)
        return
    low, high = limits(values)
    image = axes.imshow(
        values, extent=extent, **{"cmap": "inferno", "vmin": low, "vmax": high, "interpolation": "nearest", **options}
    )
    if label is not None and axes.figure is not None:
        axes.figure.colorbar(image, ax=axes, shrink=0.8, label=label)


def limits(values: NDArray[Any]) -> tuple[float, float]:
    """The range within which 96 % of the values lie."""
    known = values[np.isfinite(values)] if values.dtype.kind == "f" else values.ravel()
    if not known.size:
        return 0.0, 1.0
    low, high = (float(one) for one in np.percentile(known, _RANGE))
    return (low, high) if high > low else (low, low + 1)


def true_colour(pixels: Pixels) -> NDArray[np.float32]:
    """A picture of shape (height, width, 4) in [0, 1]: stretched, and clear where all colours are nodata."""
    colours = pixels.values[:_COLOURS].astype(np.float32)
    empty = (colours == np.float32(pixels.fill)).all(axis=0) | np.isnan(colours).any(axis=0)
    shown = colours[:, ~empty]
    low, high = limits(shown) if shown.size else (0.0, 1.0)
    stretched = np.clip((np.nan_to_num(colours) - low) / (high - low), 0, 1)
    return np.concatenate([np.moveaxis(stretched, 0, -1), (~empty)[..., np.newaxis].astype(np.float32)], axis=-1)


def extent_of(grid: Grid) -> Bounds:
    """Left, right, bottom, top, as matplotlib wants them."""
    left, bottom, right, top = grid.bounds if grid.crs is not None else (0.0, grid.height, grid.width, 0.0)
    return left, right, bottom, top


def finish(axes: "Axes", grid: Grid, bounds: Bounds | None = None, *, size: Size = "page") -> None:
    """Make axes equal and name them, or hide them on a thumbnail; draw a scale bar where metres are known."""
    axes.set_aspect("equal")
    if bounds is not None and grid.crs is not None:
        axes.set(xlim=(bounds[0], bounds[2]), ylim=(bounds[1], bounds[3]))
    is_metric = grid.crs is not None and not grid.crs.is_geographic
    if is_metric:
        scale_bar(axes)
    if size == "thumbnail":
        axes.set_axis_off()
    else:
        _name(axes, grid, is_metric=is_metric)


def _name(axes: "Axes", grid: Grid, *, is_metric: bool) -> None:
    if grid.crs is None:
        axes.set(xlabel="sample", ylabel="line")
        return
    axes.set(xlabel="easting (km)" if is_metric else "longitude (°)",
             ylabel="northing (km)" if is_metric else "latitude (°)")  # fmt: skip
    axes.tick_params(labelsize=7)
    axes.locator_params(nbins=5)
    if is_metric:
        axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:.1f}")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value / 1000:.1f}")


def scale_bar(axes: "Axes") -> None:
    """A bar of a round length at the lower left, with its metres or kilometres."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    length = round_length((right - left) * _THIRD)
    x, y = left + (right - left) * 0.05, bottom + (top - bottom) * 0.05
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"  # noqa: PLR2004 - metres in a kilometre
    outlined: dict[str, Any] = {"color": "black", "linewidth": 5, "solid_capstyle": "butt"}
    axes.plot([x, x + length], [y, y], **outlined)
    axes.plot([x, x + length], [y, y], **{**outlined, "color": "white", "linewidth": 3})
    box = {"facecolor": "black", "alpha": 0.45, "edgecolor": "none", "pad": 1.5}
    axes.text(x + length / 2, y + (top - bottom) * 0.025, text, color="white", ha="center", fontsize=8, bbox=box)
    axes.set(xlim=(left, right), ylim=(bottom, top))


def round_length(longest: float) -> float:
    """The longest of 1, 2, 5, 10… that is not longer."""
    if longest <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(longest))
    return float(max(step * power for step in _NICE if step * power <= longest))
