"""EarthCARE products: profiles, curtains and swaths of ESA's and JAXA's files, read alike.

Every Dataset has ``time`` (UTC), ``latitude`` and ``longitude`` as coordinates, and ``height`` (two-dimensional) where
there are bins, whatever the product calls them.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from tercet.readers.base import Bbox, Names, Polygon, Reader, TimeSpan, Variables
from tercet.readers.earthcare.cut import Asked
from tercet.readers.earthcare.header import Product
from tercet.readers.earthcare.join import joined
from tercet.readers.earthcare.layout import SCIENCE
from tercet.readers.earthcare.panels import asked, panel
from tercet.readers.earthcare.part import Heights, Margins, More, Options, Part, Quality
from tercet.readers.earthcare.reading import Reading
from tercet.readers.earthcare.times import TimeScale
from tercet.readers.hdf5 import Hdf5
from tercet.readers.selection import Selection

if TYPE_CHECKING:
    import geopandas
    import xarray
    from matplotlib.figure import Figure

    from tercet.readers.earthcare.sheets import Sheet

__all__ = ["EarthcareReader", "Part", "join", "reader", "recognizes"]

_SIGNS = (
    "HeaderData/FixedProductHeader/File_Type",
    "HeaderData/VariableProductHeader/MainProductHeader/frameID",
    f"{SCIENCE}/latitude",
    f"{SCIENCE}/Geo/latitude",
    f"{SCIENCE}/ellipsoid_latitude",
    f"{SCIENCE}/sample_latitude",
)


def recognizes(file: Hdf5) -> bool:
    """Tell by what is in it whether this is an EarthCARE product, renamed or not."""
    arrays = file.arrays()
    return any(path in arrays for path in _SIGNS) or SCIENCE in file.groups()


def reader(file: Hdf5, item: Mapping[str, Any] | None = None) -> "EarthcareReader":
    """Make the reader of an open file, which it closes."""
    return EarthcareReader(file, item)


def join(
    frames: Sequence["EarthcareReader | xarray.Dataset"], variables: Names = None, **part: Unpack[Part]
) -> "xarray.Dataset":
    """Put neighbouring frames of one product together along the track, in time order.

    Files reach beyond their frame: where two of them overlap, each gives the half that is nearer to its own middle, so
    that no profile occurs twice.

    Args:
        frames: readers, of which `variables` and `part` are read; or Datasets that were read.
        variables: as for `EarthcareReader.dataset`.
        part: the same.

    Raises:
        ReaderError: products differ, one frame is there twice, or there is none.
    """
    return joined([one.dataset(variables, **part) if isinstance(one, EarthcareReader) else one for one in frames])


class EarthcareReader(Reader):
    """One EarthCARE product file, open.

    Where no variable is named, those are read that the product is mainly about, with its ``quality_status``;
    ``dataset(reader.variables())`` reads all.
    """

    def __init__(self, file: Hdf5, item: Mapping[str, Any] | None = None) -> None:
        self.item = item
        self.name = file.name.rpartition("/")[2]
        self._file = file
        self._reading = Reading(file, self.name, item)

    def variables(self) -> Variables:
        """List what is in it; no values are read. Of a product of several resolutions as ``standard/radiance``."""
        return self._reading.variables

    def dataset(  # noqa: PLR0913 - each is another way to ask for less
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
        height: Heights | None = None,
        margins: Margins = "kept",
        quality: Quality = None,
        resolution: str | None = None,
        time_scale: TimeScale = "utc",
    ) -> "xarray.Dataset":
        """Read variables with their coordinates; only the profiles, lines and bins that are asked for are read.

        Profiles outside are left out; pixels of a swath outside, and bins outside `height`, are NaN.

        Args:
            variables: names; None is what the product is mainly about.
            bbox: west, south, east, north in degrees.
            polygon: WGS 84.
            time: start and end, UTC.
            height: bottom and top, metres above the WGS 84 ellipsoid.
            margins: whether the profiles beyond the frame's latitudes are kept.
            quality: which statuses are kept; what has another is NaN.
            resolution: of the radiometer's products: standard, small, full, assessment.
            time_scale: ``file`` gives times as the file counts them, five seconds late.

        Raises:
            ReaderError: there is no such variable (the nearest is proposed), or the file cannot be read.
        """
        selection = Selection.of(bbox=bbox, polygon=polygon, time=time)
        asked = Asked(selection, latitudes=self._reading.latitudes(margins))
        return self._read(variables, asked, Options(height, quality, time_scale), resolution)

    def near(
        self,
        latitude: float,
        longitude: float,
        radius_km: float,
        variables: Names = None,
        **part: Unpack[Part],
    ) -> "xarray.Dataset":
        """Read the profiles, or pixels of a swath, within a radius of a station.

        Args:
            latitude: of the station, degrees.
            longitude: the same.
            radius_km: kilometres along the WGS 84 ellipsoid.
            variables: as for `dataset`.
            part: the same.

        Returns:
            As `dataset`, with the coordinate ``distance`` in kilometres; empty where nothing lies so near.

        Raises:
            ReaderError: as for `dataset`, or there is no such place.
        """
        from tercet.readers.earthcare.near import station, with_distance  # noqa: PLC0415 - only who asks for it

        place = station(latitude, longitude, radius_km)
        selection = Selection.of(bbox=part.get("bbox"), polygon=part.get("polygon"), time=part.get("time"))
        asked = Asked(selection, place, self._reading.latitudes(part.get("margins", "kept")))
        options = Options(part.get("height"), part.get("quality"), part.get("time_scale", "utc"))
        return with_distance(self._read(variables, asked, options, part.get("resolution")), place)

    def table(
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
        **more: Unpack[More],
    ) -> "geopandas.GeoDataFrame":
        """Read variables as a table: one row a profile, or a pixel of a swath, or a bin where variables have bins.

        Bins in which nothing was measured have no row. Small dimensions become columns: ``pixel_values_VIS``.
        """
        from tercet.readers.earthcare.table import table_of  # noqa: PLC0415 - geopandas takes half a second

        return table_of(self.dataset(variables, bbox=bbox, polygon=polygon, time=time, **more))

    def plot(
        self,
        variable: str | None = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
        **more: Unpack[More],
    ) -> "Figure":
        """Draw a curtain, a map of a swath, or a line along the track, in the product's own range and colours.

        Args:
            variable: its name; None is the product's first.
            bbox: as for `dataset`.
            polygon: the same.
            time: the same.
            more: the same; a curtain goes up to 20 km where no `height` is named.
        """
        from tercet.readers.earthcare.sheets import PAGE  # noqa: PLC0415 - only who draws needs it

        return self._drawn(variable, {"bbox": bbox, "polygon": polygon, "time": time, **more}, PAGE)

    def quicklook(self) -> "Figure":
        """Draw the product's first variable as small as a thumbnail: a swath as a strip, fewer words."""
        from tercet.readers.earthcare.sheets import CARD  # noqa: PLC0415 - only who draws needs it

        return self._drawn(None, {}, CARD)

    def panel(self, variable: str | None = None, **part: Unpack[Part]) -> "xarray.DataArray":
        """Read one variable with one value a profile, bin or pixel, as pictures and map grids are made of.

        Args:
            variable: as a column of the table is called: ``pixel_values_TIR2`` is one band; None is the first.
            part: as for `dataset`.
        """
        layout = self._reading.layout(part.get("resolution"), [variable] if variable else ())
        name, label = asked(self._reading, layout, variable)
        return panel(self.dataset(name, **part), name, label, layout.axes)

    @property
    def product(self) -> Product:
        """Which product it is: type, orbit, frame and baseline, as its header says."""
        return self._reading.product

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _drawn(self, variable: str | None, part: Part, sheet: "Sheet") -> "Figure":
        from tercet.readers.earthcare.plots import drawn, surface_of  # noqa: PLC0415 - matplotlib takes half a second

        layout = self._reading.layout(part.get("resolution"), [variable] if variable else ())
        name, label = asked(self._reading, layout, variable)
        surface = surface_of(layout)
        dataset = self.dataset([name, *([surface] if surface and surface != name else [])], **part)
        return drawn(dataset, panel(dataset, name, label, layout.axes), layout, part.get("height"), sheet)

    def _read(self, variables: Names, asked: Asked, options: Options, resolution: str | None) -> "xarray.Dataset":
        names = [variables] if isinstance(variables, str) else None if variables is None else list(variables)
        layout = self._reading.layout(resolution, names or ())
        return self._reading.read(self._reading.chosen(names, layout), layout, asked, options)
