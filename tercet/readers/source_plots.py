"""Sources over time."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from tercet.readers.sources import SourceReader


def timeline_figure(source: "SourceReader", name: str) -> Figure:
    """A value of each plume over time, by instrument; of emission rates the source's own mean with it."""
    rows = source.table()
    known = rows[rows[name].notna() & rows["time"].notna()]
    figure = Figure(figsize=(10, 4), layout="constrained", dpi=120)
    axes = figure.subplots()
    for instrument, part in known.groupby("instrument"):
        axes.scatter(part["time"], part[name], s=22, alpha=0.7, label=f"{instrument or 'unknown'} ({len(part)})")
    if name == "emission":
        _errors(axes, known)
        mean = source.statistics()["site_emission"]
        if mean is not None:
            label = f"source, over all that was seen: {mean:,.0f} kg/h"
            axes.axhline(mean, color="black", linestyle="--", linewidth=1, label=label)
    variable = source.variables()[name]
    axes.set(xlabel="UTC", ylabel=f"{variable.long_name} ({variable.unit})" if variable.unit else variable.long_name)
    axes.set_title(f"{source.name}: {len(known)} of {len(rows)} plumes", fontsize=11)
    axes.grid(visible=True, alpha=0.3)
    if len(known):
        axes.legend(fontsize=8)
    return figure


def _errors(axes, known) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - of libraries that are imported late
    axes.errorbar(
        known["time"], known["emission"], yerr=known["emission_uncertainty"], fmt="none", ecolor="grey", alpha=0.4
    )
