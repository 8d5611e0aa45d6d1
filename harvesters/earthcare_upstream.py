"""What ESA's MAAP calls things: its EarthCARE collections and the names of its filters, old and new.

Source: recorded queryables and the working clients of 2025 and 2026. The service changed its names four times
in a year, so each stands here once; which of them hold today is asked at run time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COLLECTIONS_BY_ACCESS: Mapping[str, tuple[str, ...]] = {
    # who may download, the most open class first; all can be searched by everyone
    "everyone": ("EarthCAREL2Validated_MAAP", "JAXAL2Validated_MAAP", "EarthCAREL1Validated_MAAP"),
    "calibration and validation users": (
        "EarthCAREL2Products_MAAP",
        "JAXAL2Products_MAAP",
        "EarthCAREL0L1Products_MAAP",
        "EarthCAREAuxiliary_MAAP",
    ),
    "special users": (
        "EarthCAREL2InstChecked_MAAP",
        "JAXAL2InstChecked_MAAP",
        "EarthCAREL1InstChecked_MAAP",
        "EarthCAREXMETL1DProducts10_MAAP",
        "EarthCAREOrbitData_MAAP",
    ),
}
"""EarthCARE's collections. The same root holds other missions, which are not ours to harvest."""


@dataclass(frozen=True, slots=True)
class FilterNames:
    """How the service spells what we filter by."""

    label: str
    product_type: str

    def of_type(self, product_type: str) -> str:
        """A CQL2 text filter for one product type; names with a colon need quotes."""
        name = f'"{self.product_type}"' if ":" in self.product_type else self.product_type
        return f"{name}='{product_type}'"


NEW = FilterNames("new", product_type="product:type")
OLD = FilterNames("old", product_type="productType")
"""Until February 2026, and still accepted here and there."""


@dataclass(frozen=True, slots=True)
class Queryables:
    """What a collection says can be asked of it.

    Attributes:
        names: the spelling it lists, None where it lists neither.
        product_types: the types that it holds, None where it does not say.
    """

    names: FilterNames | None
    product_types: frozenset[str] | None

    @classmethod
    def read(cls, document: Any) -> "Queryables":  # noqa: ANN401 - any JSON value
        """Read a queryables document (JSON Schema) of either generation."""
        properties = document.get("properties") if isinstance(document, Mapping) else None
        for names in (NEW, OLD):
            schema = properties.get(names.product_type) if isinstance(properties, Mapping) else None
            if isinstance(schema, Mapping):
                return cls(names, _types(schema.get("enum")))
        return cls(None, None)

    def serves(self, product_type: str) -> bool | None:
        """Whether the collection holds a product type; None where it does not say."""
        return None if self.product_types is None else product_type in self.product_types


def _types(values: Any) -> frozenset[str] | None:  # noqa: ANN401 - any JSON value
    return frozenset(str(value).upper() for value in values) if isinstance(values, list) else None
