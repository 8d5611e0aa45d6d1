"""Plumes as pictures: over true colour, with their outline, a scale bar and the emission rate."""

from typing import TYPE_CHECKING

import shapely
import shapely.geometry
from matplotlib.figure import Figure
from rasterio.crs import CRS
from rasterio.warp import transform_geom

from tercet.errors import ReaderError
from tercet.readers.grids import Bounds, Grid
from tercet.readers.raster_plots import Size, draw, finish, limits, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tercet.readers.plumes import PlumeReader

_LINE = "#39ff14"
_LAYERS = ("rgb", "concentrations", "ime_concentrations", "mask")
"""The first that is there is the ground, the next lies over it."""
_PANELS = ("mask", "concentrations", "ime_concentrations", "rgb")
_SUBSCRIPTS = str.maketrans("24", "₂₄")
_MARGIN = 0.6
"""Of the plume's size, on each side of it."""


def plume_figure(plume: "PlumeReader", *, size: Size = "page") -> Figure:
    """The plume over true colour, with the wind where it is known.

    Raises:
        ReaderError: it has no raster.
    """
    known = [key for key in _LAYERS if key in plume.variables()]
    if not known:
        raise ReaderError(f"{plume.name} has no raster to draw: its assets are {', '.join(plume.files) or 'none'}")
    ground, *others = known
    figure, axes = new_figure(size)
    first = plume.part(ground)
    has_bar = size == "page"
    draw(axes, first, label=plume.label(ground) if has_bar else None)
    overlay = next(iter(others), None)
    if overlay is not None and ground == "rgb":
        pixels = plume.part(overlay)
        low, high = limits(pixels.values[0])
        label = plume.label(overlay) if has_bar else None
        draw(axes, pixels, label=label, vmin=min(low, 0), vmax=high, alpha=0.85)
    bounds = draw_outline(axes, plume, first.grid)
    around = _around(bounds, first.grid.bounds) if bounds and ground == "rgb" else None
    finish(axes, first.grid, around, size=size)
    draw_wind(axes, plume)
    axes.set_title(title_of(plume), fontsize=11)
    return figure


def panels_figure(plume: "PlumeReader") -> Figure:
    """Mask, enhancement, what was integrated, and true colour side by side over the same ground."""
    names = [name for name in _PANELS if name in plume.files]
    if not names:
        raise ReaderError(f"{plume.name} has no raster to draw: its assets are {', '.join(plume.files) or 'none'}")
    figure = Figure(figsize=(4.6 * len(names), 4.6), layout="constrained", dpi=120)
    all_axes = figure.subplots(1, len(names), squeeze=False)[0]
    shown = {name: plume.part(name) for name in names}
    widest = [pixels.grid.bounds for pixels in shown.values()]
    lefts, bottoms, rights, tops = zip(*widest, strict=True)
    bounds = min(lefts), min(bottoms), max(rights), max(tops)
    for axes, (name, pixels) in zip(all_axes, shown.items(), strict=False):
        draw(axes, pixels, label=plume.label(name))
        draw_outline(axes, plume, pixels.grid)
        axes.set_title(name, fontsize=10)
        finish(axes, pixels.grid, bounds)
    figure.suptitle(title_of(plume), fontsize=11)
    return figure


def title_of(plume: "PlumeReader") -> str:
    """Gas and plume, and below the rate: ``3,056 ± 444 kg/h``."""
    said = plume.properties
    rate, doubt = said.get("cm:emission"), said.get("cm:emission_uncertainty")
    name = f"{(plume.gas or '').translate(_SUBSCRIPTS)} plume {plume.plume_id}".strip()
    if rate is None:
        return f"{name}\nemission not stated" if said else name
    return f"{name}\n{rate:,.0f}{f' ± {doubt:,.0f}' if doubt is not None else ''} kg/h"


def draw_wind(axes: "Axes", plume: "PlumeReader") -> None:
    """An arrow at the upper right, where the wind blows to, with its speed."""
    if plume.wind is None or not any(plume.wind):
        return
    east, north = plume.wind
    speed = (east**2 + north**2) ** 0.5
    x, y, half = 0.9, 0.88, 0.05
    ends = [(x + sign * half * east / speed, y + sign * half * north / speed) for sign in (-1, 1)]
    arrow = {"arrowstyle": "-|>", "color": "white", "linewidth": 2}
    axes.annotate("", xytext=ends[0], xy=ends[1], xycoords="axes fraction", arrowprops=arrow)
    box = {"facecolor": "black", "alpha": 0.45, "edgecolor": "none", "pad": 1.5}
    text = f"{speed:.1f} m/s"
    axes.text(x, y - 0.09, text, transform=axes.transAxes, color="white", ha="center", fontsize=8, bbox=box)


def draw_outline(axes: "Axes", plume: "PlumeReader", grid: Grid) -> Bounds | None:
    """Draw the outline in a grid's CRS; None where there is none to draw."""
    if grid.crs is None:
        return None
    try:
        outline = plume.outline()
    except ReaderError:
        return None
    placed = transform_geom(CRS.from_epsg(4326), grid.crs, shapely.geometry.mapping(outline))
    shape = shapely.geometry.shape(placed)
    for polygon in shapely.get_parts(shape):
        for ring in (polygon.exterior, *polygon.interiors):
            axes.plot(*ring.xy, color=_LINE, linewidth=1.1)
    bounds: Bounds = shape.bounds
    return bounds


def _around(bounds: Bounds, limit: Bounds) -> Bounds:
    """A square around a box with a margin, as far as a picture reaches."""
    left, bottom, right, top = bounds
    half = max(right - left, top - bottom) * (0.5 + _MARGIN)
    x, y = (left + right) / 2, (bottom + top) / 2
    return max(x - half, limit[0]), max(y - half, limit[1]), min(x + half, limit[2]), min(y + half, limit[3])
