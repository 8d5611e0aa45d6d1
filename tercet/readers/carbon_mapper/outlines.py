"""Outlines of plumes: as the provider drew them, or drawn anew around the pixels of a mask."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import shapely.geometry
from rasterio.crs import CRS
from rasterio.features import shapes
from rasterio.warp import transform_geom

from tercet.errors import AuthError, ReaderError, UpstreamError
from tercet.readers.documents import document
from tercet.readers.locations import Location
from tercet.readers.rasters.pixels import Pixels
from tercet.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_WGS84 = CRS.from_epsg(4326)


def outline(
    name: str, drawn: Location | None, mask: "Callable[[], Pixels] | None", settings: Settings
) -> shapely.MultiPolygon:
    """The outline in a GeoJSON file; where that is gone, one around the pixels of a mask, with a warning.

    Args:
        name: of the plume and outline, for messages.
        drawn: the GeoJSON file, where there is one.
        mask: reads the mask, where there is one.
        settings: credentials.

    Returns:
        WGS 84.

    Raises:
        AuthError: the file is behind a login; the mask would be, too.
        ReaderError: there is neither.
    """
    reason = "its Item has no file of it"
    if drawn is not None:
        try:
            return polygons(document(drawn.href, settings), drawn.name)
        except AuthError:
            raise
        except (UpstreamError, ReaderError) as error:
            reason = str(error)
    if mask is None:
        raise ReaderError(f"{name} is nowhere: {reason}, and there is no mask to draw it from")
    warnings.warn(f"{name} is drawn around the pixels of the mask: {reason}", stacklevel=3)
    return around(mask())


def polygons(drawn: Any, name: str) -> shapely.MultiPolygon:  # noqa: ANN401 - any JSON value
    """The polygons of a GeoJSON document as one, in WGS 84.

    Raises:
        ReaderError: it holds none.
    """
    try:
        found = [shapely.geometry.shape(one) for one in _geometries(drawn) if one]
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
        raise ReaderError(f"{name} is not GeoJSON: {error}") from error
    joined = _as_polygons(shapely.union_all(found))
    if joined.is_empty:
        raise ReaderError(f"{name} holds no polygon")
    crs = _crs(drawn, name)
    if crs is None or crs == _WGS84:
        return joined
    return _as_polygons(shapely.geometry.shape(transform_geom(crs, _WGS84, shapely.geometry.mapping(joined))))


def around(pixels: Pixels) -> shapely.MultiPolygon:
    """The outline of the pixels of a mask, along their edges.

    Args:
        pixels: shape (1, height, width), bool.

    Returns:
        WGS 84; empty where the mask is.
    """
    mask = pixels.values[0]
    rings = shapes(mask.astype(np.uint8), mask=mask, transform=pixels.grid.transform)
    joined = shapely.union_all([shapely.geometry.shape(ring) for ring, _ in rings])
    if joined.is_empty or pixels.grid.crs is None:
        return _as_polygons(joined)
    placed = transform_geom(pixels.grid.crs, _WGS84, shapely.geometry.mapping(joined))
    return _as_polygons(shapely.geometry.shape(placed))


def _geometries(drawn: Mapping[str, Any]) -> list[Any]:
    if drawn["type"] == "FeatureCollection":
        return [feature["geometry"] for feature in drawn["features"]]
    return [drawn["geometry"] if drawn["type"] == "Feature" else drawn]


def _as_polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    valid = shape if shape.is_valid else shapely.make_valid(shape)
    parts = [one for one in shapely.get_parts(valid) if one.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.MultiPolygon([polygon for one in parts for polygon in shapely.get_parts(one)])


def _crs(drawn: Mapping[str, Any], name: str) -> CRS | None:
    said = ((drawn.get("crs") or {}).get("properties") or {}).get("name")
    if not said or "CRS84" in said:  # longitude first, as everywhere in GeoJSON
        return None
    try:
        return CRS.from_user_input(said)
    except ValueError as error:
        raise ReaderError(f"{name} is in a coordinate reference system that is not known: {said}") from error
