"""Sources of Carbon Mapper: the plumes that were found at one place, and how much it emits over time."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tercet.errors import ReaderError, RecordError
from tercet.readers.base import Names, Polygon, Reader
from tercet.readers.documents import document
from tercet.readers.locations import Location
from tercet.readers.selection import Bbox, Selection, TimeSpan
from tercet.readers.tables import geodataframe
from tercet.readers.variables import Variable, Variables
from tercet.settings import Settings, load_settings
from transforms.times import utc

if TYPE_CHECKING:
    import geopandas
    import xarray
    from matplotlib.figure import Figure

Record = Mapping[str, Any]

_PERCENTILES = (0.5, 0.9, 0.99)

_COLUMNS = (
    Variable("plume_id", "plume_id", ("detection",), None, "str", None, "Plume"),
    Variable("time", "scene_timestamp", ("detection",), None, "datetime64[ns]", None, "Start of the scene, UTC"),
    Variable("instrument", "instrument", ("detection",), None, "str", None, "The provider's code"),
    Variable("emission", "emission_auto", ("detection",), None, "float64", "kg/h", "Emission rate"),
    Variable(
        "emission_uncertainty",
        "emission_uncertainty_auto",
        ("detection",),
        None,
        "float64",
        "kg/h",
        "Uncertainty of the emission rate",
    ),
    Variable("wind_speed", "wind_speed_avg_auto", ("detection",), None, "float64", "m/s", "Wind speed"),
    Variable("wind_direction", "wind_direction_avg_auto", ("detection",), None, "float64", "degree", "Wind comes from"),
)
_TEXT = frozenset({"plume_id", "instrument"})


class SourceReader(Reader):
    """One source: a row for each plume that was found there.

    Its own record, behind the Item's asset ``metadata``, is fetched when it is first needed.
    """

    def __init__(
        self, item: Mapping[str, Any], files: Mapping[str, Location], settings: Settings | None = None
    ) -> None:
        self.item = item
        self.name = str(item.get("id"))
        self.files = dict(files)
        self.settings = settings or load_settings()

    @property
    def properties(self) -> Mapping[str, Any]:
        """Of the Item: ``cm:emission`` (kg/h, over time), ``cm:persistence`` and others."""
        return (self.item or {}).get("properties") or {}

    @cached_property
    def record(self) -> Record:
        """The provider's record, with ``plumes``, ``scenes`` and ``detection_dates``.

        Raises:
            ReaderError: the Item has no such asset, or it holds something else.
        """
        if "metadata" not in self.files:
            raise ReaderError(f"Item {self.name} has no asset 'metadata', which names the source's plumes")
        at = self.files["metadata"]
        found = document(at.href, self.settings)
        if not isinstance(found, Mapping) or not isinstance(found.get("plumes"), Sequence):
            raise ReaderError(f"{at.name} is no record of a source: it has no plumes")
        return found

    def variables(self) -> Variables:
        """List the columns."""
        return Variables(_COLUMNS)

    def table(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "geopandas.GeoDataFrame":
        """Read the plumes: one row each, in order of time; geometry is where it begins."""
        names = [one.name for one in self._chosen(variables)]
        selection = Selection.of(bbox=bbox, polygon=polygon, time=time)
        plumes = [one for one in self.record["plumes"] if isinstance(one, Mapping)]
        columns = {one.name: _column(one, plumes) for one in _COLUMNS}
        longitude, latitude = (np.array([_position(one)[axis] for one in plumes], dtype=np.float64) for axis in (0, 1))
        kept = np.flatnonzero(selection.points(longitude, latitude) & selection.moments(columns["time"]))
        order = kept[np.argsort(columns["time"][kept], kind="stable")]
        return geodataframe(
            {name: columns[name][order] for name in names},
            longitude[order],
            latitude[order],
            variables=_COLUMNS,
            attributes={"source": self.name},
        )

    def dataset(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
    ) -> "xarray.Dataset":
        """Read the plumes as a Dataset along ``detection``, in order of time."""
        import xarray as xr  # noqa: PLC0415 - half a second

        chosen = self._chosen(variables)
        rows = self.table([one.name for one in chosen], bbox=bbox, polygon=polygon, time=time)
        arrays = {
            one.name: ("detection", rows[one.name].to_numpy(), {"units": one.unit} if one.unit else {})
            for one in chosen
        }
        positions = {"longitude": ("detection", rows.geometry.x), "latitude": ("detection", rows.geometry.y)}
        return xr.Dataset(arrays, coords=positions, attrs={"title": self.properties.get("title", self.name)})

    def statistics(self) -> dict[str, Any]:
        """What is known of the source, and of the plumes that were found there.

        Returns:
            ``detections``, ``with_emission``, ``days`` (with a plume), ``first``, ``last`` (dates), ``instruments``
            (plumes by instrument), ``emission`` (kg/h over plumes: count, mean, std, min, 50%, 90%, 99%, max), and of
            the provider ``persistence`` and ``site_emission``: the mean over all that was seen, days without a plume
            included, so never to be compared with a plume's own rate.
        """
        rows = self.table()
        emissions = rows["emission"].dropna()
        days = sorted({str(day)[:10] for day in rows["time"].dropna().to_numpy()})
        own = self.record.get("source") or {}
        spread = emissions.describe(percentiles=list(_PERCENTILES)) if len(emissions) else None
        return {
            "source": self.name,
            "sector": own.get("sector") or self.properties.get("cm:sector"),
            "persistence": own.get("persistence", self.properties.get("cm:persistence")),
            "site_emission": own.get("emission_auto", self.properties.get("cm:emission")),
            "detections": len(rows),
            "with_emission": len(emissions),
            "days": len(days),
            "first": days[0] if days else None,
            "last": days[-1] if days else None,
            "emission": {} if spread is None else {str(key): float(value) for key, value in spread.items()},
            "instruments": {str(key): int(count) for key, count in rows["instrument"].value_counts().items()},
        }

    def plot(self, variable: str | None = None) -> "Figure":
        """Draw the emission rate of each plume over time, and the source's own."""
        from tercet.readers.carbon_mapper.source_plots import timeline_figure  # noqa: PLC0415 - matplotlib takes half a second

        (chosen,) = self._chosen(variable or "emission")
        mean = self.statistics()["site_emission"] if chosen.name == "emission" else None
        return timeline_figure(self.table(), chosen, title=self.name, mean=mean)

    def close(self) -> None:
        """Hold nothing: a record is fetched whole."""

    def _chosen(self, variables: Names) -> list[Variable]:
        return list(_COLUMNS) if variables is None else self.variables().choose(variables, where=self.name)


def _column(variable: Variable, plumes: Sequence[Record]) -> Any:  # noqa: ANN401 - an array of one type or another
    values = [one.get(variable.path) for one in plumes]
    if variable.name == "time":
        return np.array([_moment(value) for value in values], dtype="datetime64[ns]")
    if variable.name in _TEXT:
        return np.array(["" if value is None else str(value) for value in values], dtype=object)
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def _moment(value: object) -> np.datetime64:
    try:
        return np.datetime64(utc(str(value)).removesuffix("Z"), "ns") if value else np.datetime64("NaT", "ns")
    except RecordError:
        return np.datetime64("NaT", "ns")


def _position(plume: Record) -> tuple[float, float]:
    coordinates = list((plume.get("geometry_json") or {}).get("coordinates") or ())
    longitude, latitude = (float(one) for one in coordinates[:2] or (np.nan, np.nan))
    return longitude, latitude
