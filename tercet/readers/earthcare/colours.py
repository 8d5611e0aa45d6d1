"""From values to colours: the product's own range, or one colour a class with its name beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tercet.readers.earthcare.classes import Classes, classes_of
from tercet.readers.earthcare.display import range_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

MISSING = "0.9"
"""Grey where nothing was measured."""
_PLAIN = (("clear", "white"), ("unknown", "0.8"), ("no data", "0.9"), ("ground", "0.35"), ("surface", "0.35"))
"""A word in the name of a class, and its colour where the file names none."""
_LONG, _SHORT = 40, 22
"""Letters of a class's name on a page and on a card."""
_ROW_INCHES = 0.168
"""Height of a class's name in the legend; of more classes than fit the commonest are named."""
_WIDE_INCHES = 8.0
_LOW, _HIGH = 2, 98
"""Percent of the values that the colours span where no range is known."""


@dataclass(frozen=True, slots=True)
class Colours:
    """How values become colours.

    Attributes:
        map: matplotlib's.
        norm: the same.
        values: as they are coloured: those of a class are places in its table.
        legend: name, colour and number of values of each class that occurs; empty where a bar stands for the colours.
    """

    map: "Colormap"
    norm: "Normalize"
    values: NDArray[Any]
    legend: Sequence[tuple[str, Any, int]]


def colours_of(name: str, values: NDArray[Any], attributes: Mapping[str, Any]) -> Colours:
    """Choose colours for a variable."""
    classes = classes_of(attributes)
    if classes is not None and not classes.are_bits:
        return _of_classes(values, classes)
    return _of_range(name, values, attributes)


def explain(figure: "Figure", axes: "Axes", drawing: Any, colours: Colours, attributes: Mapping[str, Any]) -> None:  # noqa: ANN401 - an image or a mesh
    """Put a colour bar, or the names of the classes, beside a picture; where all do not fit the commonest ones."""
    if not colours.legend:
        unit = str(attributes.get("units", "")).strip()
        shown = unit if unit not in ("", "1", "-") else ""
        figure.colorbar(drawing, ax=axes, label=shown, pad=0.015, fraction=0.035, extend="both")
        return
    from matplotlib.patches import Patch  # noqa: PLC0415 - matplotlib takes half a second

    rows = int((figure.get_figheight() - 1.3) / _ROW_INCHES)
    columns = 2 if len(colours.legend) > rows and figure.get_figwidth() > _WIDE_INCHES else 1
    fewest = sorted((count for _, _, count in colours.legend), reverse=True)[: rows * columns][-1]
    longest = _LONG if figure.get_figwidth() > _WIDE_INCHES else _SHORT
    patches = [
        Patch(facecolor=colour, edgecolor="0.5", label=name if len(name) <= longest else f"{name[:longest]}…")
        for name, colour, count in colours.legend
        if count >= fewest
    ]
    axes.legend(
        handles=patches, loc="upper left", bbox_to_anchor=(1.0, 1.02), frameon=False, fontsize="small", ncols=columns,
        labelspacing=0.35, handlelength=1.6, columnspacing=1.0,
    )  # fmt: skip


def _of_classes(values: NDArray[Any], classes: Classes) -> Colours:
    from matplotlib import colormaps  # noqa: PLC0415 - matplotlib takes half a second
    from matplotlib.colors import ListedColormap, NoNorm  # noqa: PLC0415

    codes = np.array(list(classes.labels))
    order = np.argsort(codes)
    at = np.clip(np.searchsorted(codes, np.nan_to_num(values), sorter=order), 0, len(codes) - 1)
    places = order[at]
    known = np.isfinite(values) & (codes[places] == values)
    own = colormaps["tab20"].colors  # type: ignore[attr-defined]  # a listed map has them
    shades = [classes.colours.get(int(code)) or _shade(label, own[place % len(own)])
              for place, (code, label) in enumerate(classes.labels.items())]  # fmt: skip
    chosen = ListedColormap(shades).with_extremes(bad=MISSING)
    names = list(classes.labels.values())
    counts = np.bincount(places[known].reshape(-1), minlength=len(codes))
    return Colours(
        chosen, NoNorm(0, len(codes) - 1), np.ma.masked_array(places, ~known),
        [(names[place], shades[place], int(counts[place])) for place in order if counts[place]],
    )  # fmt: skip


def _shade(label: str, colour: Any) -> Any:  # noqa: ANN401 - any spelling of a colour
    """What is clear, unknown or ground looks so where the file names no colours."""
    lowered = label.lower()
    for word, known in _PLAIN:
        if word in lowered and len(lowered) < 40:  # noqa: PLR2004 - longer ones speak of more
            return known
    return colour


def _of_range(name: str, values: NDArray[Any], attributes: Mapping[str, Any]) -> Colours:
    from matplotlib import colormaps  # noqa: PLC0415 - as above
    from matplotlib.colors import LogNorm, Normalize  # noqa: PLC0415

    chosen = range_of(name, attributes)
    numbers = values.astype(np.float64)
    shown = numbers[np.isfinite(numbers)]
    low, high = np.percentile(shown, [_LOW, _HIGH]) if shown.size else (0.0, 1.0)
    low = low if chosen.low is None else chosen.low
    high = high if chosen.high is None else chosen.high
    high = high if high > low else low + 1
    shades = colormaps[chosen.colours].with_extremes(bad=MISSING)
    if chosen.scale == "log":
        # below what the instrument sees is no gap: the faintest colour
        kept = np.where(np.isfinite(numbers) & (numbers <= 0), low, numbers)
        return Colours(shades, LogNorm(low, high), np.ma.masked_invalid(kept), ())
    return Colours(shades, Normalize(low, high), np.ma.masked_invalid(numbers), ())
