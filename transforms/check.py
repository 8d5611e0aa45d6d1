"""The last look at Items before they are stored: STAC's schema, the catalog model, valid geometry, a fingerprint.

An Item that fails here is a bug of ours, or a record so broken that no transform foresaw it: it is kept as a
reject like any other.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import numpy as np
import shapely
from numpy.typing import NDArray

from tercet.errors import InvalidItemError
from transforms.entry import Entry, Item, KeptPart, Kin, Version
from transforms.item_text import ItemText, braced, geometry_text, item_of, item_text

ITEM_SCHEMA = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"
NAME = re.compile(r"[A-Za-z0-9_.-]+")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The escape for it, and not a backslash with u0000 after it."""
REQUIRED = ("title", "datetime", "tercet:source", "tercet:surface")


class Checked(NamedTuple):
    """An Item that may be stored: as text, and what decides where it lies. `Entry` says what is what.

    Attributes:
        version: which version of which subject it is.
        start: when the acquisition starts, as the Item spells it.
        end: when it ends; where it takes no time that is its start.
        fingerprint: 16 bytes that change when the Item does.
        wkb: the geometry as EWKB, EPSG:4326, as PostGIS takes it.
        text: the Item.
        record: stands for the raw record behind it, where it is known.
        common: stands for what pgSTAC adds to each Item of the Collection, where this one's row is prepared for that.
        first: the first members of the row's content, where they differ from the text's.
    """

    version: Version
    item_id: str
    product: str
    archive_id: str
    freshness: str
    part: KeptPart | None
    kin: tuple[Kin, ...]
    remarks: tuple[str, ...]
    local: bool
    start: str
    end: str
    fingerprint: bytes
    wkb: bytes
    text: ItemText
    record: bytes = b""
    common: bytes = b""
    first: bytes = b""

    @property
    def item(self) -> Item:
        """The Item, parsed."""
        return item_of(self.text)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is known of an entry before it is judged."""

    entry: Entry
    text: ItemText
    part: KeptPart | None


def check(entries: Sequence[Entry]) -> list[Checked | InvalidItemError]:
    """Look at a batch; the answers are in the order of the entries."""
    drafts = [_drafted(entry) for entry in entries]
    # one Item that is not JSON must not cost the batch
    texts = [geometry_text(draft.text) if isinstance(draft, _Draft) else b"null" for draft in drafts]
    shapes = shapely.from_geojson(texts, on_invalid="ignore")
    valid = shapely.is_valid(shapes)
    inside = _on_the_globe(shapes)
    wkb = shapely.to_wkb(shapely.set_srid(shapes, 4326), include_srid=True)
    return [
        _judged(draft, shape, wkb=packed, valid=ok, inside=within) if isinstance(draft, _Draft) else draft
        for draft, shape, packed, ok, within in zip(drafts, shapes, wkb, valid.tolist(), inside.tolist(), strict=True)
    ]


def fingerprint(dumped: bytes, kin: tuple[Kin, ...] = ()) -> bytes:
    """Sixteen bytes that stand for an Item dumped with sorted keys, and for what it is linked by."""
    linked = repr(kin).encode() if kin else b""
    return hashlib.blake2b(dumped + linked, digest_size=16).digest()


def _drafted(entry: Entry) -> _Draft | InvalidItemError:
    try:
        return _Draft(entry, item_text(entry.item), entry.part.kept() if entry.part else None)
    except TypeError as error:
        return InvalidItemError(f"the Item of {entry.archive_id} is not JSON: {error}")


def _judged(
    draft: _Draft, shape: shapely.Geometry | None, *, wkb: bytes, valid: bool, inside: bool
) -> Checked | InvalidItemError:
    entry, dumped = draft.entry, braced(draft.text)
    for complaint in _complaints(entry.item, dumped, shape, valid=valid, inside=inside):
        return InvalidItemError(f"the Item of {entry.archive_id} is not fit for the catalog: {complaint}")
    return Checked(
        entry.version,
        entry.item["id"],
        entry.product,
        entry.archive_id,
        entry.freshness,
        draft.part,
        entry.kin,
        entry.remarks,
        entry.local,
        start_of(entry.item),
        end_of(entry.item),
        fingerprint(dumped, entry.kin),
        wkb,
        draft.text,
    )


def start_of(item: Item) -> str:
    """When the acquisition starts."""
    return str(item["properties"].get("start_datetime") or item["properties"]["datetime"])


def end_of(item: Item) -> str:
    """When it ends; where it takes no time that is its start."""
    return str(item["properties"].get("end_datetime") or start_of(item))


def _complaints(
    item: Item, dumped: bytes, shape: shapely.Geometry | None, *, valid: bool, inside: bool
) -> Iterator[str]:
    for name in ("id", "collection"):
        if not NAME.fullmatch(str(item.get(name, ""))):
            yield f"{name} {item.get(name)!r} holds other characters than letters, digits, '_', '.', '-'"
    if not valid:
        yield f"its geometry is not valid ({shapely.is_valid_reason(shape) if shape is not None else 'none'})"
    elif not inside:
        yield "its geometry leaves [-180, 180] x [-90, 90]"
    missing = [name for name in REQUIRED if not item["properties"].get(name)]
    if missing:
        yield f"its properties lack {', '.join(missing)}"
    if b"\\u0000" in dumped and _NUL.search(dumped):
        yield "it holds a NUL character, which PostgreSQL cannot store"
    if b"null" in dumped and (path := _null_in(item)):
        yield f"{path} is null: what is unknown is left out"
    served = _as_served(item)
    if not _validator().is_valid(served):
        error = next(_validator().iter_errors(served))
        yield f"STAC 1.1.0 says of {'/'.join(map(str, error.instance_path)) or 'the Item'}: {error.message[:300]}"


def _as_served(item: Item) -> Item:
    # the API adds this link; the schema asks for it wherever there is a collection
    return {**item, "links": [*item["links"], {"rel": "collection", "href": "."}]}


def _on_the_globe(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    west, south, east, north = shapely.bounds(shapes).T  # NaN where there is nothing, which is nowhere
    return np.asarray((west >= -180) & (east <= 180) & (south >= -90) & (north <= 90))  # noqa: PLR2004 - degrees


def _null_in(value: Any, path: str = "") -> str:  # noqa: ANN401 - any JSON value
    # JSON has no NaN and no infinity: they are dumped as null
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next((found for key, part in parts if (found := _null_in(part, f"{path}/{key}"))), "")


@cache
def _validator() -> Any:  # noqa: ANN401 - jsonschema_rs names no public base class
    # where it lies is enough: to import pystac takes longer than to read its schemas
    found = find_spec("pystac")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("pystac, whose copy of STAC's schemas is read, is not installed: install tercet anew")
    folder = Path(found.submodule_search_locations[0], "validation", "jsonschemas")
    documents = (json.loads(path.read_text(encoding="utf-8")) for path in folder.rglob("*.json"))
    schemas = {_address(document["$id"]): document for document in documents}
    return jsonschema_rs.Draft7Validator(schemas[ITEM_SCHEMA], retriever=lambda url: schemas[_address(url)])


def _address(url: str) -> str:
    # pystac's copy of common.json spells its own $id without the dot
    return url.rstrip("#").replace("/commonjson", "/common.json")
