"""Documents of the API as HTML: which template shows which, and what templates may call."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, select_autoescape

from stac_api.pages.world import LAND, outline
from transforms.catalog import is_superseded

_STYLE = (files("stac_api") / "pages" / "style.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

POLICY: Mapping[str, str] = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self' https: data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
"""Headers of every page: no script runs, and only pictures come from elsewhere."""

_TEMPLATES = {"Catalog": "landing", "Collection": "collection", "FeatureCollection": "items", "Feature": "item"}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a page shows beside its document.

    Attributes:
        root: URL of the API, ending in a slash.
        json_url: the page's document.
        asked: the parameters of the request.
        browser_url: a STAC Browser of this catalog, where there is one.
        collections: the answer of ``GET /collections``, where the page lists them.
        freshness: the answer of ``GET /_mgmt/harvest``, where the page shows it.
    """

    root: str
    json_url: str
    asked: Mapping[str, str]
    browser_url: str | None = None
    collections: Mapping[str, Any] | None = None
    freshness: Mapping[str, Any] | None = None

    @property
    def counts(self) -> Mapping[str, int]:
        """Items of each Collection, of which the ledger knows how many."""
        sources = (self.freshness or {}).get("sources", {}).values()
        return {name: count for source in sources for name, count in source["collections"].items()}

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The Collections by source, each by title, those of superseded Items apart."""
        sources = (self.freshness or {}).get("sources", {})
        source_of = {name: source for source, said in sources.items() for name in said["collections"]}
        listed = sorted((self.collections or {}).get("collections", ()), key=_title)
        names = sorted({source_of.get(one["id"], "") for one in listed})
        return [
            {
                "name": name,
                "collections": [one for one in listed if _is_of(one, name, source_of) and not is_superseded(one["id"])],
                "replaced": [one for one in listed if _is_of(one, name, source_of) and is_superseded(one["id"])],
            }
            for name in names
        ]


def _title(collection: Mapping[str, Any]) -> str:
    return str(collection.get("title") or collection["id"]).lower()


def _is_of(collection: Mapping[str, Any], source: str, source_of: Mapping[str, str]) -> bool:
    return source_of.get(collection["id"], "") == source


def render(document: Any, around: Surroundings) -> str:  # noqa: ANN401 - any JSON value
    """Make the page of a document."""
    template = _ENVIRONMENT.get_template(f"{_template(document)}.html")
    return template.render(doc=document, around=around, style=_STYLE)


def _template(document: Mapping[str, Any]) -> str:
    if "openapi" in document:
        return "api"
    if "collections" in document:
        return "collections"
    return _TEMPLATES.get(document.get("type", ""), "error")


def safe_href(href: object) -> str:
    """Give an address that a browser may follow, or nothing: a record's ``javascript:`` is none."""
    text = str(href)
    return text if urlsplit(text).scheme in {"http", "https", "mailto", ""} else ""


def picture(item: Mapping[str, Any]) -> str:
    """Give the address of an Item's preview that opens without a login, or nothing."""
    assets = item.get("assets") or {}
    shown = (assets[key] for key in ("thumbnail", "overview") if key in assets)
    return next((safe_href(asset["href"]) for asset in shown if not asset.get("auth:refs")), "")


def moment(text: str | None) -> str:
    """Shorten a moment for the eye: 2025-06-01 17:02 UTC."""
    try:
        return f"{datetime.fromisoformat(text or ''):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return text or "open"


def day(text: str | None) -> str:
    """Shorten a moment to its day."""
    return (text or "open").split("T", 1)[0]


def age(seconds: float | None) -> str:
    """Say how long ago something was."""
    if seconds is None:
        return "never"
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def size(count: float) -> str:
    """Say how large a file is."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:  # noqa: PLR2004 - units are thousands
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("stac_api", "pages/templates"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "href": safe_href,
        "picture": picture,
        "moment": moment,
        "day": day,
        "age": age,
        "size": size,
    }
    environment.filters["number"] = lambda count: f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    environment.filters["rounded"] = lambda one: f"{one:.6g}" if isinstance(one, float) else one
    environment.globals |= {"outline": outline, "land": LAND}
    return environment


_ENVIRONMENT = _environment()
