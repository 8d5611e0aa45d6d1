"""How a question to ESA's MAAP is spelled, as POST or GET, and how its next link is followed."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urljoin

from harvesters.base import Bbox
from harvesters.earthcare_upstream import FilterNames, Meaning

Method = Literal["POST", "GET"]
METHODS: tuple[Method, ...] = get_args(Method)

Form = Literal["full", "times as text", "type only"]
"""What of a query goes into the filter: all of it; all, with moments as plain strings; or the product type alone."""


@dataclass(frozen=True, slots=True)
class Query:
    """One question to one collection.

    Attributes:
        interval: RFC 3339, both ends included.
        baselines: any of these.
        orbits: the first and the last.
        frames: any of these.
        updated_since: when the catalogue changed the record, RFC 3339.
    """

    collection: str
    product_type: str
    interval: str
    bbox: Bbox | None = None
    intersects: Mapping[str, Any] | None = None
    baselines: tuple[str, ...] = ()
    orbits: tuple[int, int] | None = None
    frames: tuple[str, ...] = ()
    updated_since: str | None = None

    @property
    def forms(self) -> tuple[Form, ...]:
        """In which forms it may be asked: the rest of a filter can be left out, that of changes cannot."""
        if self.updated_since:
            return ("full", "times as text")
        return ("full", "type only") if self.baselines or self.orbits or self.frames else ("full",)

    def filter(self, names: FilterNames, form: Form, asked: frozenset[Meaning]) -> str:
        """The filter in CQL2 text; what the collection does not list is left out."""
        parts = [f"{names.quoted('product_type')}='{self.product_type}'"]
        parts += [text for meaning, text in self._rest(names, form) if meaning in asked and form != "type only"]
        return " AND ".join(parts)

    def _rest(self, names: FilterNames, form: Form) -> Iterator[tuple[Meaning, str]]:
        if self.baselines:
            yield "baseline", _any_of(names.quoted("baseline"), (f"'{value}'" for value in self.baselines))
        if self.orbits:
            name, (first, last) = names.quoted("orbit"), self.orbits
            yield "orbit", f"{name}={first}" if first == last else f"{name} >= {first} AND {name} <= {last}"
        if self.frames:
            yield "frame", _any_of(names.quoted("frame"), (f"'{value}'" for value in self.frames))
        if self.updated_since:
            moment = f"'{self.updated_since}'"
            yield "updated", f"{names.quoted('updated')} >= {moment if form != 'full' else f'TIMESTAMP({moment})'}"


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way to ask: the HTTP method, the names of the filters, and what of them is sent."""

    method: Method
    names: FilterNames
    form: Form = "full"

    def __str__(self) -> str:
        return f"{self.method} with {self.names.label} names, {self.form}"

    def request(self, url: str, query: Query, asked: frozenset[Meaning], limit: int) -> "Request":
        """Spell a query with the parameters of a standard item search."""
        from pystac_client import ItemSearch  # noqa: PLC0415 - a tenth of the start of every harvest, for the network only

        parameters = ItemSearch(
            url,
            method=self.method,
            limit=limit,
            collections=[query.collection],
            datetime=query.interval,
            bbox=query.bbox,
            intersects=dict(query.intersects) if query.intersects else None,
            filter=query.filter(self.names, self.form, asked),
            filter_lang="cql2-text",
        ).get_parameters()
        return Request(self.method, url, parameters)


@dataclass(frozen=True, slots=True)
class Request:
    """What to send for one page; `parameters` is the body of a POST, the query of a GET."""

    method: Method
    url: str
    parameters: Mapping[str, Any] | None = None

    def next(self, document: Mapping[str, Any]) -> "Request | None":
        """The request for the page after this one, as its link says; None where it has no such link."""
        links = (link for link in document.get("links") or () if isinstance(link, Mapping))
        link = next((link for link in links if link.get("rel") == "next" and link.get("href")), None)
        if link is None:
            return None
        url = urljoin(self.url, str(link["href"]))
        if str(link.get("method", "GET")).upper() != "POST":
            return Request("GET", url)
        body = link.get("body")
        if body is None or link.get("merge"):
            body = {**(self.parameters or {}), **(body or {})}
        return Request("POST", url, body)

    def starting_at(self, record: int) -> "Request":
        """The same question from a record on, counted from 1: how the service addresses pages itself."""
        return Request(self.method, self.url, {**(self.parameters or {}), "startRecord": record})

    def key(self) -> str:
        """Equal for equal requests."""
        return json.dumps([self.method, self.url, self.parameters], sort_keys=True)


def _any_of(name: str, values: Iterable[str]) -> str:
    tests = [f"{name}={value}" for value in values]
    return tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"
