"""ICESat-2's products: what each holds, its processing level, and how its granules are cut."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal

from tercet.errors import ConfigError, did_you_mean

Cut = Literal["region", "pass", "track", "grid"]
"""``region``: a fourteenth of an orbit. ``pass``: an orbit, a hemisphere or several orbits. ``track``: the same
fourteenth through several cycles. ``grid``: a map of weeks or months, to which no one track belongs."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product.

    Attributes:
        short_name: as CMR and file names spell it: ATL08.
        meaning: what it holds, in the words of its entry title.
        level: NASA's processing level, L1B to L3B.
        cut: what one granule covers.
    """

    short_name: str
    meaning: str
    level: str
    cut: Cut


PRODUCTS: Mapping[str, Product] = MappingProxyType(
    {
        product.short_name: product
        for product in (
            Product("ATL08", "Land and Vegetation Height", "L3A", "region"),
            Product("ATL03", "Global Geolocated Photon Data", "L2A", "region"),
            Product("ATL06", "Land Ice Height", "L3A", "region"),
            Product("ATL02", "Converted Telemetry Data", "L1B", "region"),
            Product("ATL04", "Normalized Relative Backscatter Profiles", "L2A", "pass"),
            Product("ATL07", "Sea Ice Height", "L3A", "pass"),
            Product("ATL07QL", "Sea Ice Height Quick Look", "L3A", "pass"),
            Product("ATL09", "Calibrated Backscatter Profiles and Atmospheric Layer Characteristics", "L3A", "pass"),
            Product(
                "ATL09QL",
                "Calibrated Backscatter Profiles and Atmospheric Layer Characteristics Quick Look",
                "L3A",
                "pass",
            ),
            Product("ATL10", "Sea Ice Freeboard", "L3A", "pass"),
            Product("ATL11", "Slope-Corrected Land Ice Height Time Series", "L3B", "track"),
            Product("ATL12", "Ocean Surface Height", "L3A", "pass"),
            Product("ATL13", "Along Track Inland Surface Water Data", "L3A", "pass"),
            Product("ATL14", "Gridded Antarctic and Arctic Land Ice Height", "L3B", "grid"),
            Product("ATL15", "Gridded Antarctic and Arctic Land Ice Height Change", "L3B", "grid"),
            Product("ATL16", "Weekly Gridded Atmosphere", "L3B", "grid"),
            Product("ATL17", "Monthly Gridded Atmosphere", "L3B", "grid"),
            Product("ATL19", "Monthly Gridded Dynamic Ocean Topography", "L3B", "grid"),
            Product("ATL20", "Daily and Monthly Gridded Sea Ice Freeboard", "L3B", "grid"),
            Product("ATL21", "Daily and Monthly Gridded Polar Sea Surface Height Anomaly", "L3B", "grid"),
            Product("ATL22", "Mean Inland Surface Water Data", "L3B", "pass"),
            Product("ATL23", "Monthly 3-Month Gridded Dynamic Ocean Topography", "L3B", "grid"),
            Product("ATL24", "Along Track Coastal and Nearshore Bathymetry", "L3A", "region"),
        )
    }
)
"""The first is harvested when none is named."""

COLLECTION_PREFIX = "icesat2-"
_COLLECTION = re.compile(rf"{COLLECTION_PREFIX}(atl\d\d(?:ql)?)-(\d{{3}})")
_SPELLED = re.compile(rf"(?:{COLLECTION_PREFIX})?([a-z0-9]+)(?:[._-]v?(\d{{1,3}}))?", re.IGNORECASE | re.ASCII)


def product_named(name: str) -> str:
    """The product that a person means: ATL08, or ATL08.006 where a release is named.

    Raises:
        ConfigError: there is no such product; the nearest one is named.
    """
    match = _SPELLED.fullmatch(name.strip())
    short_name = match[1].upper() if match else name.strip().upper()
    if match and short_name in PRODUCTS:
        return f"{short_name}.{match[2]:0>3}" if match[2] else short_name
    near = get_close_matches(short_name, PRODUCTS, n=1, cutoff=0.5)
    raise ConfigError(
        f"{name!r} is no product of ICESat-2: {did_you_mean(near)}There are {', '.join(sorted(PRODUCTS))}; "
        "ATL08.006 names a release, ATL08 the newest"
    )


def collection_id(short_name: str, release: str) -> str:
    """The Collection of a product's release: icesat2-atl08-007."""
    return f"{COLLECTION_PREFIX}{short_name.lower()}-{release}"


def product_and_release(collection: str) -> tuple[str, str] | None:
    """The short name and release of a Collection, or None where its id is not one of ours."""
    match = _COLLECTION.fullmatch(collection)
    return (match[1].upper(), match[2]) if match else None


def doi(short_name: str, release: str) -> str | None:
    """The DOI of a release, by the rule that NSIDC follows; quick looks are not registered."""
    return None if short_name.endswith("QL") else f"10.5067/ATLAS/{short_name}.{release}"
