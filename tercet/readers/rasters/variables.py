"""Rasters as variables: what their Item says of them, and what their files do."""

from collections.abc import Mapping
from typing import Any

from tercet.readers.locations import Location
from tercet.readers.rasters.arrays import dims_of
from tercet.readers.rasters.raster import Raster
from tercet.readers.variables import Variable

_PPM_M = ("concentrations", "ime_concentrations", "cmf", "uncertainty")


def variable_of(key: str, raster: Raster, *, is_mask: bool) -> Variable:
    """Describe a raster: by its file where that is open or here, else by its Item.

    Args:
        key: of the asset.
        raster: is not opened where it is remote.
        is_mask: whether it is read as true and false.
    """
    said = raster.location.asset
    unit, title = unit_of(key, said), said.get("title")
    if not raster.is_open and not raster.location.is_local:
        bands = len(said.get("bands") or ()) > 1 and not is_mask
        dims = ("band", "y", "x") if bands else ("y", "x")
        stored = raster.location.size
        dtype, fill = str(said.get("data_type", "")), said.get("nodata")
        return Variable(key, key, dims, None, dtype, unit=unit, long_name=title, fill=fill, stored=stored)
    shape: tuple[int, ...] = (raster.grid.height, raster.grid.width)
    dims = dims_of(raster.grid)
    if len(raster.header.value_bands) > 1 and not is_mask:
        dims, shape = ("band", *dims), (len(raster.header.value_bands), *shape)
    return Variable(
        key,
        key,
        dims,
        shape,
        raster.header.dtype,
        unit=unit,
        long_name=title,
        fill=raster.header.nodata,
        chunks=raster.header.chunks,
        stored=raster.location.path.stat().st_size if raster.location.is_local else raster.location.size,
    )


def is_raster(location: Location) -> bool:
    """Whether a file is a GeoTIFF, by its media type or its name."""
    kind = str(location.asset.get("type") or "")
    return kind.startswith("image/tiff") or location.file_name.lower().endswith((".tif", ".tiff"))


def unit_of(key: str, said: Mapping[str, Any]) -> str | None:
    """The unit of an asset, as its Item says; Carbon Mapper's enhancements are in ppm.m, said or not."""
    unit = said.get("unit") or next((band["unit"] for band in said.get("bands") or () if band.get("unit")), None)
    return str(unit) if unit else ("ppm.m" if key.startswith(_PPM_M) else None)
