"""Pictures of grids."""

from typing import TYPE_CHECKING

import numpy as np

from tercet.errors import ReaderError

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def map_of(dataset: "xarray.Dataset", title: str) -> "Figure":
    """Draw the first variable on its map, in the file's own coordinates.

    Args:
        dataset: as a grid's reader gives it.
        title: above the picture.

    Raises:
        ReaderError: it has no two dimensions.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - a third of a second

    values = next(iter(dataset.data_vars.values()))
    moment = ""
    while values.ndim > 2:  # noqa: PLR2004 - a map
        first = values.dims[0]
        moment = f", last {first}"
        values = values.isel({first: -1})
    if values.ndim != 2:  # noqa: PLR2004 - a map
        raise ReaderError(f"{title}: {values.name} is no map; draw a variable with two dimensions")
    down, across = values.dims
    figure = Figure(figsize=(9, 5), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    x, y = (values[dim].to_numpy() if dim in values.coords else np.arange(values.sizes[dim]) for dim in (across, down))
    shown = axes.pcolormesh(x, y, np.ma.masked_invalid(values.to_numpy()), shading="nearest", rasterized=True)
    axes.set_aspect("equal")
    axes.set_xlabel(str(across))
    axes.set_ylabel(str(down))
    axes.set_title(f"{title}{moment}", fontsize=10, loc="left")
    unit = values.attrs.get("units", "")
    label = values.attrs.get("long_name") or str(values.name)
    figure.colorbar(shown, ax=axes, label=f"{label} ({unit})" if unit not in ("", "1") else label, shrink=0.8)
    return figure
