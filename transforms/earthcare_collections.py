"""What each EarthCARE Collection says of itself."""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from tercet.errors import ConfigError
from transforms.catalog import COMMON_QUERYABLES, SHARED_QUERYABLES, CollectionSpec, Queryable
from transforms.earthcare_access import CLASSES, access
from transforms.earthcare_assets import KINDS, ORBIT_FILE
from transforms.earthcare_products import PRODUCT_TYPES, ProductType

PREFIX = "earthcare-"

ESA_URL = "https://earth.esa.int/eogateway/missions/earthcare"
CATALOGUE = "https://catalog.maap.eo.esa.int/catalogue/"
_GCMD = "EARTH SCIENCE >"
JAXA_URL = "https://www.eorc.jaxa.jp/EARTHCARE/index.html"

_FRAMES = (
    "A frame is an eighth of an orbit, cut by latitude (A to H); footprints are those of ESA's MAAP: ten points along "
    "the ground track, or the outline of the swath."
)
_INTERVALS = (
    "A product is valid for an interval of time, some until further notice; footprints are those of ESA's MAAP."
)

LINKS: tuple[Mapping[str, str], ...] = (
    {
        "rel": "license",
        "href": "https://earth.esa.int/eogateway/faq/what-is-esa-s-eo-data-policy",
        "type": "text/html",
        "title": "ESA's Earth observation data policy",
    },
    {"rel": "about", "href": ESA_URL, "type": "text/html", "title": "The EarthCARE mission"},
    {
        "rel": "about",
        "href": "https://earthcarehandbook.earth.esa.int/",
        "type": "text/html",
        "title": "EarthCARE product handbook",
    },
    {
        "rel": "via",
        "href": CATALOGUE,
        "type": "application/json",
        "title": "ESA's MAAP catalogue",
    },
)

QUERYABLES: Mapping[str, Queryable] = MappingProxyType(
    {
        **{name: COMMON_QUERYABLES[name] for name in COMMON_QUERYABLES if name not in ("gsd", "sat:relative_orbit")},
        **SHARED_QUERYABLES,
        "earthcare:frame": Queryable(
            "Frame", "string", "Eighth of the orbit: A to H, cut by latitude.", summarise=True
        ),
        "earthcare:baseline": Queryable("Baseline", "string", "Processing baseline, two letters.", summarise=True),
        "earthcare:mission_phase": Queryable("Mission phase", "string", "Phase of the mission.", summarise=True),
        "earthcare:collections": Queryable(
            "Upstream collections", "strings", "Collections of ESA's MAAP that hold the product.", summarise=True
        ),
        "earthcare:access": Queryable(
            "Access",
            "string",
            "Who may download it from ESA's MAAP, by its most open collection: "
            + "; ".join(f"{name} is {people}" for name, people in CLASSES.items())
            + ".",
            summarise=True,
        ),
        "grid:code": Queryable("Grid code", "string", "Orbit and frame as WRS-<orbit>-<frame>.", indexed=True),
        "processing:facility": Queryable("Facility", "string", "Where it was processed.", summarise=True),
        "product:acquisition_type": Queryable(
            "Acquisition type", "string", "Nominal, calibration or other.", summarise=True
        ),
        "sat:anx_datetime": Queryable("Ascending node", "datetime", "Last ascending node before the start."),
    }
)


def collection(collection_id: str, said: Mapping[str, Any] | None = None) -> CollectionSpec:
    """Describe a Collection: ``earthcare-msi-cop-2a``.

    Args:
        collection_id: the Collection's.
        said: ``collections``, the documents of the archive's collections that hold the product type, as it sent them;
            each of them holds many types, so their keywords and addresses are taken and nothing else.

    Raises:
        ConfigError: it is not one of EarthCARE's.
    """
    if not collection_id.startswith(PREFIX):
        raise ConfigError(f"{collection_id} is not an EarthCARE Collection: their ids start with {PREFIX}")
    product = _BY_COLLECTION.get(collection_id) or _unknown(collection_id)
    label = f"{product.short}: {product.meaning}" if product.short else product.meaning
    upstream = [document for document in (said or {}).get("collections", ()) if isinstance(document.get("id"), str)]
    names = ", ".join(instrument.upper() for instrument in product.instruments)
    return CollectionSpec(
        id=collection_id,
        title=f"EarthCARE {label} ({product.type})",
        description=_description(product, names),
        license="other",
        providers=_providers(product),
        keywords=(*_keywords(product), *_subjects(upstream)),
        item_assets=_item_assets(product),
        queryables=QUERYABLES,
        links=(*_links(product), *_upstream_links(upstream)),
        doi=product.doi,
    )


_BY_COLLECTION: Mapping[str, ProductType] = {product.collection_id: product for product in PRODUCT_TYPES.values()}


def _unknown(collection_id: str) -> ProductType:
    """A type that the archive has and our table has not; the id no longer tells how it is padded."""
    return ProductType(collection_id.removeprefix(PREFIX).replace("-", "_").upper(), "", "Product")


def _description(product: ProductType, instruments: str) -> str:
    source = f" ({instruments})" if instruments else ""
    stage = f", level {product.level.removeprefix('L')}" if product.level else ""
    return (
        f"{product.meaning}{source}{stage}, made by {product.agency} for the EarthCARE mission, one Item per product. "
        f"{_FRAMES if product.is_of_frames else _INTERVALS} The files need a login at ESA's MAAP."
    )


def _providers(product: ProductType) -> tuple[Mapping[str, Any], ...]:
    esa: dict[str, Any] = {"name": "European Space Agency (ESA)", "url": ESA_URL}
    if product.agency == "ESA":
        return ({**esa, "roles": ["licensor", "producer", "processor", "host"]},)
    jaxa = {"name": "Japan Aerospace Exploration Agency (JAXA)", "url": JAXA_URL}
    return ({**jaxa, "roles": ["licensor", "producer", "processor"]}, {**esa, "roles": ["host"]})


def _keywords(product: ProductType) -> tuple[str, ...]:
    names = ("EarthCARE", product.agency, product.type, product.short, product.level or "")
    subjects = ("clouds", "aerosol", "precipitation", "radiation")
    return (*(name for name in names if name), *(name.upper() for name in product.instruments), *subjects)


def _subjects(upstream: Sequence[Mapping[str, Any]]) -> list[str]:
    """GCMD's science keywords, which the archive writes as paths."""
    found = {word for document in upstream for word in document.get("keywords") or () if isinstance(word, str)}
    return sorted(word for word in found if word.startswith(_GCMD))


def _upstream_links(upstream: Sequence[Mapping[str, Any]]) -> list[Mapping[str, str]]:
    return [
        {
            "rel": "via",
            "href": f"{CATALOGUE}collections/{document['id']}",
            "type": "application/json",
            "title": _upstream_title(document),
        }
        for document in sorted(upstream, key=itemgetter("id"))
    ]


def _upstream_title(document: Mapping[str, Any]) -> str:
    title, people = document.get("title") or document["id"], access(document["id"])
    return f"{title} at ESA's MAAP, for {CLASSES[people]}" if people else f"{title} at ESA's MAAP"


def _item_assets(product: ProductType) -> Mapping[str, Mapping[str, Any]]:
    if "_ORB" not in product.type or product.type.startswith("GEO"):
        return KINDS
    return {**KINDS, "data": ORBIT_FILE}


def _links(product: ProductType) -> tuple[Mapping[str, str], ...]:
    if not product.doi:
        return LINKS
    cite = {"rel": "cite-as", "href": f"https://doi.org/{product.doi}", "type": "text/html", "title": "Product DOI"}
    return (*LINKS, cite)
