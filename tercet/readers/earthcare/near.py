"""Profiles and pixels near a station."""

from typing import TYPE_CHECKING

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.earthcare.cut import distances_km

if TYPE_CHECKING:
    import xarray

Station = tuple[float, float, float]
"""Longitude, latitude in degrees, radius in kilometres."""


def station(latitude: float, longitude: float, radius_km: float) -> Station:
    """Check a place and a radius.

    Raises:
        ReaderError: there is no such place, or the radius is none.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 360):  # noqa: PLR2004 - the globe
        raise ReaderError(f"no station lies at latitude {latitude}, longitude {longitude}: latitude comes first")
    if not (np.isfinite(radius_km) and radius_km > 0):
        raise ReaderError(f"the radius is {radius_km} km: name one above 0")
    return float(longitude), float(latitude), float(radius_km)


def with_distance(dataset: "xarray.Dataset", place: Station) -> "xarray.Dataset":
    """Add each place's distance from a station as the coordinate ``distance``, in kilometres."""
    distance = distances_km(dataset.longitude.values, dataset.latitude.values, place)
    attributes = {"units": "km", "long_name": "Distance from the station along the WGS 84 ellipsoid"}
    dataset = dataset.assign_coords(distance=(dataset.latitude.dims, distance, attributes))
    dataset.attrs.update(station_longitude=place[0], station_latitude=place[1], station_radius_km=place[2])
    return dataset
