"""What ESA's MAAP calls things: its EarthCARE collections and the names of its filters, old and new.

Source: recorded queryables and the working clients of 2025 and 2026. The service changed its names four times
in a year, so each stands here once; which of them hold today is asked at run time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from transforms.earthcare_access import ACCESS

COLLECTIONS = tuple(f"{name}_MAAP" for name in ACCESS)
"""EarthCARE's collections of 2026, for days on which the service cannot list them."""

_OURS = re.compile(r"EarthCARE|JAXAL\d", re.IGNORECASE)
MISSION = "earthcare"

Meaning = Literal["product_type", "baseline", "orbit", "frame", "updated"]


@dataclass(frozen=True, slots=True)
class FilterNames:
    """How the service spells what we filter by: one table row per generation.

    Attributes:
        label: what a log calls the row.
        updated: when the catalogue last changed its record.
    """

    label: str
    product_type: str
    baseline: str
    orbit: str
    frame: str
    updated: str

    def quoted(self, meaning: Meaning) -> str:
        """A name as CQL2 text takes it: with a colon it needs quotes."""
        name: str = getattr(self, meaning)
        return f'"{name}"' if ":" in name else name


NEW = FilterNames(
    "new",
    product_type="product:type",
    baseline="version",
    orbit="sat:absolute_orbit",
    frame="frame",
    updated="updated",
)
OLD = FilterNames(
    "old",
    product_type="productType",
    baseline="productVersion",
    orbit="orbitNumber",
    frame="frame",
    updated="modificationDate",
)
"""Until February 2026, and still accepted here and there."""

MEANINGS: tuple[Meaning, ...] = tuple(part.name for part in fields(FilterNames) if part.name != "label")  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class Queryables:
    """What a collection says can be asked of it.

    Attributes:
        names: the spelling that it lists, which may mix generations; None where it lists no product type.
        product_types: the types that it holds, None where it does not say.
        asked: what it lists, under whichever name.
        is_ours: False where it says that it is of other satellites.
    """

    names: FilterNames | None = None
    product_types: frozenset[str] | None = None
    asked: frozenset[Meaning] = frozenset()
    is_ours: bool = True

    @classmethod
    def read(cls, document: Any) -> "Queryables":  # noqa: ANN401 - any JSON value
        """Read a queryables document (JSON Schema) of either generation, or of one between them."""
        properties = document.get("properties") if isinstance(document, Mapping) else None
        if not isinstance(properties, Mapping):
            return cls()
        asked = frozenset(meaning for meaning in MEANINGS if _spelling(meaning, properties))
        names = _names(properties) if "product_type" in asked else None
        types = _values(properties.get(names.product_type)) if names else None
        platforms = _values(properties.get("platform"))
        return cls(names, types, asked, is_ours=platforms is None or MISSION.upper() in platforms)

    def serves(self, product_type: str) -> bool | None:
        """Whether the collection holds a product type; None where it does not say."""
        return None if self.product_types is None else product_type in self.product_types


def is_ours(document: Mapping[str, Any]) -> bool:
    """Whether a collection that the service lists is of EarthCARE: the same root holds other missions."""
    keywords = document.get("keywords")
    words = {str(word).casefold() for word in keywords} if isinstance(keywords, list) else set()
    return bool(_OURS.match(str(document.get("id")))) or MISSION in words


def _names(properties: Mapping[str, Any]) -> FilterNames:
    row = NEW if NEW.product_type in properties else OLD
    spelled = {meaning: _spelling(meaning, properties) or getattr(row, meaning) for meaning in MEANINGS}
    is_pure = all(name == getattr(row, meaning) for meaning, name in spelled.items())
    return row if is_pure else FilterNames("mixed", **spelled)


def _spelling(meaning: Meaning, properties: Mapping[str, Any]) -> str | None:
    """How a document lists what is meant; where it has both spellings, the new one."""
    return next((name for row in (NEW, OLD) if (name := getattr(row, meaning)) in properties), None)


def _values(schema: Any) -> frozenset[str] | None:  # noqa: ANN401 - any JSON value
    """The values that a schema allows, in upper case; those of its members where it is one of an array."""
    if not isinstance(schema, Mapping):
        return None
    values = schema.get("enum")
    if isinstance(values, list):
        return frozenset(str(value).upper() for value in values)
    return _values(schema.get("items"))
