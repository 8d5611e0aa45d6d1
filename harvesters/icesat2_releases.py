"""Which releases of a product CMR lists now, and what it says of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from harvesters.base import Record
from harvesters.icesat2_walk import items_of
from tercet import fetch
from tercet.errors import ConfigError, NotServedError
from tercet.fetch import Fetcher
from transforms.icesat2_products import collection_id

PROVIDER: Final = "NSIDC_CPRD"
"""NSIDC in the Earthdata Cloud; its archive before that, NSIDC_ECS, is gone from the searches."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a product as CMR lists it.

    Attributes:
        short_name: of the product.
        version: three digits.
        concept_id: of its Collection: C…-NSIDC_CPRD.
        said: CMR's whole record of the Collection, UMM-C with its meta.
        now: when CMR said so, by its own clock.
    """

    short_name: str
    version: str
    concept_id: str
    said: Record
    now: datetime

    @property
    def collection(self) -> str:
        """The id of its Collection here: icesat2-atl08-007."""
        return collection_id(self.short_name, self.version)


async def find_release(fetcher: Fetcher, root: str, product: str) -> Release:
    """Look up the release that is meant: the one named, or the newest that CMR lists.

    Args:
        fetcher: the client.
        root: of CMR.
        product: ATL08, or ATL08.006.

    Raises:
        ConfigError: CMR lists the product, but not that release.
        NotServedError: CMR lists no Collection of the product.
        UpstreamError: CMR did not answer as it documents.
    """
    short_name, _, wanted = product.partition(".")
    url = f"{root}/search/collections.umm_json"
    # a product has a handful of releases: one page holds them all
    asked = {"short_name": short_name, "provider": PROVIDER, "page_size": "100"}
    answer = await fetcher.json(url, params=asked)
    now = _moment_of(answer)
    releases = sorted(_releases(items_of(answer, url), short_name, now), key=lambda release: release.version)
    if not releases:
        raise NotServedError(f"CMR lists no Collection of {short_name} at {PROVIDER}: it may have moved", url=url)
    chosen = [release for release in releases if release.version == wanted] if wanted else releases
    if not chosen:
        listed = ", ".join(f"{short_name}.{release.version}" for release in releases)
        raise ConfigError(f"CMR has no release {wanted} of {short_name}; there is: {listed}")
    return chosen[-1]


def _releases(items: Sequence[Record], short_name: str, now: datetime) -> list[Release]:
    return [
        Release(short_name, str(item["umm"]["Version"]).zfill(3), str(item["meta"].get("concept-id")), item, now)
        for item in items
        # CMR matches short names in any case
        if item["umm"].get("ShortName") == short_name and str(item["umm"].get("Version")).isdecimal()
    ]


def _moment_of(answer: fetch.Answer) -> datetime:
    """When an answer was sent: by CMR's clock, as its revision dates are, for ours may be wrong."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
    except ValueError:
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
