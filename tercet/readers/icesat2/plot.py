"""Pictures of tracks, as scientists show them: height over distance, ground and canopy, photons by their class."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.readers.icesat2.photons import CLASSES

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_EARTH_KM: Final = 6371.0
_PAIRS: Final = (("#1b6ca8", "#8fbfdd"), ("#b5541c", "#eab08a"), ("#2e7d32", "#9ccc9c"))
"""Colours of the three pairs, the strong beam's first."""
_DOUBTFUL: Final = "#d5d5d5"
_Styles = tuple[tuple[int, str, str], ...]
_CLASS_STYLES: Final[_Styles] = (
    (4, "not classified", "#c9c9c9"),
    (0, "noise", "#a8a8a8"),
    (2, "canopy", "#8bc34a"),
    (3, "top of canopy", "#1b5e20"),
    (1, "ground", "#8a4b14"),
)
_CONFIDENCE_STYLES: Final[_Styles] = (
    (-2, "possible TEP", "#e1bee7"),
    (-1, "not considered", "#dddddd"),
    (0, "noise", "#c9c9c9"),
    (1, "buffer", "#9fb6c9"),
    (2, "low", "#f2b705"),
    (3, "medium", "#e8710a"),
    (4, "high", "#0b5394"),
)
_SIGNAL: Final = 2
"""Confidence from which photons are signal: low."""
_LABELS: Final[Mapping[str, str]] = MappingProxyType({"meters": "m", "1": ""})


def figure_of(title: str) -> tuple["Figure", "Axes"]:
    """An empty picture with its title; nothing is shown, and no window system is needed."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - a third of a second

    figure = Figure(figsize=(10, 4.5), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10, loc="left")
    axes.grid(visible=True, color="#eeeeee", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def profile(dataset: "xarray.Dataset", name: str, title: str, good: str | None = None) -> "Figure":
    """Draw a variable along the track, each beam in its colour.

    Args:
        dataset: with that variable.
        name: the variable.
        title: above the picture.
        good: a flag that is 0 where the variable is good; the rest is drawn grey.
    """
    figure, axes = figure_of(title)
    x = _distances(dataset, axes)
    values = dataset[name].to_numpy()
    flag = np.zeros(x.shape) if good is None else dataset[good].to_numpy()
    beams = dataset["beam"].to_numpy()
    doubtful = flag != 0
    if doubtful.any():
        axes.plot(
            x[doubtful], values[doubtful], ".", markersize=3, color=_DOUBTFUL, label=f"{good} > 0", rasterized=True
        )
        _zoom(axes, values[~doubtful & np.isfinite(values)])
    for beam in np.unique(beams):
        ours = (beams == beam) & ~doubtful
        colour, label = _beam_style(dataset, beam, beams == beam)
        axes.plot(x[ours], values[ours], ".", markersize=3, color=colour, label=label, rasterized=True)
    axes.set_ylabel(_label(dataset[name]))
    _legend(axes, ncols=3)
    return figure


def canopy(dataset: "xarray.Dataset", title: str) -> "Figure":
    """Draw ground and canopy of one beam: ``h_te_best_fit``, and ``h_canopy`` above it."""
    figure, axes = figure_of(title)
    x = _distances(dataset, axes)
    ground, height = dataset["h_te_best_fit"].to_numpy(), dataset["h_canopy"].to_numpy()
    top = ground + height
    axes.vlines(x, ground, top, color="#a5d6a7", linewidth=1.2, rasterized=True)
    axes.plot(
        x, top, ".", markersize=4, color="#1b5e20", label="top of canopy (h_canopy above ground)", rasterized=True
    )
    axes.plot(x, ground, ".", markersize=4, color="#8a4b14", label="ground (h_te_best_fit)", rasterized=True)
    axes.set_ylabel("height above the WGS 84 ellipsoid (m)")
    _legend(axes)
    return figure


def photons(dataset: "xarray.Dataset", title: str) -> "Figure":
    """Draw photons by the class that ATL08 gave them, else by ATL03's confidence that they are signal."""
    figure, axes = figure_of(title)
    x = _distances(dataset, axes)
    height = dataset["h_ph"].to_numpy()
    if CLASSES[0] in dataset:
        kinds, styles = dataset[CLASSES[0]].to_numpy(), _CLASS_STYLES
        signal = (kinds > 0) & (kinds < 4)  # noqa: PLR2004 - ground to top of canopy
    else:
        kinds, styles = dataset["signal_conf_ph"].to_numpy().max(axis=1, initial=-2), _CONFIDENCE_STYLES
        signal = kinds >= _SIGNAL
    for value, label, colour in styles:
        ours = kinds == value
        if ours.any():
            axes.plot(x[ours], height[ours], ".", markersize=1.6, color=colour, label=label, rasterized=True)
    _zoom(axes, height[signal] if signal.any() else height)
    axes.set_ylabel("photon height above the WGS 84 ellipsoid (m)")
    _legend(axes, ncols=2, markerscale=5)
    return figure


def cycles(dataset: "xarray.Dataset", name: str, title: str) -> "Figure":
    """Draw a variable of ATL11 along the track, each cycle in its colour."""
    from matplotlib import colormaps  # noqa: PLC0415 - a third of a second

    figure, axes = figure_of(title)
    x = _distances(dataset, axes)
    values = dataset[name].to_numpy()
    numbers = dataset["cycle_number"].to_numpy()
    for index, number in enumerate(numbers):
        colour = colormaps["viridis"](index / max(len(numbers) - 1, 1))
        axes.plot(x, values[:, index], ".", markersize=3, color=colour, label=f"cycle {number}", rasterized=True)
    axes.set_ylabel(_label(dataset[name]))
    _legend(axes, ncols=3)
    return figure


def _distances(dataset: "xarray.Dataset", axes: "Axes") -> NDArray[np.float64]:
    """Kilometres on the great circle from the first row to each, written below the picture."""
    longitude, latitude = (dataset[name].to_numpy().astype(np.float64) for name in ("longitude", "latitude"))
    time = dataset["time"].to_numpy()
    time = time.min(axis=1) if time.ndim > 1 else time
    placed = np.isfinite(longitude) & np.isfinite(latitude)
    if not placed.any():
        axes.text(0.5, 0.5, "nothing measured here", ha="center", va="center", transform=axes.transAxes)
        return np.full(longitude.shape, np.nan)
    first = np.flatnonzero(placed)[np.argmin(time[placed])]
    axes.set_xlabel(f"distance along track from {_place(longitude[first], latitude[first])} (km)")
    return distances_km(longitude, latitude, longitude[first], latitude[first])


def distances_km(
    longitude: NDArray[np.float64], latitude: NDArray[np.float64], east: float, north: float
) -> NDArray[np.float64]:
    """Great-circle distances from one position, degrees, to others."""
    phi, base = np.radians(latitude), np.radians(north)
    turn = np.radians(longitude - east)
    half = np.sin((phi - base) / 2) ** 2 + np.cos(phi) * np.cos(base) * np.sin(turn / 2) ** 2
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1))))


def _place(longitude: float, latitude: float) -> str:
    return f"{abs(latitude):.2f}°{'N' if latitude >= 0 else 'S'} {abs(longitude):.2f}°{'E' if longitude >= 0 else 'W'}"


def _zoom(axes: "Axes", height: NDArray[Any]) -> None:
    """Show what most of the signal spans, and a little more."""
    if height.size:
        low, high = np.percentile(height, (0.5, 99.5))
        margin = max(0.25 * (high - low), 5.0)
        axes.set_ylim(low - margin, high + margin)


def _label(values: "xarray.DataArray") -> str:
    unit = _LABELS.get(values.attrs.get("units", ""), values.attrs.get("units", ""))
    said = values.attrs.get("long_name") or str(values.name)
    return f"{said} ({unit})" if unit else said


def _beam_style(dataset: "xarray.Dataset", beam: str, ours: NDArray[np.bool_]) -> tuple[str, str]:
    """Colour and label of a beam, pair or profile."""
    pair = next(int(sign) for sign in beam if sign.isdigit())
    if "strong" not in dataset.coords:
        return _PAIRS[pair - 1][beam.endswith("l")], beam
    strong = bool(dataset["strong"].to_numpy()[ours][0])
    return _PAIRS[pair - 1][not strong], f"{beam} {'strong' if strong else 'weak'}"


def _legend(axes: "Axes", **more: Any) -> None:  # noqa: ANN401 - as matplotlib takes them
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8, loc="best", **more)
