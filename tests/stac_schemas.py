"""The STAC schemas without a network: core from pystac, extensions from the shared folder beside the project."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pystac.validation
import pytest

SHARED = Path(__file__).parents[1] / "../shared"
SCHEMAS = SHARED / "stac-schemas"
CORE = Path(pystac.validation.__file__).parent / "jsonschemas"

NOT_AT_HAND = frozenset(
    f"https://stac-extensions.github.io/{name}/schema.json" for name in ("grid/v1.1.0", "view/v1.1.0")
)
"""Extensions that Items declare and the shared folder has no schema of."""

_ROOTS: Mapping[str, Path] = {
    "https://schemas.stacspec.org/v1.1.0/": CORE / "stac-spec" / "v1.1.0",
    "https://schemas.stacspec.org/v1.0.0/": SCHEMAS / "_core" / "v1.0.0",
    "https://stac-extensions.github.io/": SCHEMAS,
    "https://geojson.org/schema/": CORE / "geojson",
}
_CORE = {"Feature": "item-spec/json-schema/item.json", "Collection": "collection-spec/json-schema/collection.json"}


def core_errors(document: Mapping[str, Any]) -> list[str]:
    """What core STAC 1.1.0 has against an Item or a Collection, as the API serves it."""
    return _errors(f"https://schemas.stacspec.org/v1.1.0/{_CORE[document['type']]}", _as_served(document))


def extension_errors(document: Mapping[str, Any]) -> list[str]:
    """What the extensions that a document declares have against it; skips the test where their schemas are absent."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"no extension schemas in {SCHEMAS.resolve()}")
    served = _as_served(document)
    declared = [url for url in document["stac_extensions"] if url not in NOT_AT_HAND]
    return [error for url in declared for error in _errors(url, served)]


def _as_served(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the link that the API adds: an Item with a collection needs it."""
    if document["type"] != "Feature":
        return document
    return {**document, "links": [*document["links"], {"rel": "collection", "href": "https://example.org/collection"}]}


def _errors(url: str, document: Mapping[str, Any]) -> list[str]:
    found = _validator(url).iter_errors(document)
    return [f"{url}: {'/'.join(str(part) for part in error.instance_path)}: {error.message[-200:]}" for error in found]


@functools.cache
def _validator(url: str) -> Any:
    return jsonschema_rs.validator_for(_retrieve(url), retriever=_retrieve, base_uri=url, validate_formats=True)


def _retrieve(url: str) -> Any:
    address = url.partition("#")[0]
    if address.startswith("https://proj.org/"):
        return {}  # what proj:projjson may hold, which no Item of ours has
    for root, folder in _ROOTS.items():
        if address.startswith(root):
            path = address.removeprefix(root)
            # pystac keeps the core schemas in one folder
            return json.loads((folder / (Path(path).name if CORE in folder.parents else path)).read_text())
    raise LookupError(f"no schema at hand for {url}")
