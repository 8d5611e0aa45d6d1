"""ESA's MAAP as a catalogue: where its search is, which of its collections are EarthCARE's, and what they hold."""

import logging
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from urllib.parse import urljoin

from harvesters.base import Record
from harvesters.earthcare_dialects import REFUSALS, Speech
from harvesters.earthcare_search import Search
from harvesters.earthcare_upstream import COLLECTIONS, Queryables, is_ours
from tercet.errors import NotServedError, UpstreamError, did_you_mean
from tercet.fetch import Fetcher
from transforms.earthcare_products import PRODUCT_TYPES

log = logging.getLogger(__name__)

GEOJSON = "application/geo+json"
LONGEST_LIST = 200
"""Pages of collections: the root holds a few dozen."""
FRESH_S = 900.0
"""For so long what was discovered holds: the products of one harvest, each walked by itself."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the service has today.

    Attributes:
        search_url: where items are searched.
        documents: EarthCARE's collections as the service lists them, by id.
        speeches: those that can be asked, by id.
        is_whole: whether all that are listed and hold products can be asked: only then is it known what is gone.
    """

    search_url: str
    documents: Mapping[str, Record]
    speeches: Mapping[str, Speech]
    is_whole: bool

    @property
    def product_types(self) -> frozenset[str]:
        """Every type that some collection lists."""
        return frozenset().union(*(speech.queryables.product_types or () for speech in self.speeches.values()))

    def searches(self, product_type: str, fetcher: Fetcher, limit: int) -> Mapping[str, Search]:
        """A search for each collection that holds a product type, or does not say what it holds.

        Raises:
            NotServedError: no collection lists the type.
        """
        serving = {name: one for name, one in self.speeches.items() if one.queryables.serves(product_type) is not False}
        if not serving:
            listed = sorted(self.product_types)
            near = [] if product_type in PRODUCT_TYPES else get_close_matches(product_type, listed, n=2)
            raise NotServedError(
                f"ESA MAAP has no collection with {product_type} today: {did_you_mean(near)}"
                f"it lists {', '.join(listed) or 'nothing'}",
                url=self.search_url,
            )
        return {name: Search(fetcher, self.search_url, speech, limit) for name, speech in serving.items()}

    def described(self, product_type: str) -> Record:
        """What the service says of the collections that hold a product type: JSON for `Source.collection`."""
        holding = [name for name, one in sorted(self.speeches.items()) if one.queryables.serves(product_type)]
        documents = (self.documents[name] for name in holding if name in self.documents)
        return {"collections": [{key: part for key, part in one.items() if key != "links"} for one in documents]}


@dataclass(slots=True)
class Discoveries:
    """What was discovered lately, by root."""

    _known: dict[str, tuple[float, Discovery]] = field(default_factory=dict)

    async def of(self, fetcher: Fetcher, root: str) -> Discovery:
        """What the service below a root has; asked anew where that is long ago.

        Raises:
            UpstreamError: the service does not answer as it documents.
        """
        since, known = self._known.get(root, (0.0, None))
        if known is None or time.monotonic() - since > FRESH_S:
            known = await Catalogue(fetcher, root).discovered()
            self._known[root] = time.monotonic(), known
        return known


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The catalogue below one root.

    Attributes:
        fetcher: asks.
        root: its landing page, with or without a slash at the end.
    """

    fetcher: Fetcher
    root: str

    async def discovered(self) -> Discovery:
        """Look at the landing page, the list of collections, and the queryables of those that are EarthCARE's."""
        url = await self._search_url()
        documents = {str(document.get("id")): document async for document in self._collections() if is_ours(document)}
        if not documents:
            log.warning("ESA MAAP lists no collection of EarthCARE; asking those of 2026")
        answers = {name: await self._queryables(name) for name in documents or COLLECTIONS}
        speeches = {name: Speech(said) for name, said in answers.items() if said and said.is_ours}
        for name, speech in speeches.items():
            names, types = speech.queryables.names, speech.queryables.product_types
            log.info("%s lists %s filter names, %d product types", name, names and names.label, len(types or ()))
        silent = [name for name in COLLECTIONS if name in answers and answers[name] is None]
        if silent:
            log.warning(
                "ESA MAAP lists %s and cannot be asked for it: what vanished is not looked for", ", ".join(silent)
            )
        return Discovery(url, documents, speeches, is_whole=bool(documents) and not silent)

    async def _search_url(self) -> str:
        """Where items are searched: the landing page's first search link is for OpenSearch and answers XML."""
        # without the slash the load balancer answers 503
        try:
            landing = (await self.fetcher.json(self._at(""))).document
        except UpstreamError as error:
            if error.status not in REFUSALS:
                raise
            landing = None
        for link in _links(landing):
            if link.get("rel") == "search" and _media_type(link) == GEOJSON and link.get("href"):
                return urljoin(self._at(""), str(link["href"]))
        return self._at("search")

    async def _collections(self) -> AsyncIterator[Mapping[str, Any]]:
        """All collections that the service lists, of every mission."""
        url: str | None = self._at("collections")
        visited: set[str] = set()
        while url and url not in visited and len(visited) < LONGEST_LIST:
            visited.add(url)
            try:
                document = (await self.fetcher.json(url)).document
            except UpstreamError as error:
                if error.status not in REFUSALS:
                    raise
                return
            listed = document.get("collections") if isinstance(document, Mapping) else None
            for one in listed if isinstance(listed, list) else ():
                if isinstance(one, Mapping):
                    yield one
            following = (link["href"] for link in _links(document) if link.get("rel") == "next" and link.get("href"))
            url = next((urljoin(url, str(href)) for href in following), None)

    async def _queryables(self, collection: str) -> Queryables | None:
        """What can be asked of a collection; None where the service has no such collection."""
        try:
            answer = await self.fetcher.json(self._at(f"collections/{collection}/queryables"))
        except UpstreamError as error:
            if error.status in REFUSALS:  # it says 400 to ids that it does not know
                log.info("ESA MAAP has no queryables of %s: %s", collection, error)
                return None
            raise
        return Queryables.read(answer.document)

    def _at(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}"


def _links(document: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - any JSON value
    links = document.get("links") if isinstance(document, Mapping) else None
    return [link for link in links if isinstance(link, Mapping)] if isinstance(links, list) else []


def _media_type(link: Mapping[str, Any]) -> str:
    return str(link.get("type")).partition(";")[0].strip()
