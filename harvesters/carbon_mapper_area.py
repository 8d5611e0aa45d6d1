"""Where a harvest looks, as boxes that both of Carbon Mapper's surfaces understand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import shapely

from harvesters.base import Bbox, Selection
from tercet.errors import RecordError
from transforms.geometry import bbox, repaired

_NEAR = 0.5
"""Degrees by which an answer may lie beside an area: the provider does not say which part of a plume it compares."""
_CORNERS = 4


@dataclass(frozen=True, slots=True)
class Area:
    """A box that the provider is asked for, and what it cannot be asked for.

    Attributes:
        box: west, south, east, north; None where everywhere will do.
        shape: what must be touched within.
    """

    box: Bbox | None = None
    shape: shapely.Geometry | None = None

    def is_far(self, found: Bbox) -> bool:
        """Whether a record lies so far off that the provider must have ignored the box."""
        if self.box is None or found[0] > found[2]:
            return False
        (west, south, east, north), (w, s, e, n) = found, self.box
        return west > e + _NEAR or east < w - _NEAR or south > n + _NEAR or north < s - _NEAR

    def holds(self, found: Bbox) -> bool:
        """Whether box and shape are touched, for what the provider did not filter at all."""
        if self.box and found[0] <= found[2]:
            (west, south, east, north), (w, s, e, n) = found, self.box
            if west > e or east < w or south > n or north < s:
                return False
        return self.touches(found)

    def touches(self, found: Bbox) -> bool:
        """Whether a record is wanted of those that the box let through."""
        if self.shape is None or found[0] > found[2]:
            return True
        return bool(shapely.intersects(self.shape, shapely.box(*found)))


EVERYWHERE = (Area(),)


def areas(selection: Selection) -> tuple[Area, ...]:
    """Where a selection looks: one area, or two beside the antimeridian.

    Raises:
        RecordError: the geometry is not one.
    """
    if not selection.intersects:
        return tuple(Area(box) for box in boxes(selection.bbox))
    geometry = repaired(selection.intersects)
    shape = shapely.from_geojson(orjson.dumps(geometry))
    return tuple(Area(box, shape) for box in boxes(selection.bbox or extent(geometry)))


def boxes(box: Bbox | None) -> list[Bbox | None]:
    """A box that crosses the antimeridian as two: nobody knows what the provider makes of west > east."""
    if box is None or box[0] <= box[2]:
        return [box]
    west, south, east, north = box
    return [(west, south, 180.0, north), (-180.0, south, east, north)]


def extent(geometry: Mapping[str, Any]) -> Bbox:
    """The box around a geometry."""
    west, south, east, north = bbox(geometry)
    return west, south, east, north


def box_of(value: Any) -> Bbox | None:  # noqa: ANN401 - any JSON value
    """Four numbers of a record; None where they are not: it is rejected later, with its reason."""
    if not isinstance(value, list) or len(value) != _CORNERS:
        return None
    try:
        west, south, east, north = map(float, value)
    except (TypeError, ValueError):
        return None
    return west, south, east, north


def box_of_geometry(value: Any) -> Bbox | None:  # noqa: ANN401 - any JSON value
    """The box around a record's geometry; None where it is none."""
    try:
        return extent(value) if isinstance(value, Mapping) else None
    except (RecordError, KeyError, TypeError, ValueError):
        return None
