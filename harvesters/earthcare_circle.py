"""A radius around a point, measured on the sphere against coarse footprints."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

EARTH_KM: Final = 6371.0
SPACING_KM: Final = 600.0
"""A little more than the way from one position of a footprint to the next: ten lie along 5000 km."""
_PIECES: Final = 24
_FAR_KM: Final = 2500.0
"""A footprint all of whose positions are farther away than this does not reach around the point."""
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class Circle:
    """A radius around a point.

    Footprints are taken along great circles from position to position, which the ground track of the orbit
    follows to about a kilometre; distances are those on a sphere, true to half a percent.

    Attributes:
        longitude: degrees.
        latitude: degrees.
        km: the radius.
    """

    longitude: float
    latitude: float
    km: float

    def meets(self, geometry: Mapping[str, Any]) -> bool:
        """Whether a footprint (GeoJSON line or polygon, split at ±180 or not) comes so near, or covers the point.

        Raises:
            KeyError, TypeError, ValueError: it has coordinates of another shape.
        """
        return any(self._is_near(positions, is_area) for positions, is_area in _parts(geometry))

    def _is_near(self, positions: Any, is_area: bool) -> bool:  # noqa: ANN401, FBT001 - of GeoJSON
        vertices = _unit(np.asarray(positions, dtype=float)[:, :_PAIR])
        plane, distance = self._from_here(_along_great_circles(vertices))
        if distance.min() > max(self.km + SPACING_KM, _FAR_KM):
            return False
        shape = shapely.polygons(plane) if is_area else shapely.linestrings(plane)
        return bool(shapely.distance(shape, shapely.Point(0, 0)) <= self.km)

    def _from_here(self, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points in a plane around here that keeps distance and direction from it; and the distances, in km."""
        lon, lat = np.radians([self.longitude, self.latitude])
        east = np.array([-np.sin(lon), np.cos(lon), 0.0])
        north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
        here = np.cross(east, north)
        flat = np.column_stack([points @ east, points @ north])
        length = np.hypot(flat[:, 0], flat[:, 1])
        distance = EARTH_KM * np.arctan2(length, points @ here)
        return flat * (distance / np.maximum(length, 1e-15))[:, None], distance


def _parts(geometry: Mapping[str, Any]) -> Iterator[tuple[Any, bool]]:
    kind, coordinates = str(geometry.get("type")), geometry["coordinates"]
    for part in coordinates if kind.startswith("Multi") else [coordinates]:
        if kind.endswith("Polygon"):
            yield part[0], True
        elif kind.endswith("LineString"):
            yield part, False
        else:
            raise ValueError(f"a footprint of type {kind}")


def _unit(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    lon, lat = np.radians(degrees).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _along_great_circles(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same way in steps so short that straight lines between them do."""
    shares = np.linspace(0, 1, _PIECES, endpoint=False)[None, :, None]
    chords = vertices[:-1, None, :] * (1 - shares) + vertices[1:, None, :] * shares
    points = np.vstack([chords.reshape(-1, 3), vertices[-1:]])
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return points
