"""How a question to ESA's MAAP is spelled, as POST or GET, and how its next link is followed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urljoin

from harvesters.base import Bbox
from harvesters.earthcare_upstream import FilterNames

Method = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Query:
    """One question to one collection: a product type, an interval (RFC 3339, both ends included), an area."""

    collection: str
    product_type: str
    interval: str
    bbox: Bbox | None = None
    intersects: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way to ask: the HTTP method and the names of the filters."""

    method: Method
    names: FilterNames

    def request(self, url: str, query: Query, limit: int) -> "Request":
        """Spell a query."""
        body: dict[str, Any] = {
            "collections": [query.collection],
            "datetime": query.interval,
            "limit": limit,
            "filter": self.names.of_type(query.product_type),
            "filter-lang": "cql2-text",
        }
        if query.bbox:
            body["bbox"] = list(query.bbox)
        if query.intersects:
            body["intersects"] = dict(query.intersects)
        if self.method == "POST":
            return Request("POST", url, body=body)
        return Request("GET", url, params={key: _in_a_url(value) for key, value in body.items()})


@dataclass(frozen=True, slots=True)
class Request:
    """What to send for one page."""

    method: Method
    url: str
    params: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None

    def next(self, document: Mapping[str, Any]) -> "Request | None":
        """The request for the page after this one, as its link says; None on the last page."""
        links = (link for link in document.get("links") or () if isinstance(link, Mapping))
        link = next((link for link in links if link.get("rel") == "next" and link.get("href")), None)
        if link is None:
            return None
        url = urljoin(self.url, str(link["href"]))
        if str(link.get("method", "GET")).upper() != "POST":
            return Request("GET", url)
        body = link.get("body")
        if body is None or link.get("merge"):
            body = {**(self.body or {}), **(body or {})}
        return Request("POST", url, body=body)

    def key(self) -> str:
        """Equal for equal requests."""
        return json.dumps([self.method, self.url, self.params, self.body], sort_keys=True)


def _in_a_url(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return json.dumps(value, separators=(",", ":"))
    return ",".join(str(part) for part in value) if isinstance(value, list) else str(value)
