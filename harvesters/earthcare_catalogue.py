"""ESA's MAAP as a catalogue: where its search is, and which of its collections hold a product type."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from harvesters.earthcare_search import NO_SUCH_METHOD, Search
from harvesters.earthcare_upstream import COLLECTIONS_BY_ACCESS, Queryables
from tercet.errors import UpstreamError
from tercet.fetch import Fetcher

log = logging.getLogger(__name__)

GEOJSON = "application/geo+json"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The catalogue below one root.

    Attributes:
        fetcher: asks.
        root: its landing page, with or without a slash at the end.
    """

    fetcher: Fetcher
    root: str

    async def searches(self, product_type: str, limit: int) -> Mapping[str, Search]:
        """A search for each collection that holds a product type, within the most open access class that has any.

        JAXA's types are split over two collections by time, hence more than one.

        Raises:
            UpstreamError: no collection lists the type.
        """
        url = await self._search_url()
        unsure: dict[str, Queryables] = {}
        listed: set[str] = set()
        for access, collections in COLLECTIONS_BY_ACCESS.items():
            answers = {collection: await self._queryables(collection) for collection in collections}
            serving = {name: answer for name, answer in answers.items() if answer and answer.serves(product_type)}
            if serving:
                log.info("%s is in %s, open to %s", product_type, ", ".join(serving), access)
                return self._made(url, serving, limit)
            unsure |= {name: answer for name, answer in answers.items() if answer and answer.product_types is None}
            listed.update(*(answer.product_types or () for answer in answers.values() if answer))
        if unsure:
            log.warning("no collection says that it holds %s; asking %s", product_type, ", ".join(unsure))
            return self._made(url, unsure, limit)
        raise UpstreamError(
            f"ESA MAAP has no collection with {product_type} today; it lists {', '.join(sorted(listed)) or 'nothing'}",
            url=self._at("collections"),
        )

    def _made(self, url: str, serving: Mapping[str, Queryables], limit: int) -> dict[str, Search]:
        return {name: Search(self.fetcher, url, answer.names, limit=limit) for name, answer in serving.items()}

    async def _search_url(self) -> str:
        """Where items are searched: the landing page's first search link is for OpenSearch and answers XML."""
        # without the slash the load balancer answers 503
        landing = (await self.fetcher.json(self._at(""))).document
        for link in landing.get("links") or () if isinstance(landing, Mapping) else ():
            if link.get("rel") == "search" and str(link.get("type")).partition(";")[0] == GEOJSON and link.get("href"):
                return urljoin(self._at(""), str(link["href"]))
        return self._at("search")

    async def _queryables(self, collection: str) -> Queryables | None:
        """What can be asked of a collection; None where the service has no such collection."""
        try:
            answer = await self.fetcher.json(self._at(f"collections/{collection}/queryables"))
        except UpstreamError as error:
            if error.status in NO_SUCH_METHOD or error.status == 400:  # noqa: PLR2004 - what it says to unknown ids
                log.info("ESA MAAP has no queryables of %s: %s", collection, error)
                return None
            raise
        return Queryables.read(answer.document)

    def _at(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}"
