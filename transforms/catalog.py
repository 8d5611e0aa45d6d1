"""Collections: what each says of itself, which of its properties can be searched, and its superseded twin."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Literal

STAC_VERSION = "1.1.0"
SUPERSEDED = "-superseded"
EXTENSIONS = "https://stac-extensions.github.io"


@dataclass(frozen=True, slots=True)
class Queryable:
    """A property that users search, filter and sort by.

    Attributes:
        title: a few words.
        type: JSON type; ``datetime`` is a string in RFC 3339, ``strings`` an array of strings.
        description: one sentence.
        unit: UCUM or the field's usual spelling, where there is one.
        summarise: whether the Collection's summaries list its values (strings) or range (numbers).
        indexed: whether it is what users sort and filter by most: large Collections have an index on it.
    """

    title: str
    type: Literal["string", "strings", "number", "integer", "boolean", "datetime"]
    description: str
    unit: str | None = None
    summarise: bool = False
    indexed: bool = False

    def schema(self) -> dict[str, Any]:
        """The JSON Schema that clients read."""
        kinds: dict[str, dict[str, Any]] = {
            "datetime": {"type": "string", "format": "date-time"},
            "strings": {"type": "array", "items": {"type": "string"}},
        }
        schema = {
            "title": self.title,
            "description": self.description,
            **kinds.get(self.type, {"type": self.type}),
        }
        return {**schema, "unit": self.unit} if self.unit else schema


COMMON_QUERYABLES: Mapping[str, Queryable] = {
    "created": Queryable("Created", "datetime", "When the provider made the product."),
    "updated": Queryable("Updated", "datetime", "When the provider last changed its record.", indexed=True),
    "published": Queryable("Published", "datetime", "When the provider published the product.", indexed=True),
    "platform": Queryable("Platform", "string", "Satellite, station or aircraft.", summarise=True),
    "instruments": Queryable("Instruments", "strings", "Instruments that measured.", summarise=True),
    "product:type": Queryable("Product type", "string", "The provider's product type.", summarise=True),
    "processing:level": Queryable("Processing level", "string", "The provider's processing level.", summarise=True),
    "version": Queryable("Version", "string", "Version, release or baseline.", summarise=True),
    "gsd": Queryable("Ground sample distance", "number", "Size of a pixel on the ground.", "m", summarise=True),
    "sat:absolute_orbit": Queryable("Absolute orbit", "integer", "Orbits since launch.", summarise=True, indexed=True),
    "sat:relative_orbit": Queryable("Relative orbit", "integer", "Track within the repeat cycle.", indexed=True),
    "sat:orbit_state": Queryable("Orbit state", "string", "Ascending, descending or polar turn.", summarise=True),
    "tercet:source": Queryable("Source", "string", "The archive it was harvested from."),
    "tercet:surface": Queryable("Surface", "string", "The upstream interface that spoke.", summarise=True),
}

SHARED_QUERYABLES: Mapping[str, Queryable] = {
    "title": Queryable("Title", "string", "Name of the product, or what it is in a few words."),
    "start_datetime": Queryable("Start", "datetime", "First moment of the measurements, or of validity."),
    "end_datetime": Queryable("End", "datetime", "Last moment of the measurements, or of validity."),
    "processing:datetime": Queryable("Processed", "datetime", "When the product was made."),
    "sci:doi": Queryable("DOI", "string", "DOI of the product.", summarise=True),
}
"""What more than one source has, in the same words: a client that merges queryables drops what differs."""


@dataclass(frozen=True, slots=True)
class CollectionSpec:
    """What a Collection says of itself; its extent, summaries and counts come from its Items.

    Attributes:
        license: an SPDX id or ``other``; with ``other`` a link of rel ``license`` is due.
        item_assets: key to title, media type, roles; constant for the life of a Collection.
        queryables: what its Items carry beyond `COMMON_QUERYABLES`, and the common ones that they do.
    """

    id: str
    title: str
    description: str
    license: str
    providers: tuple[Mapping[str, Any], ...]
    keywords: tuple[str, ...]
    item_assets: Mapping[str, Mapping[str, Any]]
    queryables: Mapping[str, Queryable]
    links: tuple[Mapping[str, Any], ...] = ()
    doi: str | None = None
    citation: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The STAC Collection, its extent still open: the loader makes it true. Each call makes a new one."""
        scientific = {"sci:doi": self.doi, "sci:citation": self.citation}
        present = {key: value for key, value in scientific.items() if value}
        extensions = [f"{EXTENSIONS}/scientific/v1.0.0/schema.json"] if present else []
        document = {
            "type": "Collection",
            "stac_version": STAC_VERSION,
            "stac_extensions": extensions + list(self.extra.get("stac_extensions", ())),
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "license": self.license,
            "keywords": list(self.keywords),
            "providers": list(self.providers),
            "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}},
            "item_assets": dict(self.item_assets),
            "links": list(self.links),
            **present,
            **{key: value for key, value in self.extra.items() if key != "stac_extensions"},
        }
        return deepcopy(document)

    def superseded(self) -> "CollectionSpec":
        """The twin that holds what was replaced."""
        return replace(
            self,
            id=self.id + SUPERSEDED,
            title=f"{self.title} (superseded)",
            description=f"What was replaced in {self.id}: every Item is deprecated and links to its successor. "
            + self.description,
            keywords=(*self.keywords, "superseded"),
        )


def is_superseded(collection_id: str) -> bool:
    """Whether a Collection is the twin of another."""
    return collection_id.endswith(SUPERSEDED)
