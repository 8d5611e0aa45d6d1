"""Tracks of several beams as one `xarray.Dataset`: one beam after the other along the rows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tercet.readers.icesat2.beams import Beam
from tercet.readers.icesat2.granule import Column, Granule
from tercet.readers.icesat2.photons import CLASSES, UNCLASSIFIED
from tercet.readers.icesat2.reading import Track, completed
from tercet.readers.icesat2.structure import Field, Rows
from tercet.readers.icesat2.values import attributes_of, cleaned, dims_of, labels_of

if TYPE_CHECKING:
    import xarray

Entry = tuple[tuple[str, ...], NDArray[Any], dict[str, Any]]
"""Dimensions, values and attributes of one variable, as xarray takes them."""

_PLACES: Final[Mapping[str, Mapping[str, Any]]] = {
    "time": {"standard_name": "time", "long_name": "Time of measurement, UTC"},
    "latitude": {"units": "degrees_north", "standard_name": "latitude", "long_name": "Latitude, WGS 84"},
    "longitude": {"units": "degrees_east", "standard_name": "longitude", "long_name": "Longitude, WGS 84"},
    "beam": {"long_name": "Ground track of the beam"},
    "spot": {"long_name": "Spot of the instrument, odd ones are strong; 0 where that is not known"},
    "strong": {"long_name": "Whether the beam is a strong one"},
}
_CLASSES: Final[Mapping[str, Mapping[str, Any]]] = {
    CLASSES[0]: {
        "long_name": "Class that ATL08 gave the photon",
        "flag_values": np.arange(UNCLASSIFIED + 1, dtype=np.int8),
        "flag_meanings": "noise ground canopy top_of_canopy unclassified",
    },
    CLASSES[1]: {"long_name": "Height above the ground that ATL08 found", "units": "meters"},
}


def dataset_of(
    granule: Granule, tracks: Sequence[Track], fields: Sequence[Field], rows: Rows, attrs: Mapping[str, Any]
) -> "xarray.Dataset":
    """Put tracks one after the other.

    Args:
        granule: of which they are.
        tracks: of the beams that were read.
        fields: what was asked for, in its order.
        rows: in which it lies.
        attrs: of the whole.

    Returns:
        Dimensions are the rows (photon, segment…) and those of columns. Coordinates along the rows are time, latitude,
        longitude, beam, spot and, where it is known of all of them, strong. Fill is NaN.
    """
    import xarray  # noqa: PLC0415 - half a second

    coords = _coordinates(tracks, rows, granule.beams)
    columns = {_free(column, coords): column for column in map(granule.column, fields)}
    values: dict[str, Entry] = {}
    for name, column in columns.items():
        values[name] = _entry(tracks, column, rows, {**coords, **values})
        coords |= _labels(granule, column, values[name])
    values |= _classes(tracks, rows)
    read = xarray.Dataset(values, coords=coords, attrs=dict(attrs))
    for name, column in columns.items():
        fill = column.array.fill
        if column.array.dtype.kind in "iu" and fill:  # written to a file they are whole numbers again
            dtype = column.array.dtype.newbyteorder("=")
            read[name].encoding = {"dtype": dtype, "_FillValue": fill}
    return read


def _free(column: Column, taken: Mapping[str, Entry]) -> str:
    """The name of a column, with its group where a coordinate is called so: longitudes of segments given to photons."""
    name = column.variable.name
    return name if name not in taken else "/".join(column.field.path.split("/")[-2:])


def _entry(tracks: Sequence[Track], column: Column, rows: Rows, known: Mapping[str, Entry]) -> Entry:
    parts = completed(tracks, column.field.path, column.array)
    found = _joined(parts, np.empty((0, *column.array.shape[1:]), column.array.dtype))
    # a dimension that another variable has with another size gets its size in its name
    sizes = {dim: size for dims, array, _ in known.values() for dim, size in zip(dims, array.shape, strict=True)}
    dims = tuple(
        dim if sizes.get(dim, size) == size else f"{dim}_{size}"
        for dim, size in zip(dims_of(column.field, column.array, rows), found.shape, strict=True)
    )
    return dims, cleaned(found, column.array.fill), attributes_of(column.variable, column.array)


def _labels(granule: Granule, column: Column, entry: Entry) -> dict[str, Entry]:
    """What columns stand for: known by us, else by the file."""
    dims, array, _ = entry
    found: dict[str, Entry] = {}
    for dim, size in zip(dims[1:], array.shape[1:], strict=True):
        known = labels_of(dim, size)
        if known:
            found[dim] = ((dim,), np.array(known), {})
        elif dim in column.scales:
            found[dim] = ((dim,), granule.scale(column.scales[dim]), {})
    return found


def _classes(tracks: Sequence[Track], rows: Rows) -> dict[str, Entry]:
    if not tracks or any(CLASSES[0] not in track.values for track in tracks):
        return {}
    return {
        name: ((rows.dim,), np.concatenate([track.values[name] for track in tracks]), dict(_CLASSES[name]))
        for name in CLASSES
    }


def _coordinates(tracks: Sequence[Track], rows: Rows, beams: Mapping[str, Beam]) -> dict[str, Entry]:
    sizes = [track.latitude.shape[0] for track in tracks]
    known = [beams[track.beam] for track in tracks]
    time = _joined([track.time for track in tracks], np.empty(0, "datetime64[ns]"))
    found: dict[str, NDArray[Any]] = {
        "time": time,
        "latitude": cleaned(_joined([track.latitude for track in tracks], np.empty(0)), None),
        "longitude": cleaned(_joined([track.longitude for track in tracks], np.empty(0)), None),
        "beam": np.repeat(np.array([beam.name for beam in known], dtype=str), sizes),
        "spot": np.repeat(np.array([beam.spot or 0 for beam in known], dtype=np.uint8), sizes),
    }
    if all(beam.strong is not None for beam in known):
        found["strong"] = np.repeat(np.array([beam.strong for beam in known], dtype=bool), sizes)
    return {
        name: ((rows.dim, "cycle_number")[: values.ndim], values, dict(_PLACES[name])) for name, values in found.items()
    }


def _joined(parts: Sequence[NDArray[Any]], empty: NDArray[Any]) -> NDArray[Any]:
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else empty
