"""The Item of a granule, and what it is related by to granules of other products."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from transforms.catalog import EXTENSIONS, STAC_VERSION
from transforms.entry import Item, Kin
from transforms.icesat2_assets import access
from transforms.icesat2_granule import Granule
from transforms.icesat2_names import HEMISPHERES, GranuleName
from transforms.icesat2_products import PRODUCTS, collection_id

CONCEPTS: Final = "https://cmr.earthdata.nasa.gov/search/concepts"


def item(
    granule: Granule, name: GranuleName, item_id: str, properties: dict[str, Any], assets: Mapping[str, Any]
) -> Item:
    """Put together what is known of a granule; the properties get what its assets ask for."""
    properties.update(access(assets))
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(
            _extensions(
                orbit="sat:relative_orbit" in properties or "sat:orbit_state" in properties,
                doi="sci:doi" in properties,
                auth="auth:schemes" in properties,
                alternate="storage:schemes" in properties,
                facts=bool(granule.files) and bool(assets),
            )
        ),
        "id": item_id,
        "collection": collection_id(name.product, name.release),
        "geometry": granule.footprint.geometry,
        "bbox": granule.footprint.bbox,
        "properties": properties,
        "links": _links(granule),
        "assets": assets,
    }


def kin(name: GranuleName) -> tuple[Kin, ...]:
    """What a granule shares with those of other products: track, cycle and region, or track, cycle and hemisphere.

    Grids and granules of several cycles belong to no one pass over the Earth.
    """
    if not (name.rgt and name.cycle):
        return ()
    product = PRODUCTS.get(name.product)
    cut = product.cut if product else "pass"
    if cut == "region" and name.region:
        return (Kin(f"icesat2:{name.rgt:04d}/{name.cycle:02d}/{name.region:02d}"),)
    if cut == "pass":
        part = HEMISPHERES.get(name.hemisphere or "", "orbit")
        return (Kin(f"icesat2:{name.rgt:04d}/{name.cycle:02d}/{part}"),)
    return ()


def _links(granule: Granule) -> list[dict[str, str]]:
    if not granule.concept_id:
        return []
    return [
        {
            "rel": "via",
            "href": f"{CONCEPTS}/{granule.concept_id}.umm_json",
            "type": "application/vnd.nasa.cmr.umm+json",
            "title": "The record at NASA's CMR",
        }
    ]


@lru_cache(maxsize=64)
def _extensions(*, orbit: bool, doi: bool, auth: bool, alternate: bool, facts: bool) -> tuple[str, ...]:
    used = {
        "alternate-assets/v1.2.0": alternate,
        "authentication/v1.1.0": auth,
        "file/v2.1.0": facts,
        "processing/v1.2.0": True,
        "product/v1.0.0": True,
        "sat/v1.2.0": orbit,
        "scientific/v1.0.0": doi,
        "storage/v2.0.0": alternate,
        "version/v1.2.0": True,
    }
    return tuple(f"{EXTENSIONS}/{name}/schema.json" for name, is_used in used.items() if is_used)
