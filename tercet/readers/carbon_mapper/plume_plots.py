"""Plumes as pictures: over true colour, with their outline, a scale bar and the emission rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely
import shapely.geometry
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from rasterio.crs import CRS
from rasterio.warp import transform_geom

from tercet.errors import ReaderError
from tercet.readers.rasters.grids import Bounds, Grid
from tercet.readers.rasters.plots import Size, draw, finish, limits, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tercet.readers.rasters.reader import RasterReader


_LINE = "#39ff14"
_LAYERS = ("rgb", "concentrations", "ime_concentrations", "mask")
"""The first that is there is the ground, the next lies over it."""
_PANELS = ("mask", "concentrations", "ime_concentrations", "rgb")
_MARGIN = 0.6
"""Of the plume's size, on each side of it."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What a picture says of a plume beside its pixels.

    Attributes:
        title: gas, name and emission rate.
        outline: WGS 84; None where there is none.
        wind: to the east and to the north, m/s; None where it is not known.
    """

    title: str
    outline: shapely.MultiPolygon | None
    wind: tuple[float, float] | None


def plume_figure(rasters: "RasterReader", caption: Caption, *, size: Size = "page") -> Figure:
    """The plume over true colour, with the wind where it is known.

    Raises:
        ReaderError: it has no raster.
    """
    ground, *others = _there(rasters, _LAYERS)
    figure, axes = new_figure(size)
    first = rasters.part(ground)
    has_bar = size == "page"
    draw(axes, first, label=rasters.label(ground) if has_bar else None)
    if others and ground == "rgb":
        pixels = rasters.part(others[0])
        low, high = limits(pixels.values[0])
        label = rasters.label(others[0]) if has_bar else None
        draw(axes, pixels, label=label, vmin=min(low, 0), vmax=high, alpha=0.85)
    bounds = draw_outline(axes, caption.outline, first.grid)
    around = _around(bounds, first.grid.bounds) if bounds and ground == "rgb" else None
    finish(axes, first.grid, around, size=size)
    draw_wind(axes, caption.wind)
    axes.set_title(caption.title, fontsize=11)
    return figure


def panels_figure(rasters: "RasterReader", caption: Caption) -> Figure:
    """Mask, enhancement, what was integrated, and true colour side by side over the same ground.

    Raises:
        ReaderError: it has none of them.
    """
    names = _there(rasters, _PANELS)
    figure = Figure(figsize=(4.6 * len(names), 4.6), layout="constrained", dpi=120)
    shown = {name: rasters.part(name) for name in names}
    lefts, bottoms, rights, tops = zip(*(pixels.grid.bounds for pixels in shown.values()), strict=True)
    bounds = min(lefts), min(bottoms), max(rights), max(tops)
    for axes, (name, pixels) in zip(figure.subplots(1, len(names), squeeze=False)[0], shown.items(), strict=True):
        draw(axes, pixels, label=rasters.label(name))
        draw_outline(axes, caption.outline, pixels.grid)
        axes.set_title(name, fontsize=10)
        finish(axes, pixels.grid, bounds)
    figure.suptitle(caption.title, fontsize=11)
    return figure


def _there(rasters: "RasterReader", names: Sequence[str]) -> list[str]:
    known = rasters.variables()
    found = [name for name in names if name in known]
    if not found:
        raise ReaderError(f"{rasters.name} has no raster to draw: its assets are {', '.join(rasters.files) or 'none'}")
    return found


def draw_wind(axes: "Axes", wind: tuple[float, float] | None) -> None:
    """An arrow at the upper right, where the wind blows to, with its speed."""
    if wind is None or not any(wind):
        return
    east, north = wind
    speed = (east**2 + north**2) ** 0.5
    x, y, half = 0.9, 0.88, 0.05
    ends = [(x + sign * half * east / speed, y + sign * half * north / speed) for sign in (-1, 1)]
    edge = withStroke(linewidth=4, foreground="black", alpha=0.6)  # seen on bright ground, too
    arrow = {"arrowstyle": "-|>", "color": "white", "linewidth": 2, "path_effects": [edge]}
    axes.annotate("", xytext=ends[0], xy=ends[1], xycoords="axes fraction", arrowprops=arrow)
    box = {"facecolor": "black", "alpha": 0.45, "edgecolor": "none", "pad": 1.5}
    text = f"{speed:.1f} m/s"
    axes.text(x, y - 0.09, text, transform=axes.transAxes, color="white", ha="center", fontsize=8, bbox=box)


def draw_outline(axes: "Axes", outline: shapely.MultiPolygon | None, grid: Grid) -> Bounds | None:
    """Draw the outline in a grid's CRS, and give its bounds there; None where there is none to draw."""
    if grid.crs is None or outline is None:
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
