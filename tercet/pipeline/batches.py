"""Pages of raw records into batches of checked Items: the part that takes the processor's time."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

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


@dataclass(frozen=True, slots=True)
class Failure:
    """Why no Item could be made of a record."""

    name: str
    kind: str
    reason: str


Verdict = Checked | Failure


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch before its records are read.

    Attributes:
        unread: records whose Items are not known yet, in order.
        dumped: the same records as JSON.
        keys: what stands for each of them.
        rejects: what stood among recorded answers and is none.
        cursor: that of the last page that has one.
        recognised: how many more records there were.
    """

    unread: Sequence[Record]
    dumped: Sequence[bytes]
    keys: Sequence[bytes]
    rejects: Sequence[Reject]
    cursor: str | None
    recognised: int

    def batch(self, verdicts: Sequence[Verdict]) -> Batch:
        """The batch, once its records are read."""
        checked: list[Checked] = []
        rejects = list(self.rejects)
        for verdict, record, key in zip(verdicts, self.unread, self.keys, strict=True):
            if isinstance(verdict, Failure):
                rejects.append(Reject(verdict.name, verdict.kind, verdict.reason, record))
            else:
                checked.append(replace(verdict, record=key))
        return Batch(checked, rejects, self.cursor, self.recognised)


def prepare(pages: Sequence[Page], recognise: Recognise = nothing) -> Prepared:
    """Join pages, and leave out the records that need not be read."""
    records = [record for page in pages for record in page.records]
    dumped = [orjson.dumps(record, option=orjson.OPT_SORT_KEYS) for record in records]
    keys = [record_key(text) for text in dumped]
    known = recognise(keys)
    unread = [index for index, key in enumerate(keys) if key not in known]
    return Prepared(
        [records[index] for index in unread],
        [dumped[index] for index in unread],
        [keys[index] for index in unread],
        [
            Reject(bad.name, "Unreadable", bad.reason, {"file": bad.name, "begins": bad.text})
            for page in pages
            for bad in page.unreadable
        ],
        next((page.cursor for page in reversed(pages) if page.cursor), None),
        len(records) - len(unread),
    )


def read(source: Source, records: Sequence[Record]) -> list[Verdict]:
    """Make a checked Item of each record, or say why not; the verdicts are in the order of the records."""
    verdicts: list[Verdict | Entry] = [_entry(source, record) for record in records]
    entries = [verdict for verdict in verdicts if isinstance(verdict, Entry)]
    checked = iter(check(entries))
    return [_verdict(verdict, next(checked)) if isinstance(verdict, Entry) else verdict for verdict in verdicts]


def read_dumped(source: Source, dumped: Sequence[bytes]) -> list[Verdict]:
    """Like `read`, of records as JSON: they travel faster between processes."""
    return read(source, [orjson.loads(text) for text in dumped])


def make_batch(source: Source, pages: Sequence[Page]) -> Batch:
    """Turn pages into one batch, here and now."""
    prepared = prepare(pages)
    return prepared.batch(read(source, prepared.unread))


def _verdict(entry: Entry, checked: Checked | InvalidItemError) -> Verdict:
    if isinstance(checked, Checked):
        return checked
    log.warning("rejected: %s", checked)
    return Failure(entry.archive_id, type(checked).__name__, str(checked))


def _entry(source: Source, record: Any) -> Entry | Failure:  # noqa: ANN401 - what stands where a record should
    if not isinstance(record, Mapping):
        return Failure("a record", "RecordError", f"it is no object but {str(record)[:80]!r}")
    try:
        return source.entry(record)
    except RecordError as error:
        return Failure(_name(record), type(error).__name__, str(error))
    except _UNFORESEEN as error:
        log.warning("a record of %s has an unforeseen form", source.name, exc_info=True)
        reason = f"a part of it has a form that nobody has seen ({type(error).__name__}: {error}): please report it"
        return Failure(_name(record), "Unforeseen", reason)


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
