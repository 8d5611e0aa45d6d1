"""Rasters as Cloud Optimized GeoTIFFs: tiles and overviews are added, values, grid and colours stay.

What is a valid COG already is linked, not copied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, Literal

import morecantile
import rasterio
import rasterio.shutil
from rasterio.io import DatasetReader
from rio_cogeo.cogeo import cog_translate, cog_validate
from rio_cogeo.profiles import cog_profiles

from tercet.errors import ReaderError
from transforms.catalog import EXTENSIONS
from transforms.entry import Item
from transforms.files.rasters import PROJECTION, described, has_mask, spelled, value_range
from transforms.files.task import Files, Output, Task

SUFFIX = "_cog"
MEDIA_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"
"""Byte for byte what QGIS and titiler look for."""
_RENDER = f"{EXTENSIONS}/render/v2.0.0/schema.json"
_TIFF = "image/tiff"
_CLASSES = ("mask", "artifact", "class", "flag")
"""Keys of rasters whose values name something: a value between two of them means nothing."""
_WITHOUT_GRID = ("unortho", "artifact_mask")
"""Keys of a scene's rasters in rows and columns of the sensor."""
_MEASURED = ("float32", "float64")
_BLOCKS = {"blockxsize": 512, "blockysize": 512}


@dataclass(frozen=True, slots=True)
class Cogs:
    """COGs of an Item's rasters.

    Attributes:
        web_optimized: warp them to the tiles of Web Mercator, which resamples; otherwise values stay bit for bit.
    """

    web_optimized: bool = False

    def tasks(self, item: Item) -> list[Task]:
        """One for each raster on the ground: those in rows and columns of the sensor cannot be tiled."""
        return [
            Task(key + SUFFIX, (key,), ".tif")
            for key, asset in item["assets"].items()
            if str(asset.get("type", "")).startswith(_TIFF)
            and not any(name in key for name in _WITHOUT_GRID)
            and not key.endswith(SUFFIX)
        ]

    def make(self, task: Task, item: Item, files: Files, folder: Path) -> Output:
        """Make a COG of one raster, or find that it is one.

        Raises:
            ReaderError: the file is no raster, or has no place on the ground.
        """
        [key] = task.sources
        source = files.local(key)
        try:
            with rasterio.open(source) as raster:
                _require_place(raster, item, key)
                is_ready = not self.web_optimized and cog_validate(source, quiet=True)[0]
                target = None if is_ready else self._translated(raster, key, folder / f"made{task.suffix}")
        except rasterio.errors.RasterioIOError as error:
            raise ReaderError(f"{item['id']}: asset {key} is no raster that GDAL reads: {error}") from error
        title = f"{item['assets'][key].get('title', key)} (cloud-optimized)"
        roles = list(item["assets"][key].get("roles", ["data"]))
        made = str(target or source)
        asset = {"title": title, "type": MEDIA_TYPE, "roles": roles, **described(made)}
        render = _render(task.key, title, made, item["assets"][key].get("unit"))
        return Output(target, asset, {"renders": {task.key: render}}, (_RENDER, PROJECTION))

    def _translated(self, raster: DatasetReader, key: str, target: Path) -> Path:
        is_measured = raster.dtypes[0] in _MEASURED
        by_name = is_classes(raster, key)
        overviews: Literal["nearest", "average"] = "nearest" if by_name else "average"
        # NaN that is not declared is what tilers would draw
        nodata = float("nan") if is_measured and not has_mask(raster) else raster.nodata
        if not self.web_optimized and _same(nodata, raster.nodata):
            _copied(raster, target, overviews)
            return target
        profile = {**cog_profiles.get("deflate"), "predictor": 3 if is_measured else 2, **_BLOCKS}
        cog_translate(
            raster,
            target,
            profile,
            nodata=nodata,
            overview_resampling=overviews,
            resampling="nearest" if by_name else "bilinear",
            tms=morecantile.tms.get("WebMercatorQuad") if self.web_optimized else None,
            in_memory=False,
            forward_band_tags=True,
            forward_ns_tags=True,
            quiet=True,
        )
        return _with_units(target, raster, profile)


def _copied(raster: DatasetReader, target: Path, overviews: str) -> None:
    """Let GDAL's own driver make the COG: what needs no change goes through once, with its units and scales."""
    rasterio.shutil.copy(
        raster,
        target,
        driver="COG",
        compress="DEFLATE",
        predictor="YES",
        overview_resampling=overviews.upper(),
        num_threads="ALL_CPUS",
    )


def _same(one: float | None, other: float | None) -> bool:
    return one is other or one == other or (one is not None and other is not None and isnan(one) and isnan(other))


def _require_place(raster: DatasetReader, item: Item, key: str) -> None:
    if raster.crs is None or raster.transform.is_identity:
        raise ReaderError(
            f"{item['id']}: asset {key} has no coordinates on the ground, so that no tile can be cut of it"
        )


def _with_units(target: Path, source: DatasetReader, profile: Mapping[str, Any]) -> Path:
    """Give a COG its source's units, scales and offsets, which rio-cogeo leaves behind.

    To write them moves the head of the file to its end; a copy puts it in front again.
    """
    said = source.units, source.scales, source.offsets
    if not any(source.units) and set(source.scales) == {1.0} and set(source.offsets) == {0.0}:
        return target
    with rasterio.open(target, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as made:
        made.units, made.scales, made.offsets = said
    result = target.with_stem("whole")
    rasterio.shutil.copy(target, result, copy_src_overviews=True, **profile)
    return result


def is_classes(raster: DatasetReader, key: str) -> bool:
    """Whether values name something, so that none may be made between two of them."""
    has_palette = any(meaning == rasterio.enums.ColorInterp.palette for meaning in raster.colorinterp)
    return has_palette or any(word in key for word in _CLASSES)


def _render(key: str, title: str, path: str, unit: str | None) -> Mapping[str, Any]:
    """How a tiler draws it: pictures as they are, measurements over the range in which most of them lie."""
    with rasterio.open(path) as raster:
        count, kind, nodata = raster.count, raster.dtypes[0], raster.nodata
    render: dict[str, Any] = {"title": f"{title}, {unit}" if unit else title, "assets": [key]}
    if count > 1:
        return {**render, "bidx": list(range(1, min(count, 4) + 1))}
    if kind in _MEASURED:
        low, high = value_range(path) or (0.0, 1.0)
        colours = {"rescale": [[low, high]], "colormap_name": "plasma"}
        return {**render, **colours, **({"nodata": spelled(nodata)} if nodata is not None else {})}
    return render
