"""Sources over time."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from tercet.readers.variables import Variable

if TYPE_CHECKING:
    import geopandas
    from matplotlib.axes import Axes


def timeline_figure(rows: "geopandas.GeoDataFrame", variable: Variable, *, title: str, mean: float | None) -> Figure:
    """A value of each plume over time, by instrument.

    Args:
        rows: a plume each, with ``time``, ``instrument``, ``emission_uncertainty`` and the variable.
        variable: to draw.
        title: of the source.
        mean: the source's own emission rate, kg/h, to draw across; None for none.
    """
    known = rows[rows[variable.name].notna() & rows["time"].notna()]
    figure = Figure(figsize=(10, 4), layout="constrained", dpi=120)
    axes = figure.subplots()
    for instrument, part in known.groupby("instrument"):
        label = f"{instrument or 'unknown'} ({len(part)})"
        axes.scatter(part["time"], part[variable.name], s=22, alpha=0.7, label=label)
    if variable.name == "emission":
        _doubt(axes, known)
    if mean is not None:
        label = f"source, over all that was seen: {mean:,.0f} kg/h"
        axes.axhline(mean, color="black", linestyle="--", linewidth=1, label=label)
    name = variable.long_name or variable.name
    axes.set(xlabel="UTC", ylabel=f"{name} ({variable.unit})" if variable.unit else name)
    axes.set_title(f"{title}: {len(known)} of {len(rows)} plumes", fontsize=11)
    axes.grid(visible=True, alpha=0.3)
    if len(known):
        axes.legend(fontsize=8)
    return figure


def _doubt(axes: "Axes", known: "geopandas.GeoDataFrame") -> None:
    bars = known["emission_uncertainty"]
    axes.errorbar(known["time"], known["emission"], yerr=bars, fmt="none", ecolor="grey", alpha=0.4)
