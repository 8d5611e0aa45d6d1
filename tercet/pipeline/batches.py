"""Pages of raw records into batches of checked Items: the part that takes the processor's time."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harvesters.base import Page, Record, Source
from stac_api.ledger import Reject
from stac_api.loader import Batch
from tercet.errors import InvalidItemError, RecordError
from tercet.pipeline.recognition import Recognise, nothing, record_key
from transforms.check import Checked, check
from transforms.entry import Entry

log = logging.getLogger(__name__)

_UNFORESEEN = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError)
"""What a transform raises on a record of a form that nobody has seen: it costs that record, not the harvest."""


def make_batch(source: Source, pages: Sequence[Page], recognise: Recognise = nothing) -> Batch:
    """Turn pages into one batch; its cursor is that of the last page that has one.

    Args:
        source: whose records they are.
        pages: whole ones, in order.
        recognise: tells which records need not be read.
    """
    rejects = [
        Reject(bad.name, "Unreadable", bad.reason, {"file": bad.name, "begins": bad.text})
        for page in pages
        for bad in page.unreadable
    ]
    keyed = [(record_key(record), record) for page in pages for record in page.records]
    known = recognise([key for key, _ in keyed])
    entries: list[tuple[Entry, bytes, Record]] = []
    for key, record in keyed:
        if key in known:
            continue
        entry = _entry(source, record)
        if isinstance(entry, Reject):
            rejects.append(entry)
        else:
            entries.append((entry, key, record))
    cursor = next((page.cursor for page in reversed(pages) if page.cursor), None)
    recognised = sum(key in known for key, _ in keyed)
    return Batch(_checked(entries, rejects), rejects, cursor, recognised)


def _checked(entries: Sequence[tuple[Entry, bytes, Record]], rejects: list[Reject]) -> list[Checked]:
    kept: list[Checked] = []
    for verdict, (entry, key, record) in zip(check([entry for entry, _, _ in entries]), entries, strict=True):
        if isinstance(verdict, InvalidItemError):
            log.warning("rejected: %s", verdict)
            rejects.append(Reject(entry.archive_id, type(verdict).__name__, str(verdict), record))
        else:
            kept.append(replace(verdict, record=key))
    return kept


def _entry(source: Source, record: Any) -> Entry | Reject:  # noqa: ANN401 - what stands where a record should
    if not isinstance(record, Mapping):
        return Reject("a record", "RecordError", f"it is no object but {str(record)[:80]!r}", record)
    try:
        return source.entry(record)
    except RecordError as error:
        return Reject(_name(record), type(error).__name__, str(error), record)
    except _UNFORESEEN as error:
        log.warning("a record of %s has an unforeseen form", source.name, exc_info=True)
        reason = f"a part of it has a form that nobody has seen ({type(error).__name__}: {error}): please report it"
        return Reject(_name(record), "Unforeseen", reason, record)


def _name(record: Record) -> str:
    umm = record.get("umm")
    candidates = (
        record.get("plume_id"),
        record.get("source_name"),
        record.get("producer_granule_id"),
        umm.get("GranuleUR") if isinstance(umm, Mapping) else None,
        record.get("GranuleUR"),
        record.get("id"),
        record.get("title"),
    )
    return next((str(name) for name in candidates if name), "a record without a name")
