"""Plumes of Carbon Mapper: masks, enhancements, outlines, and crops of the scene that they were found in."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from tercet.errors import ReaderError
from tercet.readers.carbon_mapper import outlines
from tercet.readers.carbon_mapper.parents import Sought, scene_of
from tercet.readers.carbon_mapper.scenes import SceneReader
from tercet.readers.items import product_of, subject_of
from tercet.readers.locations import Location
from tercet.readers.rasters.grids import Grid, Part
from tercet.readers.rasters.pixels import Pixels
from tercet.readers.rasters.reader import RasterReader
from tercet.readers.rasters.regridding import Layer, onto, within
from transforms.carbon_mapper_items import safe
from transforms.carbon_mapper_versions import version_rank

if TYPE_CHECKING:
    import shapely
    import xarray
    from matplotlib.figure import Figure

    from tercet.readers.carbon_mapper.plume_plots import Caption

_ORDER = ("concentrations", "ime_concentrations", "mask", "ime_mask", "rgb")
_SUBSCRIPTS = str.maketrans("24", "₂₄")
_OWN = frozenset({"mask", "concentrations", "ime_concentrations", "ime_mask", "outline", "ime_outline"})
_WHOLE_CROP_SINCE = version_rank("v3b")
"""From here on the raster that was integrated keeps its whole crop; before, only the pixels that count."""


def is_plume(files: Mapping[str, Location], item: Mapping[str, Any] | None) -> bool:
    """Whether files are those of a plume: by the Item, the files' names, or the keys of their assets."""
    kind = ((item or {}).get("properties") or {}).get("product:type")
    levels = {product.level for at in files.values() if (product := product_of(at.file_name))}
    return kind == "plume" if kind else bool(levels & {"l3a"}) or (not levels and bool(_OWN & files.keys()))


class PlumeReader(RasterReader):
    """One plume.

    Variables, each on its own grid when read by itself (`read`), and on one when read together (`dataset`, `stack`):

    - ``mask``: True inside the plume; ``ime_mask``: True where pixels were integrated for the emission rate.
    - ``concentrations``: enhancement in ppm.m, NaN outside the plume.
    - ``ime_concentrations``: enhancement of the pixels that were integrated, NaN elsewhere, in all versions:
      from v3b on the file holds more, and ``ime_mask``, which has another shape, is applied by its georeference.
    - ``rgb``: true colour, whole numbers.
    """

    @property
    def properties(self) -> Mapping[str, Any]:
        """Of the Item: ``cm:emission`` and ``cm:emission_uncertainty`` (kg/h), ``cm:gas``…; none without one."""
        return (self.item or {}).get("properties") or {}

    @property
    def plume_id(self) -> str:
        """The plume's id, such as ``tan20260331t181625c77s4001-D``."""
        named = (subject_of(at.file_name) for at in self.files.values())
        version = safe(str(self.properties.get("version") or "unversioned"))  # behind the id of what was replaced
        own = self.properties.get("cm:scene_id") and str((self.item or {}).get("id", "")).removesuffix(f"_{version}")
        return own or next((one for one in named if one), self.name)

    @property
    def scene_id(self) -> str:
        """The name of the scene that it was found in."""
        return str(self.properties.get("cm:scene_id") or self.plume_id.rpartition("-")[0])

    @property
    def gas(self) -> str | None:
        """``CH4`` or ``CO2``, as the Item or the files' names say."""
        named = (product.gas for at in self.files.values() if (product := product_of(at.file_name)) and product.gas)
        gas = self.properties.get("cm:gas") or next(named, None)
        return str(gas).upper() if gas else None

    @property
    def wind(self) -> tuple[float, float] | None:
        """Wind to the east and to the north in m/s, of its speed and where it comes from; None where not known."""
        speed, direction = (self.properties.get(f"cm:wind_{what}_avg") for what in ("speed", "direction"))
        if speed is None or direction is None:
            return None
        angle = math.radians(direction)
        return -speed * math.sin(angle), -speed * math.cos(angle)

    def outline(self) -> "shapely.MultiPolygon":
        """The plume's outline, WGS 84; drawn around the mask, with a warning, where its file is gone."""
        return self._outline("outline", "mask")

    def ime_outline(self) -> "shapely.MultiPolygon":
        """The outline of the integrated pixels, WGS 84; drawn around ``ime_mask``, with a warning, where it is gone."""
        return self._outline("ime_outline", "ime_mask")

    @cached_property
    def scene(self) -> SceneReader:
        """The scene that it was found in: beside its files, by the Item's link, in the catalog, or at the provider.

        Raises:
            ReaderError: none of them has it.
        """
        sought = Sought(self.name, self.scene_id, self.gas, self.item or {}, self.files, self.settings)
        return scene_of(sought)

    def crop(self, asset: str = "cmf", pad: int = 64, *, scene: RasterReader | None = None) -> "xarray.DataArray":
        """Read a raster of the scene around the plume.

        Args:
            asset: of the scene: ``cmf``, ``uncertainty`` (of the plume's gas), ``rgb``, or a whole key.
            pad: pixels around the bounds of the outline.
            scene: its reader; found where none is given.

        Returns:
            Dimensions (band, y, x).
        """
        reader = scene or self.scene
        gas = (self.gas or "").lower()
        key = f"{asset}_{gas}" if gas and f"{asset}_{gas}" in reader.files else asset
        return reader.read(key, polygon=self._area(), pad=pad)

    def plot(self, variable: str | None = None) -> "Figure":
        """Draw the plume over true colour with outline, scale bar and emission rate; or one variable."""
        if variable is not None:
            return super().plot(variable)
        from tercet.readers.carbon_mapper.plume_plots import plume_figure  # noqa: PLC0415 - matplotlib takes half a second

        return plume_figure(self, self._caption())

    def quicklook(self) -> "Figure":
        """Draw the plume over true colour, small: outline, scale bar and emission rate, no axes."""
        from tercet.readers.carbon_mapper.plume_plots import plume_figure  # noqa: PLC0415 - as above

        return plume_figure(self, self._caption(), size="thumbnail")

    def panels(self) -> "Figure":
        """Draw every raster of the plume side by side, over the same ground, with the outline."""
        from tercet.readers.carbon_mapper.plume_plots import panels_figure  # noqa: PLC0415 - see above

        return panels_figure(self, self._caption())

    def _caption(self) -> "Caption":
        from tercet.readers.carbon_mapper.plume_plots import Caption  # noqa: PLC0415 - as above

        rate, doubt = (self.properties.get(f"cm:emission{which}") for which in ("", "_uncertainty"))
        title = f"{(self.gas or '').translate(_SUBSCRIPTS)} plume {self.plume_id}".strip()
        if rate is not None:
            title += f"\n{rate:,.0f}{f' ± {doubt:,.0f}' if doubt is not None else ''} kg/h"
        elif self.properties:
            title += "\nemission not stated"
        has_outline = "outline" in self.files or "mask" in self._rasters
        return Caption(title, self.outline() if has_outline else None, self.wind)

    def close(self) -> None:
        """Let go of files and connections, the scene's included."""
        found = self.__dict__.pop("scene", None)
        if found is not None:
            found.close()
        super().close()

    def _area(self) -> "shapely.Geometry":
        """What the plume covers: its outline, else the geometry of its Item."""
        import shapely.geometry  # noqa: PLC0415 - see above

        geometry = (self.item or {}).get("geometry")
        if "outline" not in self.files and "mask" not in self.files and geometry:
            return shapely.geometry.shape(geometry)
        return self.outline()

    def _outline(self, drawn: str, mask: str) -> "shapely.MultiPolygon":
        pixels = (lambda: self._pixels(mask, self._grid(mask).whole)) if mask in self._rasters else None
        return outlines.outline(f"{drawn} of {self.name}", self.files.get(drawn), pixels, self.settings)

    def _default(self) -> list[str]:
        found = [key for key in _ORDER if key in self._rasters]
        return [key for key in found if key != "ime_concentrations" or self._tells_integrated()] or super()._default()

    def _is_mask(self, name: str) -> bool:
        return name in {"mask", "ime_mask"}

    def _pixels(self, name: str, part: Part) -> Pixels:
        pixels = super()._pixels(name, part)
        if name != "ime_concentrations":
            return pixels
        values = np.where(pixels.values == 0, np.nan, pixels.values)  # "not integrated", whatever nodata is
        if self._has_more_than_integrated():
            values = np.where(self._integrated(pixels.grid), values, np.nan)
        return Pixels(values.astype(pixels.values.dtype), pixels.grid, pixels.bands, np.nan)

    def _ime_version(self) -> str | None:
        product = product_of(self.files["ime_concentrations"].file_name)
        version = product.version if product else self.properties.get("version")
        return str(version) if version else None

    def _has_more_than_integrated(self) -> bool:
        """Whether the raster must be masked: by its version, and where that is unknown wherever there is a mask.

        What the tile of v1 holds beside them is not known.
        """
        version = self._ime_version()
        if version is None or self.files["ime_concentrations"].file_name.endswith("_tile.tif"):
            return "ime_mask" in self._rasters
        return version_rank(version) >= _WHOLE_CROP_SINCE

    def _tells_integrated(self) -> bool:
        known = "ime_mask" in self._rasters or "ime_outline" in self.files
        return known or not self._has_more_than_integrated()

    def _integrated(self, grid: Grid) -> Any:  # noqa: ANN401 - an array of bool
        """Where pixels of a grid were integrated: shape (1, height, width)."""
        if "ime_mask" in self._rasters:
            layer = Layer.of(self._grid("ime_mask"), grid)
            return onto(self._pixels("ime_mask", layer.source), layer, grid).values
        if "ime_outline" in self.files:
            return within(self.ime_outline(), grid)[np.newaxis]
        raise ReaderError(
            f"ime_concentrations of {self.name} ({self._ime_version()}) holds more than the integrated pixels, and "
            "there is no ime_mask to tell which: raster('ime_concentrations').values() gives all of it"
        )
