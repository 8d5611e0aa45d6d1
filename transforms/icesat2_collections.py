"""What each ICESat-2 Collection says of itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tercet.errors import ConfigError
from transforms import icesat2_collections_umm
from transforms.catalog import COMMON_QUERYABLES, EXTENSIONS, SHARED_QUERYABLES, CollectionSpec, Queryable
from transforms.icesat2_assets import AUTH_SCHEMES, FILES, NETCDF, storage_scheme
from transforms.icesat2_collections_umm import Said
from transforms.icesat2_products import PRODUCTS, Product, doi, product_and_release

NSIDC = "https://nsidc.org/data/icesat-2"

PROVIDERS: tuple[Mapping[str, Any], ...] = (
    {
        "name": "NASA ICESat-2 Project",
        "roles": ["producer", "processor", "licensor"],
        "url": "https://icesat-2.gsfc.nasa.gov",
    },
    {"name": "NASA National Snow and Ice Data Center DAAC", "roles": ["host"], "url": NSIDC},
)
_KEYWORDS = ("ICESat-2", "ATLAS", "lidar", "altimetry")
_LICENSE: Mapping[str, str] = {
    "rel": "license",
    "href": "https://www.earthdata.nasa.gov/engage/open-data-services-software/data-use-policy",
    "type": "text/html",
    "title": "NASA's data use policy: CC0 unless marked otherwise",
}
_COVERAGE = {
    "region": "one Item per granule, a fourteenth of an orbit",
    "pass": "one Item per granule, an orbit or a part of several",
    "track": "one Item per granule, a fourteenth of an orbit through several cycles",
    "grid": "one Item per grid",
}

_COMMON = (
    *("created", "updated", "platform", "instruments", "product:type", "processing:level", "version"),
    *("sat:absolute_orbit", "sat:relative_orbit", "sat:orbit_state", "tercet:source", "tercet:surface"),
)
QUERYABLES: Mapping[str, Queryable] = MappingProxyType(
    {
        **{name: COMMON_QUERYABLES[name] for name in _COMMON},
        **SHARED_QUERYABLES,
        "icesat2:cycle": Queryable(
            "Cycle", "integer", "Repeat cycle of 91 days, from 1 on.", summarise=True, indexed=True
        ),
        "icesat2:first_cycle": Queryable("First cycle", "integer", "First of several cycles.", summarise=True),
        "icesat2:last_cycle": Queryable("Last cycle", "integer", "Last of several cycles.", summarise=True),
        "icesat2:region": Queryable(
            "Region",
            "integer",
            "Fourteenth of the orbit, 1 to 14 from the equator northwards.",
            summarise=True,
            indexed=True,
        ),
        "icesat2:hemisphere": Queryable("Hemisphere", "string", "north or south.", summarise=True),
        "icesat2:area": Queryable("Area", "string", "Area of a grid, two letters or a sector.", summarise=True),
        "icesat2:resolution": Queryable("Resolution", "string", "Spacing of a grid.", summarise=True),
        "icesat2:release": Queryable("Release", "string", "Release of the product, three digits.", summarise=True),
        "icesat2:revision": Queryable(
            "Revision", "integer", "Counts up when a granule is made again within a release.", summarise=True
        ),
        "icesat2:granule_ur": Queryable("GranuleUR", "string", "CMR's name of the granule where it is not the id."),
        "icesat2:footprint": Queryable(
            "Footprint",
            "string",
            "What the geometry is made of where no footprint was stated: orbit, ground_tracks, bounds.",
        ),
        "icesat2:beams": Queryable("Beams", "strings", "Beams that are in the file: gt1l to gt3r.", summarise=True),
        "icesat2:strong_beams": Queryable("Strong beams", "strings", "Those of them that are strong.", summarise=True),
        "icesat2:orientation": Queryable("Orientation", "string", "forward, backward or transition.", summarise=True),
        "icesat2:quality": Queryable("Quality", "string", "The granule's own check: pass or fail.", summarise=True),
        "icesat2:is_subset": Queryable("Subset", "boolean", "Whether the file holds a part of the granule only."),
    }
)


def collection(collection_id: str, said: Mapping[str, Any] | None = None) -> CollectionSpec:
    """Describe a Collection: ``icesat2-atl08-007``.

    Args:
        collection_id: its id here.
        said: CMR's record of it, an item of a ``collections.umm_json`` answer; what it does not say is known by rule.

    Raises:
        ConfigError: it is not one of ICESat-2's.
    """
    parts = product_and_release(collection_id)
    if parts is None:
        raise ConfigError(f"{collection_id} is not an ICESat-2 Collection: they look like icesat2-atl08-007")
    short_name, release = parts
    product = PRODUCTS.get(short_name) or Product(short_name, "Product", "", "pass")
    words = icesat2_collections_umm.read(said)
    registered = words.doi or doi(short_name, release)
    return CollectionSpec(
        id=collection_id,
        title=words.title or f"ICESat-2 {short_name} {product.meaning}, release {release}",
        description="\n\n".join(filter(None, (_description(product, release), words.abstract))),
        license="CC0-1.0",
        providers=PROVIDERS,
        keywords=tuple(dict.fromkeys((*_KEYWORDS, short_name, *_words(product), *words.terms))),
        item_assets=_item_assets(product),
        queryables=QUERYABLES,
        links=_links(short_name, release, registered, words),
        doi=registered,
        citation=words.citation or None,
        extra=_access(words, release),
    )


def _access(words: Said, release: str) -> dict[str, Any]:
    """How files are reached: logins, and the buckets that CMR names."""
    schemes = {name: dict(scheme) for name, scheme in AUTH_SCHEMES.items()}
    extensions = [f"{EXTENSIONS}/{name}/schema.json" for name in ("authentication/v1.1.0", "version/v1.2.0")]
    access: dict[str, Any] = {"stac_extensions": extensions, "version": release, "auth:schemes": schemes}
    if words.buckets:
        extensions.append(f"{EXTENSIONS}/storage/v2.0.0/schema.json")
        access["storage:schemes"] = {bucket: _bucket(bucket, words) for bucket in words.buckets}
    return access


def _bucket(name: str, words: Said) -> dict[str, Any]:
    described = {**storage_scheme(name), **({"region": words.region} if words.region else {})}
    is_public = name.endswith("-public")
    if words.credentials_endpoint and not is_public:
        described["credentials_endpoint"] = words.credentials_endpoint
    return described


def _description(product: Product, release: str) -> str:
    return (
        f"{product.meaning} ({product.short_name}) release {release} from the ATLAS laser altimeter on ICESat-2, "
        f"{_COVERAGE[product.cut]}, with the footprint that NSIDC measured, split at the antimeridian. The newest "
        "revision of each granule is kept here. Files need an Earthdata Login."
    )


def _words(product: Product) -> tuple[str, ...]:
    topics = {
        "Land Ice": "land ice",
        "Sea Ice": "sea ice",
        "Vegetation": "vegetation",
        "Ocean": "ocean",
        "Inland": "inland water",
        "Atmosph": "atmosphere",
        "Bathymetry": "bathymetry",
    }
    return tuple(topic for word, topic in topics.items() if word in product.meaning)


def _item_assets(product: Product) -> dict[str, Mapping[str, Any]]:
    described = dict(FILES)
    if product.short_name in ("ATL14", "ATL15"):
        described["data"] = {"title": "Grid (NetCDF)", "type": NETCDF, "roles": ["data"]}
    return described


def _links(short_name: str, release: str, registered: str | None, words: Said) -> tuple[Mapping[str, str], ...]:
    page = f"https://nsidc.org/data/{short_name.lower()}/versions/{int(release)}"
    about = {"rel": "about", "href": page, "type": "text/html", "title": f"{short_name} release {release} at NSIDC"}
    license_link = {**_LICENSE, "href": words.license_url or _LICENSE["href"]}
    links: list[Mapping[str, str]] = [license_link, about, *(words.links or (_search(short_name, release),))]
    if registered:
        href = f"https://doi.org/{registered}"
        links = [link for link in links if link["href"] != href]
        links.append({"rel": "cite-as", "href": href, "type": "text/html", "title": "DOI of the release"})
    return tuple(links)


def _search(short_name: str, release: str) -> Mapping[str, str]:
    return {
        "rel": "via",
        "href": f"https://cmr.earthdata.nasa.gov/search/collections.umm_json?short_name={short_name}&version={release}",
        "type": "application/vnd.nasa.cmr.umm_results+json",
        "title": "The Collection at NASA's CMR",
    }
