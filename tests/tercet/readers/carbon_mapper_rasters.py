"""Files of one plume and its scene, made by code: same shapes, types and nodata as the provider's, own numbers."""

import json
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
import shapely.geometry
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from rasterio.features import shapes
from rasterio.warp import transform_geom

SCENE = "tan20260102t030405c06s4001"
PLUME = f"{SCENE}-B"
CRS_CODE = "EPSG:32638"
PIXEL = 30.0
ORIGIN = (600_000.0, 1_725_000.0)
"""Upper left corner of the scene."""
SCENE_SHAPE = (400, 360)
PLACE = (170, 150)
"""Row and column of the plume's crop in the scene."""
CROP_SHAPE = (60, 70)
DATA_PLACE, DATA_SHAPE = (180, 158), (34, 41)
IME_PLACE, IME_SHAPE = (188, 166), (18, 19)


def lattice(row: int, column: int) -> Affine:
    return Affine(PIXEL, 0, ORIGIN[0] + PIXEL * column, 0, -PIXEL, ORIGIN[1] - PIXEL * row)


def enhancement() -> NDArray[np.float32]:
    """The scene's enhancement, ppm.m: a plume that drifts, over noise."""
    rows, columns = np.mgrid[: SCENE_SHAPE[0], : SCENE_SHAPE[1]].astype(np.float32)
    row, column = PLACE[0] + 27, PLACE[1] + 22
    along, across = columns - column, rows - row - 0.2 * (columns - column)
    shape = np.exp(-((across / (2 + 0.15 * np.abs(along))) ** 2)) * np.exp(-np.clip(along, 0, None) / 14) * (along > -1)
    noise = np.random.default_rng(7).normal(0, 25, SCENE_SHAPE)
    return np.asarray(2500 * shape + noise, dtype=np.float32)


def plume_mask() -> NDArray[np.bool_]:
    """The scene's pixels that belong to the plume."""
    found = enhancement() > 250
    inside = np.zeros(SCENE_SHAPE, dtype=bool)
    inside[DATA_PLACE[0] : DATA_PLACE[0] + DATA_SHAPE[0], DATA_PLACE[1] : DATA_PLACE[1] + DATA_SHAPE[1]] = True
    return found & inside


def ground() -> NDArray[np.uint8]:
    """The scene's true colour: fields, and a road."""
    random = np.random.default_rng(3)
    rows, columns = np.mgrid[: SCENE_SHAPE[0], : SCENE_SHAPE[1]]
    field = (rows // 23) * 31 + (columns + 3 * (rows // 23)) // 17
    shade = random.integers(70, 150, field.max() + 1)[field] + random.integers(-8, 8, SCENE_SHAPE)
    tint = random.integers(0, 40, field.max() + 1)[field]
    shade = np.where(np.abs(columns - 0.6 * rows - 30) < 0.8, 170, shade)
    return np.stack([shade, shade + tint // 2 - 10, shade - tint - 5]).clip(1, 255).astype(np.uint8)


def integrated() -> NDArray[np.bool_]:
    """The scene's pixels behind the emission rate."""
    found = np.zeros(SCENE_SHAPE, dtype=bool)
    part = cut(found, IME_PLACE, IME_SHAPE)
    part[...] = cut(plume_mask() & (enhancement() > 600), IME_PLACE, IME_SHAPE)
    return found


def cut(values: NDArray[Any], place: tuple[int, int], shape: tuple[int, int]) -> NDArray[Any]:
    return values[..., place[0] : place[0] + shape[0], place[1] : place[1] + shape[1]]


def write(path: Path, values: NDArray[Any], transform: Affine, **options: Any) -> None:
    values = values if values.ndim == 3 else values[np.newaxis]
    profile = {
        "driver": "GTiff",
        "count": values.shape[0],
        "height": values.shape[1],
        "width": values.shape[2],
        "dtype": values.dtype,
        "crs": CRS_CODE,
        "transform": transform,
        "compress": "deflate",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **{**profile, **options}) as file:
            file.write(values)


def outline_of(mask: NDArray[np.bool_]) -> dict[str, Any]:
    rings = shapes(mask.astype(np.uint8), mask=mask, transform=lattice(0, 0))
    joined = shapely.union_all([shapely.geometry.shape(ring) for ring, _ in rings])
    geometry = transform_geom(CRS_CODE, CRS.from_epsg(4326), shapely.geometry.mapping(joined))
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    features = [{"type": "Feature", "properties": {"plume_id": PLUME}, "geometry": geometry}]
    return {"type": "FeatureCollection", "crs": crs, "features": features}


@dataclass(frozen=True)
class Files:
    """What was written, and what it should be read as.

    Attributes:
        folder: with all files, named as the provider names them.
        version: of all collections.
    """

    folder: Path
    version: str = "v3"
    ime: NDArray[np.bool_] = field(default_factory=integrated)

    @property
    def vis(self) -> str:
        return f"l3a-vis-ch4-mfa-{self.version}"

    @property
    def integrated(self) -> str:
        return f"l3a-ime-ch4-mfa-{self.version}"

    @property
    def scene(self) -> str:
        return f"l2b-ch4-mfa-{self.version}"

    def path(self, collection: str, key: str) -> Path:
        item = SCENE if collection.startswith("l2b") else PLUME
        return self.folder / f"{item}_{collection}_{key}"

    def write_plume(self) -> "Files":
        values, mask = enhancement(), plume_mask()
        colours = ground()
        shown = np.concatenate([cut(colours, PLACE, CROP_SHAPE), cut(mask * np.uint8(255), PLACE, CROP_SHAPE)[None]])
        at = lattice(*PLACE)
        write(self.path(self.vis, "plume.tif"), shown, at, photometric="RGB", ALPHA="YES")
        write(self.path(self.vis, "rgb.tif"), cut(colours, PLACE, CROP_SHAPE), at, photometric="RGB", nodata=0)
        crop = cut(np.where(mask, values, np.nan).astype(np.float32), DATA_PLACE, DATA_SHAPE)
        write(self.path(self.vis, "plume-concentrations.tif"), crop, lattice(*DATA_PLACE), nodata=np.nan)
        self.path(self.vis, "plume-outline.geojson").write_text(json.dumps(outline_of(mask)))
        return self._write_integrated(values)

    def _write_integrated(self, values: NDArray[np.float32]) -> "Files":
        is_whole = self.version not in {"v1", "v3", "v3a"}
        place, shape = (DATA_PLACE, DATA_SHAPE) if is_whole else (IME_PLACE, IME_SHAPE)
        kept = values if is_whole else np.where(self.ime, values, 0).astype(np.float32)
        name = self.path(self.integrated, "ime-cmf-concentrations.tif")
        write(name, cut(kept, place, shape), lattice(*place), nodata=0.0)
        mask = cut(self.ime, IME_PLACE, IME_SHAPE).astype(np.uint8)
        write(self.path(self.integrated, "ime-cmf-mask.tif"), mask, lattice(*IME_PLACE))
        self.path(self.integrated, "ime-cmf-outline.geojson").write_text(json.dumps(outline_of(self.ime)))
        return self

    def write_scene(self, **options: Any) -> "Files":
        values = enhancement()
        values[:20] = -9999  # beyond the swath
        tiled = {"tiled": True, "blockxsize": 128, "blockysize": 128, **options}
        write(self.path(self.scene, "cmf.tif"), values, lattice(0, 0), nodata=-9999.0, **tiled)
        doubt = np.where(values == -9999, -9999, np.abs(values) * 0.1 + 5).astype(np.float32)
        write(self.path(self.scene, "uncertainty.tif"), doubt, lattice(0, 0), nodata=-9999.0, **tiled)
        write(self.path(self.scene, "cmf-unortho.tif"), values[:, ::-1], Affine.identity(), crs=None, nodata=-9999.0)
        colours = ground()
        name = self.folder / f"{SCENE}_l2b-rgb-{self.version}_rgb.tif"
        write(name, colours, lattice(0, 0), photometric="RGB", nodata=0, **tiled)
        (self.path(self.scene, "uas.txt")).write_text("2300.0 0.0\n2305.0 -0.1\n")
        return self


def item(files: Files, **properties: Any) -> dict[str, Any]:
    """An Item of the plume as the catalog has it, with paths as hrefs."""
    keys = {
        "mask": (files.vis, "plume.tif"),
        "concentrations": (files.vis, "plume-concentrations.tif"),
        "rgb": (files.vis, "rgb.tif"),
        "outline": (files.vis, "plume-outline.geojson"),
        "ime_concentrations": (files.integrated, "ime-cmf-concentrations.tif"),
        "ime_mask": (files.integrated, "ime-cmf-mask.tif"),
        "ime_outline": (files.integrated, "ime-cmf-outline.geojson"),
    }
    geometry = outline_of(plume_mask())["features"][0]["geometry"]
    said = {
        "datetime": "2026-01-02T03:04:05.060Z",
        "product:type": "plume",
        "title": f"CH4 plume {PLUME}",
        "cm:gas": "CH4",
        "cm:scene_id": SCENE,
        "cm:emission": 1954.0,
        "cm:emission_uncertainty": 312.0,
        "cm:wind_speed_avg": 4.74,
        "cm:wind_direction_avg": 279.0,
        "version": files.version,
    }
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": PLUME,
        "collection": "carbon-mapper-plumes",
        "geometry": geometry,
        "bbox": list(shapely.geometry.shape(geometry).bounds),
        "properties": {**said, **properties},
        "links": [],
        "assets": {key: {"href": str(files.path(*place))} for key, place in keys.items()},
    }
