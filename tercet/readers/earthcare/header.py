"""Which product a file is: by its header, which is believed, else by its name, else by its Item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tercet.errors import RecordError
from transforms.earthcare_names import ProductName

_FIXED = "HeaderData/FixedProductHeader"
_MAIN = "HeaderData/VariableProductHeader/MainProductHeader"
HEADER_PATHS = (
    f"{_FIXED}/File_Name",
    f"{_FIXED}/File_Type",
    f"{_MAIN}/productName",
    f"{_MAIN}/orbitNumber",
    f"{_MAIN}/frameID",
)
"""Scalars, or arrays of one element: both occur."""

FRAME_LATITUDES: Mapping[str, tuple[float, float]] = {
    "A": (-22.5, 22.5),
    "B": (22.5, 67.5),
    "C": (67.5, 90.0),
    "D": (22.5, 67.5),
    "E": (-22.5, 22.5),
    "F": (-67.5, -22.5),
    "G": (-90.0, -67.5),
    "H": (-67.5, -22.5),
}
"""Degrees, south and north, between which a frame lies; files hold a margin on both ends."""


@dataclass(frozen=True, slots=True)
class Product:
    """What product a file is; what is not known is None.

    Attributes:
        type: ten characters: ``AC__TC__2B``.
        name: the product name, without file extension.
        orbit: absolute orbit.
        frame: A to H.
        baseline: two letters.
    """

    type: str | None = None
    name: str | None = None
    orbit: int | None = None
    frame: str | None = None
    baseline: str | None = None

    def attributes(self) -> dict[str, Any]:
        """Attributes of a Dataset or table."""
        said = {
            "product": self.name, "product_type": self.type, "baseline": self.baseline,
            "orbit": self.orbit, "frame": self.frame,
        }  # fmt: skip
        return {key: value for key, value in said.items() if value is not None}


def product_of(
    paths: Sequence[str], values: Sequence[NDArray[Any]], file_name: str, item: Mapping[str, Any] | None
) -> Product:
    """Say which product a file is.

    Args:
        paths: those of `HEADER_PATHS` that the file holds.
        values: theirs.
        file_name: its name, or its URL.
        item: the Item that it was opened from.
    """
    said = {path.rpartition("/")[2]: _plain(value) for path, value in zip(paths, values, strict=True)}
    names = (said.get("File_Name"), said.get("productName"), file_name, (item or {}).get("id"))
    parsed = next((name for name in map(_parsed, names) if name), None)
    if parsed:
        return Product(parsed.type, str(parsed), parsed.orbit, parsed.frame, parsed.baseline)
    orbit, frame, kind = said.get("orbitNumber"), said.get("frameID"), said.get("File_Type")
    kind = kind or (item or {}).get("properties", {}).get("product:type")
    return Product(
        type=str(kind) if kind else None,
        orbit=int(str(orbit)) if str(orbit).isdigit() else None,
        frame=frame if frame in FRAME_LATITUDES else None,
    )


def type_in(name: str) -> str | None:
    """The product type that a file's name says; None where it says none."""
    parsed = _parsed(name)
    return parsed.type if parsed else None


def _plain(value: NDArray[Any]) -> Any:  # noqa: ANN401 - text or a number
    return value.reshape(-1)[0] if value.size else None


def _parsed(name: object) -> ProductName | None:
    try:
        return ProductName.of_file(name) if isinstance(name, str) else None
    except RecordError:
        return None
