"""Scenes of Carbon Mapper: enhancements and their uncertainty over all that was seen, and true colour."""

from collections.abc import Mapping
from typing import Any

from tercet.errors import ReaderError
from tercet.readers.base import Names
from tercet.readers.documents import text
from tercet.readers.items import product_of
from tercet.readers.locations import Location
from tercet.readers.rasters.reader import RasterReader

_GASES = ("ch4", "co2")
_OWN = ("cmf", "uncertainty", "artifact_mask")


def is_scene(files: Mapping[str, Location], item: Mapping[str, Any] | None) -> bool:
    """Whether files are those of a scene: by the Item, the files' names, or the keys of their assets."""
    kind = ((item or {}).get("properties") or {}).get("product:type")
    levels = {product.level for at in files.values() if (product := product_of(at.file_name))}
    return kind == "scene" if kind else "l2b" in levels or any(key.startswith(_OWN) for key in files)


class SceneReader(RasterReader):
    """One scene.

    Variables: per gas ``cmf_ch4`` (enhancement, ppm.m), ``uncertainty_ch4``; ``rgb``; and, in rows and columns of the
    sensor, ``cmf_unortho_ch4``, ``uncertainty_unortho_ch4``, ``artifact_mask_ch4``. Where a scene has one gas only,
    ``cmf`` is enough.
    """

    def text(self, asset: str = "uas") -> str:
        """A text file of the scene as it is: ``uas`` is the unit absorption spectrum behind the matched filter.

        Raises:
            ReaderError: there is none of that key.
        """
        found = self._of_one_gas(asset, self.files)
        if found not in self.files:
            raise ReaderError(f"{self.name} has no asset {asset!r}: it has {', '.join(self.files)}")
        return text(self.files[found], self.settings)

    def _is_mask(self, name: str) -> bool:  # noqa: ARG002 - flags of artifacts are numbers, not yes and no
        return False

    def _chosen(self, variables: Names) -> list[str]:
        if variables is None:
            return super()._chosen(None)
        asked = [variables] if isinstance(variables, str) else list(variables)
        return super()._chosen([self._of_one_gas(name, self._rasters) for name in asked])

    @staticmethod
    def _of_one_gas(name: str, among: Mapping[str, Any]) -> str:
        found = [f"{name}_{gas}" for gas in _GASES if f"{name}_{gas}" in among]
        return found[0] if len(found) == 1 and name not in among else name
