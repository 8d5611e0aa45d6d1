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
from pathlib import Path
from typing import Any

import jsonschema_rs
import numpy as np
import orjson
import pystac.validation
import shapely

from tercet.errors import InvalidItemError
from transforms.entry import Entry, Item, Kin

ITEM_SCHEMA = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"
NAME = re.compile(r"[A-Za-z0-9_.-]+")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The escape for it, and not a backslash with u0000 after it."""
REQUIRED = ("title", "datetime", "tercet:source", "tercet:surface")


@dataclass(frozen=True, slots=True)
class Checked:
    """An Item that may be stored.

    Attributes:
        entry: the Item and its place among its versions.
        fingerprint: 16 bytes that change when the Item does.
        wkb: the geometry as hexadecimal EWKB, EPSG:4326, as PostGIS takes it.
        record: stands for the raw record behind it, where it is known.
    """

    entry: Entry
    fingerprint: bytes
    wkb: str
    record: bytes = b""


def check(entries: Sequence[Entry]) -> list[Checked | InvalidItemError]:
    """Look at a batch; the answers are in the order of the entries."""
    dumped = [_dumped(entry) for entry in entries]
    shapes = shapely.from_geojson(
        [_geometry(entry, text) for entry, text in zip(entries, dumped, strict=True)], on_invalid="ignore"
    )
    valid = shapely.is_valid(shapes)
    wkb = shapely.to_wkb(shapely.set_srid(shapes, 4326), hex=True, include_srid=True)
    return [
        _judged(entry, text, shape, valid=bool(ok), wkb=hexed)
        for entry, text, ok, shape, hexed in zip(entries, dumped, valid, shapes, wkb, strict=True)
    ]


def fingerprint(dumped: bytes, kin: tuple[Kin, ...] = ()) -> bytes:
    """Sixteen bytes that stand for an Item dumped with sorted keys, and for what it is linked by."""
    linked = repr(kin).encode() if kin else b""
    return hashlib.blake2b(dumped + linked, digest_size=16).digest()


def _judged(
    entry: Entry, dumped: bytes | InvalidItemError, shape: shapely.Geometry | None, *, valid: bool, wkb: str
) -> Checked | InvalidItemError:
    if isinstance(dumped, InvalidItemError):
        return dumped
    for complaint in _complaints(entry.item, dumped, shape, valid=valid):
        return InvalidItemError(f"the Item of {entry.archive_id} is not fit for the catalog: {complaint}")
    return Checked(entry, fingerprint(dumped, entry.kin), wkb)


def _dumped(entry: Entry) -> bytes | InvalidItemError:
    try:
        return orjson.dumps(entry.item, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        return InvalidItemError(f"the Item of {entry.archive_id} is not JSON: {error}")


def _geometry(entry: Entry, dumped: bytes | InvalidItemError) -> bytes:
    # one Item that is not JSON must not cost the batch
    return b"null" if isinstance(dumped, InvalidItemError) else orjson.dumps(entry.item.get("geometry"))


def _complaints(item: Item, dumped: bytes, shape: shapely.Geometry | None, *, valid: bool) -> Iterator[str]:
    for name in ("id", "collection"):
        if not NAME.fullmatch(str(item.get(name, ""))):
            yield f"{name} {item.get(name)!r} holds other characters than letters, digits, '_', '.', '-'"
    if not valid:
        yield f"its geometry is not valid ({shapely.is_valid_reason(shape) if shape is not None else 'none'})"
    elif not _on_the_globe(shape):
        yield "its geometry leaves [-180, 180] x [-90, 90]"
    missing = [name for name in REQUIRED if not item["properties"].get(name)]
    if missing:
        yield f"its properties lack {', '.join(missing)}"
    if b"\\u0000" in dumped and _NUL.search(dumped):
        yield "it holds a NUL character, which PostgreSQL cannot store"
    if b"null" in dumped and (path := _null_in(item)):
        yield f"{path} is null: what is unknown is left out"
    if not _validator().is_valid(_as_served(item)):
        error = next(_validator().iter_errors(_as_served(item)))
        yield f"STAC 1.1.0 says of {'/'.join(map(str, error.instance_path)) or 'the Item'}: {error.message[:300]}"


def _as_served(item: Item) -> Item:
    # the API adds this link; the schema asks for it wherever there is a collection
    return {**item, "links": [*item["links"], {"rel": "collection", "href": "."}]}


def _on_the_globe(shape: shapely.Geometry | None) -> bool:
    west, south, east, north = shapely.bounds(shape)
    return bool(np.isfinite(west)) and west >= -180 and east <= 180 and south >= -90 and north <= 90  # noqa: PLR2004 - degrees


def _null_in(value: Any, path: str = "") -> str:  # noqa: ANN401 - any JSON value
    # JSON has no NaN and no infinity: they are dumped as null
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next((found for key, part in parts if (found := _null_in(part, f"{path}/{key}"))), "")


@cache
def _validator() -> Any:  # noqa: ANN401 - jsonschema_rs names no public base class
    folder = Path(pystac.validation.__file__).parent / "jsonschemas"
    documents = (json.loads(path.read_text(encoding="utf-8")) for path in folder.rglob("*.json"))
    schemas = {_address(document["$id"]): document for document in documents}
    return jsonschema_rs.Draft7Validator(schemas[ITEM_SCHEMA], retriever=lambda url: schemas[_address(url)])


def _address(url: str) -> str:
    # pystac's copy of common.json spells its own $id without the dot
    return url.rstrip("#").replace("/commonjson", "/common.json")
