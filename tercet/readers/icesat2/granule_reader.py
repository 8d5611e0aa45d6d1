"""ICESat-2 granules: ATL03 to ATL24, whole or cut by a subsetter, from wherever their HDF5 file lies."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tercet.errors import ReaderError
from tercet.readers.base import Names, Polygon, Reader
from tercet.readers.hdf5 import Hdf5
from tercet.readers.icesat2.beams import Beam, Beams
from tercet.readers.icesat2.beside import beside_of
from tercet.readers.icesat2.classes import classified
from tercet.readers.icesat2.dataset import dataset_of
from tercet.readers.icesat2.drawing import draw
from tercet.readers.icesat2.facts import product_named
from tercet.readers.icesat2.granule import Granule
from tercet.readers.icesat2.grids import Icesat2GridReader
from tercet.readers.icesat2.layout import BEAMS
from tercet.readers.icesat2.probing import has_beams
from tercet.readers.icesat2.table import no_rows, table_of
from tercet.readers.selection import Bbox, Selection, TimeSpan
from tercet.readers.tables import WGS84
from tercet.readers.variables import Variables
from transforms.icesat2_products import PRODUCTS

if TYPE_CHECKING:
    import geopandas
    import xarray
    from matplotlib.figure import Figure


def recognizes(file: Hdf5) -> bool:
    """Tell whether a file is a granule of ICESat-2, however it is called: by its attributes, else by its beams."""
    file.look(["", BEAMS[0]])  # both are asked for below
    return product_named(file) is not None or has_beams(file)


def reader(file: Hdf5, item: Mapping[str, Any] | None = None) -> "Icesat2Reader | Icesat2GridReader":
    """Open a granule or a grid; the reader closes the file."""
    if has_beams(file):
        return Icesat2Reader(file, item)
    return Icesat2GridReader(file, item, _name(file, item))


def _name(file: Hdf5, item: Mapping[str, Any] | None) -> str:
    return str(item["id"]) if item and "id" in item else file.name.replace("\\", "/").rsplit("/", 1)[-1]


def _joined(read: "xarray.Dataset", beside: "xarray.Dataset", where: str) -> "xarray.Dataset":
    from xarray import MergeError  # noqa: PLC0415 - half a second

    try:
        return read.merge(beside)
    except MergeError as error:  # one is called as a dimension of the others
        raise ReaderError(f"{where}: these variables do not fit into one Dataset, read fewer: {error}") from error


class Icesat2Reader(Reader):
    """A granule of ICESat-2.

    All beams come in one Dataset or table, one after the other, with ``beam``, ``spot`` and ``strong`` beside each row.
    Variables of segments that are asked for together with photons are given to each photon. Without names it reads
    what the product is mostly read for.

    Attributes:
        item: the STAC Item as a dict, where it was opened from one.
        name: the Item's id or the file's name.
    """

    def __init__(self, file: Hdf5, item: Mapping[str, Any] | None = None) -> None:
        self.item = item
        self.name = _name(file, item)
        self._granule = Granule(file, self.name)

    @property
    def product(self) -> str:
        """Short name, such as ATL08."""
        return self._granule.structure.product or "ICESat-2"

    @property
    def beams(self) -> Mapping[str, Beam]:
        """Beams, pairs or profiles that are there, by name, with spot and strength as far as they are known."""
        return self._granule.all_beams

    def variables(self) -> Variables:
        """List what is in it, what lies along the track first; of several beams the first is described."""
        return self._granule.variables()

    def dataset(  # noqa: PLR0913 - what can be wanted, by name
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
        beams: Beams = None,
        classes: "Icesat2Reader | None" = None,
    ) -> "xarray.Dataset":
        """Read variables; only what holds the rows that are wanted is read.

        Args:
            variables: short names (``h_canopy``), ends of paths (``canopy/h_canopy``), paths, or patterns
                (``canopy/*``).
            bbox: west, south, east, north; west > east crosses the antimeridian.
            polygon: within which rows lie.
            time: start and end, UTC.
            beams: names, "strong", "weak" or spots.
            classes: the ATL08 granule of the same track, for ATL03: photons get ``atl08_class`` and ``atl08_ph_h``.

        Returns:
            One row a photon, segment or profile. What overlaps nothing has rows of length 0.

        Raises:
            ReaderError: there is no such variable or beam, or variables lie in rows that do not belong together.
        """
        selection = Selection.of(bbox=bbox, polygon=polygon, time=time)
        granule = self._granule
        along, beside = granule.asked(variables, beams)
        if not along:
            return beside_of(granule, beside, self._attributes())
        rows = granule.rows_of(along)
        names = granule.chosen(beams)
        found = classified(granule, rows, names, classes._granule) if classes is not None else None  # noqa: SLF001 - ours
        tracks = granule.tracks(along, names, selection, found)
        fields = [field for field in along if field.path not in (rows.latitude, rows.longitude)]
        read = dataset_of(granule, tracks, fields, rows, self._attributes())
        apart = granule.without_scales(beside, along)
        return _joined(read, beside_of(granule, apart, {}), self.name) if apart else read

    def table(  # noqa: PLR0913 - what can be wanted, by name
        self,
        variables: Names = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
        beams: Beams = None,
        classes: "Icesat2Reader | None" = None,
    ) -> "geopandas.GeoDataFrame":
        """Read variables as a table: one row a photon, segment or profile, of ATL11 one a reference point and cycle.

        Arguments and errors are those of `dataset`; what has dimensions of its own beside the rows is refused, too.
        """
        read = self.dataset(variables, bbox=bbox, polygon=polygon, time=time, beams=beams, classes=classes)
        if "beam" not in read.coords:
            raise no_rows([str(name) for name in read.data_vars])
        return table_of(read, str(read["beam"].dims[0]))

    def _attributes(self) -> dict[str, Any]:
        facts = self._granule.facts
        cut = PRODUCTS[self.product].cut if self.product in PRODUCTS else None
        said = {
            "source": self.name,
            "product": self.product,
            "release": facts.release,
            "rgt": facts.rgt,
            "cycle": facts.cycle if cut != "track" else None,
            "region": facts.region if cut in ("region", "track") else None,
            "orientation": facts.orientation if cut != "track" else None,
            "crs": WGS84,
        }
        return {name: value for name, value in said.items() if value is not None}

    def plot(  # noqa: PLR0913 - what can be wanted, by name
        self,
        variable: str | None = None,
        *,
        bbox: Bbox | None = None,
        polygon: Polygon = None,
        time: TimeSpan | None = None,
        beams: Beams = None,
        classes: "Icesat2Reader | None" = None,
    ) -> "Figure":
        """Draw a variable over the distance along the track.

        Without a name: ground and canopy of one beam (ATL08), photons of one beam by confidence or, with ``classes``,
        by ATL08's class (ATL03; of a long beam the ten kilometres with most photons), cycles of one pair (ATL11),
        else heights of all beams. Arguments and errors are those of `dataset`.
        """
        wanted = {"bbox": bbox, "polygon": polygon, "time": time, "beams": beams, "classes": classes}
        return draw(self.dataset, self._granule, variable, wanted)

    def close(self) -> None:
        """Let go of the file."""
        self._granule.file.close()
