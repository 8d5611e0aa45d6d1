"""A swath on a map: each pixel where it lies; near a pole seen from above it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.earthcare.colours import colours_of, explain
from tercet.readers.earthcare.sheets import degrees

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINES = 1500
_POLAR = 70.0
"""Degrees: a swath that reaches farther is drawn from above the pole."""
_HALF_CELL = 0.005
"""Degrees: half a pixel of the imager, for a swath of one line."""


def swath(values: "xarray.DataArray", title: str) -> "Figure":
    """Draw the pixels of a swath.

    Args:
        values: two-dimensional, with the coordinates ``latitude`` and ``longitude`` of the same shape.
        title: two lines.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - matplotlib takes half a second

    step = max(1, -(-values.shape[0] // _LINES))
    part = _placed(values.isel({values.dims[0]: slice(None, None, step)}))
    colours = colours_of(str(values.name), part.values, values.attrs)
    longitude, latitude = part.longitude.values, part.latitude.values
    is_polar = bool(np.abs(latitude).max(initial=0) > _POLAR)
    x, y = _from_above(longitude, latitude) if is_polar else (_unwrapped(longitude), latitude)
    narrowing = 1.0 if is_polar else max(float(np.cos(np.radians(latitude.mean()))), 0.05)
    # the whole cap around a pole, so that one sees where on it the swath lies
    cap = 2.1 * float(np.hypot(x, y).max())
    size = (cap, cap) if is_polar else (float(np.ptp(x)) * narrowing, float(np.ptp(y)))
    figure = Figure(figsize=_size(*size), layout="constrained")
    axes = figure.add_subplot()
    drawing = axes.pcolormesh(
        corners(x), corners(y), colours.values, cmap=colours.map, norm=colours.norm, shading="flat", rasterized=True
    )
    axes.set_aspect(1 / narrowing)
    if is_polar:
        _polar_grid(axes, bool(latitude.mean() > 0), cap / 2)
    else:
        _plain_grid(axes)
    # a swath is narrow: what stands beside each other above a curtain stands below each other here
    axes.set_title(title.replace("  ·  ", "\n"), loc="left", fontsize="small")
    explain(figure, axes, drawing, colours, values.attrs)
    return figure


def corners(centres: NDArray[Any]) -> NDArray[np.float64]:
    """Corners between the centres of cells, and as far beyond the outer ones.

    Args:
        centres: (lines, columns), both at least 1.

    Returns:
        (lines + 1, columns + 1).
    """
    grown = np.asarray(centres, dtype=np.float64)
    for axis in (0, 1):
        lines = np.moveaxis(grown, axis, 0)
        if len(lines) == 1:
            lines = np.concatenate([lines - _HALF_CELL, lines + _HALF_CELL])
        else:
            middles = (lines[1:] + lines[:-1]) / 2
            lines = np.concatenate([[2 * lines[0] - middles[0]], middles, [2 * lines[-1] - middles[-1]]])
        grown = np.moveaxis(lines, 0, axis)
    return grown


def _placed(values: "xarray.DataArray") -> "xarray.DataArray":
    """Leave out lines and columns of which a pixel has no place: native grids have such at their edges."""
    known = np.isfinite(values.latitude.values) & np.isfinite(values.longitude.values)
    columns = known.any(axis=0)
    rows = known[:, columns].all(axis=1)
    return values[rows][:, columns]


def _size(width: float, height: float) -> tuple[float, float]:
    """Inches of a figure whose map has its own proportions, colour bar and labels beside it."""
    scale = 8.5 / max(width, height, 1e-6)
    return max(5.0, width * scale + 2.8), max(3.2, height * scale + 1.2)


def _unwrapped(longitude: NDArray[Any]) -> NDArray[np.float64]:
    """Longitudes that go on beyond 180 where the swath crosses the antimeridian."""
    return np.asarray(np.degrees(np.unwrap(np.unwrap(np.radians(longitude), axis=1), axis=0)), dtype=np.float64)


def _from_above(longitude: NDArray[Any], latitude: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Degrees from the pole, towards 90 degrees east and away from Greenwich (north) or towards it (south)."""
    side = 1.0 if latitude.mean() > 0 else -1.0
    distance = 90 - side * latitude
    return distance * np.sin(np.radians(longitude)), -side * distance * np.cos(np.radians(longitude))


def _plain_grid(axes: "Axes") -> None:
    axes.xaxis.set_major_formatter(lambda value, _: degrees((value + 180) % 360 - 180, "E", "W"))
    axes.yaxis.set_major_formatter(lambda value, _: degrees(value, "N", "S"))
    axes.locator_params(axis="x", nbins=4)
    axes.grid(color="0.85", linewidth=0.5)
    axes.set_axisbelow(True)


def _polar_grid(axes: "Axes", is_north: bool, reach: float) -> None:  # noqa: FBT001 - one of two poles
    """Meridians each 30 degrees and parallels each 10, as far from the pole as is drawn."""
    side = 1.0 if is_north else -1.0
    along = np.linspace(0, 2 * np.pi, 361)
    for distance in range(10, int(reach) + 1, 10):
        axes.plot(distance * np.sin(along), distance * np.cos(along), color="0.6", linewidth=0.5)
        axes.text(0.5, distance + 0.2, degrees(side * (90 - distance), "N", "S"), fontsize="small", clip_on=True)
    for meridian in range(-180, 180, 30):
        x, y = np.sin(np.radians(meridian)), -side * np.cos(np.radians(meridian))
        axes.plot([0, 2 * reach * x], [0, 2 * reach * y], color="0.6", linewidth=0.5)
        label = degrees(meridian, "E", "W").replace(".0", "")
        axes.text(0.93 * reach * x, 0.93 * reach * y, label, fontsize="small", ha="center", va="center")
    axes.set(xticks=[], yticks=[], xlim=(-reach, reach), ylim=(-reach, reach))
