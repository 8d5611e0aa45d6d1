"""Pixels on their way from a file to an array."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tercet.readers.rasters.grids import Grid


@dataclass(frozen=True, slots=True)
class Pixels:
    """Pixels of one variable, and where they lie.

    Attributes:
        values: shape (bands, height, width); floats with NaN where there is nothing, masks as bool.
        grid: of these pixels.
        bands: their names.
        fill: what stands where there is nothing.
    """

    values: NDArray[Any]
    grid: Grid
    bands: tuple[str, ...]
    fill: Any
