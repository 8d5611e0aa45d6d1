"""Polygons in every form that people have them in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely
import shapely.geometry

from tercet.errors import ReaderError


def shape_of(polygon: Any) -> shapely.Geometry:  # noqa: ANN401 - what people have
    """The shape that people mean by a shapely geometry, GeoJSON, what has a geo interface, or the path of a file.

    Raises:
        ReaderError: it is none, empty, or cannot be read.
    """
    if isinstance(polygon, str | Path):
        shape = _from_file(Path(polygon))
    elif isinstance(polygon, shapely.Geometry):
        shape = polygon
    else:
        shape = _from_geojson(getattr(polygon, "__geo_interface__", polygon))
    if shape.is_empty:
        raise ReaderError("the polygon is empty: nothing could lie in it")
    return shape if shape.is_valid else shapely.make_valid(shape)


def _from_geojson(document: Any) -> shapely.Geometry:  # noqa: ANN401 - what people have
    if not isinstance(document, Mapping):
        raise ReaderError(f"a polygon is a shapely geometry, GeoJSON or a file's path, not {type(document).__name__}")
    kind = document.get("type")
    try:
        if kind == "FeatureCollection":
            return shapely.union_all([_from_geojson(one) for one in document["features"]])
        if kind == "Feature":
            return _from_geojson(document["geometry"])
        return shapely.geometry.shape(document)
    except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError) as error:
        raise ReaderError(f"the polygon is not GeoJSON: {error}") from error


def _from_file(path: Path) -> shapely.Geometry:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReaderError(f"the polygon's file {path} cannot be read: {error.strerror}") from error
    if content.lstrip()[:1] == b"{":
        try:
            return _from_geojson(json.loads(content))
        except ValueError as error:
            raise ReaderError(f"{path} is not GeoJSON: {error}") from error
    import geopandas  # noqa: PLC0415 - half a second, for other formats only

    try:
        frame = geopandas.read_file(path)
    except Exception as error:  # every driver of GDAL fails in its own way
        raise ReaderError(f"{path} holds no polygons that GDAL can read: {error}") from error
    return (frame if frame.crs is None else frame.to_crs(4326)).geometry.union_all()
