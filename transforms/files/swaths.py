"""EarthCARE's swaths as COGs: one for each variable that is wanted, gridded by the real places of its pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.io

from tercet.errors import ReaderError
from tercet.readers.earthcare import EarthcareReader
from tercet.readers.earthcare.display import MAIN, range_of
from transforms.catalog import EXTENSIONS
from transforms.entry import Item
from transforms.files.cog import MEDIA_TYPE, SUFFIX
from transforms.files.rasters import PROJECTION, described, spelled
from transforms.files.swath_grids import Grid, gridded
from transforms.files.task import Files, Output, Task

_RENDER = f"{EXTENSIONS}/render/v2.0.0/schema.json"
_SWATHS = ("MSI_CM__2A", "MSI_COP_2A", "MSI_AOT_2A", "MSI_CLP_2A", "MSI_RGR_1C", "AM__ACD_2B", "AM__CTH_2B")
"""Product types whose pixels lie beside each other; the imager's native grid has another place for each band."""
_PLACES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "MSI_RGR_1C": {"pixel_values": ("VIS", "VNIR", "SWIR1", "SWIR2", "TIR1", "TIR2", "TIR3")},
    "AM__ACD_2B": {
        "aerosol_optical_thickness_spectral": ("355nm", "670nm", "865nm"),
        "aerosol_angstrom_exponent": ("355_670nm", "670_865nm"),
    },
}  # fmt: skip
"""What of a variable with a small dimension becomes a COG each."""


@dataclass(frozen=True, slots=True)
class Swaths:
    """COGs of the variables of a swath.

    Attributes:
        variables: names, as the columns of the reader's table; empty is what the product is mainly about.
        spacing_m: of the grid, metres; None is that of the pixels.
    """

    variables: tuple[str, ...] = ()
    spacing_m: float | None = None

    def tasks(self, item: Item) -> list[Task]:
        """One for each variable, where the Item is of a swath and has its science file."""
        kind = str(item["properties"].get("product:type", ""))
        if kind not in _SWATHS or "data" not in item["assets"]:
            return []
        return [Task(name + SUFFIX, ("data",), ".tif") for name in self.variables or tuple(_names(kind))]

    def make(self, task: Task, item: Item, files: Files, folder: Path) -> Output:
        """Grid one variable.

        Raises:
            ReaderError: the file cannot be read, has no such variable, or that is no swath.
        """
        name = task.key.removesuffix(SUFFIX)
        reader = files.reader()
        if not isinstance(reader, EarthcareReader):
            raise ReaderError(f"{item['id']}: its science file is no EarthCARE product")
        swath = reader.panel(name)
        path = folder / f"made{task.suffix}"
        write(gridded(swath, spacing_m=self.spacing_m), path, name, swath.attrs)
        title = f"{swath.attrs.get('long_name', name)} (gridded, cloud-optimized)"
        asset = {"title": title, "type": MEDIA_TYPE, "roles": ["data"], **described(str(path))}
        return Output(path, asset, {"renders": {task.key: _render(task.key, title, name, path, swath.attrs)}},
                      (_RENDER, PROJECTION))  # fmt: skip


def write(grid: Grid, path: Path, name: str, attributes: dict[str, Any]) -> None:
    """Write a grid as a COG; overviews of codes hold no new values.

    Args:
        grid: of one variable.
        path: of the file.
        name: of its band.
        attributes: whose ``units`` the band has.
    """
    is_measured = grid.values.dtype.kind == "f"
    rows, columns = grid.values.shape
    profile = {"driver": "GTiff", "height": rows, "width": columns, "count": 1, "dtype": grid.values.dtype.name}
    with rasterio.io.MemoryFile() as memory:
        with memory.open(**profile, crs=grid.crs, transform=grid.transform, nodata=grid.nodata) as raster:
            raster.write(grid.values, 1)
            raster.set_band_description(1, name)
            raster.units = (str(attributes.get("units", "")),)
        with memory.open() as raster:
            rasterio.shutil.copy(
                raster, path, driver="COG", compress="DEFLATE", predictor="YES",
                overview_resampling="AVERAGE" if is_measured else "NEAREST", sparse_ok="YES",
            )  # fmt: skip


def _names(kind: str) -> list[str]:
    places = _PLACES.get(kind, {})
    return [f"{name}_{place}" if place else name for name in MAIN.get(kind, ()) for place in places.get(name, ("",))]


def _render(key: str, title: str, name: str, path: Path, attributes: dict[str, Any]) -> dict[str, Any]:
    """How a tiler draws it: in the product's own range, or that of most of its values."""
    with rasterio.open(path) as raster:
        nodata = raster.nodata
        values = raster.read(1, out_shape=(min(raster.height, 1024), min(raster.width, 1024)), masked=True).compressed()
    values = values[np.isfinite(values)]
    own = range_of(name, attributes)
    low, high = np.percentile(values, [2, 98]).tolist() if values.size else (0.0, 1.0)
    low = low if own.low is None else own.low
    high = high if own.high is None else own.high
    unit = attributes.get("units")
    shown = {"title": f"{title}, {unit}" if unit and unit != "1" else title, "assets": [key]}
    colours = {"rescale": [[low, high if high > low else low + 1]], "colormap_name": own.colours.lower()}
    return {**shown, **colours, "nodata": spelled(nodata)}
