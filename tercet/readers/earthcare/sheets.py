"""How large a picture is, and what is written along a track."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Sheet:
    """Size of a picture of a track.

    Attributes:
        width: inches.
        height: the same.
        ticks: places along the track that are named.
    """

    width: float
    height: float
    ticks: int

    def empty(self) -> tuple["Figure", "Axes"]:
        """A figure to draw on."""
        from matplotlib.figure import Figure  # noqa: PLC0415 - matplotlib takes half a second

        figure = Figure(figsize=(self.width, self.height), layout="constrained")
        return figure, figure.add_subplot()


PAGE = Sheet(13, 4.6, 6)
"""For a page or a screen."""
CARD = Sheet(6.4, 3.4, 4)
"""Still read at 512 pixels."""


def ticks_along(axes: "Axes", values: "xarray.DataArray", count: int) -> None:
    """Write latitude, longitude and time below some profiles or lines; of a line those of its middle."""
    lines = values.latitude.shape[0]
    places = np.unique(np.linspace(0, lines - 1, count).astype(int))
    axes.set_xticks(places.tolist(), [_tick(values, int(place)) for place in places])


def degrees(value: float, positive: str, negative: str) -> str:
    """Write an angle as maps do."""
    return f"{abs(value):.1f}°{positive if value >= 0 else negative}" if np.isfinite(value) else ""


def _tick(values: "xarray.DataArray", place: int) -> str:
    latitude, longitude = (_middle(values[name].values[place]) for name in ("latitude", "longitude"))
    text = f"{degrees(latitude, 'N', 'S')}\n{degrees(longitude, 'E', 'W')}"
    if "time" in values.coords and values.time.ndim == 1:
        text += f"\n{str(values.time.values[place].astype('datetime64[s]'))[11:]}"
    return text


def _middle(values: Any) -> float:  # noqa: ANN401 - a number or a line of them
    line = np.atleast_1d(values)
    known = line[np.isfinite(line)]
    return float(known[len(known) // 2]) if known.size else float("nan")
